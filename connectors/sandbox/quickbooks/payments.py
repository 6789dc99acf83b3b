"""Payments and credit memos on the wire.

Three things of the books are Payments here: money in, overpayments and prepayments (unapplied Payments), and the
application of a credit memo or a journal entry (a Payment over nothing that links both sides). A journal entry that is
not applied is neither Payment nor credit memo: only the customer's balance knows of it.
"""

from decimal import Decimal

from connectors.sandbox.documents import ZERO, Allocation, Credit, Invoice, Payment
from connectors.sandbox.quickbooks.company import currency_ref
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.invoices import customer_ref, home, identity
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.settlements import SETTLING, Settlement
from connectors.sandbox.quickbooks.stamps import money, plain, stamp

MoneyIn = Payment | Credit | Settlement

_NAME_VALUE = {
    "name": "{http://schema.intuit.com/finance/v3}NameValue",
    "declaredType": "com.intuit.schema.finance.v3.NameValue",
    "scope": "javax.xml.bind.JAXBElement$GlobalScope",
}


def total_of(payment: MoneyIn) -> Decimal:
    if isinstance(payment, Settlement) or payment.void:
        return ZERO
    return payment.amount


def unapplied_of(payment: MoneyIn) -> Decimal:
    if isinstance(payment, Settlement):
        return ZERO
    return payment.unapplied if isinstance(payment, Payment) else payment.remaining


def all_payments(realm: Realm) -> list[MoneyIn]:
    """Every Payment that has not been deleted."""
    received: list[MoneyIn] = [payment for payment in realm.books.payments.values() if not payment.deleted]
    received += [credit for credit in realm.books.credits.values() if _is_payment(credit)]
    return received + list(realm.settlements.current().values())


def payment_by_id(realm: Realm, number: int) -> MoneyIn | None:
    payment = realm.books.payments.get(number)
    if payment is not None:
        return None if payment.deleted else payment
    credit = realm.books.credits.get(number)
    if credit is not None:
        return credit if _is_payment(credit) else None
    return realm.settlements.current().get(number)


def is_credit_memo(credit: Credit) -> bool:
    return credit.kind == "credit_note" and not credit.deleted


def _is_payment(credit: Credit) -> bool:
    return credit.kind not in SETTLING and not credit.deleted


def payment_body(realm: Realm, payment: MoneyIn) -> Payload:
    reference = payment.reference if isinstance(payment, Payment) else None
    void = not isinstance(payment, Settlement) and payment.void
    return {
        "CustomerRef": customer_ref(realm, payment.customer_id),
        **({} if isinstance(payment, Settlement) else {"DepositToAccountRef": {"value": "4"}}),
        **({"PaymentRefNum": reference} if reference else {}),
        "TotalAmt": money(total_of(payment)),
        "UnappliedAmt": money(unapplied_of(payment)),
        "ProcessPayment": False,
        **_identity(payment),
        "TxnDate": payment.on.isoformat(),
        "CurrencyRef": currency_ref(payment.currency),
        **({"ExchangeRate": plain(_rate(realm, payment))} if realm.multicurrency else {}),
        **({"PrivateNote": "Voided"} if void else {}),
        "Line": _payment_lines(realm, payment),
    }


def credit_memo_body(realm: Realm, credit: Credit) -> Payload:
    amount = ZERO if credit.void else credit.amount
    rate = _rate(realm, credit)
    foreign = realm.multicurrency
    return {
        "RemainingCredit": money(credit.remaining),
        **identity(credit),
        "CustomField": [],
        **({"DocNumber": credit.number} if credit.number else {}),
        "TxnDate": credit.on.isoformat(),
        "CurrencyRef": currency_ref(credit.currency),
        **({"ExchangeRate": plain(rate)} if foreign else {}),
        **({"PrivateNote": "Voided"} if credit.void else {}),
        "Line": _credit_lines(amount),
        "TxnTaxDetail": {"TotalTax": 0},
        "CustomerRef": customer_ref(realm, credit.customer_id),
        "TotalAmt": money(amount),
        **({"HomeTotalAmt": home(amount, rate)} if foreign else {}),
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
        "Balance": money(credit.remaining),
        **({"HomeBalance": home(credit.remaining, rate)} if foreign else {}),
    }


def _identity(payment: MoneyIn) -> Payload:
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": str(payment.id),
        "SyncToken": str(payment.version),
        "MetaData": {"CreateTime": stamp(payment.created), "LastUpdatedTime": stamp(payment.updated)},
    }


def _payment_lines(realm: Realm, payment: MoneyIn) -> list[Payload]:
    if isinstance(payment, Settlement):
        credit = payment.credit
        return [
            _line(payment.amount, payment.invoice_id, "Invoice", realm.books.invoices[payment.invoice_id]),
            _line(payment.amount, credit.id, "CreditMemo" if is_credit_memo(credit) else "JournalEntry", credit),
        ]
    if payment.void:
        return []
    return [_allocated(realm, allocation) for allocation in payment.allocations]


def _allocated(realm: Realm, allocation: Allocation) -> Payload:
    invoice = realm.books.invoices[allocation.invoice_id]
    return _line(allocation.amount, allocation.invoice_id, "Invoice", invoice)


def _line(amount: Decimal, number: int, kind: str, document: Invoice | Credit) -> Payload:
    still_open = document.due_amount if isinstance(document, Invoice) else document.remaining
    extras = {"txnId": str(number), "txnOpenBalance": f"{still_open + amount:.2f}"}
    if document.number:
        extras["txnReferenceNumber"] = document.number
    return {
        "Amount": money(amount),
        "LinkedTxn": [{"TxnId": str(number), "TxnType": kind}],
        "LineEx": {"any": [_name_value(name, value) for name, value in extras.items()]},
    }


def _name_value(name: str, value: str) -> Payload:
    pair = {"value": {"Name": name, "Value": value}}
    return {**_NAME_VALUE, **pair, "nil": False, "globalScope": True, "typeSubstituted": False}


def _credit_lines(amount: Decimal) -> list[Payload]:
    shown = money(amount)
    detail = {"ItemRef": {"value": "1", "name": "Services"}, "TaxCodeRef": {"value": "NON"}}
    kind = "SalesItemLineDetail"
    return [
        {"Id": "1", "LineNum": 1, "Amount": shown, "DetailType": kind, "SalesItemLineDetail": detail},
        {"Amount": shown, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]


def _rate(realm: Realm, payment: MoneyIn) -> Decimal:
    """The rate of the invoice it settles first; the books keep none on money itself."""
    if payment.currency == realm.books.company.currency:
        return Decimal(1)
    if isinstance(payment, Settlement):
        return realm.books.invoices[payment.invoice_id].rate
    if payment.allocations:
        return realm.books.invoices[payment.allocations[0].invoice_id].rate
    return Decimal(1)
