"""Invoices and bills as Xero writes them, key by key in its order: what is absent, empty or doubled is so on purpose.

Four shapes: 'plain' in unpaged lists, 'paged', 'summary', and 'single'. They differ in which keys exist and, for
applied credits, even in the dates they report.
"""

from typing import Literal

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Allocation, Credit, Customer, Invoice, Line
from connectors.sandbox.xero.contacts import contact_full, contact_short
from connectors.sandbox.xero.rows import Figures, credited_on, figures, invoice_status, payment_rows, settled_on
from connectors.sandbox.xero.wire import (
    Json,
    Node,
    Tree,
    calendar_date,
    day_string,
    instant,
    money,
    scaled,
    second_string,
)

Shape = Literal["plain", "paged", "summary", "single"]

_RATE_DIGITS = 10
_NESTED = {"credit_note": "CreditNotes", "prepayment": "Prepayments", "overpayment": "Overpayments"}
_ID_NAMES = {"credit_note": "CreditNoteID", "prepayment": "PrepaymentID", "overpayment": "OverpaymentID"}


def invoice_node(
    invoice: Invoice, books: Books, shape: Shape, unit_digits: int = 2, *, void_keeps_due: bool = False
) -> Node:
    """One invoice or bill. With `void_keeps_due`, one that was voided still shows what was due on it."""
    node: Node = {"Type": "ACCPAY" if invoice.bill else "ACCREC", "InvoiceID": invoice.guid}
    node["InvoiceNumber"] = invoice.number
    if invoice.reference or not invoice.bill:
        node["Reference"] = invoice.reference or ""
    sums, status = figures(invoice, void_keeps_due=void_keeps_due), invoice_status(invoice)
    node |= _settlement(invoice, sums, books, shape)
    node |= _flags(invoice, books, shape)
    node["Contact"] = _contact(books.customers[invoice.customer_id], books, shape)
    node |= _dates(invoice)
    if _share(invoice, 5) == 0:
        node["BrandingThemeID"] = f"{books.company.guid[:24]}00000000b7a0"
    node |= {"Status": status, "LineAmountTypes": "Exclusive"}
    if shape != "summary":
        node["LineItems"] = [] if shape == "plain" else line_nodes(invoice, shape, unit_digits)
    node |= _totals(invoice, sums)
    if status == "PAID":
        node["FullyPaidOnDate"] = calendar_date(settled_on(invoice, books, single=shape == "single"))
    return node


def invoice_stub(invoice: Invoice, customer: Customer | None) -> Node:
    """What other documents show of an invoice: its id and empty lists that say nothing."""
    node: Node = {}
    if customer is not None:
        node["Type"] = "ACCPAY" if invoice.bill else "ACCREC"
    node |= {"InvoiceID": invoice.guid, "InvoiceNumber": invoice.number}
    node |= {name: [] for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments")}
    node |= {"IsDiscounted": False, "InvoiceAddresses": [], "HasErrors": False}
    if customer is not None:
        node["Contact"] = contact_short(customer)
    node["LineItems"] = []
    if customer is not None:
        node["CurrencyCode"] = invoice.currency
    return node


def line_nodes(invoice: Invoice, shape: Shape, unit_digits: int) -> list[Tree]:
    return [
        _line(line, f"{invoice.guid[:24]}{place:012x}", shape, unit_digits) for place, line in enumerate(invoice.lines)
    ]


def currency_rate(currency: str, rate: Json, books: Books, *, shown: bool) -> Node:
    """The rate; in the company's own currency Xero leaves it out as often as not."""
    return {"CurrencyRate": rate} if shown or currency != books.company.currency else {}


def _settlement(invoice: Invoice, sums: Figures, books: Books, shape: Shape) -> Node:
    applied: dict[str, list[Tree]] = {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
    for part in invoice.allocations:
        if part.source == "payment":
            applied["Payments"].append(_payment(part, invoice, books))
        else:
            applied[_NESTED[part.source]].append(_credit(part, invoice, books, shape))
    if shape == "summary":
        del applied["Payments"]
    amounts = {
        "AmountDue": money(sums.due),
        "AmountPaid": money(sums.paid),
        "AmountCredited": money(sums.credited),
    }
    if shape == "single" and not applied["CreditNotes"]:  # asked singly, what is empty here is not mentioned
        del applied["CreditNotes"]
        if not sums.credited:
            del amounts["AmountCredited"]
    return {**applied, **amounts}


def _payment(part: Allocation, invoice: Invoice, books: Books) -> Node:
    payment = books.payments[part.source_id]
    row = next(row for row in payment_rows(payment) if row.part.id == part.id)
    node: Node = {"PaymentID": row.guid}
    if row.batch is not None:
        node["BatchPaymentID"] = row.batch
    node |= {"Date": calendar_date(part.on), "Amount": money(part.amount), "Reference": payment.reference or ""}
    node["CurrencyRate"] = scaled(invoice.rate, _RATE_DIGITS)
    return node | {"HasAccount": False, "HasValidationErrors": False}


def _credit(part: Allocation, invoice: Invoice, books: Books, shape: Shape) -> Node:
    credit, on = books.credits[part.source_id], credited_on(part, invoice, books, single=shape == "single")
    node: Node = {_ID_NAMES[part.source]: credit.guid}
    if part.source == "credit_note" and credit.number:
        node["CreditNoteNumber"] = credit.number
    node |= {"ID": credit.guid, "AppliedAmount": money(part.amount), "DateString": day_string(on)}
    return node | {"Date": calendar_date(on), "LineItems": [], "Total": money(credit.amount)}


def _flags(invoice: Invoice, books: Books, shape: Shape) -> Node:
    node: Node = {}
    if invoice.sent_to_contact or shape == "single":
        node["SentToContact"] = invoice.sent_to_contact
    shown = shape == "single" or _share(invoice, 3) == 0
    node |= currency_rate(invoice.currency, scaled(invoice.rate, _RATE_DIGITS), books, shown=shown)
    node["IsDiscounted"] = False
    if shape != "summary":
        node["HasAttachments"] = False
    return node | {"InvoiceAddresses": [], "HasErrors": False}


def _contact(customer: Customer, books: Books, shape: Shape) -> Node:
    return contact_full(customer, books, None) if shape == "single" else contact_short(customer)


def _dates(invoice: Invoice) -> Node:
    node: Node = {"DateString": day_string(invoice.issued), "Date": calendar_date(invoice.issued)}
    if invoice.due is not None:
        node |= {"DueDateString": day_string(invoice.due), "DueDate": calendar_date(invoice.due)}
    if invoice.expected is not None:
        node["PlannedPaymentDate" if invoice.bill else "ExpectedPaymentDate"] = calendar_date(invoice.expected)
    return node


def _totals(invoice: Invoice, sums: Figures) -> Node:
    return {
        "SubTotal": money(sums.subtotal),
        "TotalTax": money(sums.tax),
        "Total": money(sums.total),
        "UpdatedDateUTC": instant(invoice.updated),
        "UpdatedDateUTCString": f"{second_string(invoice.updated)}Z",
        "CurrencyCode": invoice.currency,
    }


def _line(line: Line, identity: str, shape: Shape, unit_digits: int) -> Node:
    node: Node = {
        "Description": line.description,
        "UnitAmount": Json(f"{line.unit_price:.{unit_digits}f}"),
        "TaxType": "OUTPUT2" if line.tax else "NONE",
        "TaxAmount": money(line.tax),
        "LineAmount": money(line.amount),
        "AccountCode": "200",
        "Tracking": [],
        "Quantity": scaled(line.quantity, 4),
        "LineItemID": identity,
    }
    return node | {"ValidationErrors": []} if shape == "single" else node


def _share(document: Invoice | Credit, parts: int) -> int:
    """A steady dice per document, for what Xero shows on some and leaves out on others."""
    return document.id % parts
