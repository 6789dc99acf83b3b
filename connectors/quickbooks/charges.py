"""Charges for late payment as an invoice: QuickBooks has no drafts, so it counts from the moment it is created.

It is looked for by our mark before it is written. `requestid` replays the first answer for as long as QuickBooks
remembers it, which nobody has promised to be for ever. A private note cannot be filtered by, so the look is through the
customer's invoices of that day.
"""

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, NewCharge, Outage
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import QueryAnswer, envelope
from connectors.quickbooks.items import booked_on
from connectors.quickbooks.query import MAXIMUM_ROWS, quoted, select
from connectors.unreadable import NOT_JSON
from state.model import InvoiceId
from state.money import Money

_HOME = frozenset({"US", "USA", "UNITED STATES"})
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Row(Struct, rename="pascal"):
    id: str | None = None
    private_note: str | None = None


class _Rows(Struct, rename="pascal"):
    invoice: list[_Row] = []


class _Created(Struct, rename="pascal"):
    invoice: _Row


def raise_charge(client: QuickBooksClient, charge: NewCharge, country: str | None) -> InvoiceId:
    """Create the invoice, unless it is there. `country` is the company's: elsewhere than in the US tax works otherwise.

    Outage: it may or may not be there; repeat it with the same key and day.
    """
    known = _find(client, charge)
    if known is not None:
        return known
    with booked_on(charge.account, "charges"):
        answer = client.create_invoice(_ENCODER.encode(_body(charge, country)).decode(), request_id=charge.key)
    try:
        created = envelope(answer, _Created)
    except (BadData, RecursionError):
        created = None
    if created is None or not created.invoice.id:
        raise Outage("QuickBooks did not confirm the invoice; it may or may not be there")
    return InvoiceId(created.invoice.id)


def _find(client: QuickBooksClient, charge: NewCharge) -> InvoiceId | None:
    of_that_day = (f"CustomerRef = {quoted(charge.contact_id)}", f"TxnDate = {quoted(charge.day.isoformat())}")
    rows = client.query(select("Invoice", of_that_day), _rows)
    if len(rows) >= MAXIMUM_ROWS:
        raise BadData(f"the customer has {MAXIMUM_ROWS:,} invoices of {charge.day}; ours cannot be found among them")
    marked = (row.id for row in rows if row.id and charge.mark in (row.private_note or ""))
    return next((InvoiceId(key) for key in marked), None)


def _body(charge: NewCharge, country: str | None) -> dict[str, object]:
    """Untaxed, and without a due date: then QuickBooks takes the customer's terms."""
    american = (country or "").upper() in _HOME
    lines = [
        {
            "Description": line.text,
            "Amount": Money(line.amount_minor, charge.currency).amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": charge.account},
                **({"TaxCodeRef": {"value": "NON"}} if american else {}),
            },
        }
        for line in charge.lines
    ]
    return {
        "CustomerRef": {"value": charge.contact_id},
        "TxnDate": charge.day.isoformat(),
        "CurrencyRef": {"value": charge.currency},
        "PrivateNote": charge.mark,
        "Line": lines,
        **({} if american else {"GlobalTaxCalculation": "NotApplicable"}),
    }


def _rows(body: bytes) -> list[_Row]:
    answer = envelope(body, QueryAnswer)
    try:
        return msgspec.json.decode(answer.query_response, type=_Rows).invoice
    except NOT_JSON as error:
        raise BadData(f"QuickBooks sent invoices of an unexpected shape: {error}") from None
