"""When texts and calls leave to customers whose country keeps several clocks."""

from datetime import timedelta

import pytest

from connector.dunning.policy import Policy, Stage
from connector.outlook import outlook
from connector.story import stories

NOBODY_KNOWS_WHERE = {"country": "US", "phone": "+18005550123"}
IN_SAN_FRANCISCO = {"country": "US", "phone": "+14155550132"}


@pytest.fixture
def bench(bench):
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=("voice",)),)), window_of_customer=True)
    return bench


def voices_after(bench, hours: int, **facts: str) -> int:
    """How many calls are made so many hours after ten o'clock in London."""
    bench.invoice(bench.customer(**facts))
    bench.let_pass(timedelta(hours=hours))
    bench.run()
    return len(bench.voice.accepted)


@pytest.mark.parametrize(("hours", "called"), [(0, 0), (6, 0), (7, 1)])  # 02:00, 08:00 and 09:00 in San Francisco
def test_nobody_is_called_at_night_where_the_number_is(bench, hours: int, called: int) -> None:
    assert voices_after(bench, hours, **IN_SAN_FRANCISCO) == called


@pytest.mark.parametrize(("hours", "called"), [(5, 0), (7, 0), (9, 1)])  # 15:00, 17:00 and 19:00 in London
def test_where_only_the_country_is_known_it_must_be_day_in_all_of_it(bench, hours: int, called: int) -> None:
    assert voices_after(bench, hours, **NOBODY_KNOWS_WHERE) == called


def test_the_state_of_the_address_tells_the_zone(bench) -> None:
    assert voices_after(bench, 5, street="1 Main St", city="Boston", region="MA", **NOBODY_KNOWS_WHERE) == 1


def test_a_number_that_has_moved_along_must_suit_both_places(bench) -> None:
    assert voices_after(bench, 5, street="1 Main St", city="Boston", region="MA", **IN_SAN_FRANCISCO) == 0


def test_mail_waits_to_be_read_and_goes_by_the_firms_clock(bench) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft"),)))
    bench.invoice(bench.customer(country="US"))

    assert bench.run().messages == 1


def test_why_says_between_which_hours_it_leaves(bench) -> None:
    invoice = bench.invoice(bench.customer(**IN_SAN_FRANCISCO))
    bench.run()

    [story] = stories(bench.tenant, invoice.number)

    assert story.hours == "17:00-01:00 by the firm's clock, when it is 09:00-17:00 in America/Los_Angeles"


def test_why_says_that_no_hour_suits_a_whole_country(bench) -> None:
    invoice = bench.invoice(bench.customer(country="RU", phone="+79261234567"))
    bench.run()

    [story] = stories(bench.tenant, invoice.number)

    assert story.hours.startswith("never: at no hour is it 09:00-17:00 in all ")


def test_preview_says_between_which_hours_it_leaves(bench) -> None:
    bench.invoice(bench.customer(**NOBODY_KNOWS_WHERE))
    bench.run()

    [send] = outlook(bench.tenant, 1).sends

    assert send.hours.startswith("19:00-22:00 by the firm's clock, when it is 09:00-17:00 in all ")
