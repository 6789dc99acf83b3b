"""What is held at this moment: by the last decisions, and by holds that came or went since."""

from datetime import timedelta
from typing import Any

import pytest
from unit.state.examples import AT, TODAY, a_contact, an_invoice

from state.model import ContactId, DecisionRow, InvoiceId
from state.store import TenantStore

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def owed(store: TenantStore) -> TenantStore:
    """Two invoices of one customer, and one of a contact that was merged into it."""
    store.mirror.save_contacts([a_contact(), a_contact("old", merged_into=ContactId("customer"))])
    store.mirror.save_invoices([an_invoice(), an_invoice("inv-2"), an_invoice("inv-3", contact_id=ContactId("old"))])
    return store


def decide(store: TenantStore, invoice: str, action: str, reasons: str) -> None:
    store.decisions.record([DecisionRow(InvoiceId(invoice), action, None, reasons, None)], TODAY, AT)


def hold(store: TenantStore, scope: Any, target: str, **fields: Any) -> None:
    said = {"reason": "manual", "until": None, **fields}
    store.holds.place(scope, target, said["reason"], said["until"], None, AT, "ada")


def held(store: TenantStore) -> list[tuple[str, str, list[str]]]:
    groups = store.morning(TODAY, AT).held
    return [(group.code, group.action, sorted(each.invoice_id for each in group.some)) for group in groups]


def test_a_hold_counts_before_anything_is_decided_by_it(owed: TenantStore) -> None:
    decide(owed, "inv-1", "send", '[["stage_due",{}]]')
    hold(owed, "invoice", "inv-1", until=TODAY)

    assert held(owed) == [("held", "wait", ["inv-1"])]


def test_a_hold_on_a_customer_keeps_all_of_its_invoices_and_those_of_whoever_it_was_before(owed: TenantStore) -> None:
    hold(owed, "contact", "old")

    assert held(owed) == [("held", "stop", ["inv-1", "inv-2", "inv-3"])]


def test_a_hold_on_everything_keeps_everything(owed: TenantStore) -> None:
    hold(owed, "tenant", "*")

    assert held(owed) == [("held", "stop", ["inv-1", "inv-2", "inv-3"])]


def test_an_invoice_that_is_held_for_another_reason_stays_there_and_is_counted_once(owed: TenantStore) -> None:
    decide(owed, "inv-1", "stop", '[["disputed",{}]]')
    hold(owed, "invoice", "inv-1")

    assert held(owed) == [("disputed", "stop", ["inv-1"])]


def test_what_was_decided_by_a_hold_that_has_ended_is_held_no_more(owed: TenantStore) -> None:
    decide(owed, "inv-1", "wait", '[["held",{"scope":"invoice","reason":"manual"}]]')
    hold(owed, "invoice", "inv-1", until=YESTERDAY)

    assert held(owed) == []


def test_nothing_that_is_paid_is_held(owed: TenantStore) -> None:
    owed.mirror.save_invoices([an_invoice(due_minor=0, status="paid", updated_at=AT + timedelta(hours=1))])
    hold(owed, "invoice", "inv-1")

    assert held(owed) == []
