"""The accounting endpoints: lists with filters, stamps and pages; single documents; the organisation."""

import re
from collections.abc import Callable
from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from starlette.responses import Response

from connectors.sandbox.documents import Credit, Customer, Invoice
from connectors.sandbox.xero.contacts import contact_node
from connectors.sandbox.xero.credits import credit_node
from connectors.sandbox.xero.errors import NotFound, high_volume, validation
from connectors.sandbox.xero.fields import TYPE_NAMES, acceptance, fields_of
from connectors.sandbox.xero.gateway import Call, Endpoint
from connectors.sandbox.xero.invoices import Shape, invoice_node
from connectors.sandbox.xero.organisation import organisation_node
from connectors.sandbox.xero.payments import payment_node
from connectors.sandbox.xero.pdf import invoice_pdf
from connectors.sandbox.xero.query import ListQuery, read_query
from connectors.sandbox.xero.rows import Kind, PaymentRow, Row
from connectors.sandbox.xero.where import compile_order
from connectors.sandbox.xero.wire import Node, integer
from state.clock import business_day

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Draw = Callable[[Row, Call, Shape, int], Node]


def list_of(kind: Kind) -> Endpoint:
    """The list endpoint of a kind."""

    def endpoint(call: Call) -> Response:
        query = read_query(call.request, inclusive=call.world.switch("xero.ims", "exclusive") == "inclusive")
        rows = _chosen(kind, query, call)
        if query.page is None:
            _refuse_high_volume(rows, call)
            return call.answer({kind: [draw(kind, row, call, "plain", query.unit_digits) for row in rows]})
        first = (query.page - 1) * query.page_size
        shape: Shape = "summary" if query.summary else "paged"
        shown = [draw(kind, row, call, shape, query.unit_digits) for row in rows[first : first + query.page_size]]
        return call.answer({"pagination": _pagination(query, len(rows)), kind: shown})

    return endpoint


def one_of(kind: Kind) -> Endpoint:
    """The endpoint of a single document; invoices are found by number, too, and may be had as PDF."""

    def endpoint(call: Call) -> Response:
        row = _one(kind, call)
        if isinstance(row, Invoice) and "application/pdf" in call.request.headers.get("accept", "").lower():
            return Response(invoice_pdf(row, call.books), media_type="application/pdf")
        digits = 4 if call.request.query_params.get("unitdp") == "4" else 2
        return call.answer({kind: [draw(kind, row, call, "single", digits)]})

    return endpoint


def one_invoice(call: Call) -> Invoice:
    """The invoice a path names; NotFound if there is none."""
    return cast("Invoice", _one("Invoices", call))


def online_invoice(call: Call) -> Response:
    """The page where a customer looks at an invoice and pays it; sales invoices that have been approved have one."""
    invoice = one_invoice(call)
    if invoice.bill or invoice.state != "open":
        raise validation("Online invoices are not available for this invoice", {"InvoiceID": invoice.guid})
    url = f"https://in.xero.com/{invoice.guid.replace('-', '')}"
    return call.answer({"OnlineInvoices": [{"OnlineInvoiceUrl": url}]})


def organisation(call: Call) -> Response:
    return call.answer({"Organisations": [organisation_node(call.books.company)]})


def reminder_settings(call: Call) -> Response:
    switched = call.world.switch("xero.own_reminders", "off") == "on"
    return call.answer({"InvoiceReminders": [{"Enabled": switched or call.books.company.own_reminders}]})


def draw(kind: Kind, row: Row, call: Call, shape: Shape, digits: int) -> Node:
    """A row as its endpoint writes it."""
    match row:
        case Invoice():
            keeps = call.world.switch("xero.void_keeps_amount_due", "no") == "yes"
            return invoice_node(row, call.books, shape, digits, void_keeps_due=keeps)
        case Customer():
            return contact_node(row, call.desk, shape, _today(call))
        case PaymentRow():
            return payment_node(row, call.books, shape)
        case Credit():
            return credit_node(row, call.books, shape)
    raise AssertionError(f"{kind} has no rows of {type(row).__name__}")


def _chosen(kind: Kind, query: ListQuery, call: Call) -> list[Row]:
    accepts = acceptance(kind, query, call.books)
    if query.ids and kind in {"Invoices", "Contacts"}:
        named = call.desk.named(kind, query.ids, call.lag)
        rows = [row for row in named if query.since is None or row.updated >= query.since]
        rows = [row for row in rows if accepts is None or accepts(row)]
    else:
        rows = call.desk.select(kind, call.lag, query.since, accepts, query.filters)
    if query.order:
        rows = compile_order(query.order, TYPE_NAMES[kind], fields_of(kind, call.books))(rows)
    return rows


def _refuse_high_volume(rows: list[Row], call: Call) -> None:
    if len(rows) > int(call.world.switch("xero.high_volume", "100000")):
        raise high_volume()


def _pagination(query: ListQuery, count: int) -> Node:
    return {
        "page": integer(query.page or 1),
        "pageSize": integer(query.page_size),
        "pageCount": integer(-(-count // query.page_size)),
        "itemCount": integer(count),
    }


def _one(kind: Kind, call: Call) -> Row:
    wanted = call.path("id")
    row = call.desk.find(kind, wanted.lower(), call.lag) if _GUID.fullmatch(wanted.lower()) else None
    if row is None and kind == "Invoices":
        numbered = (one for one in call.desk.rows(kind, call.lag) if isinstance(one, Invoice) and one.number == wanted)
        row = next(numbered, None)
    if row is None:
        raise NotFound
    return row


def _today(call: Call) -> date:
    return business_day(call.world.clock.now(), ZoneInfo(call.books.company.zone))
