"""The trail of who did what is only ever added to."""

from collections.abc import Callable
from datetime import timedelta
from sqlite3 import IntegrityError

import pytest
from unit.state.agreed_examples import CUSTOMER, ONE, a_mirror
from unit.state.examples import AT, LATER, an_invoice

from state.audit import AuditEntry
from state.model import ContactId
from state.store import TenantStore


def test_a_deed_comes_back_as_it_was_recorded(store: TenantStore) -> None:
    store.audit.record("ada", "hold", "invoice", "inv-1", {"until": AT.date(), "minor": 5, "note": None}, AT)

    [entry] = store.audit.entries()
    assert entry == AuditEntry(
        id=entry.id,
        at=AT,
        who="ada",
        action="hold",
        scope="invoice",
        target="inv-1",
        details={"until": "2026-03-10", "minor": 5, "note": None},
    )


def test_the_latest_comes_first_and_older_ones_can_be_left_out(store: TenantStore) -> None:
    for hour in range(3):
        store.audit.record("ada", f"deed {hour}", "tenant", "*", {}, AT + timedelta(hours=hour))

    assert [entry.action for entry in store.audit.entries(since=LATER)] == ["deed 2", "deed 1"]
    assert [entry.action for entry in store.audit.entries(limit=1)] == ["deed 2"]


def test_a_customers_deeds_are_those_about_it_and_its_invoices(store: TenantStore) -> None:
    a_mirror(store)
    store.mirror.save_invoices([an_invoice("other", contact_id=ContactId("somebody"))])
    store.audit.record("ada", "about it", "contact", CUSTOMER, {}, AT)
    store.audit.record("ada", "about its invoice", "invoice", ONE, {}, AT)
    store.audit.record("ada", "about another", "invoice", "other", {}, AT)
    store.audit.record("ada", "about all", "tenant", "*", {}, AT)

    assert {entry.action for entry in store.audit.entries(contact=CUSTOMER)} == {"about it", "about its invoice"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET who = 'eve'",
        "UPDATE audit SET at = '2020-01-01'",
        "UPDATE audit SET details = '{\"minor\": 1}'",
        "UPDATE audit SET details = '{}'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT id, at, 'eve', action, scope, target, details FROM audit",
        "INSERT INTO audit SELECT id + 1, at, '', action, scope, target, details FROM audit",
        "INSERT INTO audit SELECT id + 1, at, who, action, scope, target, 'words' FROM audit",
    ],
)
def test_the_trail_cannot_be_rewritten_by_hand(store: TenantStore, sql: Callable, change: str) -> None:
    a_mirror(store)
    store.audit.record("ada", "hold", "invoice", ONE, {"note": "she rang"}, AT)

    with pytest.raises(IntegrityError):
        sql(change)


def test_a_change_that_fails_leaves_no_trace_in_the_trail(store: TenantStore) -> None:
    class Killed(BaseException):
        pass

    def hold_and_die() -> None:
        with store.transaction():
            store.holds.place("invoice", "inv-1", "manual", None, None, AT, "ada")
            store.audit.record("ada", "hold", "invoice", "inv-1", {}, AT)
            raise Killed

    with pytest.raises(Killed):
        hold_and_die()

    assert store.audit.entries() == []
    assert store.holds.active(AT.date()) == []
