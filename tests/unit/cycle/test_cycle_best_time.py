"""Customers' own times from the first payment to the message that leaves, or leaves for comparison."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tenant_bench import TenantBench
from unit.state.examples import an_invoice

from connector.cycle import run_cycle
from connector.dunning.best_time import BestTime, is_own
from connector.dunning.policy import Policy, Stage
from connector.outlook import outlook
from connector.reporting.asked import Asked
from connector.reporting.reports import REPORTS
from connector.story import stories
from connectors.sandbox.documents import Customer, Invoice
from state.correspondence import ReplyDraft
from state.model import Allocation, ContactId, InvoiceId, InvoiceStatus
from state.timing_records import TimingDraw

TUESDAY, WEDNESDAY = (datetime(2026, 3, day, 9, 30, tzinfo=UTC) for day in (3, 4))
STAGES = Policy(stages=(Stage("soft", 1, "soft"), Stage("firm", 8, "firm")))


@pytest.fixture
def bench(bench: TenantBench) -> TenantBench:
    """A firm whose messages may wait, on a Tuesday morning, half an hour after its window has opened."""
    bench.set(policy=STAGES, best_time=BestTime(2))
    bench.let_pass(TUESDAY - bench.now)
    return bench


def pays_on_wednesdays(bench: TenantBench, customer: Customer) -> None:
    for week in range(1, 11):
        invoice = bench.invoice(customer, overdue=7 * week + 30)
        paid_on = bench.today - timedelta(days=7 * week - 1)
        bench.books.pay(customer, invoice.due_amount, on=paid_on, against={invoice.id: invoice.due_amount})


def answers_at(bench: TenantBench, customer: Customer, hour: int, zone: str = "Europe/London") -> None:
    """Six letters of earlier months that somebody has answered."""
    for month in range(1, 7):
        at = datetime.combine(bench.today - timedelta(days=30 * month), time(hour, 20), ZoneInfo(zone))
        correspondence, holds = bench.store.correspondence, bench.store.holds
        draft = ReplyDraft(
            key=f"{customer.guid} {month}",
            mail_id="",
            validity=1,
            uid=month,
            received_at=at.astimezone(UTC),
            sender=customer.email or "",
            sender_name="",
            subject="",
            text="",
            kind="human",
            matched_by="sender",
        )
        reply = correspondence.save(draft, [ContactId(customer.guid)], bench.now)
        hold = holds.place("contact", customer.guid, reason="reply", until=None, note=None, at=bench.now)
        correspondence.concern(reply, ContactId(customer.guid), hold.id)
        correspondence.handle(reply, "answered", "ada", bench.now, release=True)


def open_invoice(bench: TenantBench, customer: Customer, *, own: bool) -> Invoice:
    """An invoice due yesterday whose message the lot gives its own time, or the usual one."""
    while True:
        invoice = bench.invoice(customer, overdue=1)
        if is_own(ContactId(customer.guid), invoice.guid, "soft", 1) is own:
            return invoice
        bench.books.void_invoice(invoice)


def draws(bench: TenantBench) -> list[TimingDraw]:
    cursor = bench.store._connection.execute("SELECT * FROM timing_draw ORDER BY invoice_id")
    names = [column for column, *_ in cursor.description]
    return [TimingDraw(**dict(zip(names, row, strict=True))) for row in cursor]


def test_a_message_waits_for_the_customers_weekday_and_is_paid_meanwhile_or_leaves(bench: TenantBench) -> None:
    one, other = bench.customer(), bench.customer()
    for customer in (one, other):
        pays_on_wednesdays(bench, customer)
    paid, owed = open_invoice(bench, one, own=True), open_invoice(bench, other, own=True)

    bench.run()
    assert (bench.channel.accepted, bench.why(owed)) == ([], ["own_time"])
    bench.pay(paid)
    bench.let_pass(WEDNESDAY - bench.now)
    bench.run()

    assert (bench.sent_stages(paid), bench.sent_stages(owed)) == ([], ["soft"])
    assert {(draw.invoice_id, bool(draw.own), draw.free_on, draw.chosen_on) for draw in draws(bench)} == {
        (InvoiceId(each.guid), True, "2026-03-03", "2026-03-04") for each in (paid, owed)
    }
    report = REPORTS["best-time"].build(bench.store, bench.settings, Asked(today=bench.today, as_of=bench.today))
    assert report.tables[0].rows[0][:3] == ("own time", 2, 1)
    assert [row[1:4] for row in report.tables[2].rows] == [("Wednesday", 10, 11), ("Wednesday", 10, 10)]


def test_why_and_preview_say_the_time_and_what_it_rests_on(bench: TenantBench) -> None:
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    invoice = open_invoice(bench, customer, own=True)
    bench.run()

    [story] = stories(bench.tenant, invoice.number)
    [send, *_] = outlook(bench.tenant, 7).sends

    words = "2026-03-04: Wednesday (10 of 10 days on which it paid or answered)"
    assert story.because == (f"the customer's own time is chosen for it, {words}",)
    assert (send.on, send.time) == (WEDNESDAY.date(), story.because[0])


def test_for_comparison_it_leaves_at_the_usual_time(bench: TenantBench) -> None:
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    invoice = open_invoice(bench, customer, own=False)

    bench.run()

    assert (bench.sent_stages(invoice), bench.why(invoice)) == (["soft"], ["stage_due", "usual_time"])
    assert [bool(draw.own) for draw in draws(bench)] == [False]


def test_it_leaves_from_the_customers_hour_on_by_its_own_clock(bench: TenantBench) -> None:
    """Three o'clock in Paris is two in London."""
    customer = bench.customer(country="FR")
    answers_at(bench, customer, 15, "Europe/Paris")
    bench.set(spread_minutes=600)
    invoice = open_invoice(bench, customer, own=True)

    waiting = bench.run().waiting
    bench.let_pass(TUESDAY.replace(hour=13, minute=59) - bench.now)
    still = bench.run().waiting
    bench.let_pass(timedelta(hours=1))
    bench.run()

    assert (waiting["before_own_hour"], still["before_own_hour"]) == (1, 1)
    assert bench.sent_stages(invoice) == ["soft"]
    assert [draw.hour for draw in draws(bench)] == [15]


def test_an_hour_that_passed_unused_is_not_waited_for_the_next_day(bench: TenantBench) -> None:
    customer = bench.customer()
    answers_at(bench, customer, 15)
    invoice = open_invoice(bench, customer, own=True)

    bench.run()
    bench.let_pass(WEDNESDAY - bench.now)
    bench.run()

    assert bench.sent_stages(invoice) == ["soft"]


def test_never_outside_the_window_whatever_the_hour(bench: TenantBench) -> None:
    """Most answers come at night: of the hours inside the window none stands out."""
    customer = bench.customer()
    answers_at(bench, customer, 22)
    invoice = open_invoice(bench, customer, own=True)

    bench.run()

    assert (bench.sent_stages(invoice), draws(bench)) == (["soft"], [])


def test_a_restart_and_a_second_cycle_draw_nothing_new(bench: TenantBench) -> None:
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    open_invoice(bench, customer, own=True)

    bench.run()
    before = draws(bench)
    run_cycle(replace(bench.tenant, owner="another process"))

    assert draws(bench) == before
    assert len(before) == 1


def test_switched_off_nothing_waits_and_nothing_is_drawn(bench: TenantBench) -> None:
    bench.set(best_time=None)
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    invoice = open_invoice(bench, customer, own=True)

    bench.run()

    assert (bench.sent_stages(invoice), draws(bench)) == (["soft"], [])


def test_a_rehearsal_draws_nothing(bench: TenantBench) -> None:
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    open_invoice(bench, customer, own=True)
    bench.set(mode="off")

    bench.run()

    assert draws(bench) == []


def earlier_draws(bench: TenantBench) -> None:
    """Forty messages of each group a month ago: those at their own time were paid after 20 days, the others after 2."""
    free_on = bench.today - timedelta(days=30)
    for number in range(80):
        own = number < 40
        key, paid_on = InvoiceId(f"earlier-{number}"), free_on + timedelta(days=20 if own else 2)
        part = Allocation("payment", f"p-{key}", key, 100_00, paid_on)
        paid = an_invoice(key, total_minor=100_00, due_minor=0, status=InvoiceStatus.PAID, allocations=(part,))
        bench.store.mirror.save_invoices([paid])
        draw = TimingDraw(
            invoice_id=key,
            stage="soft",
            round=1,
            contact_id=paid.contact_id,
            own=own,
            free_on=free_on,
            chosen_on=free_on,
            hour=14,
        )
        bench.store.timings.draw([draw])


def test_own_times_that_did_harm_are_used_no_more_and_why_says_so(bench: TenantBench) -> None:
    earlier_draws(bench)
    customer = bench.customer()
    pays_on_wednesdays(bench, customer)
    bench.run()
    invoice = open_invoice(bench, customer, own=True)

    bench.run()

    assert (bench.sent_stages(invoice), bench.why(invoice)) == (["soft"], ["stage_due", "own_time_given_up"])
    assert len(draws(bench)) == 80
    report = REPORTS["best-time"].build(bench.store, bench.settings, Asked(today=bench.today, as_of=bench.today))
    assert report.cannot_know[0].startswith("Own times rest from 2026-03-03 until 2027-03-03, and all messages leave")
