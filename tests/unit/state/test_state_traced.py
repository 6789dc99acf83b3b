"""The money of each invoice, added up where it lies, is what its allocations say one by one."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.state.examples import a_credit, a_payment, an_invoice

from state.database import immediate
from state.ids import InvoiceId
from state.model import Allocation
from state.store import TenantStore
from state.traced import EVER, UNDATED_ALLOCATIONS, allocations_since, so_far, traced_money

START = date(2026, 3, 1)
DAY = START + timedelta(days=10)
INVOICES = ("inv-0", "inv-1", "inv-2")
# Of each document the day it bears, if any; a document of which nothing else is known is not in the mirror.
DOCUMENTS = {"pay-0": 9, "pay-1": 11, "pay-2": None, "cn-0": 10, "cn-1": None, "lost": None}
PARTS = st.tuples(
    st.sampled_from(sorted(DOCUMENTS)),
    st.sampled_from(INVOICES),
    st.integers(1, 900),
    st.sampled_from([None, 9, 10, 11]),
)
# Who tells it: the invoice, as with Xero, or the payment, as with QuickBooks.
TOLD = st.lists(st.tuples(st.booleans(), PARTS), max_size=8)


def _day(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number)


def _allocation(document: str, invoice: str, minor: int, day: int | None) -> Allocation:
    source = "credit_note" if document.startswith("cn") else "payment"
    return Allocation(source, document, InvoiceId(invoice), minor, _day(day))


def _write(store: TenantStore, told: list[tuple[bool, tuple[str, str, int, int | None]]]) -> Iterator[Allocation]:
    """Everything that is told, as the view has it: a payment that is not in the mirror tells nothing."""
    by_payment = [_allocation(*part) for itself, part in told if not itself and part[0].startswith("pay")]
    by_invoice = [_allocation(*part) for itself, part in told if itself]
    for key in INVOICES:
        own = tuple(each for each in by_invoice if each.invoice_id == key)
        store.mirror.save_invoices([an_invoice(key, allocations=own or None)])
    for key, day in DOCUMENTS.items():
        if key.startswith("pay"):
            own = tuple(each for each in by_payment if each.source_id == key)
            store.mirror.save_payments([a_payment(key, paid_on=_day(day), allocations=own)])
        elif key.startswith("cn"):
            store.mirror.save_credits([a_credit(key, dated_on=_day(day))])
    yield from by_invoice
    yield from by_payment


def _came_on(part: Allocation) -> date | None:
    return part.applied_on or _day(DOCUMENTS[part.source_id])


@settings(max_examples=30)
@given(TOLD)
def test_what_has_settled_each_invoice_is_the_sum_of_its_dated_money(told) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        parts = list(_write(store, told))
        with immediate(store._connection) as connection, traced_money(connection, DAY):
            query = f"SELECT id, {EVER}, {so_far(':day')} FROM invoice LEFT JOIN temp.traced USING (id)"  # noqa: S608 - ours
            found = {key: sums for key, *sums in connection.execute(query, {"day": DAY.isoformat()})}

    for key in INVOICES:
        dated = [(_came_on(part), part.amount_minor) for part in parts if part.invoice_id == key and _came_on(part)]
        assert found[key] == [sum(minor for _, minor in dated), sum(minor for day, minor in dated if day <= DAY)]


@settings(max_examples=30)
@given(TOLD)
def test_no_money_of_a_day_or_later_and_none_without_a_day_is_left_out(told) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        parts = list(_write(store, told))
        columns = "SELECT source_id, invoice_id, amount_minor, applied_on FROM"
        since = store._connection.execute(f"{columns} {allocations_since(':first')}", {"first": DAY.isoformat()})
        kept = [row for row in since if row[3] is None or row[3] >= DAY.isoformat()]
        undated = store._connection.execute(f"{columns} {UNDATED_ALLOCATIONS}").fetchall()

    rows = [
        (part.source_id, part.invoice_id, part.amount_minor, part.applied_on and part.applied_on.isoformat())
        for part in parts
    ]
    assert sorted(kept, key=str) == sorted(
        (row for row in rows if row[3] is None or row[3] >= DAY.isoformat()), key=str
    )
    assert sorted(undated) == sorted(row for row in rows if row[3] is None)
