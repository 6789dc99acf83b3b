"""Invoices that an app creates. There are no drafts: what is created is owed from then on.

What is left out comes from the customer: the due date from its terms, as recorded, and its currency.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.documents import Customer, Invoice, Line
from connectors.sandbox.quickbooks import errors
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realm

LONGEST_PRIVATE_NOTE = 4000
_ITEMS = frozenset({"1"})  # Services: the only one these books sell


def create_invoice(realm: Realm, body: Payload) -> Invoice:
    """A new invoice; ServiceFault if QuickBooks would not take it."""
    for required in ("CustomerRef", "Line"):
        if not body.get(required):
            raise errors.missing_parameter(required)
    note = body.get("PrivateNote")
    if note is not None and len(note) > LONGEST_PRIVATE_NOTE:
        raise errors.too_long("PrivateNote", LONGEST_PRIVATE_NOTE, len(note))
    customer = _customer(realm, body["CustomerRef"])
    issued = _day(body.get("TxnDate")) or realm.now().date()
    if realm.books.company.closed_until is not None and issued <= realm.books.company.closed_until:
        raise errors.period_closed()
    currency = (body.get("CurrencyRef") or {}).get("value") or customer.currency
    if currency != customer.currency:
        raise errors.business_validation("The currency of the transaction is not that of the customer.")
    return realm.books.add_invoice(
        customer,
        [_line(line) for line in body["Line"] if line.get("DetailType") != "SubTotalLineDetail"],
        issued=issued,
        due=_day(body.get("DueDate")) or issued + timedelta(days=customer.terms_days),
        currency=currency,
        private_note=note or None,
        billed_to=(body.get("BillEmail") or {}).get("Address") or None,
        by_app=True,
    )


def _customer(realm: Realm, reference: Any) -> Customer:
    number = str(reference.get("value", ""))
    customer = realm.customer(int(number)) if number.isdecimal() else None
    if customer is None or customer.archived:
        raise errors.object_not_found()
    return customer


def _line(line: Any) -> Line:
    if line.get("DetailType") != "SalesItemLineDetail":
        raise errors.missing_parameter("DetailType")
    if line.get("Amount") is None:
        raise errors.missing_parameter("Amount")
    item = ((line.get("SalesItemLineDetail") or {}).get("ItemRef") or {}).get("value")
    if item is not None and str(item) not in _ITEMS:
        raise errors.object_not_found()
    return Line(line.get("Description", ""), Decimal(1), Decimal(line["Amount"]))


def _day(text: Any) -> date | None:
    try:
        return None if text is None else date.fromisoformat(str(text))
    except ValueError:
        raise errors.business_validation(f"Invalid date: {text}") from None
