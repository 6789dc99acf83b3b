"""The rates that come with Dun: complete within their span, and silent outside it."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from connector.dunning.reference_rates import RATE_NAMES, RateName
from connector.law.published_rates import publication, published_rates

ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize("name", RATE_NAMES)
def test_the_rows_rise_by_date_and_end_before_the_last_known_day(name: RateName) -> None:
    published = publication(name)

    days = [*(row.valid_from for row in published.rows), published.known_until]

    assert all(before < after for before, after in pairwise(days))


@pytest.mark.parametrize("name", RATE_NAMES)
def test_no_row_repeats_the_one_before(name: RateName) -> None:
    assert all(before.percent != after.percent for before, after in pairwise(publication(name).rows))


@pytest.mark.parametrize("name", RATE_NAMES)
def test_each_file_names_its_rate_and_its_source(name: RateName) -> None:
    published = publication(name)

    assert published.name == name
    assert published.title
    assert published.source


@pytest.mark.parametrize("name", RATE_NAMES)
def test_a_rate_is_known_on_each_day_of_its_span_and_on_none_outside(name: RateName) -> None:
    published, rates = publication(name), published_rates()
    first, last = published.rows[0].valid_from, published.known_until

    assert all(rates.on(name, first + n * ONE_DAY) is not None for n in range((last - first).days + 1))
    assert rates.on(name, first - ONE_DAY) is None
    assert rates.on(name, last + ONE_DAY) is None


@pytest.mark.parametrize("name", RATE_NAMES)
def test_every_rate_is_known_from_2015_on(name: RateName) -> None:
    assert published_rates().on(name, date(2015, 1, 1)) is not None


@pytest.mark.parametrize("name", RATE_NAMES)
def test_a_rate_changes_on_the_day_it_comes_into_force(name: RateName) -> None:
    rates = published_rates()

    for before, after in pairwise(publication(name).rows):
        assert rates.on(name, after.valid_from - ONE_DAY) == before.percent
        assert rates.on(name, after.valid_from) == after.percent


def test_the_german_rate_follows_the_european_one() -> None:
    """BGB § 247: it changes by as many points as the rate of the last main refinancing operation has."""
    rates = published_rates()
    half_years = [date(year, month, 1) for year in range(2015, 2027) for month in (1, 7)][:-1]

    distances = {(rates.on("ecb", day) or Decimal(0)) - (rates.on("germany", day) or Decimal(0)) for day in half_years}

    assert distances == {Decimal("0.88")}
