"""One cycle of one tenant as the world calls it: under the tenant's lock, with the outcome kept in the registry."""

from collections.abc import Callable
from dataclasses import replace

from structlog.contextvars import bound_contextvars

from connector.connecting.withdrawal import withdrawn
from connector.cycle import refresh, run_cycle
from connector.forewarning import forewarn
from connector.report import CycleReport, Problem, how_to_revive
from connector.tenant import Tenant
from connector.wiring import Installation
from connectors.ledger import NotConnected
from state.model import TenantSlug
from state.registry import Tenant as Registered


def run_tenant(
    installation: Installation,
    slug: TenantSlug,
    *,
    dry_run: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> CycleReport:
    """Run one cycle. Raises Busy while another process runs one, UnknownTenant if it is not connected.

    A parked tenant is not even tried: its connection is dead until a person connects it again. Once `stopping` says
    so, what is being sent is finished and nothing more is begun.
    """

    def work(tenant: Tenant) -> CycleReport:
        report = run_cycle(replace(tenant, stopping=stopping), dry_run=dry_run)
        if not dry_run and not stopping():
            forewarn(tenant)
        return report

    return _turn(installation, slug, work)


def sync_tenant(installation: Installation, slug: TenantSlug) -> CycleReport:
    """Bring the mirror up to date, every stream and the full comparison, and decide nothing."""
    return _turn(installation, slug, refresh)


def _turn(installation: Installation, slug: TenantSlug, work: Callable[[Tenant], CycleReport]) -> CycleReport:
    with bound_contextvars(tenant=slug), installation.working_on(slug):
        known = installation.registry.tenant(slug)
        if known is not None and known.parked_because is not None:
            return _parked(installation, slug, known.parked_because)
        with installation.tenant(slug) as tenant:
            report = work(tenant)
        _remember(installation, report, known)
    return report


def _parked(installation: Installation, slug: TenantSlug, because: str) -> CycleReport:
    today = installation.config.tenant(slug).today_at(installation.clock.now())
    words = f"{slug} is parked: {because}; {how_to_revive(slug)}"
    return CycleReport(tenant=slug, business_day=today, problems=[Problem("parked", words, needs_person=True)])


def _remember(installation: Installation, report: CycleReport, before: Registered | None) -> None:
    """A dead connection parks the tenant until somebody connects it again; `dun tenants` says so."""
    now = installation.clock.now()
    if dead := report.dead_because or _withdrawn(installation, report):
        _park(installation, report.tenant, dead, before)
    elif not report.problems:
        installation.registry.succeeded(report.tenant, now)


def _withdrawn(installation: Installation, report: CycleReport) -> str | None:
    if all(problem.code != NotConnected.code for problem in report.problems):
        return None
    return withdrawn(installation, installation.config.tenant(report.tenant))


def _park(installation: Installation, slug: TenantSlug, dead: str, before: Registered | None) -> None:
    """Unless somebody has connected it again while the cycle ran: what died was the earlier connection."""
    with installation.registry.transaction():
        known = installation.registry.tenant(slug)
        if known is not None and before is not None and known.mended_at == before.mended_at:
            installation.registry.park(slug, dead, installation.clock.now())
