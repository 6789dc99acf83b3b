"""What happens while a long run is under way, or between an approval and its message, still counts."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from tenant_bench import TenantBench

from connector.cycle import refresh
from connector.dispatch import TOGETHER
from connectors.channels.channel import ChannelError, Message, NotSent, RecipientBusy, RefusedMessage, Unsure
from connectors.ledger import BadData, LedgerError, Outage
from connectors.sandbox.documents import Invoice, Line
from state.model import InvoiceId


def test_a_payment_that_comes_in_while_others_are_written_to_still_counts(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(TOGETHER + 5)]
    bench.channel.before_send = lambda _: bench.let_pass(timedelta(seconds=5))
    refresh(bench.tenant)
    last = documents_in_order(bench, documents)[-1]

    def pay_once(_: Message) -> None:
        if last.due_amount > 0:
            bench.pay(last)

    bench.channel.before_send = pay_once
    bench.run()

    assert bench.sent_stages(last) == []
    assert bench.judgement() == {}


def test_a_hold_placed_while_others_are_written_to_is_obeyed(bench: TenantBench) -> None:
    documents = documents_in_order(bench, [bench.invoice() for _ in range(4)])
    held = documents[-1]
    bench.channel.before_send = lambda _: hold(bench, held)

    report = bench.run()

    assert (bench.sent_stages(held), bench.reminder(held).reason) == ([], "held")
    assert report.waiting == Counter(held=1)


def test_nothing_leaves_after_the_window_has_closed_in_the_middle_of_a_run(bench: TenantBench) -> None:
    for _ in range(4):
        bench.invoice()
    bench.let_pass(bench.now.replace(hour=16, minute=59) - bench.now)
    bench.channel.before_send = lambda _: bench.let_pass(timedelta(minutes=1))

    report = bench.run()

    assert (report.messages, report.waiting) == (1, Counter(outside_sending_window=3))


def test_switching_to_approve_mode_holds_what_nobody_has_approved(bench: TenantBench) -> None:
    bench.set(daily_cap=1)
    bench.invoice()
    waiting = bench.invoice()
    bench.run()
    bench.set(mode="approve", daily_cap=100)

    report = bench.run()

    assert (report.awaiting_approval, report.messages) == (1, 0)
    assert len(bench.channel.accepted) == 1
    assert not bench.reminder(waiting).approved


def test_an_approved_reminder_that_would_ask_for_more_needs_approval_again(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice(amount="100.00")
    bench.run()
    approve(bench, document)
    bench.books.edit_invoice(document, lines=[Line("Work", Decimal(1), Decimal("10000.00"))])

    bench.run()

    assert bench.channel.accepted == []
    assert bench.reminder(document).reason == "changed_since_approved"


def test_a_part_payment_does_not_need_a_second_approval(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice(amount="100.00")
    bench.run()
    approve(bench, document)
    bench.pay(document, "40.00")

    bench.run()

    assert bench.asks() == [{"GBP": 60_00}]


def test_a_courtesy_nobody_approved_in_time_gives_way_to_the_next_stage(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice(overdue=-2)
    bench.run()
    bench.next_day(7)

    bench.run()

    states = {reminder.stage: (reminder.state, reminder.reason) for reminder in bench.reminders(document)}
    assert states["friendly"] == ("skipped", "overtaken")
    assert states["soft"][0] == "planned"


@pytest.mark.parametrize("error", [Outage("the PDF never comes"), BadData("poison")], ids=lambda e: type(e).__name__)
def test_one_broken_enclosure_keeps_nobody_else_waiting(bench: TenantBench, error: LedgerError) -> None:
    bench.set(attach_pdf=True)
    broken, *others = (bench.invoice() for _ in range(4))
    broken_first = min([*others, broken], key=lambda document: document.guid)
    bench.ledger.fail_at("invoice_pdf", 1, error)

    report = bench.run()

    assert report.messages == 3
    assert bench.reminder(broken_first).reason == "enclosure_missing"
    assert [(problem.code, problem.needs_person) for problem in report.problems] == [("enclosure_missing", True)]


@pytest.mark.parametrize(
    "error", [Unsure("no answer"), RefusedMessage("relaying denied")], ids=lambda e: type(e).__name__
)
def test_a_carrier_that_fails_three_times_in_a_row_gets_no_more_today(bench: TenantBench, error: ChannelError) -> None:
    for _ in range(10):
        bench.invoice()
        bench.channel.fail_next(error)

    report = bench.run()

    assert (len(bench.channel.offered), report.waiting) == (3, Counter(channel_unreachable=7))


def test_full_mailboxes_do_not_keep_the_others_from_their_letters(bench: TenantBench) -> None:
    for _ in range(5):
        bench.invoice()
    for _ in range(3):
        bench.channel.fail_next(RecipientBusy("mailbox full"))

    report = bench.run()

    assert (len(bench.channel.offered), report.messages) == (5, 2)


def test_a_recipient_who_is_busy_counts_as_certainly_not_sent() -> None:
    assert issubclass(RecipientBusy, NotSent)


def documents_in_order(bench: TenantBench, documents: list[Invoice]) -> list[Invoice]:
    """As the messages leave: by name of the customer."""
    return sorted(documents, key=lambda document: bench.owner_of(document).name)


def approve(bench: TenantBench, document: Invoice) -> None:
    bench.store.reminders.approve([bench.reminder(document).id], "a person", bench.now)


def hold(bench: TenantBench, document: Invoice) -> None:
    bench.channel.before_send = lambda _: None
    place = bench.store.holds.place
    place("invoice", InvoiceId(document.guid), reason="dispute", until=None, note=None, at=bench.now)
