"""One cycle of one tenant as the world calls it: under the tenant's lock, with the outcome kept in the registry."""

from collections.abc import Callable
from dataclasses import replace

from structlog.contextvars import bound_contextvars

from connector.cycle import refresh, run_cycle
from connector.report import CycleReport, Problem
from connector.wiring import Installation
from connectors.ledger import Reauthorise
from state.model import TenantSlug


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
    if parked := _parked(installation, slug):
        return parked
    with bound_contextvars(tenant=slug), installation.working_on(slug), installation.tenant(slug) as tenant:
        report = run_cycle(replace(tenant, stopping=stopping), dry_run=dry_run)
    _remember(installation, report)
    return report


def sync_tenant(installation: Installation, slug: TenantSlug) -> CycleReport:
    """Bring the mirror up to date, every stream and the full comparison, and decide nothing."""
    if parked := _parked(installation, slug):
        return parked
    with bound_contextvars(tenant=slug), installation.working_on(slug), installation.tenant(slug) as tenant:
        report = refresh(tenant)
    _remember(installation, report)
    return report


def _parked(installation: Installation, slug: TenantSlug) -> CycleReport | None:
    known = installation.registry.tenant(slug)
    if known is None or known.parked_because is None:
        return None
    today = installation.config.tenant(slug).today_at(installation.clock.now())
    problem = Problem("parked", f"{slug} is parked: {known.parked_because}", needs_person=True)
    return CycleReport(tenant=slug, business_day=today, problems=[problem])


def _remember(installation: Installation, report: CycleReport) -> None:
    """A dead connection parks the tenant until somebody connects it again; `dun tenants` says so."""
    now = installation.clock.now()
    dead = next((problem for problem in report.problems if problem.code == Reauthorise.code), None)
    if dead:
        installation.registry.park(report.tenant, dead.words, now)
    elif not report.problems:
        installation.registry.succeeded(report.tenant, now)
