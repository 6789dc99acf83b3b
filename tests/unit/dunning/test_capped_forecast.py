"""The coming days of all customers under a daily cap: the oldest debt goes first, and the rest waits and is shown."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from unit.dunning.snapshots import DEFAULT, EVERY_DAY, WEEKDAYS, a_receivable, an_account

from connector.dunning.calendar import Calendar
from connector.dunning.capped_forecast import capped
from connector.dunning.forecast import Forecast, preview
from connector.dunning.segments import as_book
from state.model import Account, ContactId

TODAY = date(2026, 3, 2)  # a Monday


def customer(number: int, days_late: int) -> Account:
    due_on = TODAY - timedelta(days=days_late)
    return an_account(a_receivable(f"inv-{number}", due_on=due_on), contact_id=ContactId(f"customer-{number}"))


def foreseen(*accounts: Account, cap: int, days: int = 10, calendar: Calendar = EVERY_DAY) -> list[Forecast]:
    """In the order of `accounts`."""
    found = {
        account.contact_id: forecast
        for account, forecast in capped(accounts, as_book(DEFAULT), calendar, TODAY, days, lambda _: cap)
    }
    return [found[account.contact_id] for account in accounts]


def days_of(forecast: Forecast) -> list[int]:
    return [(send.on - TODAY).days for send in forecast.sends]


def test_the_oldest_debts_go_first_and_the_others_a_day_later_each() -> None:
    young, old, middle = foreseen(customer(1, 2), customer(2, 90), customer(3, 30), cap=1, days=4)

    assert [days_of(each) for each in (old, middle, young)] == [[0], [1], [2]]
    assert [each.sends[0].put_off_from for each in (old, middle, young)] == [None, TODAY, TODAY]


def test_what_finds_no_room_until_the_last_day_is_shown_as_waiting() -> None:
    old, young = foreseen(customer(1, 90), customer(2, 2), cap=1, days=1)

    assert (days_of(old), old.put_off) == ([0], None)
    assert young.sends == ()
    assert young.put_off is not None
    assert (young.put_off.on, young.put_off.plan.tone) == (TODAY, "soft")


def test_the_stage_after_one_that_was_put_off_keeps_its_distance() -> None:
    _, later = foreseen(customer(1, 90), customer(2, 89), cap=1, days=12)

    assert days_of(later) == [1, 8]


def test_what_is_put_off_keeps_closed_days() -> None:
    first, second = customer(1, -3), customer(2, -3)  # friendly on Monday, soft on Friday

    found = foreseen(first, second, cap=1, days=9, calendar=WEEKDAYS)

    assert [days_of(each) for each in found] == [[0, 4], [1, 7]]


@given(st.lists(st.integers(-20, 60), min_size=1, max_size=8))
def test_with_room_for_all_everybody_goes_as_in_the_preview_of_one(days_late: list[int]) -> None:
    accounts = [customer(number, late) for number, late in enumerate(days_late)]

    alone = [preview(account, DEFAULT, WEEKDAYS, TODAY, 30) for account in accounts]

    assert foreseen(*accounts, cap=100, days=30, calendar=WEEKDAYS) == alone


@given(st.lists(st.integers(-5, 60), min_size=1, max_size=8), st.integers(1, 3))
def test_no_day_has_more_messages_than_the_cap(days_late: list[int], cap: int) -> None:
    found = foreseen(*(customer(n, late) for n, late in enumerate(days_late)), cap=cap, days=30)

    sent = [send.on for forecast in found for send in forecast.sends]
    assert all(sent.count(day) <= cap for day in sent)
