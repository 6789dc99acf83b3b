"""Invoices that an app puts into the books: all of a body or none, drafts unless it says otherwise.

Only what a creating PUT needs is here; changing invoices is the business of whoever sits before Xero.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from connectors.sandbox.documents import Customer, Invoice, InvoiceState, Line
from connectors.sandbox.xero.accounting import draw
from connectors.sandbox.xero.errors import unreadable_body, validation
from connectors.sandbox.xero.gateway import Call
from connectors.sandbox.xero.wire import Tree

_STATES: dict[str, InvoiceState] = {"DRAFT": "draft", "AUTHORISED": "open"}
_CHART = frozenset({"200", "260", "270", "310", "400", "404", "429"})  # of Xero's demo company, as far as is needed
_LONGEST_REFERENCE = 255


def create_invoices(call: Call) -> Response:
    """PUT: every invoice of the body is created, or none."""
    wished = [_wish(call, record) for record in _records(call.body)]
    made = [_create(call, customer, lines, facts) for customer, lines, facts in wished]
    shown: list[Tree] = [draw("Invoices", invoice, call, "single", 2) for invoice in made]
    return call.answer({"Invoices": shown})


def _create(call: Call, customer: Customer, lines: list[Line], facts: dict[str, Any]) -> Invoice:
    return call.books.add_invoice(customer, lines, by_app=True, **facts)


def _wish(call: Call, record: Any) -> tuple[Customer, list[Line], dict[str, Any]]:
    if not isinstance(record, dict) or record.get("Type") != "ACCREC":
        raise validation("Invoice type is not valid, or not one that this sandbox takes.", {})
    state = _STATES.get(str(record.get("Status", "DRAFT")))
    if state is None:
        raise validation("The Status is not valid for a new invoice.", {})
    reference = record.get("Reference")
    if reference is not None and len(reference) > _LONGEST_REFERENCE:
        raise validation(f"The Reference cannot be more than {_LONGEST_REFERENCE} characters.", {})
    due = _day(record.get("DueDate"))
    if state == "open" and due is None:
        raise validation("The due date cannot be empty.", {})
    customer = _customer(call, record)
    facts = {
        "issued": _day(record.get("Date")) or call.world.clock.now().date(),
        "due": due,
        "state": state,
        "currency": _currency(call, record, customer),
        "reference": reference,
    }
    return customer, _lines(record), facts


def _customer(call: Call, record: Any) -> Customer:
    contact = record.get("Contact")
    named = call.books.by_guid.get(str(contact.get("ContactID", "")).lower()) if isinstance(contact, dict) else None
    if not isinstance(named, Customer):
        raise validation("The Contact could not be found, or has no ContactID.", {})
    if named.archived:
        raise validation("The contact is archived.", {"ContactID": named.guid})
    return named


def _currency(call: Call, record: Any, customer: Customer) -> str:
    currency = str(record.get("CurrencyCode") or customer.currency)
    if currency not in {call.books.company.currency, *(each.currency for each in call.books.customers.values())}:
        raise validation(f"Organisation is not subscribed to currency {currency}", {})
    return currency


def _lines(record: Any) -> list[Line]:
    lines = record.get("LineItems")
    if not isinstance(lines, list) or not lines:
        raise validation("One or more line items must be specified", {})
    return [_line(line) for line in lines]


def _line(line: Any) -> Line:
    if not isinstance(line, dict) or not line.get("Description"):
        raise validation("Description cannot be empty.", {})
    account = line.get("AccountCode")
    if account is not None and account not in _CHART:
        raise validation(f"Account code '{account}' is not a valid code for this document.", {})
    return Line(line["Description"], Decimal(line.get("Quantity", 1)), Decimal(line.get("UnitAmount", 0)))


def _day(text: Any) -> date | None:
    try:
        return None if text is None else date.fromisoformat(str(text)[:10])
    except ValueError:
        raise unreadable_body("JSON for post data was invalid") from None


def _records(body: bytes) -> list[Any]:
    try:
        sent = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise unreadable_body("JSON for post data was invalid") from None
    records = sent.get("Invoices", [sent]) if isinstance(sent, dict) else sent
    if not isinstance(records, list) or not records:
        raise unreadable_body("JSON for post data was invalid")
    return records
