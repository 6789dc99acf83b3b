"""What stands beside an invoice's list of payments is what the list says, whatever came in which order."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.state.examples import AT, a_contact, an_invoice

from state.columns import json_text
from state.database import open_database
from state.migrations import TENANT_FILE
from state.model import Allocation, ContactId, Gone, Invoice, InvoiceId, InvoiceStatus
from state.store import TenantStore

BEFORE = type(TENANT_FILE)(
    TENANT_FILE.name,
    TENANT_FILE.application_id,
    TENANT_FILE.steps[: [step.__name__ for step in TENANT_FILE.steps].index("m023_own_payments")],
)
START = date(2026, 1, 1)
TODAY = START + timedelta(days=60)
KEYS = ("inv-0", "inv-1", "inv-2")
CUSTOMERS = ("ada", "bo")
ADDED_UP = "payments_minor, first_payment_on, last_payment_on"

days = st.integers(0, 60).map(lambda offset: START + timedelta(days=offset))
parts = st.lists(
    st.builds(
        Allocation,
        st.sampled_from(("payment", "payment", "payment", "credit_note")),
        st.sampled_from("ps"),
        st.just(InvoiceId("")),
        st.sampled_from((1, 40_00, 60_00, 100_00, -5_00, 2**53 - 1)),
        st.one_of(days, days, st.none()),
    ),
    max_size=3,
).map(tuple)
told = st.builds(
    an_invoice,
    st.sampled_from(KEYS),
    contact_id=st.sampled_from(CUSTOMERS).map(ContactId),
    status=st.sampled_from((InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.PAID, InvoiceStatus.VOID)),
    total_minor=st.just(100_00),
    due_minor=st.sampled_from((0, 40_00)),
    issued_on=days,
    due_on=days,
    updated_at=st.integers(0, 3).map(lambda hours: AT + timedelta(hours=hours)),
    allocations=st.none() | parts,
)
events = st.one_of(
    told,
    told,
    told,
    st.builds(Gone, st.just("invoice"), st.sampled_from(KEYS), st.none()),
    st.sampled_from(KEYS).map(InvoiceId),
    st.just(("bo", "ada")),
    st.tuples(st.just("by hand"), st.sampled_from(KEYS), parts),
)


@contextmanager
def a_store() -> Iterator[TenantStore]:
    with tempfile.TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        store.mirror.save_contacts([a_contact(customer) for customer in CUSTOMERS])
        yield store


def happens(store: TenantStore, event: Any) -> None:
    match event:
        case Gone():
            store.mirror.bury([event], AT)
        case str():
            store.mirror.mark_gone([InvoiceId(event)], AT)
        case ("by hand", key, changed):
            change = "UPDATE invoice SET allocations = ? WHERE id = ?"
            store._connection.execute(change, (json_text(changed), key))
        case (loser, winner):
            store.mirror.mark_merged({ContactId(loser): ContactId(winner)})
        case _:
            store.mirror.save_invoices([event])


def added_up(text: str | None) -> tuple[int | None, str | None, str | None]:
    """What should stand beside the list `text`."""
    own = () if text is None else msgspec.json.decode(text, type=tuple[Allocation, ...])
    if any(part.source != "payment" or part.applied_on is None for part in own):
        return None, None, None
    if sum(abs(part.amount_minor) for part in own) >= 2**53:
        return None, None, None
    on = sorted(str(part.applied_on) for part in own)
    return sum(part.amount_minor for part in own), min(on, default=None), max(on, default=None)


def read_all(store: TenantStore) -> tuple[object, ...]:
    """All that reports take from the columns."""
    first, day = TODAY - timedelta(days=30), TODAY - timedelta(days=10)
    paydays = store.paydays()
    return (
        store.owed(day, TODAY),
        store.owed(first, TODAY),
        store.flows(first, day),
        store.fell_due(first, day),
        store.month(first, day),
        {customer: sorted(map(repr, paydays.of(customer))) for customer in paydays.customers},
    )


@settings(max_examples=40)
@given(st.lists(events, max_size=10))
def test_what_is_added_up_is_what_the_list_says_after_any_sequence_of_events(happened: list[Any]) -> None:
    with a_store() as store:
        for event in happened:
            happens(store, event)
        rows = store._connection.execute(f"SELECT allocations, {ADDED_UP} FROM invoice").fetchall()  # noqa: S608 - ours
        reports = read_all(store)
        store._connection.execute(
            "UPDATE invoice SET (payments_minor, first_payment_on, last_payment_on) = (NULL, NULL, NULL)"
        )

        assert read_all(store) == reports, "the lists themselves say something else"

    for text, *found in rows:
        assert tuple(found) == added_up(text) or found == [None, None, None], "unknown at most, never something else"


@settings(max_examples=30)
@given(told)
def test_what_was_read_once_is_added_up(invoice: Invoice) -> None:
    with a_store() as store:
        store.mirror.save_invoices([invoice])
        [(text, *found)] = store._connection.execute(f"SELECT allocations, {ADDED_UP} FROM invoice")  # noqa: S608 - ours

    assert tuple(found) == added_up(text)


@settings(max_examples=30)
@given(st.lists(st.none() | parts, max_size=6))
def test_a_file_of_an_earlier_release_is_added_up_once(lists: list[tuple[Allocation, ...] | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dun.db"
        with closing(open_database(path, BEFORE)) as earlier:
            for number, own in enumerate(lists):
                earlier.execute(
                    "INSERT INTO invoice (id, contact_id, status, currency, total_minor, due_minor, payment_scheduled,"
                    " disputed, billed_to, updated_at, version, allocations)"
                    " VALUES (?, 'ada', 'paid', 'GBP', 1, 0, 0, 0, '[]', '2026-01-01T00:00:00.000Z', '1', ?)",
                    (str(number), None if own is None else json_text(own)),
                )
        with TenantStore.open(path) as store:
            rows = store._connection.execute(f"SELECT allocations, {ADDED_UP} FROM invoice").fetchall()  # noqa: S608 - ours

    assert [tuple(found) for _, *found in rows] == [added_up(text) for text, *_ in rows]
