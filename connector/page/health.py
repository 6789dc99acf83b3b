"""Whether it works: the age of every firm's books, what its connection has left, alerts, last cycles, calls spent."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector.budget.status import TenantStatus, status
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import Visit
from connector.web.endings import Endings
from state.alerts import Alert
from state.model import TenantSlug
from state.records import CycleRecord

NAVIGATION = (
    Entry("/health", "health.title", 70),
    Entry("/t/{tenant}/health", "health.of_firm", 75),
)
_CYCLES = 20


class Firm(Struct, frozen=True, kw_only=True):
    """One line of the list. `ends_at`: when the connection ends if nobody renews it; None where that is not known."""

    slug: TenantSlug
    name: str
    connected: bool
    parked: str
    pulled_at: datetime | None
    succeeded_at: datetime | None
    ends_at: datetime | None
    left: timedelta | None
    alerts: int


class Cycle(Struct, frozen=True, kw_only=True):
    """One cycle in a line; `sent` and `calls` are None for one that was broken off."""

    started_at: datetime
    finished_at: datetime | None
    sent: int | None
    calls: int | None
    problems: tuple[str, ...]


class _Told(Struct):
    """The part of a stored report that the page shows."""

    sent: dict[str, int] = {}
    api_calls: int = 0
    problems: list["_Problem"] = []


class _Problem(Struct):
    words: str


def routes(site: Site) -> list[Route]:
    endings = Endings(site.config())
    return [
        site.page("/health", lambda visit: _all(visit, endings)),
        site.page("/t/{tenant}/health", _one),
    ]


def firms(visit: Visit, endings: Endings) -> list[Firm]:
    """Every firm that this person may see, in the order of the file."""
    known, ends = visit.connected(), dict(endings.read(visit.registry))
    read = visit.site.read_at(visit.config, [settings.slug for settings in visit.tenants])
    lasting = [alert.finding.tenant for alert in visit.registry.alerts.lasting()]
    now = visit.now
    return [
        Firm(
            slug=settings.slug,
            name=tenant.name if (tenant := known.get(settings.slug)) else settings.slug,
            connected=tenant is not None,
            parked=(tenant.parked_because or "") if tenant else "",
            pulled_at=read[settings.slug],
            succeeded_at=tenant.succeeded_at if tenant else None,
            ends_at=ends.get(settings.slug),
            left=ends[settings.slug] - now if settings.slug in ends else None,
            alerts=lasting.count(settings.slug),
        )
        for settings in visit.tenants
    ]


def _all(visit: Visit, endings: Endings) -> Response:
    alerts = visit.registry.alerts.lasting()
    return visit.show(
        "health.html",
        firms=firms(visit, endings),
        alerts=[alert for alert in alerts if _may_see(visit, alert)],
        failure=visit.registry.alerts.failure() if visit.may("status") else None,
    )


def _may_see(visit: Visit, alert: Alert) -> bool:
    """Those of the installation as a whole are for whoever may look at all of it."""
    tenant = alert.finding.tenant
    return visit.may("status") if tenant is None else visit.rights.sees(tenant)


def _one(visit: Visit) -> Response:
    slug = visit.tenant.slug
    alerts = [alert for alert in visit.registry.alerts.lasting() if alert.finding.tenant == slug]
    known = visit.connected().get(slug)
    if known is None:
        return visit.show("health_of_firm.html", alerts=alerts, cycles=[], budget=None)
    with visit.open() as opened:
        budget: TenantStatus | None = next(iter(status(opened, [slug]).tenants), None)
        with opened.store(slug) as store:
            cycles = [_cycle(record) for record in store.cycles.last(_CYCLES)]
    parked = known.parked_because is not None
    return visit.show("health_of_firm.html", alerts=alerts, cycles=cycles, budget=budget, parked=parked)


def _cycle(record: CycleRecord) -> Cycle:
    told = msgspec.json.decode(record.report, type=_Told) if record.report else None
    return Cycle(
        started_at=record.started_at,
        finished_at=record.finished_at,
        sent=sum(told.sent.values()) if told else None,
        calls=told.api_calls if told else None,
        problems=tuple(problem.words for problem in told.problems) if told else (),
    )
