"""Interest reckoned day by day, the way a person with patience would, agrees with the periods to the minor unit."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from connector.dunning.interest import Charges, LateDebt, Payment, charges
from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, UNITED_KINGDOM, Contract, Terms
from connector.dunning.reference_rates import RateName
from connector.law.published_rates import publication, published_rates

LAST = date(2026, 4, 1)  # every rate is known until here
ONE_DAY = timedelta(days=1)

days = st.dates(date(2015, 1, 1), LAST)
payments = st.lists(st.builds(Payment, days, st.integers(-50_000, 400_000)), max_size=6).map(tuple)
contracts = st.builds(
    Contract,
    percent=st.decimals(0, 40, places=2),
    day_count=st.sampled_from(("365", "actual")),
)
terms = st.one_of(st.sampled_from((UNITED_KINGDOM, EUROPEAN_UNION, GERMANY)), contracts)


@st.composite
def debts(draw: st.DrawFn) -> LateDebt:
    return LateDebt(
        currency="EUR",
        total_minor=draw(st.integers(0, 5_000_000)),
        due_on=draw(days),
        payments=draw(payments),
        debtor="business",
    )


def published(name: RateName, day: date) -> Fraction:
    """The last row of the file that is not later than `day`."""
    rows = [row for row in publication(name).rows if row.valid_from <= day]
    return Fraction(rows[-1].percent)


def rate_on(terms: Terms, day: date, begins: date) -> Fraction:
    """Percent a year on `day`, told again from the texts of the laws."""
    if isinstance(terms, Contract):
        return Fraction(terms.percent or 0)
    if terms.name == "uk":
        eve = date(begins.year - 1, 12, 31) if begins.month <= 6 else date(begins.year, 6, 30)
        return published("bank_of_england", eve) + 8
    first = date(day.year, 1 if day.month <= 6 else 7, 1)
    return published("ecb", first) + 8 if terms.name == "eu" else published("germany", first) + 9


def year_of(terms: Terms, day: date) -> int:
    if terms is UNITED_KINGDOM or (isinstance(terms, Contract) and terms.day_count == "365"):
        return 365
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def by_day(debt: LateDebt, terms: Terms, as_of: date) -> Fraction:
    day = debt.due_on
    while terms is GERMANY and day.isoweekday() > 5:
        day += ONE_DAY
    begins, exact = day + ONE_DAY, Fraction(0)
    while (day := day + ONE_DAY) <= as_of:
        open_minor = debt.total_minor
        for payment in debt.payments:
            if payment.on < day:
                open_minor -= payment.minor
        if open_minor > 0:
            exact += Fraction(open_minor) * rate_on(terms, day, begins) / 100 / year_of(terms, day)
    return exact


def half_up(exact: Fraction) -> int:
    doubled = 2 * exact.numerator + exact.denominator
    return doubled // (2 * exact.denominator)


def charged(debt: LateDebt, terms: Terms, as_of: date) -> Charges:
    found = charges(debt, terms, published_rates(), as_of)
    assert isinstance(found, Charges), found
    return found


@given(debts(), terms, days)
def test_the_sum_is_that_of_the_single_days(debt: LateDebt, terms: Terms, as_of: date) -> None:
    assert charged(debt, terms, as_of).interest_minor == half_up(by_day(debt, terms, as_of))


@given(debts(), terms, days)
def test_the_periods_are_every_open_day_once_and_in_order(debt: LateDebt, terms: Terms, as_of: date) -> None:
    found = charged(debt, terms, as_of)

    told = [period.first + n * ONE_DAY for period in found.periods for n in range(period.days)]
    late = [found.last_day + n * ONE_DAY for n in range(1, (as_of - found.last_day).days + 1)]

    assert told == [day for day in late if debt.open_on(day) > 0]
    assert all(debt.open_on(p.first) == debt.open_on(p.last) == p.balance_minor for p in found.periods)


@given(debts(), terms, days)
def test_another_day_adds_the_daily_amount_but_for_rounding(debt: LateDebt, terms: Terms, as_of: date) -> None:
    """Unless a payment, a half-year or a year comes between, the sum grows by it, give or take one minor unit."""
    following = as_of + ONE_DAY
    assume(following <= LAST and following.day != 1 and debt.open_on(as_of) > 0)
    found = charged(debt, terms, as_of)
    assume(found.periods)

    grown = charged(debt, terms, following).interest_minor - found.interest_minor

    assert abs(grown - found.daily_minor) <= 1


@given(debts(), terms, days, st.permutations(range(6)))
def test_the_order_in_which_payments_are_listed_does_not_matter(
    debt: LateDebt, terms: Terms, as_of: date, order: list[int]
) -> None:
    mixed = tuple(debt.payments[n] for n in order if n < len(debt.payments))
    other = LateDebt(
        currency="EUR", total_minor=debt.total_minor, due_on=debt.due_on, payments=mixed, debtor="business"
    )

    assert charged(debt, terms, as_of) == charged(other, terms, as_of)


@given(debts(), terms, days, st.builds(Payment, days, st.integers(1, 400_000)))
def test_a_further_payment_never_makes_it_dearer(debt: LateDebt, terms: Terms, as_of: date, more: Payment) -> None:
    paid = LateDebt(
        currency="EUR",
        total_minor=debt.total_minor,
        due_on=debt.due_on,
        payments=(*debt.payments, more),
        debtor="business",
    )

    assert charged(paid, terms, as_of).interest_minor <= charged(debt, terms, as_of).interest_minor


@given(st.fractions(0, 10**9))
def test_half_up_is_what_decimal_calls_it(exact: Fraction) -> None:
    """The oracle's own rounding, against the standard library, where a decimal can hold the number."""
    thousandths = round(exact * 1000)

    assert half_up(Fraction(thousandths, 1000)) == Decimal(thousandths).scaleb(-3).quantize(Decimal(1), ROUND_HALF_UP)
