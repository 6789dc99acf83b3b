"""Who pays early is the same whether SQLite counts it or every invoice is looked at."""

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from early_counts import early_counts
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from unit.state.examples import a_contact, a_payment, an_invoice

from state.ids import ContactId, InvoiceId, PaymentId
from state.model import Allocation, InvoiceStatus
from state.store import TenantStore

TODAY = date(2026, 3, 2)
TOTAL = 100_00
CUSTOMERS = ("ada", "bo", "cy")
Change = Callable[[TenantStore], None]


class Part(Struct, frozen=True):
    """What an invoice has got: by whom it is told, from what, how much of TOTAL, and on which day."""

    told_by_payment: bool
    source: str
    minor: int
    on: int | None  # days from TODAY


class Owed(Struct, frozen=True):
    customer: str
    status: InvoiceStatus
    due: int | None  # days from TODAY
    disputed: bool
    parts: tuple[Part, ...]


DAYS = st.sampled_from([-2, -1, 0, 1])  # few, so that a payment often bears the very due date, or today
PARTS = st.builds(
    Part,
    st.booleans(),
    st.sampled_from(["payment", "payment", "payment", "credit_note"]),
    st.sampled_from([TOTAL, TOTAL, TOTAL, 40_00, 60_00]),
    DAYS | DAYS | DAYS | st.none(),
)
LEDGERS = st.lists(
    st.builds(
        Owed,
        st.sampled_from(CUSTOMERS),
        st.sampled_from([InvoiceStatus.PAID] * 4 + [InvoiceStatus.OPEN, InvoiceStatus.VOID]),
        DAYS | DAYS | DAYS | st.none(),
        st.booleans(),
        st.tuples(PARTS) | st.lists(PARTS, max_size=2).map(tuple),
    ),
    min_size=6,
    max_size=12,
)


def write(store: TenantStore, ledger: list[Owed]) -> None:
    store.mirror.save_contacts([a_contact(customer) for customer in CUSTOMERS])
    for number, owed in enumerate(ledger):
        key = InvoiceId(f"inv-{number}")
        told = [(part, _allocation(key, f"{number}-{place}", part)) for place, part in enumerate(owed.parts)]
        own = tuple(each for part, each in told if not part.told_by_payment)
        invoice = an_invoice(
            key,
            contact_id=ContactId(owed.customer),
            status=owed.status,
            total_minor=TOTAL,
            due_minor=TOTAL if owed.status is InvoiceStatus.OPEN else 0,
            due_on=_day(owed.due),
            disputed=owed.disputed,
            allocations=own or None,
        )
        store.mirror.save_invoices([invoice])
        for part, each in told:
            if part.told_by_payment and part.source == "payment":
                payment = a_payment(each.source_id, paid_on=each.applied_on, allocations=(each,))
                store.mirror.save_payments([payment])


def _allocation(key: InvoiceId, document: str, part: Part) -> Allocation:
    return Allocation(part.source, PaymentId(document), key, part.minor, _day(part.on))  # type: ignore[arg-type]


def _day(offset: int | None) -> date | None:
    return None if offset is None else TODAY + timedelta(days=offset)


@pytest.mark.parametrize("merged", [False, True], ids=["each for itself", "one merged into another"])
@settings(max_examples=40)
@given(LEDGERS)
def test_the_count_in_sql_is_the_count_invoice_by_invoice(merged: bool, ledger: list[Owed]) -> None:
    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        write(store, ledger)
        if merged:
            store.mirror.mark_merged({ContactId("bo"): ContactId("ada")})

        assert store.early_payments(TODAY) == early_counts(store.paydays(), TODAY)


@pytest.mark.parametrize(("on", "early"), [(-2, 1), (-1, 0), (0, 0)])
def test_before_the_due_date_is_early_also_where_a_credit_note_is_beside_the_payment(
    tmp_path: Path, on: int, early: int
) -> None:
    parts = (Part(False, "payment", TOTAL, on), Part(False, "credit_note", 40_00, on))
    with TenantStore.open(tmp_path / "dun.db") as store:
        write(store, [Owed("ada", InvoiceStatus.PAID, -1, False, parts)])

        assert store.early_payments(TODAY) == {"ada": (early, 1)}
