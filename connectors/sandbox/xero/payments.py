"""Payments as Xero writes them, with two oddities kept: rates of zero, and a batch id where a payment id belongs."""

from functools import lru_cache
from uuid import UUID, uuid5

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Invoice
from connectors.sandbox.xero.fields import payment_type
from connectors.sandbox.xero.invoices import Shape, invoice_node, invoice_stub
from connectors.sandbox.xero.rows import PaymentRow
from connectors.sandbox.xero.wire import Node, Tree, calendar_date, instant, money, scaled, second_string

_RATE_DIGITS = 10


def payment_node(row: PaymentRow, books: Books, shape: Shape) -> Node:
    """One payment: the part of a receipt that settles one invoice."""
    payment, invoice = row.payment, books.invoices[row.part.invoice_id]
    node: Node = {"PaymentID": row.guid} | _batch(row, books)
    node["Date"] = calendar_date(payment.on)
    if shape != "single" or payment.id % 2:  # asked singly, some payments do not know what reached the bank
        node["BankAmount"] = money(row.part.amount)
    node |= {"Amount": money(row.part.amount), "Reference": payment.reference or ""}
    node["CurrencyRate"] = scaled(ZERO if _without_rate(row, invoice, books) else invoice.rate, _RATE_DIGITS)
    node |= {"PaymentType": payment_type(row, books), "Status": "DELETED" if row.deleted else "AUTHORISED"}
    node |= {"UpdatedDateUTC": instant(row.updated), "UpdatedDateUTCString": f"{second_string(row.updated)}Z"}
    node |= {"HasAccount": True, "IsReconciled": False, "Account": _account(books, code=True)}
    node["Invoice"] = _invoice(row, invoice, books, shape)
    return node | {"HasValidationErrors": False}


def _without_rate(row: PaymentRow, invoice: Invoice, books: Books) -> bool:
    return invoice.currency == books.company.currency and row.payment.id % 3 != 0


def _invoice(row: PaymentRow, invoice: Invoice, books: Books, shape: Shape) -> Node:
    if shape != "single":
        return invoice_stub(invoice, books.customers[invoice.customer_id])
    node = invoice_node(invoice, books, "single")
    if row.batch is not None:
        node["Payments"] = [_as_batch(payment) for payment in _nodes(node["Payments"])]
    return node


def _as_batch(payment: Node) -> Tree:
    """Xero's bug: inside a single payment the nested payment carries the id of its batch."""
    batch = payment.get("BatchPaymentID")
    return payment if batch is None else payment | {"PaymentID": batch}


def _nodes(tree: Tree) -> list[Node]:
    return [item for item in tree if isinstance(item, dict)] if isinstance(tree, list) else []


def _batch(row: PaymentRow, books: Books) -> Node:
    if row.batch is None:
        return {}
    parts = row.payment.released if row.deleted else row.payment.allocations
    batch: Node = {
        "Account": _account(books, code=False),
        "BatchPaymentID": row.batch,
        "Date": calendar_date(row.payment.on),
        "Type": "RECBATCH",
        "Status": "DELETED" if row.deleted else "AUTHORISED",
        "TotalAmount": money(sum((part.amount for part in parts), ZERO)),
        "UpdatedDateUTC": instant(row.updated),
        "IsReconciled": False,
    }
    return {"BatchPaymentID": row.batch, "BatchPayment": batch}


def _account(books: Books, *, code: bool) -> Node:
    node: Node = {"AccountID": _bank_account(books.company.guid)}
    return node | {"Code": "090"} if code else node


@lru_cache(maxsize=16)
def _bank_account(company: str) -> str:
    return str(uuid5(UUID(company), "bank account 090"))
