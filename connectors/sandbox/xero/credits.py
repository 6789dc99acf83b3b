"""Credit notes, overpayments and prepayments: money of a contact that no invoice mentions until it is allocated."""

from datetime import date

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Allocation, Credit
from connectors.sandbox.xero.contacts import contact_short
from connectors.sandbox.xero.fields import CREDIT_TYPES
from connectors.sandbox.xero.invoices import Shape, currency_rate, invoice_stub
from connectors.sandbox.xero.rows import credit_status
from connectors.sandbox.xero.wire import (
    Json,
    Node,
    Tree,
    calendar_date,
    day_string,
    instant,
    money,
    second_string,
)

_RATE = Json("1.0000000000")


def credit_node(credit: Credit, books: Books, shape: Shape) -> Node:
    """One credit of whichever kind."""
    node: Node = _identity(credit)
    if credit.kind != "overpayment":
        node |= currency_rate(credit.currency, _RATE, books, shown=credit.id % 3 == 0)
    node |= {"Type": CREDIT_TYPES[credit.kind], "Reference": "", "RemainingCredit": money(credit.remaining)}
    node["Allocations"] = [allocation_node(part, books) for part in credit.allocations]
    if credit.kind != "credit_note":
        node["Payments"] = []
    node |= {"HasAttachments": False, "Contact": contact_short(books.customers[credit.customer_id])}
    node |= {"DateString": day_string(credit.on), "Date": calendar_date(credit.on), "Status": credit_status(credit)}
    node["LineAmountTypes"] = "Exclusive" if credit.kind == "credit_note" else "NoTax"
    node["LineItems"] = [] if shape == "plain" else [_line(credit)]
    node |= {"SubTotal": money(credit.amount), "TotalTax": Json("0.00"), "Total": money(credit.amount)}
    node |= {"UpdatedDateUTC": instant(credit.updated), "UpdatedDateUTCString": f"{second_string(credit.updated)}Z"}
    node["CurrencyCode"] = credit.currency
    return node | _used_up(credit)


def _identity(credit: Credit) -> Node:
    if credit.kind == "overpayment":
        return {"OverpaymentID": credit.guid, "ID": credit.guid}
    if credit.kind == "prepayment":
        return {"PrepaymentID": credit.guid, "ID": credit.guid}
    node: Node = {"CreditNoteID": credit.guid}
    if credit.number:
        node["CreditNoteNumber"] = credit.number
    return node | {"Payments": [], "ID": credit.guid}


def allocation_node(part: Allocation, books: Books) -> Tree:
    """A part of a credit that has been put against an invoice."""
    return {
        "AllocationID": part.id,
        "Amount": money(part.amount),
        "Date": calendar_date(part.on),
        "IsDeleted": False,
        "Invoice": invoice_stub(books.invoices[part.invoice_id], None),
    }


def _line(credit: Credit) -> Tree:
    amount = money(credit.amount)
    return {
        "Description": credit.kind.replace("_", " ").capitalize(),
        "UnitAmount": amount,
        "TaxType": "NONE",
        "TaxAmount": Json("0.00"),
        "LineAmount": amount,
        "AccountCode": "200",
        "Tracking": [],
        "Quantity": Json("1.0000"),
        "LineItemID": f"{credit.guid[:24]}{0:012x}",
    }


def _used_up(credit: Credit) -> Node:
    """When the last of a credit note was applied; the other kinds do not say."""
    if credit.kind != "credit_note" or credit_status(credit) != "PAID" or not credit.allocations:
        return {}
    last: date = max(part.on for part in credit.allocations)
    return {"FullyPaidOnDate": calendar_date(last)}
