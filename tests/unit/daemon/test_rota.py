"""Who is due and when, over slept-through nights, days without some hour, and clocks that are set."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.dunning.calendar import Calendar, SendingWindow
from connector.running.rota import (
    FIRST_ROUND,
    LONGEST_JITTER,
    NUDGES_APART,
    TRY_AGAIN,
    Rota,
    Shift,
    jitter,
    next_landmark,
)
from state.clock import latest_daily
from state.model import TenantSlug

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
NORTH, WEST = TenantSlug("north"), TenantSlug("west")
QUARTER = timedelta(minutes=15)
SHIFT = Shift(interval=QUARTER, zone=ZoneInfo("Europe/London"), nightly=time(2))
SECOND = timedelta(seconds=1)
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "Atlantic/Azores", "UTC"]


def rota_of(*slugs: TenantSlug, shift: Shift = SHIFT, spread: timedelta = timedelta(0)) -> Rota:
    rota = Rota(spread)
    rota.attend(dict.fromkeys(slugs, shift), MONDAY)
    return rota


def look(rota: Rota, now: datetime) -> list[TenantSlug]:
    """Who had a turn at `now`; turns take no time here."""
    due = rota.due(now)
    for slug in due:
        rota.begin(slug, now)
        rota.end(slug, now)
    return due


def test_a_single_tenant_is_looked_at_at_once() -> None:
    assert look(rota_of(NORTH, spread=FIRST_ROUND), MONDAY) == [NORTH]


def test_a_start_spreads_its_tenants() -> None:
    slugs = [TenantSlug(f"tenant-{number:02}") for number in range(60)]
    rota = rota_of(*slugs, spread=FIRST_ROUND)

    turns = [look(rota, MONDAY + number * SECOND) for number in range(60)]

    assert turns == [[slug] for slug in slugs]


def test_a_tenant_is_due_again_after_its_interval_and_a_little() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)

    assert look(rota, MONDAY + QUARTER - SECOND) == []
    assert look(rota, MONDAY + QUARTER + LONGEST_JITTER) == [NORTH]


@given(st.text(min_size=1), st.integers(0, 10**6), st.timedeltas(timedelta(minutes=1), timedelta(days=1)))
def test_jitter_is_small_and_always_the_same(slug: str, number: int, interval: timedelta) -> None:
    delay = jitter(TenantSlug(slug), number, interval)

    assert timedelta(0) <= delay <= min(interval / 10, LONGEST_JITTER)
    assert delay == jitter(TenantSlug(slug), number, interval)


def test_tenants_of_one_interval_drift_apart() -> None:
    assert len({jitter(TenantSlug(f"t{number}"), 1, QUARTER) for number in range(50)}) == 50


def test_a_tenant_at_work_is_not_due_until_it_has_ended() -> None:
    rota = rota_of(NORTH)
    rota.begin(NORTH, MONDAY)
    late = MONDAY + 3 * QUARTER

    assert rota.due(late) == []
    rota.end(NORTH, late)
    assert rota.due(late) == [NORTH]


def test_the_longest_overdue_come_first() -> None:
    rota = rota_of(NORTH, WEST)
    rota.begin(WEST, MONDAY)
    rota.end(WEST, MONDAY)
    rota.begin(NORTH, MONDAY + QUARTER)
    rota.end(NORTH, MONDAY + QUARTER)

    assert rota.due(MONDAY + timedelta(hours=3)) == [WEST, NORTH]


def test_a_machine_that_slept_makes_up_with_one_cycle() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    awake = MONDAY + timedelta(days=3)

    assert [look(rota, awake + number * SECOND) for number in range(3)] == [[NORTH], [], []]


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_after_the_clock_was_set_back_nobody_waits_longer_than_the_interval(back: timedelta) -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    now = MONDAY - back

    due_at = rota.agenda(now)[NORTH]

    assert due_at <= now + QUARTER + LONGEST_JITTER


def test_a_first_turn_and_another_try_survive_a_clock_set_back() -> None:
    rota = rota_of(NORTH, WEST, spread=FIRST_ROUND)
    rota.begin(NORTH, MONDAY)
    rota.end(NORTH, MONDAY, try_again=True)
    now = MONDAY - timedelta(days=1)

    assert max(rota.agenda(now).values()) <= now + FIRST_ROUND


def test_a_nudged_tenant_is_due_at_once_but_not_twice_in_ten_seconds() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    turns = Counter[datetime]()
    for number in range(31):
        now = MONDAY + number * SECOND
        rota.nudge(NORTH, now)
        turns[now] += len(look(rota, now))

    assert sorted(+turns) == [MONDAY + number * NUDGES_APART for number in (1, 2, 3)]


def test_a_nudge_long_after_the_last_turn_is_answered_at_once() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    rota.nudge(NORTH, MONDAY + timedelta(minutes=5))

    assert look(rota, MONDAY + timedelta(minutes=5)) == [NORTH]


def test_a_nudge_during_a_cycle_is_answered_after_it() -> None:
    rota = rota_of(NORTH)
    rota.begin(NORTH, MONDAY)
    rota.nudge(NORTH, MONDAY + 20 * SECOND)
    meanwhile = rota.due(MONDAY + 20 * SECOND)
    rota.end(NORTH, MONDAY + 25 * SECOND)

    assert (meanwhile, rota.due(MONDAY + 25 * SECOND)) == ([], [NORTH])


def test_a_nudge_for_somebody_unknown_changes_nothing() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    rota.nudge(WEST, MONDAY)

    assert rota.due(MONDAY + NUDGES_APART) == []


def test_a_tenant_that_somebody_else_works_on_is_tried_again_soon() -> None:
    rota = rota_of(NORTH)
    rota.begin(NORTH, MONDAY)
    rota.end(NORTH, MONDAY, try_again=True)

    assert rota.agenda(MONDAY)[NORTH] == MONDAY + TRY_AGAIN


def test_tenants_join_and_leave() -> None:
    rota = rota_of(NORTH)
    rota.begin(NORTH, MONDAY)
    rota.attend({WEST: SHIFT}, MONDAY + SECOND)
    rota.end(NORTH, MONDAY + SECOND)  # it has left meanwhile

    assert rota.due(MONDAY + SECOND) == [WEST]


def test_a_shorter_interval_counts_from_the_last_turn() -> None:
    rota = rota_of(NORTH)
    look(rota, MONDAY)
    rota.attend({NORTH: Shift(interval=timedelta(minutes=2), zone=SHIFT.zone, nightly=time(2))}, MONDAY)

    assert rota.agenda(MONDAY)[NORTH] <= MONDAY + timedelta(minutes=2, seconds=12)


@pytest.mark.parametrize(
    ("waiting", "landmark"),
    [(True, datetime(2026, 3, 9, 9, tzinfo=UTC)), (False, datetime(2026, 3, 7, 2, tzinfo=UTC))],
)
def test_the_opening_of_the_window_is_a_landmark_while_something_waits_for_it(
    waiting: bool, landmark: datetime
) -> None:
    closed = frozenset({date(2026, 3, 6)})
    night_of_the_weekend = datetime(2026, 3, 9, 2, 30, tzinfo=UTC) if waiting else datetime(2026, 3, 6, 9, tzinfo=UTC)
    shift = Shift(
        interval=timedelta(days=1),
        zone=SHIFT.zone,
        nightly=time(2),
        calendar=Calendar(closed_days=closed),
        window=SendingWindow(),
        waits_for_window=waiting,
    )

    assert next_landmark(shift, night_of_the_weekend) == landmark


def test_once_the_window_is_open_the_next_opening_is_the_next_open_days() -> None:
    friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
    shift = Shift(interval=QUARTER, zone=SHIFT.zone, nightly=time(9, 30), waits_for_window=True)
    openings = [next_landmark(shift, friday + timedelta(days=days, hours=1)) for days in range(3)]

    assert openings == [friday + timedelta(days=1, minutes=30), friday + timedelta(days=2, minutes=30),
                        friday + timedelta(days=3)]  # fmt: skip


class Nights:
    """A tenant under a rota, which compares in its first turn after each night, as a cycle does."""

    def __init__(self, zone: str, nightly: time, interval: timedelta, start: datetime) -> None:
        self.rota = Rota()
        self.shift = Shift(interval=interval, zone=ZoneInfo(zone), nightly=nightly)
        self.now = start
        self.compared_at = start
        self.nights: Counter[datetime] = Counter()
        self.rota.attend({NORTH: self.shift}, start)

    def beat(self, after: timedelta) -> bool:
        self.now += after
        turns = look(self.rota, self.now)
        night = latest_daily(self.now, self.shift.nightly, self.shift.zone)
        if turns and self.compared_at < night:
            self.compared_at = self.now
            self.nights[night] += 1
        return bool(turns)


starts = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 28), timezones=st.just(UTC))  # noqa: DTZ001
times_of_day = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(st.sampled_from(ZONES), times_of_day, starts, st.sampled_from([5, 15, 240, 1440]), st.integers(300, 900))
@settings(max_examples=60, deadline=None)
def test_every_night_has_one_turn_that_compares(
    zone: str, nightly: time, start: datetime, minutes: int, beat: int
) -> None:
    world = Nights(zone, nightly, timedelta(minutes=minutes), start)
    first = latest_daily(start, nightly, world.shift.zone)
    while world.now < start + timedelta(days=2):
        world.beat(timedelta(seconds=beat))

    nights, night = set(), latest_daily(world.now - timedelta(seconds=beat) - LONGEST_JITTER, nightly, world.shift.zone)
    while night > first:
        nights.add(night)
        night = latest_daily(night - SECOND, nightly, world.shift.zone)
    assert nights <= world.nights.keys()
    assert set(world.nights.values()) <= {1}


jumps = st.one_of(
    st.timedeltas(timedelta(seconds=1), timedelta(minutes=20)),
    st.timedeltas(timedelta(hours=1), timedelta(days=4)),  # asleep, or set forward
    st.timedeltas(timedelta(days=-2), timedelta(seconds=-1)),  # set back
)


@given(st.sampled_from(ZONES), starts, st.lists(jumps, min_size=1, max_size=40))
def test_whatever_the_clock_does_a_tenant_is_never_due_further_off_than_its_interval(
    zone: str, start: datetime, steps: list[timedelta]
) -> None:
    world = Nights(zone, time(2), QUARTER, start)
    for step in steps:
        world.beat(step)

        assert world.now < world.rota.agenda(world.now)[NORTH] <= world.now + QUARTER + LONGEST_JITTER


@given(st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=4)), min_size=1, max_size=40))
def test_a_jump_forward_is_made_up_for_by_one_turn(steps: list[timedelta]) -> None:
    world = Nights("America/New_York", time(2), QUARTER, MONDAY)
    world.beat(timedelta(0))
    for step in steps:
        world.beat(step)

        assert not world.beat(SECOND)
