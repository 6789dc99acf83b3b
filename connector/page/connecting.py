"""Connect: the state of each connection with what is left of it, and the journey of consent in the browser."""

import re
from typing import get_args

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connector.commands.connect import refuse_example_app
from connector.config.schema import SLUG_PATTERN
from connector.config.values import parse_zone
from connector.page.health import firms
from connector.page.journeys import Journeys, Wish
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from connector.web.endings import Endings
from state.model import LedgerName, TenantSlug

NAVIGATION = (Entry("/connect", "connecting.title", 80, "connect"),)
_PATIENCE_SECONDS = 20.0  # for the service to be asked where its consent page is
_LEDGERS: tuple[LedgerName, ...] = get_args(LedgerName)


def routes(site: Site) -> list[Route]:
    endings = Endings(site.config())
    journeys = Journeys(lambda: site.config(), site.clock, lambda: site.reload())
    return [
        site.page("/connect", lambda visit: _show(visit, endings, journeys), "connect"),
        site.action("/connect", lambda visit: _begin(visit, endings, journeys), "connect"),
        site.page("/connect/{name}", lambda visit: _journey(visit, journeys), "connect"),
        site.action("/connect/{name}/paste", lambda visit: _paste(visit, journeys), "connect"),
        site.action("/connect/{name}/choose", lambda visit: _choose(visit, journeys), "connect"),
        site.action("/connect/{name}/cancel", lambda visit: _cancel(visit, journeys), "connect"),
    ]


def _show(visit: Visit, endings: Endings, journeys: Journeys, wrong: str = "") -> Response:
    """With what was typed, where it is `wrong`."""
    return visit.show(
        "connect.html",
        status=422 if wrong else 200,
        wrong=wrong,
        typed=visit.form,
        firms=firms(visit, endings),
        ledgers=_LEDGERS,
        latest=journeys.latest(),
        read_only=[settings.slug for settings in visit.tenants if settings.read_only],
        ledger_of={settings.slug: settings.ledger for settings in visit.tenants},
    )


def _begin(visit: Visit, endings: Endings, journeys: Journeys) -> Response:
    wish = _wish(visit)
    if isinstance(wish, str):
        return _show(visit, endings, journeys, wrong=visit.words(wish))
    visit.rights.require("connect", [wish.slug])
    if settings := visit.config.tenants.get(wish.slug):
        refuse_example_app(visit.config, settings)
    journeys.begin(wish, _PATIENCE_SECONDS)
    return RedirectResponse(f"/connect/{wish.slug}", 303)


def _wish(visit: Visit) -> Wish | str:
    """What is to be connected, or the key of what is wrong with it."""
    slug, zone = TenantSlug(visit.form.get("tenant", "").strip()), visit.form.get("zone", "").strip()
    if settings := visit.config.tenants.get(slug):
        return Wish(slug=slug, ledger=settings.ledger)
    ledger = next((each for each in _LEDGERS if each == visit.form.get("ledger")), None)
    if not re.fullmatch(SLUG_PATTERN, slug) or ledger is None:
        return "connecting.name_wrong"
    try:
        return Wish(slug=slug, ledger=ledger, zone=parse_zone(zone), read_only=visit.form.get("read_only") == "on")
    except ValueError:
        return "connecting.zone_wrong"


def _journey(visit: Visit, journeys: Journeys) -> Response:
    journey = journeys.of(_slug(visit))
    if journey is None:
        raise NotHere
    return visit.show("journey.html", journey=journey)


def _paste(visit: Visit, journeys: Journeys) -> Response:
    journey = journeys.of(_slug(visit))
    if journey is not None and journey.is_under_way:
        journey.moved.clear()
        journey.paste(visit.form.get("address", "").strip())
        journey.moved.wait(_PATIENCE_SECONDS)
    return RedirectResponse(f"/connect/{_slug(visit)}", 303)


def _choose(visit: Visit, journeys: Journeys) -> Response:
    journey = journeys.of(_slug(visit))
    if journey is not None and journey.stage == "choosing":
        journey.moved.clear()
        journey.choose(visit.form.get("company", ""))
        journey.moved.wait(_PATIENCE_SECONDS)
    return RedirectResponse(f"/connect/{_slug(visit)}", 303)


def _cancel(visit: Visit, journeys: Journeys) -> Response:
    journey = journeys.of(_slug(visit))
    if journey is not None and journey.is_under_way:
        journey.moved.clear()
        journey.give_up()
        journey.moved.wait(_PATIENCE_SECONDS)
    return RedirectResponse(f"/connect/{_slug(visit)}", 303)


def _slug(visit: Visit) -> TenantSlug:
    slug = TenantSlug(visit.request.path_params["name"])
    visit.rights.require("connect", [slug])
    return slug
