"""What a budget admits: pauses, the reserve of a day, the quota of a month, and what it remembers over processes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.budget.allowance import LONGEST, XERO, spread
from connectors.budget import FLOOR, ONE_LOOK, CallBudget, OutOfBudget, Purpose
from connectors.ledger import RetryLater
from connectors.quickbooks.throttle import PERSISTENT_AFTER, ThrottleBreaker
from state.budget_marks import Need
from state.budgets import Budgets, Lane
from state.clock import ManualClock

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
LANES = (Lane("xero:one", 55, timedelta(minutes=1)),)
POLLING: tuple[Purpose, ...] = ("pull", "compare")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Budgets]:
    with Budgets.open(tmp_path / "budgets.db") as opened:
        yield opened


@pytest.fixture
def budget(file: Budgets, clock: ManualClock) -> CallBudget:
    """Xero's, before Xero has said anything."""
    return CallBudget(file, clock, owner="xero:one", app="xero-app:all", daily_calls=1000)


def told(budget: CallBudget, left: int, at: datetime) -> None:
    budget.told(at, day=left, minute=None, app_minute=None)


def monthly(file: Budgets, clock: ManualClock, realm: str = "1") -> CallBudget:
    return CallBudget(file, clock, owner=f"quickbooks:{realm}", app="quickbooks-app:all", monthly_reads=40)


def throttled() -> RetryLater:
    return RetryLater("slow down", after=timedelta(seconds=60), limit="minute")


# -- the day -----------------------------------------------------------------------------------------------------


def test_the_configured_day_counts_until_the_service_has_spoken(budget: CallBudget, clock: ManualClock) -> None:
    for _ in range(3):
        budget.admit("pull", LANES)
    left = budget.left_today(clock.now())

    assert left is not None
    assert (left.calls, left.told) == (997, False)


def test_what_the_service_says_outweighs_our_count(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 4200, clock.now())
    left = budget.left_today(clock.now())

    assert left is not None
    assert (left.calls, left.told) == (4200, True)


def test_a_call_whose_answer_never_came_is_taken_off_what_is_left(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 100, clock.now())
    budget.admit("pull", LANES)
    left = budget.left_today(clock.now())

    assert left is not None
    assert left.calls == 99


def test_a_count_that_jumps_up_begins_a_new_day(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 30, START)
    told(budget, 999, START + 5 * HOUR)
    left = budget.left_today(START + 6 * HOUR)

    assert left is not None
    assert left.ends_by == START + 29 * HOUR


def test_days_that_pass_unseen_keep_their_hour(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 30, START)
    told(budget, 29, START + 50 * HOUR)
    left = budget.left_today(START + 51 * HOUR)

    assert left is not None
    assert left.ends_by == START + 72 * HOUR


def test_a_day_that_must_have_ended_is_whole_again(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 0, clock.now())
    clock.sleep(86_401)
    left = budget.left_today(clock.now())

    assert left is not None
    assert (left.calls, left.told) == (1000, False)


# -- the reserve -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", POLLING)
def test_polling_leaves_what_todays_reminders_need(budget: CallBudget, clock: ManualClock, purpose: Purpose) -> None:
    for _ in range(ONE_LOOK):
        budget.admit("pull", LANES)
    budget.keep_back(Need(owed=1, notes=20, verification=6, enclosures=3))
    told(budget, 30 + FLOOR, clock.now())

    with pytest.raises(OutOfBudget, match="50 are kept"):
        budget.admit(purpose, LANES)
    budget.admit("verify", LANES)


def looks(budget: CallBudget) -> int:
    """How many calls polling gets, one after the other."""
    for number in range(100):
        try:
            budget.admit("pull", LANES)
        except OutOfBudget:
            return number
    raise AssertionError("nobody stopped it")


def test_where_every_day_is_too_short_the_books_are_still_seen_twice_a_day(
    budget: CallBudget, clock: ManualClock
) -> None:
    seen = []
    for _ in range(48):
        budget.keep_back(Need(notes=900))
        told(budget, 800, clock.now())
        seen.append(looks(budget))
        clock.sleep(3600)

    assert 3 * ONE_LOOK <= sum(seen) <= 4 * ONE_LOOK
    assert max(seen) == ONE_LOOK


def test_not_even_a_long_awaited_look_costs_a_note_that_is_owed(budget: CallBudget, clock: ManualClock) -> None:
    budget.keep_back(Need(owed=100, notes=900))
    told(budget, 100 + FLOOR, clock.now())

    assert looks(budget) == 0


def test_a_comparison_waits_for_better_days(budget: CallBudget, clock: ManualClock) -> None:
    budget.keep_back(Need(notes=900))
    told(budget, 800, clock.now())

    with pytest.raises(OutOfBudget):
        budget.admit("compare", LANES)


def test_a_live_check_leaves_the_notes_that_are_owed(budget: CallBudget, clock: ManualClock) -> None:
    budget.keep_back(Need(owed=5))
    told(budget, 5, clock.now())

    with pytest.raises(OutOfBudget):
        budget.admit("verify", LANES)
    budget.admit("note", LANES)


def test_not_even_a_note_is_tried_when_nothing_is_left(budget: CallBudget, clock: ManualClock) -> None:
    told(budget, 0, clock.now())

    with pytest.raises(OutOfBudget) as refused:
        budget.admit("note", LANES)
    assert (refused.value.limit, refused.value.after) == ("day", 24 * HOUR)


def test_a_need_nobody_renews_is_forgotten_after_a_day(budget: CallBudget, clock: ManualClock) -> None:
    budget.keep_back(Need(notes=900))
    clock.sleep(86_401)

    assert budget.kept_from("pull", clock.now()) == FLOOR


# -- pauses ------------------------------------------------------------------------------------------------------


def test_a_short_pause_is_waited_out_by_every_process(budget: CallBudget, file: Budgets, clock: ManualClock) -> None:
    budget.refused(RetryLater("slow down", after=timedelta(seconds=22), limit="minute"))

    CallBudget(file, clock, owner="xero:one", app="xero-app:all").admit("pull", LANES)

    assert clock.now() == START + timedelta(seconds=22)


def test_a_spent_day_is_not_knocked_on_before_it_ends(budget: CallBudget, clock: ManualClock) -> None:
    budget.refused(RetryLater("no", after=5 * HOUR, limit="day"))
    clock.sleep(3600)

    with pytest.raises(RetryLater) as closed:
        budget.admit("note", LANES)
    assert (closed.value.limit, closed.value.after) == ("day", 4 * HOUR)


def test_the_limit_of_an_app_closes_it_for_all_its_companies(
    budget: CallBudget, file: Budgets, clock: ManualClock
) -> None:
    budget.refused(RetryLater("no", after=timedelta(seconds=40), limit="app"))

    CallBudget(file, clock, owner="xero:two", app="xero-app:all").admit("pull", LANES)

    assert clock.now() == START + timedelta(seconds=40)


def test_a_minute_that_is_used_up_by_others_is_waited_out(budget: CallBudget, clock: ManualClock) -> None:
    budget.told(START, day=500, minute=0, app_minute=9000)

    budget.admit("pull", LANES)

    assert clock.now() == START + timedelta(minutes=1)


def test_a_clock_set_back_behind_a_pause_does_not_prolong_it(budget: CallBudget, clock: ManualClock) -> None:
    budget.refused(RetryLater("no", after=5 * HOUR, limit="day"))
    clock.set(START - 48 * HOUR)

    budget.admit("note", LANES)

    assert clock.now() == START - 48 * HOUR


def test_a_clock_set_back_behind_a_full_minute_does_not_prolong_it(budget: CallBudget, clock: ManualClock) -> None:
    budget.told(START, day=500, minute=0, app_minute=9000)
    clock.set(START - 2 * HOUR)

    budget.admit("pull", LANES)

    assert clock.now() == START - 2 * HOUR


# -- the month ---------------------------------------------------------------------------------------------------


def test_polling_leaves_the_last_of_the_months_reads(file: Budgets, clock: ManualClock) -> None:
    one, other = monthly(file, clock, "1"), monthly(file, clock, "2")
    for _ in range(19):
        one.admit("pull", (), metered=True)
        other.admit("pull", (), metered=True)

    with pytest.raises(OutOfBudget, match="monthly_reads") as refused:
        one.admit("pull", (), metered=True)
    other.admit("verify", (), metered=True)
    assert refused.value.after == datetime(2026, 4, 1, tzinfo=UTC) - clock.now()


def test_writes_are_free_when_the_month_is_used_up(file: Budgets, clock: ManualClock) -> None:
    budget = monthly(file, clock)
    for _ in range(40):
        budget.admit("verify", (), metered=True)

    with pytest.raises(OutOfBudget):
        budget.admit("verify", (), metered=True)
    budget.admit("note", ())


def test_the_next_month_begins_with_nothing_spent(file: Budgets, clock: ManualClock) -> None:
    budget = monthly(file, clock)
    for _ in range(40):
        budget.admit("verify", (), metered=True)
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))

    assert budget.left_this_month(clock.now()) == 40


def test_the_breaker_of_a_month_is_the_same_in_the_next_process(file: Budgets, clock: ManualClock) -> None:
    first = ThrottleBreaker(file.marks, "quickbooks-app:all", clock)
    first.throttled(throttled())
    clock.sleep(PERSISTENT_AFTER.total_seconds())

    limit = ThrottleBreaker(file.marks, "quickbooks-app:all", clock).throttled(throttled()).limit

    assert limit == "month"
    with pytest.raises(RetryLater):
        ThrottleBreaker(file.marks, "quickbooks-app:all", clock).check()


# -- the file ----------------------------------------------------------------------------------------------------


def test_old_counts_are_forgotten(file: Budgets, clock: ManualClock) -> None:
    budget = CallBudget(file, clock, owner="xero:one", app="xero-app:all")
    budget.admit("pull", LANES)
    clock.sleep(30 * 86_400)
    budget.admit("pull", LANES)

    assert sum(row.calls for row in file.in_hours("xero:one", START, clock.now())) == 1
    assert file.in_month("xero-app:all", START)[0].calls == 1


# -- the pace ----------------------------------------------------------------------------------------------------


def test_with_calls_to_spare_polling_is_as_configured() -> None:
    assert spread(timedelta(minutes=5), 980, 24 * HOUR, XERO) == timedelta(minutes=5)


@given(
    st.integers(1, 240).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(-100, 5000),
    st.integers(1, 24 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_polling_at_the_pace_given_never_costs_more_than_there_is(
    usual: timedelta, spare: int, remaining: timedelta
) -> None:
    interval = spread(usual, spare, remaining, XERO)
    cost = remaining / interval * XERO.each + remaining / max(interval, HOUR) * XERO.hourly + XERO.daily

    assert interval >= usual
    assert cost <= max(spare, 0) + 0.001 or interval >= LONGEST


@given(st.integers(-100, 3000), st.integers(-100, 3000))
def test_more_calls_never_mean_less_polling(spare: int, other: int) -> None:
    fewer, more = sorted((spare, other))
    usual = timedelta(minutes=5)

    assert spread(usual, more, 12 * HOUR, XERO) <= spread(usual, fewer, 12 * HOUR, XERO)
