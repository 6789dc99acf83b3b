"""Credit notes that an app writes: creating them, and putting them against invoices.

Only what the documents describe is accepted: a sales credit note, approved, with lines against an account of the chart,
and allocations within what is left of the note and due on the invoice. Refusals are validation errors per element.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from starlette.responses import Response

from connectors.sandbox.documents import ZERO, Credit, Customer, Invoice
from connectors.sandbox.xero.credits import allocation_node, credit_node
from connectors.sandbox.xero.errors import NotFound, unreadable_body, validation
from connectors.sandbox.xero.gateway import Call

ACCOUNTS = frozenset({"200", "260", "270", "404", "489"})  # sales, other revenue, interest, bad debts, telephone
BAD_DEBTS = "404"


def write_credit_notes(call: Call) -> Response:
    """PUT: every note of the body is created, or none."""
    wanted = [_checked(call, element) for element in _elements(call.body, "CreditNotes")]
    made = [_create(call, element) for element in wanted]
    return call.answer({"CreditNotes": [credit_node(credit, call.books, "single") for credit in made]})


def write_allocations(call: Call) -> Response:
    """PUT: every allocation of the body is made, or none."""
    credit = call.desk.find("CreditNotes", call.path("id").lower(), call.lag)
    if not isinstance(credit, Credit):
        raise NotFound
    wanted = [_allocation(call, credit, element) for element in _elements(call.body, "Allocations")]
    if sum((amount for _, amount, _ in wanted), ZERO) > credit.remaining:
        raise validation("The amount allocated exceeds the remaining credit", {"CreditNoteID": credit.guid})
    made = [call.books.apply_credit(credit, invoice, amount, on=on) for invoice, amount, on in wanted]
    return call.answer({"Allocations": [allocation_node(part, call.books) for part in made]})


def _checked(call: Call, element: Mapping[str, Any]) -> Mapping[str, Any]:
    contact = call.desk.find("Contacts", str((element.get("Contact") or {}).get("ContactID", "")).lower(), call.lag)
    if element.get("Type") != "ACCRECCREDIT":
        raise validation("CreditNote Type must be one of ACCRECCREDIT, ACCPAYCREDIT", {})
    if not isinstance(contact, Customer):
        raise validation("The Contact must contain at least 1 of the following elements to identify", {})
    lines = element.get("LineItems")
    if not isinstance(lines, list) or not lines:
        raise validation("One or more line items must be specified", {})
    for line in lines:
        _check_line(element, line)
    number = element.get("CreditNoteNumber")
    if number and any(credit.number == number for credit in call.books.credits.values()):
        raise validation("Credit Note # must be unique.", {"CreditNoteNumber": number})
    _open_period(call, element)
    return {**element, "customer": contact}


def _check_line(element: Mapping[str, Any], line: Mapping[str, Any]) -> None:
    if not str(line.get("Description") or "").strip():
        raise validation("Description is required for each line item", {})
    code = line.get("AccountCode")
    if element.get("Status") == "AUTHORISED" and code not in ACCOUNTS:
        raise validation(f"Account code '{code or ''}' is not a valid code for this document.", {})
    if _decimal(line.get("UnitAmount")) <= ZERO:
        raise validation("The document total must be greater than zero", {})


def _open_period(call: Call, element: Mapping[str, Any]) -> None:
    closed = call.books.company.closed_until
    if closed is not None and _day(element.get("Date")) <= closed:
        raise validation("The document date cannot be before the period lock date", {})


def _create(call: Call, element: Mapping[str, Any]) -> Credit:
    lines = element["LineItems"]
    amount = sum((_decimal(line.get("UnitAmount")) * _decimal(line.get("Quantity", 1)) for line in lines), ZERO)
    customer = cast("Customer", element["customer"])
    facts: dict[str, Any] = {"currency": element.get("CurrencyCode") or call.books.company.currency}
    if element.get("CreditNoteNumber"):
        facts["number"] = element["CreditNoteNumber"]
    return call.books.credit(customer, amount.quantize(Decimal("0.01")), on=_day(element.get("Date")), **facts)


def _allocation(call: Call, credit: Credit, element: Mapping[str, Any]) -> tuple[Invoice, Decimal, date]:
    invoice = call.desk.find("Invoices", str((element.get("Invoice") or {}).get("InvoiceID", "")).lower(), call.lag)
    amount = _decimal(element.get("Amount"))
    if not isinstance(invoice, Invoice):
        raise validation("Invoice not found", {})
    if invoice.customer_id != credit.customer_id:
        raise validation("The invoice and the credit note must be of the same contact", {})
    if amount > invoice.due_amount or invoice.state != "open":
        raise validation("The amount allocated exceeds the amount outstanding on the invoice", {})
    if amount <= ZERO or invoice.currency != credit.currency:
        raise validation("Allocation amount is not valid", {})
    return invoice, amount, _day(element.get("Date"))


def _elements(body: bytes, name: str) -> list[Mapping[str, Any]]:
    try:
        sent = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        raise unreadable_body("JSON for post data was invalid") from None
    elements = sent.get(name) if isinstance(sent, dict) else None
    if not isinstance(elements, list) or not elements or not all(isinstance(each, dict) for each in elements):
        raise unreadable_body("JSON for post data was invalid")
    return elements


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value)) if value is not None else ZERO
    except InvalidOperation:
        raise unreadable_body("JSON for post data was invalid") from None


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise unreadable_body("JSON for post data was invalid") from None
