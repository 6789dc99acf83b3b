"""Holds, decisions and the log of cycles."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from unit.state.examples import AT, LATER, TODAY, an_invoice

from state.errors import Contradiction
from state.model import DecisionRow, Hold, InvoiceId, InvoiceStatus
from state.store import TenantStore


def a_decision(invoice: str = "inv-1", **fields: object) -> DecisionRow:
    return DecisionRow(
        **{
            "invoice_id": InvoiceId(invoice),
            "action": "wait",
            "stage": "friendly",
            "reasons": '[["not_due",{"days":3}]]',
            "next_on": TODAY + timedelta(days=3),
            **fields,
        }
    )


def test_a_hold_counts_up_to_and_including_its_last_day(store: TenantStore) -> None:
    hold = store.holds.place("invoice", "inv-1", "promise", TODAY, "will pay on Friday", AT)

    assert hold == Hold(
        id=hold.id,
        scope="invoice",
        target="inv-1",
        reason="promise",
        until=TODAY,
        note="will pay on Friday",
        placed_at=AT,
    )
    assert store.holds.active(TODAY) == [hold]
    assert store.holds.active(TODAY + timedelta(days=1)) == []


def test_a_hold_without_an_end_lasts_until_released(store: TenantStore) -> None:
    store.holds.place("contact", "customer", "dispute", None, None, AT)
    assert len(store.holds.active(TODAY + timedelta(days=5000))) == 1

    assert store.holds.release("contact", "customer", LATER) == 1
    assert store.holds.release("contact", "customer", LATER) == 0
    assert store.holds.active(TODAY) == []


def test_releasing_one_target_leaves_the_others(store: TenantStore) -> None:
    store.holds.place("contact", "customer", "dispute", None, None, AT)
    store.holds.place("invoice", "customer", "manual", None, None, AT)

    store.holds.release("contact", "customer", LATER)

    assert [hold.scope for hold in store.holds.active(TODAY)] == ["invoice"]


def test_every_hold_stays_on_record(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.holds.place("invoice", "a", "manual", TODAY, None, AT)
    store.holds.release("invoice", "a", LATER)
    store.holds.place("tenant", "*", "shrunk", None, None, LATER)

    rows = sql("SELECT reason, released_at IS NOT NULL FROM hold ORDER BY id")
    assert [tuple(row) for row in rows] == [("manual", 1), ("shrunk", 0)]


@pytest.mark.parametrize(("scope", "target"), [("tenant", "inv-1"), ("invoice", "*"), ("planet", "earth")])
def test_a_hold_on_nothing_sensible_is_refused(store: TenantStore, scope: str, target: str) -> None:
    with pytest.raises(Contradiction):
        store.holds.place(scope, target, "manual", None, None, AT)


def test_a_decision_comes_back_as_it_was_recorded(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])

    assert store.decisions.record([a_decision()], TODAY, AT) == 1
    assert store.decisions.for_invoice(InvoiceId("inv-1")) == a_decision()
    assert store.decisions.for_invoice(InvoiceId("other")) is None


def test_deciding_the_same_writes_nothing(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.decisions.record([a_decision()], TODAY, AT)

    assert store.decisions.record([a_decision()], TODAY + timedelta(days=1), LATER) == 0
    assert sql("SELECT decided_on FROM decision") == [("2026-03-10",)]
    assert sql("SELECT count(*) FROM decision_event") == [(0,)]


@pytest.mark.parametrize(
    ("field", "value"), [("action", "send"), ("stage", None), ("reasons", "[]"), ("next_on", None)]
)
def test_a_changed_decision_keeps_the_one_before(
    store: TenantStore, sql: Callable[..., list[tuple]], field: str, value: str | None
) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.decisions.record([a_decision()], TODAY, AT)

    assert store.decisions.record([a_decision(**{field: value})], TODAY + timedelta(days=1), LATER) == 1
    assert store.decisions.for_invoice(InvoiceId("inv-1")) == a_decision(**{field: value})
    assert sql("SELECT action, stage, decided_on FROM decision_event") == [("wait", "friendly", "2026-03-10")]


def test_a_settled_invoice_loses_its_decision_with_the_next_pass(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("paid"), an_invoice("owed")])
    store.decisions.record([a_decision("paid"), a_decision("owed")], TODAY, AT)
    store.mirror.save_invoices([an_invoice("paid", status=InvoiceStatus.PAID, due_minor=0, version="2")])

    store.decisions.record([a_decision("owed")], TODAY, LATER)

    assert store.decisions.current() == [a_decision("owed")]


def test_the_last_decision_on_a_settled_invoice_is_kept_with_those_before_it(store: TenantStore) -> None:
    invoice, credited = an_invoice(), '[["covered_by_credit",{"amount":"600.00","currency":"GBP"}]]'
    store.mirror.save_invoices([invoice])
    store.decisions.record([a_decision()], TODAY, AT)
    store.decisions.record([a_decision(action="skip", reasons=credited)], TODAY, LATER)
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, version="2")])
    store.decisions.record([], TODAY + timedelta(days=1), LATER + timedelta(days=1))

    told = store.invoice_file(invoice.id, invoice.contact_id, TODAY).decisions

    assert [(each.action, each.at) for each in told] == [("wait", AT), ("skip", LATER)]
    assert told[-1].reasons == credited


def test_the_last_settled_invoice_empties_the_decisions(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])
    store.decisions.record([a_decision()], TODAY, AT)
    store.mirror.save_invoices([an_invoice(due_minor=0)])

    store.decisions.record([], TODAY, LATER)

    assert store.decisions.current() == []


def test_decisions_are_listed_by_action(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice("a"), an_invoice("b")])
    store.decisions.record([a_decision("a"), a_decision("b", action="send")], TODAY, AT)

    assert store.decisions.current("send") == [a_decision("b", action="send")]
    assert len(store.decisions.current(None)) == 2


def test_cycles_are_listed_newest_first(store: TenantStore) -> None:
    first = store.cycles.start(AT, TODAY)
    store.cycles.finish(first, LATER, '{"sent": 1}')
    second = store.cycles.start(LATER, TODAY + timedelta(days=1))

    newest, oldest = store.cycles.last(5)

    assert (newest.id, newest.business_day, newest.finished_at, newest.report) == (
        second,
        TODAY + timedelta(days=1),
        None,
        None,
    )
    assert (oldest.id, oldest.started_at, oldest.finished_at, oldest.report) == (first, AT, LATER, '{"sent": 1}')
    assert len(store.cycles.last(1)) == 1
