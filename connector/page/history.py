"""Everything that happened at a firm: searched, filtered, each message with its words and proof, and taken along.

What is taken along, as CSV or JSON, is exactly what is listed, all pages of it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector.page.happened import COLUMNS, as_row, at_length, in_short
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from state.clock import wall_instant
from state.happenings import Happening, Place
from state.history import NEWEST, Wanted
from state.history_sources import KINDS
from state.plain_text import json_line
from state.sent import SentRow
from state.spreadsheet import harmless_cell

NAVIGATION = (Entry("/t/{tenant}/history", "history.title", 50, "history"),)
PAGE = 50
_FIELDS = ("q", "kind", "channel", "stage", "outcome", "first", "last")
_ONE_DAY = timedelta(days=1)


class Row(Struct, frozen=True):
    """A happening with what kind of thing it was, and what was said about it."""

    told: Happening
    short: str
    long: str


class Proof(Struct):
    """What was read of the ledger seconds before a message left."""

    due_minor: int
    currency: str
    version: str
    read_at: datetime


def routes(site: Site) -> list[Route]:
    here = "/t/{tenant}/history"
    return [
        site.page(here, _list, "history"),
        site.page(f"{here}.csv", _csv, "history"),
        site.page(f"{here}.json", _json, "history"),
        site.page(f"{here}/{{message}}", _message, "history"),
    ]


def _list(visit: Visit) -> Response:
    slug, wanted = visit.tenant.slug, _wanted(visit)
    with visit.open() as opened, opened.store(slug) as store:
        found = store.history.page(wanted, _place(visit.query.get("before", "")), PAGE + 1)
        choices = store.history.choices()
    shown, fields = found[:PAGE], _asked(visit.query)
    more = urlencode([*fields, ("before", " ".join(shown[-1].place))]) if len(found) > PAGE else ""
    return visit.show(
        "history.html",
        here=f"/t/{slug}/history",
        wanted=wanted,
        kinds=KINDS,
        days=[(each, _day(visit.query.get(each, ""))) for each in ("first", "last")],
        choices=choices,
        shown=[Row(each, in_short(visit.words, each), at_length(visit.words, each)) for each in shown],
        more=more,
        asked=urlencode(fields),
    )


def _message(visit: Visit) -> Response:
    with visit.open() as opened, opened.store(visit.tenant.slug) as store:
        found = store.sent.get(visit.request.path_params["message"])
    if found is None:
        raise NotHere
    row, text, deliveries = found
    return visit.show("sent.html", sent=row, text=text, deliveries=deliveries, proofs=list(_proofs(row)))


def _csv(visit: Visit) -> Response:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for row in _everything(visit):
        writer.writerow([harmless_cell(_cell(value)) for value in row.values()])
    return _file(visit, sheet.getvalue().encode(), "text/csv; charset=utf-8", "csv")


def _json(visit: Visit) -> Response:
    """Row by row, since years of it are more than should lie in memory as objects."""
    rows = ",".join(map(json_line, _everything(visit)))
    return _file(visit, f'{{"history":[{rows}]}}'.encode(), "application/json", "json")


def _everything(visit: Visit) -> Iterator[dict[str, object]]:
    with visit.open() as opened, opened.store(visit.tenant.slug) as store:
        yield from map(as_row, store.history.all(_wanted(visit)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _file(visit: Visit, content: bytes, kind: str, ending: str) -> Response:
    name = f"{visit.tenant.slug}-history.{ending}"
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _wanted(visit: Visit) -> Wanted:
    """What the address asks for; a day that is none asks for nothing, and neither does a kind that is none."""
    query, zone = visit.query, visit.tenant.zone
    last = _day(query.get("last", ""))
    return Wanted(
        text=query.get("q", "").strip()[:200],
        kind=next((kind for kind in KINDS if kind == query.get("kind")), None),
        channel=query.get("channel", ""),
        stage=query.get("stage", ""),
        outcome=query.get("outcome", ""),
        since=_begins(_day(query.get("first", "")), zone),
        until=_begins(last and last + _ONE_DAY, zone),
    )


def _begins(day: date | None, zone: str) -> datetime | None:
    return None if day is None else wall_instant(day, time(0), ZoneInfo(zone))


def _asked(query: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(field, query[field]) for field in _FIELDS if query.get(field)]


def _day(text: str) -> date | None:
    """None also for a day that does not begin at an instant in every zone, as those at the ends of the calendar."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min.year < day.year < date.max.year else None


def _place(text: str) -> Place:
    """The address of a page goes by it; what is no place begins with the newest."""
    at, _, rest = text.partition(" ")
    kind, _, key = rest.partition(" ")
    return (at, kind, key) if kind in KINDS and key else NEWEST


def _proofs(row: SentRow) -> Iterator[tuple[str, str, Proof]]:
    for each in row.about:
        if each.proof is not None:
            yield each.invoice_id, each.invoice, msgspec.json.decode(each.proof, type=Proof)
