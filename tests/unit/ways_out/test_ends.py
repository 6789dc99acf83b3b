"""The end of a sequence is a task, until somebody decides or the customer pays."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tenant_bench import TenantBench
from unit.state.examples import a_fact

from connector.agreements.subject import AgreementError, AtHand
from connector.hearing import see_to_undelivered
from connector.holding import Target
from connector.ways_out.deciding import Chosen, Way, decide_way
from connectors.sandbox.documents import Invoice
from state.model import InvoiceId, ReminderState
from state.tasks import Task


@pytest.fixture
def ended(bench: TenantBench) -> Iterator[Invoice]:
    """An invoice through its sequence, of which a decision is open."""
    document = bench.invoice(overdue=730)
    bench.live(60)
    return document


def decisions(bench: TenantBench, state: str = "open") -> list[Task]:
    return [task for task in bench.store.tasks.decisions() if task.state == state]


def decide(bench: TenantBench, invoice: Invoice, to: Way, days: int | None = None) -> Chosen:
    target = Target(bench.settings.slug, "invoice", invoice.guid, f"invoice {invoice.number}")
    hand = AtHand(target=target, store=bench.store, now=bench.now, today=bench.today)
    until = None if days is None else bench.today + timedelta(days=days)
    with bench.store.transaction():
        return decide_way(hand, to, until, "ada")


def test_the_end_of_a_sequence_opens_one_decision(bench: TenantBench, ended: Invoice) -> None:
    [task] = decisions(bench)

    assert (task.new.invoice_id, task.new.subject) == (ended.guid, f"{ended.guid}/1")
    assert all(word in task.new.script for word in ("call", "letter", "plan", "agency", "court", "write-off"))


def test_a_decision_leaves_the_list_when_the_invoice_is_paid(bench: TenantBench, ended: Invoice) -> None:
    bench.pay(ended)

    bench.run()

    assert [task.outcome for task in decisions(bench, "done")] == ["settled"]
    assert decisions(bench) == []


def test_a_rehearsal_of_a_cycle_opens_no_task(bench: TenantBench) -> None:
    bench.invoice(overdue=730)
    bench.live(40)
    open_before = len(bench.store.tasks.all())

    bench.run(dry_run=True)

    assert len(bench.store.tasks.all()) == open_before


def test_a_wait_is_decided_again_when_it_is_over(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "wait", days=5)
    bench.run()
    during = decisions(bench)

    bench.next_day(6)
    bench.run()

    assert during == []
    assert [task.new.subject for task in decisions(bench)] == [f"{ended.guid}/1/2"]


def test_a_call_that_led_to_nothing_is_decided_again(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "call")
    bench.run()
    [call] = [task for task in bench.store.tasks.open_ones() if task.new.kind == "call"]
    while_calling = decisions(bench)

    bench.store.tasks.close(call.id, "no_answer", None, "ada", bench.now)
    bench.run()

    assert while_calling == []
    assert len(decisions(bench)) == 1


def test_a_call_leaves_the_list_when_the_invoice_is_paid(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "call")
    bench.pay(ended)

    bench.run()

    assert bench.store.tasks.open_ones() == []


def test_a_message_that_did_not_arrive_leaves_the_list_when_its_invoices_are_paid(
    bench: TenantBench, ended: Invoice
) -> None:
    message = bench.reminders(ended)[-1].message_id
    bench.store.deliveries.record(a_fact(message_id=message, at=bench.now, recipient=None), bench.now)
    see_to_undelivered(bench.tenant)
    bench.run()
    while_owed = [task.new.kind for task in bench.store.tasks.open_ones() if task.new.kind == "delivery"]
    bench.pay(ended)

    bench.run()

    assert while_owed == ["delivery"]
    assert bench.store.tasks.open_ones() == []


def test_the_last_letter_is_proven_and_sent_like_a_reminder(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "letter")

    bench.live(4)

    assert bench.sent_stages(ended) == ["soft", "firm", "final", "collection"]
    assert bench.reminders(ended)[-1].proof is not None
    assert bench.judgement() == {}


def test_the_last_letter_goes_once_and_then_a_person_decides_again(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "letter")

    bench.live(30)

    assert bench.sent_stages(ended).count("collection") == 1
    assert len(decisions(bench)) == 1
    with pytest.raises(AgreementError, match="has had its last letter"):
        decide(bench, ended, "letter")


def test_the_last_letter_does_not_go_to_who_has_paid(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "letter")
    bench.ledger.before_read = lambda: bench.pay(ended) if ended.due_amount else None

    bench.live(2)

    assert bench.sent_stages(ended) == ["soft", "firm", "final"]
    assert bench.reminders(ended)[-1].state is ReminderState.SKIPPED
    assert bench.judgement() == {}


def test_another_invoice_of_the_customer_gets_no_last_letter(bench: TenantBench, ended: Invoice) -> None:
    other = bench.invoice(bench.owner_of(ended), overdue=1)
    decide(bench, ended, "letter")

    bench.live(60)

    assert "collection" in bench.sent_stages(ended)
    assert bench.sent_stages(other) == ["soft", "firm", "final"]


def test_a_last_letter_needs_approval_where_reminders_do(bench: TenantBench, ended: Invoice) -> None:
    bench.set(mode="approve")
    decide(bench, ended, "letter")

    report = bench.run()

    assert (report.messages, report.awaiting_approval) == (0, 1)


def test_nothing_is_decided_before_the_sequence_is_through(bench: TenantBench) -> None:
    document = bench.invoice(overdue=5)
    bench.run()

    with pytest.raises(AgreementError, match="no decision is open"):
        decide(bench, document, "letter")


@pytest.mark.parametrize(("to", "command"), [("agency", "dun handover"), ("write-off", "dun write-off propose")])
def test_other_ways_lead_to_their_commands_and_stay_open(
    bench: TenantBench, ended: Invoice, to: Way, command: str
) -> None:
    chosen = decide(bench, ended, to)

    assert (chosen.command or "").startswith(command)
    assert len(decisions(bench)) == 1


def test_a_reopened_invoice_begins_anew_without_its_last_letter(bench: TenantBench, ended: Invoice) -> None:
    decide(bench, ended, "letter")
    bench.live(4)
    payment = bench.pay(ended)
    bench.run()
    bench.books.delete_payment(payment)

    bench.live(60)

    latest = [r.stage for r in bench.reminders(ended) if r.round == 2]
    assert latest == ["soft", "firm", "final"]
    assert bench.store.mirror.invoice(InvoiceId(ended.guid)) is not None
