"""Measured process: the floor, which is the least work that brings invoices and payments from a socket into SQLite.

A raw socket, one request after the other as the adapter made them; a typed decoder for the fields a dunning tool
needs; one transaction of `executemany` upserts of all invoices and of all payments. No client library, no check, no
record; dates stay text as they came. Only money is converted, from exact decimals to whole cents, since whoever reads
it as floats has not done the job. Nobody would run this, and nothing that does the job can be much cheaper.
"""

import socket
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from bench.http import Message, read_message
from bench.process import answer, cpu_time, peak_mb, read_task

_GZIP = 16 + zlib.MAX_WBITS


class FloorTask(Struct, frozen=True):
    """`requests`: the adapter's requests for lists of invoices and payments, in its order."""

    ledger: str
    url: str
    requests: list[bytes]
    file: str


class FloorOutcome(Struct, frozen=True, kw_only=True):
    cpu_seconds: float
    peak_mb: float
    invoices: int
    payments: int


class _XeroContact(Struct, gc=False):
    ContactID: str


class _XeroPayment(Struct, gc=False):
    PaymentID: str
    Amount: Decimal
    Date: str | None = None


class _XeroInvoice(Struct, kw_only=True, gc=False):
    InvoiceID: str
    Type: str
    Status: str
    CurrencyCode: str
    Total: Decimal
    AmountDue: Decimal
    Contact: _XeroContact
    UpdatedDateUTC: str
    InvoiceNumber: str | None = None
    Reference: str | None = None
    Date: str | None = None
    DueDate: str | None = None
    ExpectedPaymentDate: str | None = None
    Payments: list[_XeroPayment] = []


class _XeroAnswer(Struct):
    invoices: list[_XeroInvoice] = field(name="Invoices")


class _Reference(Struct, gc=False):
    value: str


class _Address(Struct, gc=False):
    Address: str | None = None


class _Stamps(Struct, gc=False):
    LastUpdatedTime: str


class _Link(Struct, gc=False):
    TxnId: str
    TxnType: str


class _Line(Struct, gc=False):
    Amount: Decimal
    LinkedTxn: list[_Link] = []


class _QuickBooksInvoice(Struct, kw_only=True, gc=False):
    Id: str
    SyncToken: str
    TotalAmt: Decimal
    Balance: Decimal
    CurrencyRef: _Reference
    CustomerRef: _Reference
    MetaData: _Stamps
    DocNumber: str | None = None
    TxnDate: str | None = None
    DueDate: str | None = None
    PrivateNote: str | None = None
    BillEmail: _Address | None = None


class _QuickBooksPayment(Struct, kw_only=True, gc=False):
    Id: str
    SyncToken: str
    TotalAmt: Decimal
    UnappliedAmt: Decimal
    CurrencyRef: _Reference
    CustomerRef: _Reference
    MetaData: _Stamps
    TxnDate: str | None = None
    PrivateNote: str | None = None
    Line: list[_Line] = []


class _QuickBooksRows(Struct):
    Invoice: list[_QuickBooksInvoice] = []
    Payment: list[_QuickBooksPayment] = []


class _QuickBooksAnswer(Struct):
    rows: _QuickBooksRows = field(name="QueryResponse")


_TABLES = (
    """CREATE TABLE invoice (id TEXT PRIMARY KEY, number TEXT, contact_id TEXT, status TEXT, currency TEXT,
       total INTEGER, due INTEGER, issued_on TEXT, due_on TEXT, expected_on TEXT, reference TEXT, billed_to TEXT,
       updated_at TEXT)""",
    """CREATE TABLE payment (id TEXT, invoice_id TEXT, contact_id TEXT, currency TEXT, amount INTEGER,
       unapplied INTEGER, paid_on TEXT, updated_at TEXT, PRIMARY KEY (id, invoice_id))""",
)
_SAVE_INVOICE = """
    INSERT INTO invoice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET number = excluded.number, contact_id = excluded.contact_id,
    status = excluded.status, currency = excluded.currency, total = excluded.total, due = excluded.due,
    issued_on = excluded.issued_on, due_on = excluded.due_on, expected_on = excluded.expected_on,
    reference = excluded.reference, billed_to = excluded.billed_to, updated_at = excluded.updated_at
"""
_SAVE_PAYMENT = """
    INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id, invoice_id) DO UPDATE SET contact_id = excluded.contact_id, currency = excluded.currency,
    amount = excluded.amount, unapplied = excluded.unapplied, paid_on = excluded.paid_on,
    updated_at = excluded.updated_at
"""

Row = tuple[Any, ...]
Rows = tuple[Iterable[Row], Iterable[Row]]  # of invoices, of payments


def _cents(amount: Decimal) -> int:
    return int(amount * 100)


def _xero() -> Callable[[bytes], Rows]:
    decoder = msgspec.json.Decoder(_XeroAnswer)

    def read(body: bytes) -> Rows:
        invoices = decoder.decode(body).invoices
        return map(_xero_invoice, invoices), _xero_payments(invoices)

    return read


def _xero_invoice(one: _XeroInvoice) -> Row:
    return (
        one.InvoiceID,
        one.InvoiceNumber,
        one.Contact.ContactID,
        one.Status,
        one.CurrencyCode,
        _cents(one.Total),
        _cents(one.AmountDue),
        one.Date,
        one.DueDate,
        one.ExpectedPaymentDate,
        one.Reference,
        None,
        one.UpdatedDateUTC,
    )


def _xero_payments(invoices: list[_XeroInvoice]) -> Iterator[Row]:
    for invoice in invoices:
        for paid in invoice.Payments:
            contact, currency = invoice.Contact.ContactID, invoice.CurrencyCode
            yield paid.PaymentID, invoice.InvoiceID, contact, currency, _cents(paid.Amount), 0, paid.Date, None


def _quickbooks() -> Callable[[bytes], Rows]:
    decoder = msgspec.json.Decoder(_QuickBooksAnswer)

    def read(body: bytes) -> Rows:
        rows = decoder.decode(body).rows
        return map(_quickbooks_invoice, rows.Invoice), _quickbooks_payments(rows.Payment)

    return read


def _quickbooks_invoice(one: _QuickBooksInvoice) -> Row:
    return (
        one.Id,
        one.DocNumber,
        one.CustomerRef.value,
        one.PrivateNote,
        one.CurrencyRef.value,
        _cents(one.TotalAmt),
        _cents(one.Balance),
        one.TxnDate,
        one.DueDate,
        None,
        None,
        one.BillEmail.Address if one.BillEmail else None,
        one.MetaData.LastUpdatedTime,
    )


def _quickbooks_payments(payments: list[_QuickBooksPayment]) -> Iterator[Row]:
    """One row per payment and invoice."""
    for one in payments:
        customer, currency, at = one.CustomerRef.value, one.CurrencyRef.value, one.MetaData.LastUpdatedTime
        for line in one.Line:
            for link in line.LinkedTxn:
                yield (
                    one.Id,
                    link.TxnId,
                    customer,
                    currency,
                    _cents(line.Amount),
                    _cents(one.UnappliedAmt),
                    one.TxnDate,
                    at,
                )


_READERS = {"xero": _xero, "quickbooks": _quickbooks}


def _bodies(task: FloorTask) -> Iterator[bytes]:
    address = urlsplit(task.url)
    with socket.create_connection((address.hostname, address.port)) as server, server.makefile("rwb") as stream:
        for request in task.requests:
            stream.write(request)
            stream.flush()
            yield _unpacked(read_message(stream))


def _unpacked(message: Message | None) -> bytes:
    assert message is not None
    zipped = message.header(b"content-encoding") == b"gzip"
    return zlib.decompress(message.body, _GZIP) if zipped else message.body


def _fill(database: sqlite3.Connection, task: FloorTask) -> None:
    read = _READERS[task.ledger]()
    with database:
        for body in _bodies(task):
            invoices, payments = read(body)
            database.executemany(_SAVE_INVOICE, invoices)
            database.executemany(_SAVE_PAYMENT, payments)


def main() -> None:
    task = read_task(FloorTask)
    Path(task.file).parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(task.file)
    for table in _TABLES:
        database.execute(table)
    with cpu_time() as watch:
        _fill(database, task)
    [[invoices]] = database.execute("SELECT count(*) FROM invoice")
    [[payments]] = database.execute("SELECT count(*) FROM payment")
    database.close()
    answer(FloorOutcome(cpu_seconds=watch.cpu_seconds, peak_mb=peak_mb(), invoices=invoices, payments=payments))


if __name__ == "__main__":
    main()
