"""What a late invoice costs by law or contract: worked examples, payments in parts, changing rates, and refusals."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connector.dunning.interest import Charges, LateDebt, Payment, Refused, charges
from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, UNITED_KINGDOM, Contract, Law, Terms
from connector.dunning.policy import Threshold
from connector.dunning.reference_rates import Rate, Rates
from connector.law.published_rates import published_rates

RATES = published_rates()
HALF_PERCENT = Rates({"bank_of_england": (Rate(date(2009, 1, 1), date(2030, 12, 31), Decimal("0.50")),)})
TWO_FIFTY = Threshold(minor={"EUR": 2_50})


def a_debt(**fields: Any) -> LateDebt:
    """1,000.00 GBP of a business, due on Monday 2 March 2015."""
    return LateDebt(
        **{"currency": "GBP", "total_minor": 1_000_00, "due_on": date(2015, 3, 2), "debtor": "business", **fields}
    )


def charged(debt: LateDebt, terms: Terms, as_of: date, rates: Rates = RATES) -> Charges:
    found = charges(debt, terms, rates, as_of)
    assert isinstance(found, Charges), found
    return found


def refused(debt: LateDebt, terms: Terms, as_of: date, rates: Rates = RATES) -> Refused:
    found = charges(debt, terms, rates, as_of)
    assert isinstance(found, Refused), found
    return found


def after(debt: LateDebt, days: int) -> date:
    return debt.due_on + timedelta(days=days)


# The example of gov.uk, "Late commercial payments": 1,000 pounds at 8.5 % are 85 pounds a year and 23 pence a day.


def test_a_year_on_the_governments_example_costs_85_pounds() -> None:
    assert charged(a_debt(), UNITED_KINGDOM, after(a_debt(), 365), HALF_PERCENT).interest_minor == 85_00


def test_a_day_on_the_governments_example_costs_23_pence() -> None:
    assert charged(a_debt(), UNITED_KINGDOM, after(a_debt(), 1), HALF_PERCENT).daily_minor == 23


def test_fifty_days_on_the_governments_example_are_rounded_once_and_not_each_day() -> None:
    """gov.uk multiplies the rounded 23 pence and comes to 11.50; 1,000 x 8.5 % x 50 / 365 is 11.6438."""
    assert charged(a_debt(), UNITED_KINGDOM, after(a_debt(), 50), HALF_PERCENT).interest_minor == 11_64


@pytest.mark.parametrize(
    ("total_minor", "fixed_minor"),
    [(1, 40_00), (999_99, 40_00), (1_000_00, 70_00), (9_999_99, 70_00), (10_000_00, 100_00), (10**9, 100_00)],
)
def test_british_compensation_has_three_steps(total_minor: int, fixed_minor: int) -> None:
    debt = a_debt(total_minor=total_minor)

    assert charged(debt, UNITED_KINGDOM, after(debt, 1)).fixed_minor == fixed_minor


def test_british_compensation_is_for_what_was_open_when_it_became_late() -> None:
    debt = a_debt(payments=(Payment(date(2015, 3, 2), 1),))

    assert charged(debt, UNITED_KINGDOM, after(debt, 1)).fixed_minor == 40_00


# Published by payontime.co.uk and others, from the Bank Rate of 30 June or 31 December.
@pytest.mark.parametrize(
    ("due_on", "percent"),
    [
        (date(2015, 3, 2), "8.50"),
        (date(2016, 12, 30), "8.50"),  # the cut of August 2016 came after 30 June
        (date(2017, 3, 1), "8.25"),
        (date(2018, 3, 1), "8.50"),
        (date(2019, 3, 1), "8.75"),
        (date(2020, 6, 1), "8.75"),  # two cuts in March do not count before July
        (date(2020, 7, 1), "8.10"),
        (date(2022, 3, 1), "8.25"),
        (date(2022, 9, 1), "9.25"),
        (date(2023, 3, 1), "11.50"),
        (date(2023, 9, 1), "13.00"),
        (date(2024, 3, 1), "13.25"),
        (date(2024, 9, 2), "13.25"),
        (date(2025, 3, 3), "12.75"),
        (date(2025, 9, 1), "12.25"),
        (date(2026, 3, 2), "11.75"),
        (date(2026, 7, 1), "11.75"),
    ],
)
def test_the_british_rate_is_that_of_the_half_year(due_on: date, percent: str) -> None:
    debt = a_debt(due_on=due_on)

    assert [period.percent for period in charged(debt, UNITED_KINGDOM, after(debt, 1)).periods] == [Decimal(percent)]


@pytest.mark.parametrize(
    ("due_on", "percent"), [(date(2022, 6, 29), "8.25"), (date(2022, 6, 30), "9.25"), (date(2022, 12, 31), "11.50")]
)
def test_the_half_year_is_that_in_which_british_interest_begins(due_on: date, percent: str) -> None:
    debt = a_debt(due_on=due_on)

    assert charged(debt, UNITED_KINGDOM, after(debt, 1)).periods[0].percent == Decimal(percent)


def test_the_british_rate_stays_for_the_life_of_the_debt() -> None:
    debt = a_debt(due_on=date(2021, 3, 1))

    [period] = charged(debt, UNITED_KINGDOM, date(2025, 12, 31)).periods

    assert (period.percent, period.days) == (Decimal("8.10"), (date(2025, 12, 31) - debt.due_on).days)


# Published by the Irish Department of Enterprise (ECB rate of 1 January or 1 July, and 8 points).
@pytest.mark.parametrize(
    ("due_on", "percent"),
    [
        (date(2015, 3, 2), "8.05"),
        (date(2016, 3, 30), "8.05"),
        (date(2016, 9, 1), "8.00"),
        (date(2022, 9, 1), "8.00"),
        (date(2023, 3, 1), "10.50"),
        (date(2023, 9, 1), "12.00"),
        (date(2024, 3, 1), "12.50"),
        (date(2024, 9, 2), "12.25"),
    ],
)
def test_the_european_rate_is_that_of_the_half_year(due_on: date, percent: str) -> None:
    debt = a_debt(due_on=due_on, currency="EUR")

    assert charged(debt, EUROPEAN_UNION, after(debt, 1)).periods[0].percent == Decimal(percent)


def test_european_interest_changes_with_the_half_year() -> None:
    debt = a_debt(due_on=date(2022, 12, 1), currency="EUR")

    found = charged(debt, EUROPEAN_UNION, date(2023, 8, 1))

    assert [(p.first, p.last, str(p.percent)) for p in found.periods] == [
        (date(2022, 12, 2), date(2022, 12, 31), "8.00"),
        (date(2023, 1, 1), date(2023, 6, 30), "10.50"),
        (date(2023, 7, 1), date(2023, 8, 1), "12.00"),
    ]


@pytest.mark.parametrize("total_minor", [1, 1_000_00, 10**9])
def test_europeans_owe_40_euros_whatever_the_debt(total_minor: int) -> None:
    debt = a_debt(total_minor=total_minor, currency="EUR")

    assert charged(debt, EUROPEAN_UNION, after(debt, 1)).fixed_minor == 40_00


# Published by the Deutsche Bundesbank: 8.12 % and 4.12 % from July 2016, 11.27 % in the first half of 2025.
@pytest.mark.parametrize(
    ("due_on", "business", "consumer"),
    [
        (date(2016, 3, 1), "8.17", "4.17"),
        (date(2019, 9, 2), "8.12", "4.12"),
        (date(2023, 3, 1), "10.62", "6.62"),
        (date(2024, 9, 2), "12.37", "8.37"),
        (date(2025, 3, 3), "11.27", "7.27"),
        (date(2026, 3, 2), "10.27", "6.27"),
    ],
)
def test_german_businesses_owe_nine_points_and_consumers_five(due_on: date, business: str, consumer: str) -> None:
    debts = [a_debt(due_on=due_on, currency="EUR", debtor=debtor) for debtor in ("business", "consumer", "unknown")]

    found = [str(charged(debt, GERMANY, after(debt, 1)).periods[0].percent) for debt in debts]

    assert found == [business, consumer, consumer]


@pytest.mark.parametrize("debtor", ["consumer", "unknown"])
def test_only_german_businesses_owe_the_40_euros(debtor: str) -> None:
    debt = a_debt(currency="EUR", debtor=debtor)

    found = charged(debt, GERMANY, after(debt, 1))

    assert (found.fixed_minor, found.without_fixed) == (0, "the fixed sum is owed by businesses only")


@pytest.mark.parametrize("due_on", [date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 3)])
def test_a_german_due_date_on_a_weekend_moves_to_monday(due_on: date) -> None:
    found = charged(a_debt(due_on=due_on, currency="EUR"), GERMANY, date(2025, 3, 4))

    assert (found.last_day, found.periods[0].first) == (date(2025, 3, 3), date(2025, 3, 4))


def test_a_german_due_date_on_a_holiday_moves_too() -> None:
    debt = a_debt(due_on=date(2025, 10, 3), currency="EUR")

    found = charges(debt, GERMANY, RATES, date(2025, 10, 31), lambda day: day > date(2025, 10, 5))

    assert isinstance(found, Charges)
    assert found.last_day == date(2025, 10, 6)


def test_a_british_due_date_on_a_sunday_stays() -> None:
    debt = a_debt(due_on=date(2025, 3, 2))

    assert charged(debt, UNITED_KINGDOM, date(2025, 3, 3)).periods[0].first == date(2025, 3, 3)


def test_a_leap_year_has_366_days_by_german_law() -> None:
    """10,000 euros over the whole of 2024, half of it at 12.62 % and half at 12.37 %."""
    debt = a_debt(due_on=date(2023, 12, 29), total_minor=10_000_00, currency="EUR")

    found = charged(debt, GERMANY, date(2024, 12, 31))

    # From 30 December, at 12.12 %: 2 x 3.3205; 182 days of 366 x 1262.00; 184 of 366 x 1237.00.
    assert [p.days for p in found.periods] == [2, 182, 184]
    assert found.interest_minor == round(2 * 121200 / 365 + 182 * 126200 / 366 + 184 * 123700 / 366)


def test_a_leap_day_costs_a_365th_by_british_practice() -> None:
    debt = a_debt(due_on=date(2024, 2, 28))

    found = charged(debt, UNITED_KINGDOM, date(2025, 2, 28), HALF_PERCENT)

    assert (found.periods[0].days, found.interest_minor) == (366, 85_23)


def test_interest_follows_payments_in_parts() -> None:
    payments = (Payment(date(2015, 3, 22), 400_00), Payment(date(2015, 4, 1), 100_00))

    found = charged(a_debt(payments=payments), UNITED_KINGDOM, date(2015, 4, 11), HALF_PERCENT)

    assert [(p.first, p.last, p.balance_minor) for p in found.periods] == [
        (date(2015, 3, 3), date(2015, 3, 22), 1_000_00),
        (date(2015, 3, 23), date(2015, 4, 1), 600_00),
        (date(2015, 4, 2), date(2015, 4, 11), 500_00),
    ]
    assert found.interest_minor == round((1_000_00 * 20 + 600_00 * 10 + 500_00 * 10) * 0.085 / 365)


def test_the_lines_of_the_periods_add_up_to_the_rounded_sum() -> None:
    payments = tuple(Payment(date(2015, 3, 3) + timedelta(days=day), 1_00) for day in range(200))

    found = charged(a_debt(payments=payments), UNITED_KINGDOM, date(2015, 12, 31), HALF_PERCENT)

    days = [(1_000_00 - 1_00 * min(day, 200)) for day in range((date(2015, 12, 31) - date(2015, 3, 2)).days)]
    assert found.interest_minor == round(sum(days) * 0.085 / 365)


@pytest.mark.parametrize(("total_minor", "interest_minor"), [(499, 0), (500, 1), (1_500, 2), (2_500, 3)])
def test_half_a_minor_unit_is_rounded_up(total_minor: int, interest_minor: int) -> None:
    debt = a_debt(total_minor=total_minor)

    assert charged(debt, Contract(percent=Decimal("36.5")), after(debt, 1)).interest_minor == interest_minor


@pytest.mark.parametrize("paid_on", [date(2015, 1, 2), date(2015, 3, 2)])
def test_who_has_paid_on_the_due_date_owes_nothing_more(paid_on: date) -> None:
    debt = a_debt(payments=(Payment(paid_on, 1_000_00),))

    found = charged(debt, UNITED_KINGDOM, date(2025, 1, 1))

    assert (found.total_minor, found.daily_minor, found.periods) == (0, 0, ())


def test_who_pays_a_day_late_owes_one_day_and_the_compensation_and_no_more() -> None:
    debt = a_debt(payments=(Payment(date(2015, 3, 3), 1_000_00),))

    found = charged(debt, UNITED_KINGDOM, date(2025, 1, 1))

    assert (found.interest_minor, found.fixed_minor, found.daily_minor) == (23, 70_00, 0)


def test_who_has_paid_too_much_is_owed_no_interest() -> None:
    debt = a_debt(payments=(Payment(date(2015, 3, 3), 9_000_00),))

    assert charged(debt, UNITED_KINGDOM, date(2015, 12, 31)).interest_minor == 23


def test_a_payment_taken_back_bears_interest_again() -> None:
    debt = a_debt(payments=(Payment(date(2015, 3, 2), 1_000_00), Payment(date(2015, 3, 12), -1_000_00)))

    [period] = charged(debt, UNITED_KINGDOM, date(2015, 3, 22)).periods

    assert (period.first, period.days) == (date(2015, 3, 13), 10)


@pytest.mark.parametrize("days", [-3, 0])
def test_nothing_is_charged_up_to_the_due_date(days: int) -> None:
    debt = a_debt()

    found = charged(debt, UNITED_KINGDOM, after(debt, days))

    assert (found.total_minor, found.daily_minor) == (0, 0)


def test_a_debt_of_eleven_years_goes_through_every_rate() -> None:
    debt = a_debt(due_on=date(2015, 1, 1), currency="EUR")

    found = charged(debt, GERMANY, date(2026, 6, 30))

    assert len(found.periods) == 23
    assert sum(period.days for period in found.periods) == (date(2026, 6, 30) - date(2015, 1, 1)).days


@pytest.mark.parametrize("terms", [UNITED_KINGDOM, EUROPEAN_UNION])
@pytest.mark.parametrize("debtor", ["consumer", "unknown"])
def test_a_law_for_businesses_is_not_used_on_anybody_else(terms: Law, debtor: str) -> None:
    found = refused(a_debt(debtor=debtor), terms, date(2015, 12, 31))

    assert found.code == "not_business"
    assert terms.source in found.words


@pytest.mark.parametrize(
    ("terms", "due_on", "as_of", "day"),
    [
        (UNITED_KINGDOM, date(2008, 3, 3), date(2015, 1, 1), "2007-12-31"),
        (UNITED_KINGDOM, date(2027, 1, 4), date(2027, 2, 1), "2026-12-31"),
        (EUROPEAN_UNION, date(2025, 1, 2), date(2026, 7, 1), "2026-07-01"),
        (GERMANY, date(2014, 12, 1), date(2015, 1, 31), "2014-07-01"),
        (GERMANY, date(2026, 6, 1), date(2026, 7, 1), "2026-07-01"),
    ],
)
def test_a_rate_that_is_not_known_is_missing_and_not_guessed(terms: Law, due_on: date, as_of: date, day: str) -> None:
    found = refused(a_debt(due_on=due_on), terms, as_of)

    assert found.code == "rate_missing"
    assert day in found.words


def test_without_any_rates_the_refusal_says_so() -> None:
    assert "not known at all" in refused(a_debt(), GERMANY, date(2015, 12, 31), Rates()).words


def test_a_rate_added_by_the_firm_fills_the_gap() -> None:
    own = RATES.with_own([("germany", Rate(date(2026, 7, 1), date(2026, 12, 31), Decimal("1.52")))])
    debt = a_debt(due_on=date(2026, 6, 30), currency="EUR")

    assert str(charged(debt, GERMANY, date(2026, 11, 1), own).periods[0].percent) == "10.52"


def test_a_rate_of_the_firm_corrects_the_built_in_one() -> None:
    one, two = (Rate(date(2025, 1, 1), date(2025, 1, 31), Decimal(percent)) for percent in (3, 4))
    debt = a_debt(due_on=date(2025, 1, 1), currency="EUR")

    found = charged(debt, GERMANY, date(2025, 1, 2), RATES.with_own([("germany", one), ("germany", two)]))

    assert found.periods[0].percent == 12


def test_a_fixed_sum_in_another_currency_is_left_out_in_words() -> None:
    debt = a_debt(currency="USD")

    found = charged(debt, UNITED_KINGDOM, after(debt, 365), HALF_PERCENT)

    assert (found.interest_minor, found.fixed_minor) == (85_00, 0)
    assert found.without_fixed == "the fixed sum is set in GBP and the invoice is in USD"


def test_money_without_minor_units_is_rounded_to_what_it_has() -> None:
    debt = a_debt(currency="JPY", total_minor=1_000_00)

    assert charged(debt, UNITED_KINGDOM, after(debt, 50), HALF_PERCENT).interest_minor == 1164


def test_a_currency_nobody_knows_is_refused() -> None:
    assert refused(a_debt(currency="XXX"), UNITED_KINGDOM, date(2015, 12, 31)).code == "currency_unknown"


# Contracts


def test_a_contract_may_ask_an_amount_for_each_invoice_and_each_reminder() -> None:
    terms = Contract(per_invoice=Threshold(minor={"EUR": 25_00}), per_reminder=TWO_FIFTY)

    found = charged(a_debt(currency="EUR", reminders=3), terms, date(2015, 3, 3))

    assert (found.fixed_minor, found.interest_minor, found.daily_minor) == (32_50, 0, 0)


def test_a_contract_without_an_amount_in_the_currency_asks_for_none() -> None:
    assert charged(a_debt(reminders=3), Contract(per_reminder=TWO_FIFTY), date(2015, 3, 3)).total_minor == 0


def test_a_reminder_before_the_due_date_costs_nothing() -> None:
    debt = a_debt(currency="EUR", reminders=1)

    assert charged(debt, Contract(per_reminder=TWO_FIFTY), after(debt, 0)).total_minor == 0


def test_a_contract_needs_no_rates() -> None:
    debt = a_debt()

    assert charged(debt, Contract(percent=Decimal(12)), after(debt, 73), Rates()).interest_minor == 24_00


@pytest.mark.parametrize(("day_count", "interest_minor"), [("365", 120_33), ("actual", 120_00)])
def test_a_contract_says_how_long_a_year_is(day_count: Any, interest_minor: int) -> None:
    debt = a_debt(due_on=date(2023, 12, 31))

    terms = Contract(percent=Decimal(12), day_count=day_count)

    assert charged(debt, terms, date(2024, 12, 31)).interest_minor == interest_minor


def test_a_cap_holds_all_charges_together() -> None:
    terms = Contract(percent=Decimal(12), per_reminder=Threshold(minor={"GBP": 20_00}), cap_percent=Decimal(5))
    debt = a_debt(reminders=2)

    found = charged(debt, terms, after(debt, 73))

    assert (found.interest_minor, found.fixed_minor, found.beyond_cap_minor) == (24_00, 40_00, 14_00)
    assert (found.total_minor, found.daily_minor) == (50_00, 0)


def test_the_daily_amount_ends_at_the_cap() -> None:
    terms = Contract(percent=Decimal("36.5"), cap_percent=Decimal("0.15"))
    debt = a_debt()

    assert [charged(debt, terms, after(debt, days)).daily_minor for days in (1, 2)] == [50, 0]


@pytest.mark.parametrize("debtor", ["consumer", "unknown"])
def test_a_contract_binds_consumers_only_if_it_was_made_with_them(debtor: str) -> None:
    debt = a_debt(debtor=debtor)

    assert refused(debt, Contract(percent=Decimal(5)), after(debt, 9)).code == "not_business"
    assert charged(debt, Contract(percent=Decimal(5), with_consumers=True), after(debt, 73)).total_minor == 10_00


# For messages and case files


@pytest.mark.parametrize("terms", [UNITED_KINGDOM, EUROPEAN_UNION, GERMANY])
def test_a_due_date_in_the_year_1_has_no_rate(terms: Law) -> None:
    assert refused(a_debt(due_on=date.min), terms, date(2026, 3, 2)).code == "rate_missing"


def test_a_contract_reaches_back_to_the_year_1() -> None:
    found = charged(a_debt(due_on=date.min), Contract(percent=Decimal(1), day_count="actual"), date(2, 1, 1))

    assert found.interest_minor == 10_00


@pytest.mark.parametrize("terms", [UNITED_KINGDOM, EUROPEAN_UNION, GERMANY, Contract(percent=Decimal(1))])
def test_what_is_due_at_the_end_of_the_calendar_is_not_late(terms: Terms) -> None:
    assert charged(a_debt(due_on=date.max), terms, date(2026, 3, 2)).total_minor == 0


def test_charges_can_be_written_into_a_file_and_read_again() -> None:
    found = charged(a_debt(payments=(Payment(date(2015, 4, 1), 1_00),)), UNITED_KINGDOM, date(2015, 5, 1))

    assert msgspec.json.decode(msgspec.json.encode(found), type=Charges) == found
