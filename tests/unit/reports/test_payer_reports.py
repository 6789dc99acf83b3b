"""Rating and forecast: what they say, what they refuse to say, and how good they are on a made-up ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.foretelling import accuracy
from bench.payers import HIGHRADIUS, IBM, Habits
from connector.reports.expected_money import Debt, Part
from connector.reports.forecast import Forecaster
from connector.reports.forecast_report import forecast_report
from connector.reports.past_error import Tails
from connector.reports.payers import Payers, next_workday
from connector.reports.rating import ratings
from connector.reports.rating_report import rating_report
from state.model import ContactId, InvoiceId
from state.paydays import Paydays, ordinal

TODAY = date(2026, 3, 1)
ANN, BOB = ContactId("ann"), ContactId("bob")


def history(**late: list[int]) -> Paydays:
    """Invoices of thirty days, a week apart, the last due a hundred days ago, paid so many days late."""
    paydays = Paydays()
    for customer, days in late.items():
        for back, each in enumerate(reversed(days)):
            due = ordinal(TODAY) - 100 - 7 * back
            paydays.add_days(ContactId(customer), due - 30, due, due + each, 10_000, "GBP")
    return paydays


def debt(customer: ContactId, due_on: date | None, minor: int = 10_001, **facts: object) -> Debt:
    usual = {"habit_minor": minor} | facts
    return Debt(
        invoice_id=InvoiceId(f"{customer} {due_on}"),
        number="INV-1",
        contact_id=customer,
        customer=customer,
        currency="GBP",
        due_minor=minor,
        due_on=due_on,
        **usual,  # type: ignore[arg-type]
    )


def test_a_customer_who_pays_late_is_rated_below_one_in_time() -> None:
    found = ratings(history(ann=[0] * 9, bob=[40] * 9), {}, TODAY)

    assert (found[ANN].grade, found[BOB].grade) == ("B", "E")
    assert "rests on 9 invoices paid" in found[BOB].reasons


def test_nobody_is_rated_by_one_invoice_or_two() -> None:
    found = ratings(history(ann=[50, 60], bob=[0] * 5), {}, TODAY)

    assert found[ANN].grade is None
    assert found[ANN].reasons == ("2 invoices cannot tell how a customer pays; 3 are needed",)


def test_broken_promises_and_paying_ever_later_lower_the_grade() -> None:
    steady = ratings(history(ann=[5] * 12), {}, TODAY)[ANN]
    broken = ratings(history(ann=[5] * 12), {ANN: 1}, TODAY)[ANN]
    later = ratings(history(ann=[1] * 7 + [10] * 5), {}, TODAY)[ANN]

    assert (steady.grade, broken.grade, later.grade) == ("B", "C", "C")
    assert "lately 9.0 days later than before" in later.reasons
    assert "1 broken promise in the last year" in broken.reasons


def test_what_is_overdue_counts_as_late_as_it_is_today() -> None:
    paydays = history(ann=[0, 0])
    paydays.add_days(ANN, ordinal(TODAY) - 130, ordinal(TODAY) - 100, None, 10_000, "GBP")

    assert ratings(paydays, {}, TODAY)[ANN].days == Decimal("33.3")


ABSURD = st.tuples(
    st.sampled_from([-1000 * 365, -11 * 365, -400, 1900, 36 * 365, 900 * 365]),
    st.sampled_from(["due", "issue", "paid"]),
)


@given(st.lists(st.integers(-20, 90), min_size=3, max_size=12), ABSURD)
def test_one_invoice_with_an_absurd_date_changes_nobodys_grade(days: list[int], absurd: tuple[int, str]) -> None:
    usual = ratings(history(ann=days, bob=[3] * 9), {}, TODAY)
    shift, where = absurd
    issued = due = paid = ordinal(TODAY) - 200
    if where == "due":
        due += shift
    elif where == "issue":
        issued -= shift
    else:
        paid -= abs(shift)
    wrong = history(ann=days, bob=[3] * 9)
    wrong.add_days(ANN, issued, max(due, 1), max(paid, 1), 10_000, "GBP")

    found = ratings(wrong, {}, TODAY)

    for customer in (ANN, BOB):
        assert (found[customer].grade, found[customer].shrunk_days) == (
            usual[customer].grade,
            usual[customer].shrunk_days,
        )
    assert (found[ANN].left_out, found[BOB].left_out) == (1, 0)
    assert "1 invoice left out, whose dates cannot be meant" in found[ANN].reasons
    assert (
        rating_report(found, {}, TODAY).cannot_know[-1].startswith("Left out: 1 invoice due or paid more than a year")
    )


def test_an_invoice_counts_as_a_year_late_at_most() -> None:
    found = ratings(history(ann=[0, 0, 0, 3000], bob=[0] * 9), {}, TODAY + timedelta(days=4000))

    assert found[ANN].days == Decimal("91.2"), "365 / 4"


def test_of_somebody_who_never_paid_it_is_not_said_how_it_pays() -> None:
    paydays = history(bob=[0] * 9)
    for days in (40, 50, 60):
        paydays.add_days(ANN, ordinal(TODAY) - days - 30, ordinal(TODAY) - days, None, 10_000, "GBP")

    reasons = ratings(paydays, {}, TODAY)[ANN].reasons

    assert reasons[0].startswith("has never paid; what is overdue is 50.0 days after the due date on average (")
    assert reasons[-1] == "rests on 0 invoices paid and 3 overdue, as late as today"


def test_how_many_were_late_is_the_customers_own_number_beside_what_the_ledger_makes_of_it() -> None:
    reasons = ratings(history(ann=[3, 5, 9, 2], bob=[-1] * 9), {}, TODAY)[ANN].reasons

    [late] = [each for each in reasons if each.startswith("late with")]
    assert late.startswith("late with 4 of 4 invoices (")
    assert late.endswith(" % with what is usual in this ledger)")
    assert "100 %" not in late


def test_a_ledger_without_anybody_says_that_there_is_nobody_to_rate() -> None:
    assert rating_report({}, {}, TODAY).cannot_know == ("Nobody has been invoiced yet: there is nobody to rate.",)


def test_weeks_and_the_rest_are_all_that_is_due_to_the_cent() -> None:
    payers = Payers(history(ann=[3, 5, 9, 2, 4], bob=[0, 30, 60, 1, 2]), ordinal(TODAY))
    forecaster = Forecaster(payers, TODAY, Tails())
    owed = [debt(ANN, TODAY + timedelta(days=day), 3_333 + day) for day in range(-5, 40)]

    list(forecaster.expect([*owed, debt(BOB, None), debt(BOB, TODAY, habit_minor=0, disputed_minor=10_001)]))
    [total] = forecaster.forecast().totals

    assert sum(week.expected_minor for week in forecaster.forecast().weeks) == total.within_minor
    parts = total.within_minor + total.later_minor + total.disputed_minor + total.credit_minor + total.unknown_minor
    assert parts == total.due_minor == sum(each.due_minor for each in owed) + 20_002
    assert total.unknown_minor == total.disputed_minor == 10_001


def test_a_promise_overrides_the_habit() -> None:
    forecaster = Forecaster(Payers(history(ann=[3] * 9), ordinal(TODAY)), TODAY, Tails())
    promised = TODAY + timedelta(days=20)

    [expected] = forecaster.expect([debt(ANN, TODAY, habit_minor=0, parts=(Part(promised, 10_001, "promise"),))])

    assert (expected.basis, expected.on) == ("promise", promised)
    assert [week.agreed_minor for week in forecaster.forecast().weeks if week.agreed_minor] == [10_001]
    assert [week.concentrated for week in forecaster.forecast().weeks if week.agreed_minor] == [True]


def test_the_interval_holds_the_day_and_an_unpaid_invoice_is_expected_after_today() -> None:
    forecaster = Forecaster(Payers(history(ann=[-3, 1, 2, 5, 9, 15]), ordinal(TODAY)), TODAY, Tails(0.2, 0.2))

    for expected in forecaster.expect([debt(ANN, TODAY + timedelta(days=late)) for late in range(-14, 20)]):
        assert expected.on is not None
        assert expected.earliest is not None
        assert TODAY < expected.earliest <= expected.on <= (expected.latest or date.max)


def workdays_only() -> Paydays:
    """A year of invoices, one due each day, paid on it or on the Monday after it."""
    paydays = Paydays()
    for back in range(100, 465):
        due = ordinal(TODAY) - back
        paydays.add_days(ANN, due - 30, due, next_workday(due), 10_000, "GBP")
    return paydays


def test_where_weekends_wait_for_mondays_a_week_brings_what_is_meant_from_saturday_to_friday() -> None:
    payers = Payers(workdays_only(), ordinal(TODAY))  # a Sunday
    forecaster = Forecaster(payers, TODAY, Tails())
    due = [TODAY + timedelta(days=days) for days in (0, 5, 6, 7, 8)]  # Sunday; Friday, Saturday, Sunday, Monday
    expected = list(forecaster.expect([debt(ANN, day) for day in due]))
    weeks = forecaster.forecast().weeks

    monday = TODAY + timedelta(days=1)
    assert [each.on for each in expected] == [monday, due[1], due[4], due[4], due[4]]
    assert [round(week.expected_minor / 10_001, 2) for week in weeks[:3]] == [0, 2, 3]


def test_a_ledger_without_a_paid_invoice_says_so_instead_of_a_day() -> None:
    report = forecast_report(Paydays(), [debt(ANN, TODAY)], TODAY)

    assert report.cannot_know[0].startswith("0 invoices are known to have been paid")
    assert report.tables[2].rows[0][4:] == (None, None, None, "unknown")


@pytest.mark.parametrize(
    ("habits", "customers", "invoices"),
    [pytest.param(HIGHRADIUS, 400, 16_000, id="highradius"), pytest.param(IBM, 100, 5_000, id="ibm")],
)
def test_the_forecast_keeps_its_bounds_on_a_ledger_like_the_published_ones(
    habits: Habits, customers: int, invoices: int
) -> None:
    """Walked forward, each day's forecast from what was known on it."""
    found = accuracy(habits, "a", customers, invoices, times=8)

    assert found.days_ratio <= 0.70
    assert found.weeks_ratio <= 0.65
    assert abs(found.bias_percent) <= 2
    assert abs(found.bias_percent - found.chance_percent) <= 2
    assert 75 <= found.covered_percent <= 85
