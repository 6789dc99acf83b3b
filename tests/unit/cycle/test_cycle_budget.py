"""What a cycle does when calls run short, and when the carrier cannot be reached for hours."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from tenant_bench import BenchClock, TenantBench

from connector.budget.carrier_rest import LONGEST_REST
from connector.cycle import run_cycle
from connector.report import CycleReport
from connectors.budget import CallBudget, OutOfBudget
from connectors.channels.channel import NotSent, RecipientBusy
from connectors.ledger import Outage
from connectors.transport import CallMeter
from state.budgets import Budgets

Run = Callable[[], CycleReport]
SPENT = OutOfBudget("3 calls are left of the day", after=timedelta(hours=4), limit="day")


@pytest.fixture
def budget(bench: TenantBench) -> CallBudget:
    clock = BenchClock(bench.world.clock)
    return CallBudget(Budgets.in_memory(), clock, owner="xero:one", app="xero-app:all", daily_calls=1000)


@pytest.fixture
def run(bench: TenantBench, budget: CallBudget) -> Run:
    """A cycle with that budget."""
    return lambda: run_cycle(replace(bench.tenant, meter=CallMeter(budget)))


def left_of_the_day(bench: TenantBench, budget: CallBudget, calls: int) -> None:
    budget.told(bench.now, day=calls, minute=None, app_minute=None)


def codes(report: CycleReport) -> list[str]:
    return [problem.code for problem in report.problems]


def test_a_refused_pull_does_not_keep_proven_reminders_from_leaving(bench: TenantBench, run: Run) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    run()
    bench.set(mode="auto")
    bench.ledger.fail_at("changes", 1, SPENT)

    report = run()

    assert codes(report) == ["polling_postponed"]
    assert bench.sent_stages(document) == ["soft"]


def test_a_cycle_that_only_postponed_its_polling_went_well(bench: TenantBench, run: Run) -> None:
    bench.ledger.fail_at("changes", 1, SPENT)

    assert run().went_well


def test_a_cycle_that_met_an_outage_did_not_go_well(bench: TenantBench, run: Run) -> None:
    bench.ledger.fail_at("changes", 1, Outage("no answer"))

    assert not run().went_well


def test_a_refused_comparison_is_made_up_for_in_the_next_cycle(bench: TenantBench, run: Run) -> None:
    bench.ledger.fail_at("open_invoices", 1, SPENT)
    run()

    report = run()

    assert (codes(report), bench.store.mirror.compared_at()) == ([], bench.now)


def test_an_invoice_paid_while_polling_was_postponed_is_not_chased(bench: TenantBench, run: Run) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    run()
    bench.set(mode="auto")
    bench.pay(document)
    bench.ledger.fail_at("changes", 1, SPENT)

    report = run()

    assert (report.stopped, bench.channel.offered) == (Counter(paid=1), [])


def test_calls_for_what_is_due_are_kept_from_polling(bench: TenantBench, budget: CallBudget, run: Run) -> None:
    bench.set(attach_pdf=True)
    for _ in range(30):
        bench.invoice()
    bench.let_pass(timedelta(hours=10))  # after the sending window

    run()

    need = budget.kept_from("pull", bench.now) - budget.kept_from("verify", bench.now)
    assert need >= 30 + 30 + 30 + 2 * 5


def test_what_waits_for_approval_keeps_nothing_from_polling(bench: TenantBench, budget: CallBudget, run: Run) -> None:
    before = budget.kept_from("pull", bench.now)
    bench.set(mode="approve")
    bench.invoice()

    run()

    assert budget.kept_from("pull", bench.now) == before


def test_nothing_is_sent_that_could_not_be_noted(bench: TenantBench, budget: CallBudget, run: Run) -> None:
    documents = [bench.invoice() for _ in range(30)]
    left_of_the_day(bench, budget, 60)
    bench.channel.before_send = lambda _: left_of_the_day(bench, budget, 30)

    report = run()

    assert (report.messages, report.notes_written, report.waiting) == (25, 25, Counter(calls_spent=5))
    assert codes(report) == ["calls_spent"]
    assert Counter(bench.state(document) for document in documents) == {"noted": 25, "planned": 5}


def test_reminders_kept_for_want_of_calls_leave_when_there_are_some(
    bench: TenantBench, budget: CallBudget, run: Run
) -> None:
    document = bench.invoice()
    left_of_the_day(bench, budget, 5)
    run()
    left_of_the_day(bench, budget, 900)

    run()

    assert bench.sent_stages(document) == ["soft"]


def test_a_dead_carrier_is_not_worth_a_live_read_each_time(bench: TenantBench, run: Run) -> None:
    bench.invoice()
    reads = bench.ledger.calls["read_invoices"]
    for _ in range(12 * 4):  # four hours, every five minutes
        bench.channel.fail_next(NotSent("no connection"))
        run()
        bench.let_pass(timedelta(minutes=5))

    assert bench.ledger.calls["read_invoices"] - reads <= 6


def test_a_resting_carrier_is_named_with_the_time_it_is_tried_again(bench: TenantBench, run: Run) -> None:
    document = bench.invoice()
    bench.channel.fail_next(NotSent("no connection"))
    run()

    report = run()

    assert codes(report) == ["carrier_rests"]
    assert (bench.state(document), bench.reminder(document).reason) == ("planned", "channel_unreachable")


def test_rests_grow_to_two_hours_and_no_longer(bench: TenantBench, run: Run) -> None:
    bench.invoice()
    attempts = []
    for _ in range(8 * 60):
        bench.channel.fail_next(NotSent("no connection"))
        before = len(bench.channel.offered)
        run()
        if len(bench.channel.offered) > before:
            attempts.append(bench.now)
        bench.let_pass(timedelta(minutes=1))

    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert pauses[:3] == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
    assert max(pauses) == LONGEST_REST


def test_a_carrier_that_is_back_is_forgiven_at_once(bench: TenantBench, run: Run) -> None:
    first, second = bench.invoice(), bench.invoice()
    bench.channel.fail_next(NotSent("no connection"))
    bench.channel.fail_next(NotSent("no connection"))
    run()
    bench.let_pass(timedelta(minutes=15))
    run()
    bench.next_day()
    bench.channel.fail_next(NotSent("no connection"))
    third = bench.invoice()
    run()
    bench.let_pass(timedelta(minutes=15))
    run()

    assert [bench.sent_stages(one) for one in (first, second, third)] == [["soft"]] * 3


def test_a_busy_mailbox_does_not_let_the_carrier_rest(bench: TenantBench, run: Run) -> None:
    document = bench.invoice()
    bench.channel.fail_next(RecipientBusy("mailbox full"))
    run()

    run()

    assert bench.sent_stages(document) == ["soft"]
