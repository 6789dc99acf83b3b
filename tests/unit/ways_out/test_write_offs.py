"""A debt is given up by two words of people and one write-off in the ledger, also when the process dies in between."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tenant_bench import TenantBench

from connector.agreements.subject import AgreementError, AtHand
from connector.config.write_off import WriteOffSection
from connector.dunning.policy import Policy
from connector.holding import Target
from connector.report import CycleReport
from connector.reporting.waiting import waiting
from connector.ways_out.giving_up import approve, propose, refuse, sheet, to_export, write_given_up
from connectors.ledger import HalfWritten, Outage, Refused
from connectors.sandbox.documents import Invoice
from state.model import InvoiceId, InvoiceStatus
from state.write_offs import WriteOff


@pytest.fixture
def invoice(bench: TenantBench) -> Invoice:
    """120.00 GBP, overdue and in the mirror; write-offs go to an account."""
    bench.set(write_off=WriteOffSection(account="404"))
    document = bench.invoice(overdue=60)
    bench.run()
    return document


def hand(bench: TenantBench, invoice: Invoice) -> AtHand:
    target = Target(bench.settings.slug, "invoice", invoice.guid, f"invoice {invoice.number}")
    return AtHand(target=target, store=bench.store, now=bench.now, today=bench.today)


def given_up(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    approve(hand(bench, invoice), "grace")


def looked(bench: TenantBench) -> CycleReport:
    """Of a cycle that goes straight to the write-offs."""
    return CycleReport(tenant=bench.settings.slug, cycle=9, business_day=bench.today)


def only(bench: TenantBench) -> WriteOff:
    [write_off] = bench.store.write_offs.all()
    return write_off


def credits(bench: TenantBench) -> list[tuple[Decimal, Decimal]]:
    return [(credit.amount, credit.remaining) for credit in bench.books.credits.values()]


def test_an_approved_write_off_is_booked_and_the_invoice_leaves_the_sequence(
    bench: TenantBench, invoice: Invoice
) -> None:
    given_up(bench, invoice)

    report = bench.run()
    bench.live(40)

    assert (report.written_off, only(bench).state) == (1, "written")
    assert (credits(bench), invoice.settled) == ([(Decimal("120.00"), Decimal("0.00"))], True)
    mirrored = bench.store.mirror.invoice(InvoiceId(invoice.guid))
    assert mirrored is not None
    assert mirrored.status is InvoiceStatus.PAID
    assert bench.sent_stages(invoice) == ["soft"]


def test_a_hold_ends_once_the_ledger_shows_the_write_off(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)

    bench.live(2)

    assert (only(bench).state, bench.store.holds.active(bench.today)) == ("written", [])


def test_nothing_is_asked_for_from_the_proposal_on(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")

    bench.live(40)

    assert (bench.sent_stages(invoice), bench.why(invoice)) == (["soft"], ["held"])
    assert bench.store.tasks.decisions() == []


def test_a_proposal_alone_is_never_booked(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")

    bench.live(3)

    assert (credits(bench), only(bench).state) == ([], "proposed")


def test_a_proposal_is_among_what_needs_a_decision_in_the_month(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")

    [row] = waiting(bench.store, bench.settings.slug, UTC)

    assert row.what == "a write-off waits for a yes, 120.00 GBP, proposed by ada"
    assert (row.invoice, row.since) == (invoice.number, bench.today)


def test_a_refused_proposal_lets_the_sequence_go_on(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    refuse(hand(bench, invoice), "they are rich", "grace")

    bench.live(40)

    assert bench.sent_stages(invoice) == ["soft", "firm", "final"]


def test_without_an_account_nothing_is_booked_and_the_export_lists_it(bench: TenantBench, invoice: Invoice) -> None:
    bench.set(write_off=WriteOffSection())
    given_up(bench, invoice)

    bench.run()

    assert credits(bench) == []
    [exported], _ = to_export(bench.store, bench.settings.slug, bench.settings.book.passes_over)
    assert sheet([exported]).splitlines()[1].split(",")[4:6] == ["GBP", "120.00"]


def test_nobody_is_to_book_by_hand_what_money_in_hand_may_have_paid(bench: TenantBench, invoice: Invoice) -> None:
    bench.set(write_off=WriteOffSection())
    given_up(bench, invoice)
    bench.credit(bench.owner_of(invoice), "120.00", kind="overpayment")
    bench.run()

    exported, [left_out] = to_export(bench.store, bench.settings.slug, bench.settings.book.passes_over)

    assert (exported, left_out.words) == ([], only(bench).words)
    assert "120.00 GBP of Customer 1 is in hand" in str(left_out.words)


def test_no_release_lets_a_message_about_a_proposed_write_off_leave(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    before = bench.sent_stages(invoice)

    ended = bench.store.holds.release("invoice", invoice.guid, bench.now, "grace")
    bench.live(20)

    assert (ended, bench.sent_stages(invoice)) == (0, before)


def test_what_was_exported_is_written_once_the_ledger_shows_it(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.store.write_offs.exported([only(bench).id], bench.now)
    bench.run()
    before = only(bench).state

    bench.books.write_off(invoice, on=bench.today)
    bench.run()

    assert (before, only(bench).state) == ("approved", "written")
    assert len(credits(bench)) == 1


@pytest.mark.parametrize(("paid", "state"), [("120.00", "refused"), ("45.00", "approved")])
def test_money_that_comes_while_somebody_books_by_hand_is_a_task_and_a_debt_that_is_paid_is_not_lost(
    bench: TenantBench, invoice: Invoice, paid: str, state: str
) -> None:
    given_up(bench, invoice)
    bench.store.write_offs.exported([only(bench).id], bench.now)
    bench.pay(invoice, paid)

    bench.live(2)

    [task] = bench.store.tasks.open_ones()
    assert (task.new.kind, only(bench).state, f"{paid} GBP was put against it" in task.new.script) == (
        "late_payment",
        state,
        True,
    )
    assert "do not book it as lost" in task.new.script


def test_a_write_off_whose_invoice_is_paid_first_ends(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.pay(invoice)

    bench.run()

    assert (only(bench).state, credits(bench)) == ("refused", [])
    assert bench.store.holds.active(bench.today) == []


@pytest.mark.parametrize("moment", ["write_off", "write_off_allocation", "write_off_answer"])
def test_an_outage_on_the_way_leaves_one_credit_in_the_end(bench: TenantBench, invoice: Invoice, moment: str) -> None:
    given_up(bench, invoice)
    bench.ledger.fail_next(moment, Outage("no answer"))

    first = bench.run()
    bench.let_pass(timedelta(hours=1))
    bench.run()

    assert (first.written_off, only(bench).state) == (0, "written")
    assert credits(bench) == [(Decimal("120.00"), Decimal("0.00"))]
    assert any(problem.code == "write_off" for problem in first.problems)


@pytest.mark.parametrize("moment", ["write_off", "write_off_allocation", "write_off_answer"])
def test_a_kill_between_write_and_record_leaves_one_credit(bench: TenantBench, invoice: Invoice, moment: str) -> None:
    given_up(bench, invoice)
    bench.ledger.fail_next(moment, Killed())  # type: ignore[arg-type]
    with pytest.raises(Killed):
        bench.run()

    bench.run()

    assert (only(bench).state, credits(bench)) == ("written", [(Decimal("120.00"), Decimal("0.00"))])


class Killed(BaseException):
    """The process is gone."""


def test_what_the_ledger_refuses_ends_in_words_and_the_invoice_goes_on(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.ledger.fail_next("write_off", Refused("the period is closed"))

    report = bench.run()

    assert (only(bench).state, only(bench).words) == ("refused", "the period is closed")
    assert "the period is closed" in [problem.words for problem in report.problems]
    assert bench.store.holds.active(bench.today) == []


def test_a_credit_that_stands_alone_waits_for_a_person(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.ledger.fail_next("write_off_allocation", HalfWritten("apply it by hand"))

    bench.run()

    assert (only(bench).state, only(bench).words) == ("approved", "apply it by hand")


def test_a_read_only_client_is_not_asked_to_write(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.set(read_only=True)

    bench.run()

    assert (credits(bench), only(bench).state) == ([], "approved")


def test_another_amount_than_proposed_is_not_approved(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    bench.pay(invoice, "20.00")
    bench.run()

    with pytest.raises(AgreementError, match=r"100\.00 GBP is due .* and 120\.00 GBP was proposed"):
        approve(hand(bench, invoice), "grace")


def test_money_that_comes_after_a_write_off_is_a_task_once(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.run()
    bench.next_day(10)
    bench.books.credit(bench.owner_of(invoice), Decimal("120.00"), on=bench.today, kind="overpayment")

    bench.live(3)

    [task] = bench.store.tasks.open_ones()
    assert (task.new.kind, task.new.invoice_id, task.new.owner) == ("late_payment", invoice.guid, "grace")
    assert "120.00 GBP" in task.new.script


@pytest.mark.parametrize("statement", ["DELETE FROM write_off", "UPDATE write_off SET state = 'written'"])
def test_the_file_itself_refuses_what_must_not_be(bench: TenantBench, invoice: Invoice, statement: str) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    connection: Any = bench.store._connection

    with pytest.raises(Exception, match="write-off"):
        connection.execute(statement)


def test_a_debt_that_money_in_hand_may_have_paid_is_not_proposed(bench: TenantBench, invoice: Invoice) -> None:
    bench.credit(bench.owner_of(invoice), "120.00", kind="overpayment")
    bench.run()

    with pytest.raises(AgreementError, match=r"120\.00 GBP of Customer 1 is in hand .* `dun credits --tenant harbour"):
        propose(hand(bench, invoice), "insolvent", "ada")


def test_a_proposal_is_not_approved_once_money_has_come_on_account(bench: TenantBench, invoice: Invoice) -> None:
    propose(hand(bench, invoice), "insolvent", "ada")
    bench.credit(bench.owner_of(invoice), "20.00", kind="overpayment")
    bench.run()

    with pytest.raises(AgreementError, match=r"20\.00 GBP .* is in hand"):
        approve(hand(bench, invoice), "grace")


def test_money_that_came_since_the_approval_keeps_the_debt_in_the_books(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    money = bench.credit(bench.owner_of(invoice), "120.00", kind="overpayment")

    report = bench.run()
    waiting = only(bench)
    bench.books.apply_credit(money, invoice, Decimal("120.00"), on=bench.today)
    bench.run()

    assert (report.written_off, waiting.state) == (0, "approved")
    assert any("120.00 GBP of Customer 1 is in hand" in problem.words for problem in report.problems)
    assert (only(bench).state, only(bench).words) == ("refused", "the invoice was settled otherwise")


def test_money_that_the_pull_has_missed_is_seen_before_the_write(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    tenant = bench.tenant
    bench.credit(bench.owner_of(invoice), "120.00", kind="overpayment")

    write_given_up(tenant, looked(bench))

    assert (only(bench).state, [each.remaining for each in bench.books.credits.values()]) == (
        "approved",
        [Decimal(120)],
    )


def test_credit_that_nobody_can_read_keeps_the_debt_in_the_books(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    money = bench.credit(bench.owner_of(invoice), "120.00", kind="overpayment")
    bench.ledger.unreadable.add(money.guid)

    bench.run()

    assert (only(bench).state, "cannot be read" in str(only(bench).words)) == ("approved", True)


def test_nothing_is_booked_while_credit_cannot_be_asked_for(bench: TenantBench, invoice: Invoice) -> None:
    given_up(bench, invoice)
    bench.ledger.fail_next("open_credits", Refused("not now"))

    write_given_up(bench.tenant, looked(bench))

    assert (only(bench).state, only(bench).words) == ("approved", "not now")


def test_credit_that_the_policy_ignores_keeps_no_debt_in_the_books(bench: TenantBench, invoice: Invoice) -> None:
    bench.set(policy=Policy(credit="ignore"))
    bench.credit(bench.owner_of(invoice), "20.00", kind="overpayment")
    bench.run()
    at_hand = replace(hand(bench, invoice), passes_over=bench.settings.book.passes_over)

    propose(at_hand, "insolvent", "ada")
    approve(at_hand, "grace")
    bench.run()

    assert only(bench).state == "written"
