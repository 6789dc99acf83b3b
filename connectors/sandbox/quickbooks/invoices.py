"""Invoices on the wire, key for key in the order of the recordings; what is unknown is absent, never null."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from connectors.sandbox.documents import ZERO, Allocation, Customer, Document, Invoice, Line
from connectors.sandbox.quickbooks.company import country_of, currency_ref, term_ref
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.settlements import SETTLING, settlement_id
from connectors.sandbox.quickbooks.stamps import money, plain, stamp

_MOST_LINES = 5


def meta(document: Document) -> Payload:
    created = stamp(document.created)
    updated = created if document.updated == document.created else stamp(document.updated)
    return {"CreateTime": created, "LastUpdatedTime": updated}


def identity(document: Document) -> Payload:
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": str(document.id),
        "SyncToken": str(document.version),
        "MetaData": meta(document),
    }


def customer_ref(realm: Realm, customer_id: int) -> Payload:
    return {"value": str(customer_id), "name": shown_name(realm.books.customers[customer_id])}


def shown_name(customer: Customer) -> str:
    return f"{customer.name} (deleted)" if customer.archived else customer.name


def address(customer: Customer) -> Payload:
    """The parts that are known; a customer without any has no address at all."""
    lines = enumerate((customer.street or "").splitlines()[:_MOST_LINES], start=1)
    parts = {
        **{f"Line{number}": line for number, line in lines},
        "City": customer.city,
        "Country": country_of(customer.country),
        "CountrySubDivisionCode": customer.region,
        "PostalCode": customer.postcode,
    }
    known = {name: value for name, value in parts.items() if value}
    return {"Id": str(customer.id), **known} if known else {}


def home(amount: Decimal, rate: Decimal) -> Decimal | int:
    """In the company's own currency; `rate` is home currency per unit of the document's."""
    return money((amount * rate).quantize(Decimal("0.01")))


def invoice_body(realm: Realm, invoice: Invoice) -> Payload:
    customer = realm.books.customers[invoice.customer_id]
    void = invoice.state == "void"
    subtotal = ZERO if void else sum((line.amount for line in invoice.lines), ZERO)
    tax = ZERO if void else sum((line.tax for line in invoice.lines), ZERO)
    return {
        **_online(realm, invoice),
        **identity(invoice),
        "CustomField": [],
        "DocNumber": invoice.number,
        "TxnDate": invoice.issued.isoformat(),
        "CurrencyRef": currency_ref(invoice.currency),
        **({"ExchangeRate": plain(invoice.rate)} if realm.multicurrency else {}),
        **_private_note(invoice),
        "LinkedTxn": linked_payments(invoice.allocations),
        "Line": _lines(invoice, subtotal),
        "TxnTaxDetail": {"TotalTax": money(tax)},
        "CustomerRef": customer_ref(realm, invoice.customer_id),
        **({"CustomerMemo": {"value": invoice.reference}} if invoice.reference else {}),
        **_addresses(customer),
        **_terms(invoice, customer),
        **_amounts(realm, invoice, subtotal + tax),
        **_delivery(invoice),
    }


def linked_payments(allocations: Iterable[Allocation]) -> list[Payload]:
    """The Payments behind these allocations, each once. An applied credit memo or journal is linked through its own."""
    numbers = [
        settlement_id(allocation) if allocation.source in SETTLING else allocation.source_id
        for allocation in allocations
    ]
    return [{"TxnId": str(number), "TxnType": "Payment"} for number in dict.fromkeys(numbers)]


def _online(realm: Realm, invoice: Invoice) -> Payload:
    online = realm.switch("online_payments", "yes") == "yes"
    body: Payload = {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": online,
        "AllowOnlineACHPayment": online,
    }
    if invoice.disputed:
        body["EInvoiceStatus"] = "Disputed"
    if invoice.scheduled_payment:
        body["ScheduledPaymentId"] = f"SP-{invoice.id}"
    return body


def _private_note(invoice: Invoice) -> Payload:
    if invoice.state == "void":
        return {"PrivateNote": f"Voided - {invoice.private_note}" if invoice.private_note else "Voided"}
    return {"PrivateNote": invoice.private_note} if invoice.private_note else {}


def _lines(invoice: Invoice, subtotal: Decimal) -> list[Payload]:
    void = invoice.state == "void"
    lines = [_line(number, line, void=void) for number, line in enumerate(invoice.lines, 1)]
    lines.append({"Amount": money(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    return lines


def _line(number: int, line: Line, *, void: bool) -> Payload:
    return {
        "Id": str(number),
        "LineNum": number,
        **({"Description": line.description} if line.description else {}),
        "Amount": 0 if void else money(line.amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {
            "ItemRef": {"value": "1", "name": "Services"},
            "UnitPrice": plain(line.unit_price),
            "Qty": 0 if void else plain(line.quantity),
            "TaxCodeRef": {"value": "TAX" if line.tax else "NON"},
        },
    }


def _addresses(customer: Customer) -> Payload:
    place = address(customer)
    return {"BillAddr": place, "ShipAddr": place} if place else {}


def _terms(invoice: Invoice, customer: Customer) -> Payload:
    if invoice.due is None:
        return {}
    on_terms = invoice.due == invoice.issued + timedelta(days=customer.terms_days)
    return {**({"SalesTermRef": term_ref(customer.terms_days)} if on_terms else {}), "DueDate": invoice.due.isoformat()}


def _amounts(realm: Realm, invoice: Invoice, total: Decimal) -> Payload:
    foreign, due = realm.multicurrency, invoice.due_amount
    return {
        "TotalAmt": money(total),
        **({"Deposit": money(invoice.deposit)} if invoice.deposit and total else {}),
        **({"HomeTotalAmt": home(total, invoice.rate)} if foreign else {}),
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        **_email(realm, invoice),
        "Balance": money(due),
        **({"HomeBalance": home(due, invoice.rate)} if foreign else {}),
    }


def _email(realm: Realm, invoice: Invoice) -> Payload:
    body: Payload = {"EmailStatus": "EmailSent" if invoice.sent_to_contact else "NotSet"}
    if invoice.billed_to:
        body["BillEmail"] = {"Address": invoice.billed_to}
    copies = realm.books.customers[invoice.customer_id].cc
    if copies:
        body["BillEmailCc"] = {"Address": ", ".join(copies)}
    return body


def _delivery(invoice: Invoice) -> Payload:
    if not invoice.sent_to_contact:
        return {}
    return {"DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": stamp(invoice.created)}}


def invoice_link(realm: Realm, invoice: Invoice, base: str) -> Payload:
    """The pay-online link, which exists only with online payments switched on and a single valid address."""
    address_on_it = invoice.billed_to or ""
    payable = realm.switch("online_payments", "yes") == "yes" and invoice.state == "open"
    if not payable or address_on_it.count("@") != 1:
        return {}
    return {"InvoiceLink": f"{base.rstrip('/')}/t/scs-v1-{invoice.guid.replace('-', '')}?locale=EN_US"}
