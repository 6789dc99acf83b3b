"""A charge is proposed, approved and raised once, and no program can make its row say otherwise."""

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from sqlite3 import IntegrityError

import pytest
from unit.state.examples import AT, LATER, TODAY, a_contact, an_invoice

from state.charges import ChargeRecord, ProposedCharge
from state.database import open_database
from state.errors import IllegalMove
from state.migrations import TENANT_FILE
from state.model import Allocation, InvoiceId
from state.store import TenantStore

ONE = InvoiceId("one")


@pytest.fixture(autouse=True)
def mirror(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("c1")])
    store.mirror.save_invoices([an_invoice("one"), an_invoice("two")])


def proposed(store: TenantStore, up_to: date = TODAY, invoice_id: InvoiceId = ONE) -> ChargeRecord:
    charge = ProposedCharge(invoice_id=invoice_id, number="INV-1", up_to=up_to, currency="GBP", interest_minor=643,
                            fixed_minor=4000, source="the Act")  # fmt: skip
    return store.charges.propose(charge, "ada", AT)


def raised(store: TenantStore, up_to: date = TODAY) -> ChargeRecord:
    record = proposed(store, up_to)
    store.charges.approve(record.id, "bo", LATER)
    store.charges.tried(record.id, LATER)
    assert store.charges.raised(record.id, "a-draft", LATER)
    return store.charges.of_invoice(ONE)[-1]


def test_a_charge_comes_back_with_all_that_became_of_it(store: TenantStore) -> None:
    record = raised(store)

    assert (record.state, record.proposed_by, record.approved_by) == ("raised", "ada", "bo")
    assert (record.tried_at, record.settled_at, record.document_id) == (LATER, LATER, "a-draft")
    assert record.charge.total_minor == 4643
    assert store.charges.everything() == store.charges.in_the_ledger(ONE) == [record]
    assert store.charges.pending() == []


def test_each_move_happens_once(store: TenantStore) -> None:
    key = proposed(store).id

    assert [store.charges.approve(key, "bo", LATER) for _ in range(2)] == [True, False]
    assert [store.charges.raised(key, "a", LATER) for _ in range(2)] == [True, False]
    assert not store.charges.refuse(key, "too late", LATER)


@pytest.mark.parametrize("days", [0, -1])
def test_nothing_is_proposed_up_to_a_day_that_was_raised(store: TenantStore, days: int) -> None:
    raised(store)

    with pytest.raises(IllegalMove, match="up to that day already"):
        proposed(store, TODAY + timedelta(days=days))


def test_one_charge_waits_at_a_time(store: TenantStore) -> None:
    proposed(store)

    with pytest.raises(IllegalMove, match="up to that day already"):
        proposed(store, TODAY + timedelta(days=1))
    assert proposed(store, invoice_id=InvoiceId("two")).state == "proposed"


def test_a_refused_charge_may_be_proposed_again(store: TenantStore) -> None:
    store.charges.refuse(proposed(store).id, "the account is unknown", LATER)

    assert proposed(store).state == "proposed"


def test_what_was_tried_counts_as_in_the_ledger(store: TenantStore) -> None:
    key = proposed(store).id
    store.charges.approve(key, "bo", LATER)
    assert store.charges.in_the_ledger(ONE) == []

    store.charges.tried(key, LATER)

    assert [each.id for each in store.charges.in_the_ledger(ONE)] == [key]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE charge SET state = 'raised', document_id = 'x', settled_at = '', approved_at = '', approved_by = ''",
        "UPDATE charge SET interest_minor = 1",
        "UPDATE charge SET up_to = '2030-01-01'",
        "UPDATE charge SET invoice_id = 'two'",
        "UPDATE charge SET document_id = 'x'",
        "DELETE FROM charge",
        "INSERT OR REPLACE INTO charge SELECT * FROM charge",
    ],
)
def test_no_statement_makes_a_proposal_say_something_else(store: TenantStore, tmp_path: Path, statement: str) -> None:
    record = proposed(store)

    with closing(open_database(_file(store), TENANT_FILE)) as connection, pytest.raises(IntegrityError):
        connection.execute(statement)
    assert store.charges.everything() == [record]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE charge SET state = 'approved', settled_at = NULL, document_id = NULL",
        "UPDATE charge SET document_id = 'another'",
        "UPDATE charge SET tried_at = NULL",
        "UPDATE charge SET approved_by = 'me'",
    ],
)
def test_no_statement_undoes_what_was_raised(store: TenantStore, tmp_path: Path, statement: str) -> None:
    record = raised(store)

    with closing(open_database(_file(store), TENANT_FILE)) as connection, pytest.raises(IntegrityError):
        connection.execute(statement)
    assert store.charges.everything() == [record]


def test_an_unknown_invoice_has_neither_money_nor_reminders(store: TenantStore) -> None:
    facts = store.late_facts(InvoiceId("nobody's"))

    assert (facts.settled, facts.reminded_on) == ((), ())


def test_money_is_found_by_its_invoice_alone(store: TenantStore) -> None:
    part = Allocation("payment", "p1", InvoiceId("three"), 5, TODAY)
    store.mirror.save_invoices([an_invoice("three", allocations=(part,))])

    assert [(each.minor, each.on) for each in store.late_facts(InvoiceId("three")).settled] == [(5, TODAY)]
    assert store.late_facts(ONE).settled == ()


def _file(store: TenantStore) -> Path:
    [[_, _, file]] = store._connection.execute("PRAGMA database_list").fetchall()
    return Path(file)
