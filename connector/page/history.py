"""Everything that went out: searched, filtered, each message with its words and proof, and taken along as CSV or JSON.

What is taken along is exactly what is listed, all pages of it.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector.agreements.subject import money
from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from state.plain_text import json_line
from state.sent import Place, SentRow, Wanted
from state.spreadsheet import harmless_cell

NAVIGATION = (Entry("/t/{tenant}/history", "history.title", 50, "history"),)
PAGE = 50
_COLUMNS = (
    "id", "at", "day", "customer_id", "customer", "channel", "stage", "subject", "recipients", "invoices", "asked",
    "outcome", "reason", "delivery", "noted",
)  # fmt: skip
_FIELDS = ("q", "channel", "stage", "outcome", "first", "last")


class Proof(Struct):
    """What was read of the ledger seconds before a message left."""

    due_minor: int
    currency: str
    version: str
    read_at: str


def routes(site: Site) -> list[Route]:
    here = "/t/{tenant}/history"
    return [
        site.page(here, _list, "history"),
        site.page(f"{here}.csv", _csv, "history"),
        site.page(f"{here}.json", _json, "history"),
        site.page(f"{here}/{{message}}", _message, "history"),
    ]


def _list(visit: Visit) -> Response:
    slug, wanted = visit.tenant.slug, _wanted(visit.query)
    with visit.open() as opened, opened.store(slug) as store:
        found = store.sent.page(wanted, _place(visit.query.get("before", "")), PAGE + 1)
        choices = store.sent.choices()
    shown, fields = found[:PAGE], _asked(visit.query)
    more = urlencode([*fields, ("before", _place_text(shown[-1].place))]) if len(found) > PAGE else ""
    return visit.show(
        "history.html",
        here=f"/t/{slug}/history",
        wanted=wanted,
        choices=choices,
        shown=shown,
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
    writer.writerow(_COLUMNS)
    for row in _everything(visit):
        writer.writerow([harmless_cell(_cell(value)) for value in row.values()])
    return _file(visit, sheet.getvalue().encode(), "text/csv; charset=utf-8", "csv")


def _json(visit: Visit) -> Response:
    text = json_line({"messages": list(_everything(visit))})
    return _file(visit, text.encode(), "application/json", "json")


def _everything(visit: Visit) -> Iterator[dict[str, object]]:
    with visit.open() as opened, opened.store(visit.tenant.slug) as store:
        for row in store.sent.all(_wanted(visit.query)):
            yield dict(zip(_COLUMNS, _values(row), strict=True))


def _values(row: SentRow) -> tuple[object, ...]:
    return (
        row.id,
        row.at,
        row.business_day,
        row.contact_id,
        row.customer,
        row.channel,
        row.stage,
        row.subject,
        row.recipients,
        [each.invoice for each in row.about],
        [money(*each) for each in row.asked],
        row.outcome,
        row.reason,
        row.fate,
        row.noted,
    )


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _file(visit: Visit, content: bytes, kind: str, ending: str) -> Response:
    name = f"{visit.tenant.slug}-history.{ending}"
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _wanted(query: Mapping[str, str]) -> Wanted:
    """What the address asks for; a day that is none asks for nothing."""
    return Wanted(
        text=query.get("q", "").strip()[:200],
        channel=query.get("channel", ""),
        stage=query.get("stage", ""),
        outcome=query.get("outcome", ""),
        first=_day(query.get("first", "")),
        last=_day(query.get("last", "")),
    )


def _asked(query: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(field, query[field]) for field in _FIELDS if query.get(field)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _place(text: str) -> Place | None:
    at, _, row = text.rpartition(" ")
    return (at, int(row)) if at and row.isdecimal() and len(row) < 19 else None


def _place_text(place: Place) -> str:
    return f"{place[0]} {place[1]}"


def _proofs(row: SentRow) -> Iterator[tuple[str, str, Proof]]:
    for each in row.about:
        if each.proof is not None:
            yield each.invoice_id, each.invoice, msgspec.json.decode(each.proof, type=Proof)
