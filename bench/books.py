"""A made-up firm's file with as many invoices as wanted: what reports, forecast and search are measured over.

Half a million invoices would take minutes to arrive as they do in life, so the rows are written as they end, in bulk.
The triggers that insist on a reminder's every step are put aside meanwhile; everything else the file refuses, it
refuses here.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from msgspec import Struct

from state.store import TenantStore

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
TODAY = NOW.date()
_CURRENCIES = ("GBP",) * 8 + ("EUR", "USD")  # of the customers
_RATES = {"EUR": 1.1, "USD": 1.2}  # at the beginning, for one pound
_TERMS = 30
_DAYS = 1100  # how far the firm's past reaches
_OPEN_DAYS = 120  # how old the oldest unpaid invoice is
_INVOICES_PER_CUSTOMER = 100
_CHUNK = 10_000
_OPEN, _REMINDED_OPEN, _REMINDED_PAID = (0, 10), (10, 20), (5, 10)  # remainder, of so many
_FALSELY = 500  # one in so many reminders left on the day after the money had come
_TEXT = "Dear customer, according to our books this invoice is past its due date; please let us know if not. " * 8

_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'reminder'"
_CUSTOMER = """
    INSERT INTO contact (id, name, status, email, cc, updated_at, version) VALUES (?, ?, 'active', ?, '[]', ?, '1')
"""
_INVOICE = """
    INSERT INTO invoice (id, number, contact_id, status, currency, total_minor, due_minor, issued_on, due_on,
                         payment_scheduled, disputed, billed_to, updated_at, version, allocations, rate, payments_minor,
                         first_payment_on, last_payment_on)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '[]', ?, '1', ?, ?, ?, ?, ?)
"""
_PAYMENT = """
    INSERT INTO payment (id, contact_id, status, currency, amount_minor, unapplied_minor, paid_on, updated_at, version)
    VALUES (?, ?, 'valid', ?, ?, 0, ?, ?, '1')
"""
_MESSAGE = """
    INSERT INTO message (id, contact_id, channel, stage, template, subject, recipients, text, totals, owner, claimed_at,
                         business_day, outcome, settled_at)
    VALUES (?, ?, 'sendgrid', 'soft', 'soft', 'Invoice', '[]', ?, ?, 'bench', ?, ?, 'sent', ?)
"""
_REMINDER = """
    INSERT INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, message_id, proof,
                          verified_at, sent_at, sent_on, changed_at)
    VALUES (?, ?, ?, 'soft', 1, 'noted', ?, 1, ?, ?, ?, ?, ?, ?)
"""
_DELIVERY = """
    INSERT INTO delivery (message_id, kind, at, detail, recipient, source, told_at) VALUES (?, ?, ?, '', ?, 'bench', ?)
"""
_ORGANISATION = """
    INSERT INTO organisation (only_row, ledger, id, name, currency, zone, demo, read_at)
    VALUES (1, 'xero', 'bench', 'Bench Ltd', 'GBP', 'Europe/London', 1, ?)
"""


class _Sale(Struct, frozen=True, gc=False):
    """An invoice and the money that came for it: days and minor units."""

    number: int
    id: str
    customer: int
    minor: int
    issued_on: date
    due_on: date
    money: tuple[tuple[date, int], ...]
    reminded_on: date | None

    @property
    def currency(self) -> str:
        return _CURRENCIES[self.customer % len(_CURRENCIES)]


def write(path: Path, invoices: int) -> None:
    """Into a new file at `path`, which the search can find everything in; the same for the same number.

    A tenth of the invoices is open, a tenth or a little less has had a reminder, and one payment in eight came in two
    parts. Every amount has its day, so that any tool can reckon from the file what the reports say.
    """
    TenantStore.open(path).close()
    with closing(sqlite3.connect(path)) as file, file:
        aside = file.execute(_TRIGGERS).fetchall()
        for name, _ in aside:
            file.execute(f"DROP TRIGGER {name}")
        _write(file, invoices)
        for _, trigger in aside:
            file.execute(trigger)
    with TenantStore.open(path) as store:
        store.search.catch_up()


def _write(file: sqlite3.Connection, invoices: int) -> None:
    customers = max(1, invoices // _INVOICES_PER_CUSTOMER)
    file.execute(_ORGANISATION, (_instant(TODAY),))
    file.executemany(_CUSTOMER, (_customer(number) for number in range(customers)))
    draw = Random("books")
    for first in range(0, invoices, _CHUNK):
        sales = [_sale(number, customers, draw) for number in range(first, min(first + _CHUNK, invoices))]
        file.executemany(_INVOICE, map(_invoice, sales))
        file.executemany(_PAYMENT, (row for sale in sales for row in _payments(sale)))
        reminded = [(sale, sale.reminded_on) for sale in sales if sale.reminded_on is not None]
        file.executemany(_MESSAGE, (_message(sale, day) for sale, day in reminded))
        file.executemany(_REMINDER, (_reminder(sale, day) for sale, day in reminded))
        file.executemany(_DELIVERY, (_delivery(sale, day) for sale, day in reminded))


def _sale(number: int, customers: int, draw: Random) -> _Sale:
    customer, minor = draw.randrange(customers), draw.randint(2_000, 400_000)
    is_open = _is(number, _OPEN)
    age = draw.randrange(_OPEN_DAYS) if is_open else draw.randrange(_TERMS, _DAYS)
    issued_on = TODAY - timedelta(days=age)
    due_on = issued_on + timedelta(days=_TERMS)
    late = round(draw.gauss(5 + customer % 20 - 10, 12))
    paid_on = min(max(due_on + timedelta(days=late), issued_on), TODAY)
    return _Sale(
        number=number,
        id=f"{draw.getrandbits(128):032x}",
        customer=customer,
        minor=minor,
        issued_on=issued_on,
        due_on=due_on,
        money=_money(number, minor, min(due_on, TODAY), paid_on, draw),
        reminded_on=_reminded_on(number, due_on, paid_on),
    )


def _money(number: int, minor: int, due_on: date, paid_on: date, draw: Random) -> tuple[tuple[date, int], ...]:
    in_parts = draw.random() < 1 / 8
    if _is(number, _OPEN):
        return ((due_on, minor // 3),) if in_parts and not _is(number, _REMINDED_OPEN) else ()
    if in_parts and not _is(number, _REMINDED_PAID):
        return ((min(due_on, paid_on), minor // 2), (paid_on, minor - minor // 2))
    return ((paid_on, minor),)


def _reminded_on(number: int, due_on: date, paid_on: date) -> date | None:
    a_week_late = due_on + timedelta(days=7)
    if _is(number, _REMINDED_OPEN):
        return a_week_late if a_week_late <= TODAY else None
    if not _is(number, _REMINDED_PAID):
        return None
    falsely = number // _REMINDED_PAID[1] % _FALSELY == 0 and paid_on < TODAY
    return paid_on + timedelta(days=1) if falsely else min(a_week_late, paid_on)


def _is(number: int, some: tuple[int, int]) -> bool:
    return number % some[1] == some[0]


def _customer(number: int) -> tuple[object, ...]:
    return f"c{number}", f"Customer {number} Ltd", f"accounts@customer-{number}.example", _instant(TODAY)


def _invoice(sale: _Sale) -> tuple[object, ...]:
    came, days = sum(minor for _, minor in sale.money), [str(day) for day, _ in sale.money]
    due_minor = sale.minor - came
    allocations = [
        {"source": "payment", "source_id": key, "invoice_id": sale.id, "amount_minor": minor, "applied_on": str(day)}
        for key, day, minor in _parts(sale)
    ]
    return (
        sale.id,
        f"INV-{sale.number:06d}",
        f"c{sale.customer}",
        "open" if due_minor else "paid",
        sale.currency,
        sale.minor,
        due_minor,
        str(sale.issued_on),
        str(sale.due_on),
        _instant(max(sale.issued_on, *(day for day, _ in sale.money)) if sale.money else sale.issued_on),
        json.dumps(allocations, separators=(",", ":")),
        _rate(sale),
        came,
        min(days, default=None),
        max(days, default=None),
    )


def _rate(sale: _Sale) -> str | None:
    """Another one every thirty days."""
    if sale.currency not in _RATES:
        return None
    return f"{_RATES[sale.currency] + (sale.issued_on.toordinal() // _TERMS % 20) / 1000:.4f}"


def _parts(sale: _Sale) -> Iterator[tuple[str, date, int]]:
    for order, (day, minor) in enumerate(sale.money):
        yield f"p{order}-{sale.id}", day, minor


def _payments(sale: _Sale) -> Iterator[tuple[object, ...]]:
    """Each was entered in the ledger on the evening of the day after it had come."""
    for key, day, minor in _parts(sale):
        yield key, f"c{sale.customer}", sale.currency, minor, str(day), _instant(day + timedelta(days=1), 20)


def _message(sale: _Sale, day: date) -> tuple[object, ...]:
    totals = json.dumps({sale.currency: sale.minor})
    return f"m-{sale.id}", f"c{sale.customer}", _TEXT, totals, _instant(day), str(day), _instant(day)


def _reminder(sale: _Sale, day: date) -> tuple[object, ...]:
    proof, at = json.dumps({"due_minor": sale.minor}), _instant(day)
    return f"r-{sale.id}", sale.id, f"c{sale.customer}", str(day), f"m-{sale.id}", proof, at, at, str(day), at


def _delivery(sale: _Sale, day: date) -> tuple[object, ...]:
    kind, at = "bounced" if sale.number % 50 == 0 else "delivered", _instant(day, 10)
    return f"m-{sale.id}", kind, at, f"accounts@customer-{sale.customer}.example", at


def _instant(day: date, hour: int = 9) -> str:
    return f"{day}T{hour:02}:00:00.000Z"
