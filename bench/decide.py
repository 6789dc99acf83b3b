"""Measured process: one decision pass over many open invoices, reasons stored, against reading those rows.

The floor is one `fetchall` of the rows the pass is about: every open invoice with its customer. No record is built,
nothing is grouped, nothing is decided, nothing is written.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from msgspec import Struct

from bench.process import answer, cpu_time, read_task
from connector.dunning.calendar import Calendar
from connector.dunning.decide import DecisionPass
from connector.dunning.policy import Policy
from connector.dunning.rows import to_rows
from state.model import (
    Contact,
    ContactId,
    ContactStatus,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
)
from state.store import TenantStore

_NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
_TODAY = _NOW.date()
_DUE_DAYS = 400  # due dates reach from a year ago to a month ahead
_AHEAD_DAYS = 30
_ONE_OPEN_IN = 10
_INVOICES_PER_CUSTOMER = 100
_CHUNK = 10_000
_OF_OPEN_INVOICES = """
    FROM invoice JOIN contact ON contact.id = contact_id WHERE invoice.status = 'open' AND due_minor > 0
"""
_READ_ROWS = f"SELECT invoice.*, contact.* {_OF_OPEN_INVOICES}"
_READ_NEEDED = f"""
    SELECT invoice.id, number, contact_id, currency, due_minor, due_on, expected_on, payment_scheduled, disputed,
           round, billed_to, contact.id, name, contact.status, email, cc {_OF_OPEN_INVOICES}
"""


class DecideTask(Struct, frozen=True):
    """`file` must not exist yet."""

    file: str
    open_invoices: int
    repeat: int


class DecideOutcome(Struct, frozen=True, kw_only=True):
    """The least CPU seconds of each: reading the rows, reading no more of them than the sixteen columns the pass needs,
    a pass whose decisions are all new, the same pass again.
    """

    read_seconds: float
    read_needed_seconds: float
    first_seconds: float
    again_seconds: float
    rows: int
    decided: int


def main() -> None:
    task = read_task(DecideTask)
    file = Path(task.file)
    with TenantStore.open(file) as store:
        _fill(store, task.open_invoices)
    runs = [_run(file) for _ in range(task.repeat)]
    answer(
        DecideOutcome(
            read_seconds=min(run.read_seconds for run in runs),
            read_needed_seconds=min(run.read_needed_seconds for run in runs),
            first_seconds=min(run.first_seconds for run in runs),
            again_seconds=min(run.again_seconds for run in runs),
            rows=runs[0].rows,
            decided=runs[0].decided,
        )
    )


def _run(file: Path) -> DecideOutcome:
    _forget_decisions(file)
    with cpu_time() as reading:
        rows = _read(file, _READ_ROWS)
    with cpu_time() as reading_needed:
        _read(file, _READ_NEEDED)
    with TenantStore.open(file) as store:
        with cpu_time() as first:
            decided = _decide_all(store, _TODAY)
        with cpu_time() as again:
            _decide_all(store, _TODAY)
    return DecideOutcome(
        read_seconds=reading.cpu_seconds,
        read_needed_seconds=reading_needed.cpu_seconds,
        first_seconds=first.cpu_seconds,
        again_seconds=again.cpu_seconds,
        rows=rows,
        decided=decided,
    )


def _decide_all(store: TenantStore, today: date) -> int:
    """The decision step of a cycle, as `connector.cycle.decide_all` does it but for payers' habits; rows written."""
    decisions = DecisionPass(Policy(), Calendar(), today)
    decided = [(account, decisions.decide(account)) for account in store.receivables.accounts(today, histories=False)]
    with store.transaction():
        rows = [row for _, of_account in decided for row in to_rows(of_account)]
        return store.decisions.record(rows, today, _NOW)


def _read(file: Path, query: str) -> int:
    connection = sqlite3.connect(file)
    rows = connection.execute(query).fetchall()
    connection.close()
    return len(rows)


def _forget_decisions(file: Path) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("DELETE FROM decision")
    connection.close()


def _fill(store: TenantStore, open_invoices: int) -> None:
    """A ledger of which a tenth is open; one customer in seven has no address, one in twenty has credit."""
    draw = Random("decide")
    invoices = _ONE_OPEN_IN * open_invoices
    customers = max(1, invoices // _INVOICES_PER_CUSTOMER)
    with store.transaction():
        store.mirror.save_contacts([_contact(number) for number in range(customers)])
        store.mirror.save_credits([_credit(number) for number in range(0, customers, 20)])
        for chunk in _chunks(invoices):
            store.mirror.save_invoices([_invoice(number, draw, customers) for number in chunk])


def _chunks(invoices: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, invoices)) for start in range(0, invoices, _CHUNK))


def _contact(number: int) -> Contact:
    return Contact(
        id=ContactId(f"c{number}"),
        name=f"Customer {number}",
        status=ContactStatus.ACTIVE,
        email=f"accounts@customer-{number}.example" if number % 7 else None,
        updated_at=_NOW,
        version="1",
    )


def _credit(number: int) -> Credit:
    return Credit(
        id=CreditId(f"k{number}"),
        kind=CreditKind.CREDIT_NOTE,
        contact_id=ContactId(f"c{number}"),
        number=f"CN-{number}",
        status=DocumentStatus.VALID,
        currency="GBP",
        total_minor=50_000,
        remaining_minor=50_000,
        dated_on=_TODAY,
        updated_at=_NOW,
        version="1",
    )


def _invoice(number: int, draw: Random, customers: int) -> Invoice:
    amount, due_on = draw.randint(2_000, 400_000), _TODAY + timedelta(days=_AHEAD_DAYS - draw.randrange(_DUE_DAYS))
    is_open = number % _ONE_OPEN_IN == 0
    return Invoice(
        id=InvoiceId(f"{draw.getrandbits(128):032x}"),
        number=f"INV-{number:06d}",
        contact_id=ContactId(f"c{draw.randrange(customers)}"),
        status=InvoiceStatus.OPEN if is_open else InvoiceStatus.PAID,
        currency="GBP",
        total_minor=amount,
        due_minor=amount if is_open else 0,
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        updated_at=_NOW,
        version="1",
        allocations=(),
    )


if __name__ == "__main__":
    main()
