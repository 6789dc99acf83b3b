"""The thirteen ways in which a poll of QuickBooks Online misses a payment or a credit, each lived through to its end.

Every test asks what a bookkeeper would ask afterwards: was anybody chased who had paid, is the mirror right, and is it
said why. Where a way has several doors, each has a test. `quickbooks_guards.py` says what of the product each holds.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from quickbooks_stage import Stage, quickbooks_stage

from connectors.ledger import Page
from connectors.sandbox.documents import Invoice
from state.model import InvoiceStatus, PaymentId, ReminderState

COVERED = ["covered_by_credit"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with quickbooks_stage(tmp_path) as connected:
        yield connected


def nobody_was_chased_and_it_is_said_why(stage: Stage, *covered: Invoice) -> None:
    """All that came in is in the mirror, and keeps each of `covered` from being asked for."""
    assert stage.chased() == []
    assert stage.differences() == []
    assert [stage.why(invoice) for invoice in covered] == [COVERED] * len(covered)


# -- 1: the cursor ---------------------------------------------------------------------------------------------------


def test_1_a_payment_between_two_polls_is_seen_although_quickbooks_reads_bare_times_as_pacific(stage: Stage) -> None:
    invoice = stage.invoice(overdue=0)
    stage.cycle()
    stage.let_pass(hours=1)
    stage.pay_on_account(stage.owner(invoice))
    stage.let_pass(hours=1)
    stage.cycle()
    stage.wait_until(10, days=1)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


def test_1_a_machine_whose_clock_is_ahead_misses_nothing_since_the_cursor_is_quickbooks_time(stage: Stage) -> None:
    stage.clock.ahead = timedelta(minutes=10)
    invoice = stage.invoice(overdue=0)
    stage.cycle()
    stage.let_pass(minutes=15)
    stage.cycle()
    stage.let_pass(minutes=2)
    stage.pay_on_account(stage.owner(invoice))
    stage.let_pass(minutes=15)
    stage.cycle()
    stage.wait_until(10, days=1)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


def test_1_of_many_payments_in_one_second_none_is_lost_at_the_end_of_a_page(stage: Stage) -> None:
    stage.page_size = 3
    invoices = []
    for _ in range(5):
        invoices.append(stage.invoice())
        stage.let_pass(seconds=1)
    for invoice in invoices:  # a file from the bank is imported
        stage.pay_on_account(stage.owner(invoice))
    stage.wait_until(10)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, *invoices)


# -- 2 to 4: what the change feed does not say -----------------------------------------------------------------------


def test_2_a_payment_and_a_deletion_behind_a_thousand_imported_customers_are_not_lost(stage: Stage) -> None:
    paid, deleted = stage.invoice(overdue=0), stage.invoice(overdue=1)
    stage.cycle()
    stage.let_pass(hours=1)
    for _ in range(1001):
        stage.customer()
    stage.pay_on_account(stage.owner(paid))
    stage.books.delete_invoice(deleted)
    stage.let_pass(hours=1)
    stage.cycle()
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    stage.wait_until(10, days=1)
    stage.cycle()
    assert stage.chased() == []
    assert stage.differences() == []
    assert stage.why(paid) == COVERED
    assert [reminder.reason for reminder in stage.reminders(deleted)] == ["gone"]


def test_3_after_six_weeks_offline_nobody_is_chased_for_what_was_paid_in_the_first(stage: Stage) -> None:
    invoice = stage.invoice(overdue=-41)
    stage.cycle()
    stage.let_pass(days=2)
    stage.pay_on_account(stage.owner(invoice))
    stage.wait_until(10, days=40)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


def test_4_a_void_that_no_query_ever_shows_ends_the_reminder_and_so_does_a_deletion(stage: Stage) -> None:
    stage.switch("voids_in_queries", "no")
    void, deleted = stage.invoice(), stage.invoice()
    stage.cycle()
    assert [stage.reminders(one)[0].state for one in (void, deleted)] == [ReminderState.PLANNED] * 2
    stage.let_pass(hours=1)
    stage.books.void_invoice(void)
    stage.books.delete_invoice(deleted)
    stage.let_pass(hours=1)
    stage.cycle()
    assert [stage.reminders(one)[0].reason for one in (void, deleted)] == ["void", "deleted"]
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    assert stage.differences() == []
    assert (stage.status(void), stage.status(deleted)) == (InvoiceStatus.VOID, InvoiceStatus.DELETED)


# -- 5 and 6: queries that fail, pages that shift --------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["4002", "10000"])
def test_5_an_invoice_that_breaks_every_query_keeps_only_its_own_customer_waiting(stage: Stage, fault: str) -> None:
    bad, good, later = stage.invoice(), stage.invoice(), stage.invoice(overdue=0)
    stage.cycle()
    stage.switch("poison_fault", fault)
    stage.switch("poison_invoice", bad.id)
    stage.wait_until(10)
    stage.cycle()
    stage.let_pass(minutes=15)
    stage.cycle()
    assert stage.chased() == [good.number]
    assert stage.why(bad)[0] == "unreadable"
    stage.wait_until(10, days=1)  # after a night in which the comparison was poisoned, too
    stage.cycle()
    assert stage.chased() == [good.number, later.number]
    stage.switch("poison_invoice", "")
    stage.wait_until(10, days=1)
    stage.cycle()
    assert stage.chased() == [good.number, later.number, bad.number]
    assert stage.differences() == []
    assert stage.broken_promises() == {}


def test_6_a_payment_is_not_skipped_when_the_page_before_it_shrinks(stage: Stage) -> None:
    stage.page_size = 3
    invoices = [stage.invoice() for _ in range(5)]
    payments = []
    for invoice in invoices:
        stage.let_pass(seconds=1)
        payments.append(stage.pay_on_account(stage.owner(invoice)))

    def bookkeeper_applies_the_first(page: Page) -> None:
        if page.payments and payments[0].unapplied:
            stage.let_pass(seconds=1)
            stage.books.apply_payment(payments[0], invoices[0], invoices[0].due_amount, on=stage.today)

    stage.during_pull = bookkeeper_applies_the_first
    stage.wait_until(10)
    stage.cycle()
    stage.let_pass(minutes=15)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, *invoices[1:])


def test_6_a_page_with_one_row_too_many_is_not_taken_for_the_last(stage: Stage) -> None:
    stage.page_size = 3
    stage.switch("row_too_many", "yes")
    invoices = []
    for _ in range(9):
        stage.let_pass(seconds=1)
        invoices.append(stage.invoice())
        stage.pay_on_account(stage.owner(invoices[-1]))
    stage.wait_until(10)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, *invoices)


# -- 7 to 9: money that is not where the invoice is ------------------------------------------------------------------


def test_7_a_payment_moved_to_another_invoice_settles_that_one_and_opens_the_first_again(stage: Stage) -> None:
    first = stage.invoice()
    second = stage.invoice(stage.owner(first))
    payment = stage.pay(first)
    stage.let_pass(minutes=10)
    stage.cycle()
    assert (stage.status(first), stage.status(second)) == (InvoiceStatus.PAID, InvoiceStatus.OPEN)
    stage.let_pass(hours=1)
    stage.books.unallocate(payment, first)
    stage.books.apply_payment(payment, second, second.due_amount, on=stage.today)
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    assert [reminder.reason for reminder in stage.reminders(second)] == ["paid"]
    known = stage.store.mirror.payment(PaymentId(str(payment.id)))
    assert known is not None
    assert [part.invoice_id for part in known.allocations or ()] == [str(second.id)]
    stage.wait_until(10, days=1)
    stage.cycle()
    assert stage.differences() == []
    assert stage.chased() == [first.number]
    assert stage.broken_promises() == {}


def test_8_money_that_no_invoice_has_taken_keeps_its_customer_from_being_chased(stage: Stage) -> None:
    on_account, by_memo, in_part = stage.invoice(), stage.invoice(), stage.invoice()
    stage.cycle()
    stage.let_pass(hours=1)
    stage.pay_on_account(stage.owner(on_account))
    stage.books.credit(stage.owner(by_memo), Decimal("120.00"), on=stage.today)
    stage.books.credit(stage.owner(in_part), Decimal("50.00"), on=stage.today)
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == [in_part.number]
    assert stage.asked() == [{"USD": 7000}]
    assert stage.broken_promises() == {}
    assert stage.differences() == []
    assert (stage.why(on_account), stage.why(by_memo)) == (COVERED, COVERED)


def test_9_what_the_parent_paid_counts_for_the_job(stage: Stage) -> None:
    parent = stage.customer()
    invoice = stage.invoice(stage.customer(parent=parent.id))
    stage.cycle()
    stage.let_pass(hours=1)
    stage.pay_on_account(parent)
    stage.wait_until(10)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


def test_9_money_of_a_customer_who_was_merged_away_counts_for_the_one_who_stays(stage: Stage) -> None:
    invoice, lost = stage.invoice(), stage.customer()
    stage.pay_on_account(lost)
    stage.let_pass(minutes=10)
    stage.cycle()
    assert stage.why(invoice) == ["stage_due"]
    stage.let_pass(hours=1)
    stage.books.merge(lost, stage.owner(invoice))
    stage.wait_until(10)
    stage.cycle()
    stage.let_pass(minutes=15)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


# -- 10 and 11: answers that are not to be believed ------------------------------------------------------------------


@pytest.mark.parametrize("failure", ["404", "empty"])
def test_10_a_payment_that_cannot_be_read_for_a_moment_does_not_count_as_gone(stage: Stage, failure: str) -> None:
    invoice = stage.invoice(overdue=0)
    stage.cycle()
    stage.wait_until(1, days=1)
    stage.switch("query_lag_seconds", 7200)
    stage.pay_on_account(stage.owner(invoice))
    stage.let_pass(minutes=30)
    stage.cycle()
    stage.wait_until(2)
    stage.fault(failure, "/payment/", times=4)  # as often as it is asked for
    stage.cycle()
    assert stage.world.faults == []
    stage.switch("query_lag_seconds", 0)
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    assert stage.why(invoice) == ["customer_unreadable"]
    stage.wait_until(10, days=1)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, invoice)


def test_11_what_was_paid_seconds_ago_counts_although_queries_do_not_show_it_yet(stage: Stage) -> None:
    paid, in_part, with_rest = stage.invoice(), stage.invoice(), stage.invoice()
    stage.cycle()
    stage.wait_until(10)
    stage.switch("query_lag_seconds", 60)
    stage.pay(paid)
    stage.books.pay(stage.owner(in_part), Decimal("50.00"), on=stage.today, against={in_part.id: Decimal("50.00")})
    stage.pay_on_account(stage.owner(with_rest), "50.00")
    stage.let_pass(seconds=5)
    stage.cycle()
    assert stage.chased() == [with_rest.number]
    assert stage.asked() == [{"USD": 7000}]
    assert [reminder.reason for reminder in stage.reminders(in_part)] == ["changed_since_decided"]
    stage.let_pass(minutes=15)
    stage.cycle()
    assert stage.chased() == [with_rest.number, in_part.number]
    assert stage.asked() == [{"USD": 7000}, {"USD": 7000}]
    assert stage.broken_promises() == {}
    assert stage.differences() == []


def test_11_what_is_entered_after_the_poll_and_before_queries_show_it_stops_the_reminder(stage: Stage) -> None:
    paid, on_account = stage.invoice(), stage.invoice()
    stage.cycle()
    stage.wait_until(10)
    stage.switch("query_lag_seconds", 60)

    def bookkeeper_enters_both(_: Page) -> None:
        if not stage.books.payments:
            stage.pay(paid)
            stage.pay_on_account(stage.owner(on_account))

    stage.during_pull = bookkeeper_enters_both
    stage.cycle()
    assert stage.chased() == []
    assert [stage.reminders(one)[0].reason for one in (paid, on_account)] == ["customer_owes_less"] * 2
    stage.let_pass(minutes=15)
    stage.cycle()
    nobody_was_chased_and_it_is_said_why(stage, on_account)


# -- 12: amounts that are not what they seem -------------------------------------------------------------------------


def test_12_an_invoice_in_euros_is_asked_for_and_covered_in_euros_not_in_dollars(stage: Stage) -> None:
    rate = Decimal("1.10")
    owing = stage.invoice(stage.customer(currency="EUR"), "100.00", rate=rate)
    covered = stage.invoice(stage.customer(currency="EUR"), "100.00", rate=rate)
    stage.cycle()
    stage.let_pass(hours=1)
    stage.pay_on_account(stage.owner(covered), "100.00")
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == [owing.number]
    assert stage.asked() == [{"EUR": 10000}]
    assert stage.broken_promises() == {}
    assert stage.differences() == []
    assert stage.why(covered) == COVERED


def test_12_a_deposit_on_the_invoice_counts_although_no_payment_tells_of_it(stage: Stage) -> None:
    whole, half = stage.invoice(deposit=Decimal("120.00")), stage.invoice(deposit=Decimal("60.00"))
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == [half.number]
    assert stage.asked() == [{"USD": 6000}]
    assert stage.broken_promises() == {}
    assert stage.differences() == []
    assert stage.status(whole) is InvoiceStatus.PAID


def test_12_a_write_off_by_journal_ends_the_reminder(stage: Stage) -> None:
    invoice = stage.invoice()
    stage.cycle()
    stage.let_pass(hours=1)
    stage.books.write_off(invoice, on=stage.today, kind="journal")
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    assert stage.differences() == []
    assert [reminder.reason for reminder in stage.reminders(invoice)] == ["paid"]


def test_12_credit_by_journal_that_only_the_customers_balance_tells_of_stops_the_reminder(stage: Stage) -> None:
    credited, owing = stage.invoice(), stage.invoice()
    stage.cycle()
    stage.let_pass(hours=1)
    journal = stage.books.credit(stage.owner(credited), Decimal("120.00"), on=stage.today, kind="journal")
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == [owing.number]
    assert [reminder.reason for reminder in stage.reminders(credited)] == ["customer_owes_less"]
    stage.books.apply_credit(journal, credited, Decimal("120.00"), on=stage.today)
    stage.let_pass(minutes=15)
    stage.cycle()
    assert stage.chased() == [owing.number]
    assert stage.differences() == []
    assert [reminder.reason for reminder in stage.reminders(credited)] == ["paid"]


# -- 13: the wrong books ---------------------------------------------------------------------------------------------


def test_13_a_reconnection_to_a_copy_of_the_company_is_refused_and_the_right_one_is_kept(stage: Stage) -> None:
    invoice = stage.invoice()
    copy = stage.copied_company()
    stage.cycle()
    stage.let_pass(hours=1)
    stage.pay(invoice)
    told = stage.reconnect(copy)
    stage.wait_until(10)
    stage.cycle()
    assert stage.chased() == []
    assert "belongs to Acorn Joinery" in told
    assert stage.differences() == []
    assert [reminder.reason for reminder in stage.reminders(invoice)] == ["paid"]
