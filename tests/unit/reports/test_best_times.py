"""Customers' own times and the comparison equal a reckoning day by day, and are silent where too little is known."""

import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.reports.effect_worlds import START, TODAY, day
from unit.state.examples import a_payment, an_invoice

from connector.dunning.calendar import SendingWindow, whole_hours
from connector.reports.best_time import ENOUGH, LEAST, attempt, best_time_report, group, verdict
from connector.reports.best_times import LOOKED_BACK, Acts, acts, best, own_times
from connector.reports.trial import interval
from state.habits import OwnTime
from state.ids import ContactId, InvoiceId
from state.model import Allocation, InvoiceStatus
from state.paydays import Paydays, ordinal
from state.store import TenantStore
from state.timing_records import TimingDraw, TimingEnd, TimingOutcome
from state.trial_records import TrialGroup

LONDON, ANN, BOB = ZoneInfo("Europe/London"), ContactId("ann"), ContactId("bob")
COUNTS = st.lists(st.integers(0, 12), min_size=7, max_size=7)


@given(COUNTS, COUNTS, st.sets(st.integers(0, 6)), st.integers(0, 12), st.integers(1, 9))
def test_the_best_place_is_that_of_the_formula(
    own: list[int], others: list[int], places: set[int], least: int, prior: int
) -> None:
    usual = [a + b for a, b in zip(own, others, strict=True)]
    counted = sum(own[place] for place in places)
    everybody = sum(usual[place] for place in places)
    shares = {
        place: (own[place] + Fraction(prior * (usual[place] + 1), everybody + len(places))) / (counted + prior)
        for place in sorted(places)
    }

    found = best(own, usual, sorted(places), least, prior)

    largest = max(shares.values(), default=Fraction(0))
    if len(places) < 2 or counted < least or largest * len(places) < Fraction(3, 2):
        assert found is None
    else:
        assert sum(shares.values()) == 1
        assert found is not None
        assert found.place == next(place for place, share in shares.items() if share == largest)
        assert (found.here, found.counted) == (own[found.place], counted)


@given(
    st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.none() | st.integers(-760, 5)), max_size=12),
    st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.integers(-740, 2), st.integers(0, 23)), max_size=12),
)
def test_days_and_hours_are_counted_once_each(
    payments: list[tuple[ContactId, int | None]], answers: list[tuple[ContactId, int, int]]
) -> None:
    paydays = Paydays()
    for customer, paid in payments:
        on = None if paid is None else ordinal(TODAY) + paid
        paydays.add_days(customer, ordinal(TODAY) - 900, ordinal(TODAY) - 870, on, 1, "GBP")
    told = [(who, datetime.combine(TODAY + timedelta(days=d), time(h, 59), LONDON)) for who, d, h in answers]

    found = acts(paydays, told, TODAY)

    for customer in (ANN, BOB):
        inside = range(1 - LOOKED_BACK, 1)
        days = {paid for who, paid in payments if who == customer and paid in inside}
        hours = {(d, h) for who, d, h in answers if who == customer and d in inside}
        days |= {d for d, _ in hours}
        weekdays = Counter((TODAY + timedelta(days=d)).weekday() for d in days)
        assert (customer in found) is bool(days)
        if days:
            assert found[customer].weekdays == [weekdays[place] for place in range(7)]
            assert found[customer].hours == [sum(h == hour for _, h in hours) for hour in range(24)]


def test_who_pays_on_fridays_and_answers_at_three_has_that_time() -> None:
    found = own_times(
        {ANN: Acts([0, 0, 1, 0, 8, 3, 0], at({15: 6, 20: 9})), BOB: Acts([2, 2, 2, 2, 2, 0, 0], at({10: 5}))},
        range(5),
        lambda _: range(9, 17),
        lambda _: "Europe/London",
    )

    assert found == {
        ANN: OwnTime(weekday=4, on_weekday=8, days=9, hour=15, in_hour=6, answers=6, zone="Europe/London"),
    }


def at(hours: dict[int, int]) -> list[int]:
    return [hours.get(hour, 0) for hour in range(24)]


@pytest.mark.parametrize(
    ("zone", "theirs", "on", "hours"),
    [
        ("Europe/London", "Europe/London", date(2026, 3, 2), range(9, 17)),
        ("Europe/London", "America/New_York", date(2026, 3, 2), range(4, 12)),
        ("Europe/London", "America/New_York", date(2026, 3, 10), range(5, 13)),  # their summer has begun, ours has not
        ("Europe/London", "Asia/Kolkata", date(2026, 3, 2), range(15, 22)),  # half an hour off: one hour less
        ("Europe/London", "Pacific/Auckland", date(2026, 3, 2), range(22, 24)),  # what is left of that day there
    ],
)
def test_hours_to_choose_from_lie_wholly_inside_the_window(zone: str, theirs: str, on: date, hours: range) -> None:
    assert whole_hours(SendingWindow(), on, ZoneInfo(zone), ZoneInfo(theirs)) == tuple(hours)


def test_a_window_that_is_no_whole_hour_leaves_none_to_choose() -> None:
    assert whole_hours(SendingWindow(time(9, 30), time(10, 15)), TODAY, LONDON, LONDON) == ()


# Draws: own, the day on which it could go, days until it is paid (None: never), settled by credit, reopened since.
DRAWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 40), st.none() | st.integers(-3, 20), st.booleans(), st.booleans()),
    max_size=8,
)


def save(store: TenantStore, number: int, draw: tuple[bool, int, int | None, bool, bool]) -> None:
    own, free, paid, credit, reopened = draw
    key = InvoiceId(f"inv-{number}")
    part = Allocation("credit_note" if credit else "payment", f"p-{key}", key, 100_00, day(free + (paid or 0)))
    invoice = an_invoice(
        key,
        total_minor=100_00,
        due_minor=100_00 if paid is None else 0,
        status=InvoiceStatus.OPEN if paid is None else InvoiceStatus.PAID,
        allocations=None if number % 2 else () if paid is None else (part,),
    )
    store.mirror.save_invoices([invoice])
    if number % 2 and paid is not None:  # as QuickBooks tells it: with the payment
        store.mirror.save_payments([a_payment(f"p-{key}", paid_on=None, allocations=(part,))])
    store.timings.draw(
        [
            TimingDraw(
                invoice_id=key,
                stage="soft",
                round=2 if reopened else 1,
                contact_id=ANN,
                own=own,
                free_on=day(free),
                chosen_on=day(free),
                hour=14,
            )
        ]
    )


@given(DRAWS)
@settings(max_examples=40)
def test_groups_are_counted_message_by_message(draws: list[tuple[bool, int, int | None, bool, bool]]) -> None:
    with TemporaryDirectory() as folder, TenantStore.open(Path(folder) / "dun.db") as store:
        for number, draw in enumerate(draws):
            save(store, number, draw)
        outcomes = store.timings.outcomes(START, TODAY)

    for own in (True, False):
        found = group(outcomes, own=own)
        mine = [draw for draw in draws if draw[0] is own and day(draw[1]) <= TODAY]
        known = [draw for draw in mine if not draw[4] and (draw[2] is None or (not draw[3] and draw[2] >= 0))]
        assert (found.messages, found.sent, found.unknown) == (len(mine), 0, len(mine) - len(known))
        for limit in (7, 14):
            old = [draw for draw in known if (TODAY - day(draw[1])).days >= limit]
            paid = [draw for draw in old if draw[2] is not None and draw[2] <= limit]
            assert found.within[limit] == TrialGroup(len(old), len(paid), 0)
        so_far = [paid for _, free, paid, *_ in known if paid is not None and day(free + paid) <= TODAY]
        assert found.days == Counter(so_far)


def test_what_was_drawn_stays_as_it_is(tmp_path: Path) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        save(store, 1, (True, 0, None, False, False))
        [before] = store.timings.outcomes(START, TODAY)
        save(store, 1, (False, 0, None, False, False))
        assert store.timings.outcomes(START, TODAY) == (before,)
        for forbidden in ("UPDATE timing_draw SET own = 0", "DELETE FROM timing_draw"):
            with pytest.raises(sqlite3.IntegrityError, match="drawn"):
                store._connection.execute(forbidden)


def followed(own: int, own_paid: int, usual: int, usual_paid: int) -> list[TimingOutcome]:
    """So many messages of each group, so many of them paid after three days; all old enough."""
    counts = ((True, own_paid, own), (False, usual_paid, usual))
    return [
        TimingOutcome(own=group, outcome=how, days=days, age=20, messages=number, sent=number)
        for group, paid, all_ in counts
        for how, days, number in (("paid", 3, paid), ("open", None, all_ - paid))
    ]


def test_small_groups_say_nothing_and_give_nothing_up() -> None:
    outcomes = followed(LEAST - 1, 0, 400, 400)
    report = best_time_report(outcomes, None, {}, {}, TODAY, switched_on=True)

    assert verdict(outcomes) == ""
    assert report.tables[1].rows == ((7, None, None, None), (14, None, None, None))
    assert report.cannot_know[0].startswith("Nothing can be said yet")


def test_an_empty_ledger_says_all_it_cannot_know() -> None:
    report = best_time_report([], None, {}, {}, TODAY, switched_on=False)

    assert [row[1:] for row in report.tables[0].rows] == [(0, 0, 0, 0, None, 0, 0, None, None, 0)] * 2
    assert [sentence.split()[0] for sentence in report.cannot_know] == ["Own", "Nothing", "No"]


def test_own_times_that_do_harm_are_given_up() -> None:
    outcomes = followed(100, 30, 100, 60)

    assert verdict(outcomes) == (
        "fewer were paid within 7 days (30.0 % of 100 against 60.0 % of 100; difference from -42.2 to -16.3 points)"
    )
    report = best_time_report(outcomes, TimingEnd(START, "fewer were paid"), {}, {}, TODAY, switched_on=True)
    assert report.cannot_know[0] == (
        f"Own times rest from {START} until {START + timedelta(days=365)}, and all messages leave at the usual time:"
        " fewer were paid."
    )


@given(st.lists(st.integers(0, 3000), max_size=5, unique=True), st.integers(0, 4000))
def test_after_a_year_of_rest_they_are_tried_anew(days: list[int], today: int) -> None:
    """Ends come while own times are tried only, so each is a year after the one before, or later."""
    ends: list[int] = []
    for on in sorted(days):
        if on <= today and (not ends or on >= ends[-1] + 365):
            ends.append(on)

    found = attempt([TimingEnd(START + timedelta(days=on), str(on)) for on in ends], START + timedelta(days=today))

    rests = bool(ends) and today < ends[-1] + 365
    tried = ends[:-1] if rests else ends
    assert found.first == (START + timedelta(days=tried[-1] + 365) if tried else date.min)
    assert found.ended == (TimingEnd(START + timedelta(days=ends[-1]), str(ends[-1])) if rests else None)


def test_an_end_is_kept_as_it_was(tmp_path: Path) -> None:
    with TenantStore.open(tmp_path / "dun.db") as store:
        store.timings.end(TimingEnd(START, "fewer were paid"))
        store.timings.end(TimingEnd(START, "another reason"))
        assert store.timings.ends(START - timedelta(days=1)) == ()
        assert store.timings.ends(TODAY) == (TimingEnd(START, "fewer were paid"),)
        for forbidden in ("UPDATE timing_end SET reason = ''", "DELETE FROM timing_end"):
            with pytest.raises(sqlite3.IntegrityError, match="given up"):
                store._connection.execute(forbidden)


def test_own_times_that_help_are_kept() -> None:
    assert verdict(followed(ENOUGH, 300, ENOUGH, 200)) == ""


def test_own_times_that_cannot_be_seen_to_help_end_after_enough_messages() -> None:
    before, after = followed(ENOUGH - 1, 250, ENOUGH, 250), followed(ENOUGH, 250, ENOUGH, 250)

    assert verdict(before) == ""
    assert verdict(after).startswith("after so many messages no gain is to be seen")
    assert "may be chance" in best_time_report(before, None, {}, {}, TODAY, switched_on=True).cannot_know[0]


@given(st.integers(1, 600), st.integers(1, 600), st.data())
def test_nothing_is_given_up_that_may_still_help(own: int, usual: int, data: st.DataObject) -> None:
    own_paid, usual_paid = data.draw(st.integers(0, own)), data.draw(st.integers(0, usual))
    low, high = interval(TrialGroup(own, own_paid, 0), TrialGroup(usual, usual_paid, 0))

    given_up = bool(verdict(followed(own, own_paid, usual, usual_paid)))

    least = min(own, usual)
    assert given_up is (least >= LEAST and (high < 0 or (least >= ENOUGH and low <= 0)))


def test_everybody_with_a_time_is_listed_by_name() -> None:
    times = {
        BOB: OwnTime(hour=9, in_hour=4, answers=6, zone="Europe/Paris"),
        ANN: OwnTime(weekday=4, on_weekday=8, days=9, zone="Europe/London"),
    }
    report = best_time_report([], None, times, {ANN: "Ann Ltd", BOB: "Bob Ltd"}, TODAY, switched_on=True)

    assert report.tables[2].rows == (
        ("Ann Ltd", "Friday", 8, 9, None, None, None, "Europe/London"),
        ("Bob Ltd", None, None, None, "09:00", 4, 6, "Europe/Paris"),
    )


def test_an_answer_is_by_the_clock_it_was_written_at() -> None:
    """A quarter past eleven at night in London is the next day in Paris."""
    instant = datetime(2026, 1, 8, 23, 15, tzinfo=UTC)
    found = acts(Paydays(), [(ANN, instant.astimezone(ZoneInfo("Europe/Paris")))], date(2026, 2, 1))

    assert (found[ANN].weekdays.index(1), found[ANN].hours.index(1)) == (4, 0)
