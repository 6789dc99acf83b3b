"""Books of any size, quickly: for measuring, not for reading.

One invoice after the other under an even clock, most of them paid by one payment each in the order in which money
would have come in. The garbage collector is told to keep out: half a million documents with nothing to free would
otherwise be walked again and again.
"""

import gc
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice, Line
from connectors.sandbox.life import Life
from connectors.sandbox.seed import enter_customers
from state.clock import business_day

_INVOICES_PER_CUSTOMER = 100
_PRICES = tuple(Decimal(cents).scaleb(-2) for cents in range(2500, 400_000, 750))
_ONE = Decimal(1)
_LAST_DAY = timedelta(days=1)  # for the payments still on their way: at one instant they would share one stamp


def generate_large(
    books: Books,
    seed: str,
    *,
    invoices: int = 500_000,
    open_share: float = 0.1,
    history_days: int = 1095,
    ledger: str = "xero",
) -> Life:
    """Fill `books` with `invoices` invoices over `history_days`; of `open_share` (a fraction) something is due."""
    life = Life(books, ledger, seed)
    draw, until = life.draw("large"), books.clock.now() + timedelta(days=history_days)
    enter_customers(life, draw, max(20, invoices // _INVOICES_PER_CUSTOMER))
    with _no_collection():
        _fill(books, life, draw, invoices, open_share, (until - books.clock.now() - _LAST_DAY) / (invoices + 1))
    books.clock.advance(until - books.clock.now())
    life.leave_the_past_alone()
    return life


def _fill(books: Books, life: Life, draw: Random, invoices: int, open_share: float, step: timedelta) -> None:
    zone = ZoneInfo(books.company.zone)
    suppliers = {supplier.id for supplier in life.suppliers}
    customers = [customer for customer in books.customers.values() if customer.id not in suppliers]
    coming: list[tuple[date, int]] = []
    for serial in range(1, invoices + 1):
        today = business_day(books.clock.advance(step), zone)
        invoice = _invoice(books, life, draw.choice(customers), today, draw, serial)
        if draw.random() >= open_share:
            heapq.heappush(coming, (today + timedelta(days=draw.randint(3, 60)), invoice.id))
        elif draw.random() < 0.1:
            _pay(books, invoice, today, invoice.due_amount / 2)
        while coming and coming[0][0] <= today:
            _settle(books, books.invoices[heapq.heappop(coming)[1]], today)
    pause = _LAST_DAY / (len(coming) + 1)
    while coming:
        books.clock.advance(pause)
        _settle(books, books.invoices[heapq.heappop(coming)[1]], today)


def _invoice(books: Books, life: Life, customer: Customer, today: date, draw: Random, serial: int) -> Invoice:
    line = Line("Services", _ONE, draw.choice(_PRICES))
    number = f"INV-{serial:06d}" if life.ledger == "xero" else str(100_000 + serial)
    return books.add_invoice(
        customer, [line], issued=today, number=number, due=today + timedelta(days=customer.terms_days)
    )


def _settle(books: Books, invoice: Invoice, today: date) -> None:
    _pay(books, invoice, today, invoice.due_amount)


def _pay(books: Books, invoice: Invoice, today: date, amount: Decimal) -> None:
    amount = amount.quantize(Decimal("0.01"))
    books.pay(books.customers[invoice.customer_id], amount, on=today, against={invoice.id: amount})


@contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what has been made stays; later collections need not look at it
        if was_on:
            gc.enable()
