"""Credit memos that an app writes, and the payments of nothing that put them on invoices.

Only this much of both documents is taken: a memo over items the company has, and a payment with TotalAmt 0 whose lines
link one credit memo and invoices of the same customer for the same sum. Money itself comes from the control API.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.documents import ZERO, Credit, Customer, Invoice
from connectors.sandbox.quickbooks import errors
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.settlements import Settlement, settlement_id

ITEMS = {"1": "Services", "2": "Bad debts"}
LONGEST_NUMBER = 21


def create_credit_memo(realm: Realm, body: Payload) -> Credit:
    """A credit memo with everything still unapplied."""
    customer = _customer(realm, body)
    number = body.get("DocNumber")
    if number is not None and len(number) > LONGEST_NUMBER:
        raise errors.too_long("DocNumber", LONGEST_NUMBER, len(number))
    lines = body.get("Line") or []
    if not lines:
        raise errors.missing_parameter("Line")
    amount = sum((_sales_line(line) for line in lines), ZERO)
    facts: dict[str, Any] = {"currency": _currency(body, customer)}
    if number:
        facts["number"] = number
    return realm.books.credit(customer, amount, on=_day(realm, body), **facts)


def create_application(realm: Realm, body: Payload) -> Settlement:
    """The payment of nothing that applies one credit memo to an invoice."""
    customer = _customer(realm, body)
    if _decimal(body.get("TotalAmt")) != ZERO:
        raise errors.unsupported_operation("Payment create with money")
    linked = [_linked(realm, line) for line in body.get("Line") or []]
    memos = [(document, amount) for document, amount in linked if isinstance(document, Credit)]
    invoices = [(document, amount) for document, amount in linked if isinstance(document, Invoice)]
    if len(memos) != 1 or len(invoices) != 1 or memos[0][1] != invoices[0][1]:
        raise errors.business_validation("The credits and charges applied in a payment must be of the same amount.")
    (memo, amount), (invoice, _) = memos[0], invoices[0]
    if {memo.customer_id, invoice.customer_id} != {customer.id}:
        raise errors.business_validation("The customer of a linked transaction is another one.")
    on = _day(realm, body)
    allocation = realm.books.apply_credit(memo, invoice, amount, on=on)
    return realm.settlements.current()[settlement_id(allocation)]


def _customer(realm: Realm, body: Payload) -> Customer:
    number = str((body.get("CustomerRef") or {}).get("value", ""))
    if not number:
        raise errors.missing_parameter("CustomerRef")
    customer = realm.customer(int(number)) if number.isdecimal() else None
    if customer is None or customer.archived:
        raise errors.business_validation("Invalid Reference Id : Customer assigned to this transaction was deleted.")
    return customer


def _sales_line(line: Mapping[str, Any]) -> Decimal:
    if line.get("DetailType") != "SalesItemLineDetail":
        raise errors.missing_parameter("DetailType")
    item = str(((line.get("SalesItemLineDetail") or {}).get("ItemRef") or {}).get("value", ""))
    if item not in ITEMS:
        detail = f"Invalid Reference Id : Line item reference {item} is not found or has been deleted."
        raise errors.ServiceFault("2500", "Invalid Reference Id", detail, element="Line.SalesItemLineDetail.ItemRef")
    amount = _decimal(line.get("Amount"))
    if amount <= ZERO:
        raise errors.business_validation("Transaction amount must be greater than 0.")
    return amount


def _linked(realm: Realm, line: Mapping[str, Any]) -> tuple[Invoice | Credit, Decimal]:
    links = line.get("LinkedTxn") or []
    if len(links) != 1:
        raise errors.missing_parameter("LinkedTxn")
    kind, number = links[0].get("TxnType"), str(links[0].get("TxnId", ""))
    document: Invoice | Credit | None = None
    if number.isdecimal() and kind == "Invoice":
        document = realm.invoice(int(number))
    elif number.isdecimal() and kind == "CreditMemo":
        document = realm.books.credits.get(int(number))
    if document is None:
        raise errors.business_validation(f"The transaction {kind} {number} that is linked does not exist.")
    return document, _decimal(line.get("Amount"))


def _currency(body: Payload, customer: Customer) -> str:
    return str((body.get("CurrencyRef") or {}).get("value", customer.currency))


def _day(realm: Realm, body: Payload) -> date:
    try:
        day = date.fromisoformat(str(body.get("TxnDate", ""))[:10])
    except ValueError:
        day = realm.now().date()
    closed = realm.books.company.closed_until
    if closed is not None and day <= closed:
        raise errors.period_closed()
    return day


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value)) if value is not None else ZERO
    except InvalidOperation:
        raise errors.missing_parameter("Amount") from None
