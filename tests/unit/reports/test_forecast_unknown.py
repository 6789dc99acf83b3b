"""What nobody can foretell is unknown, and no nought: ledgers that were never paid, old debts, debts with an agency."""

from datetime import timedelta

import pytest
from unit.reports.test_forecast_in_base import ANN, TODAY, a_debt, paydays, table

from bench.foretelling import accuracy
from bench.payers import HIGHRADIUS
from connector.reports.expected_money import Part
from connector.reports.forecast import Expected, Forecaster
from connector.reports.forecast_report import forecast_report
from connector.reports.in_base import Base
from connector.reports.past_error import LATE, Tails, past_error
from connector.reports.payers import Payers
from connector.reports.survival import LEAST_AT_RISK, Counts
from state.money import Money
from state.paydays import Paydays, ordinal

NEXT = TODAY + timedelta(days=8)  # a Monday


def test_a_ledger_without_a_paid_invoice_expects_nothing_known_and_no_nought() -> None:
    report = forecast_report(Paydays(), [a_debt(1, "GBP", 100_00)], TODAY)

    assert [(row[2], row[4]) for row in table(report, "weeks")] == [(None, None)] * 13
    assert table(report, "totals") == [
        ("GBP", Money(100_00, "GBP"), None, None, Money(0, "GBP"), Money(0, "GBP"), Money(100_00, "GBP"))
    ]


def test_of_a_ledger_without_a_paid_invoice_what_was_promised_is_known_in_its_week_alone() -> None:
    promised = a_debt(1, "GBP", 40_00, habit_minor=0, parts=(Part(NEXT, 40_00, "promise"),))

    report = forecast_report(Paydays(), [promised, a_debt(2, "GBP", 100_00)], TODAY)

    known = {row[0]: row[2] for row in table(report, "weeks") if row[2] is not None}
    assert known == {NEXT: Money(40_00, "GBP")}
    [[_, due, within, later, *_, unknown]] = table(report, "totals")
    assert (due, within, later, unknown) == (Money(140_00, "GBP"), Money(40_00, "GBP"), None, Money(100_00, "GBP"))


def test_of_a_currency_in_which_nothing_can_be_foretold_no_week_is_known() -> None:
    report = forecast_report(paydays(), [a_debt(1, "EUR", 5_00, due_on=None), a_debt(2, "GBP", 9_00)], TODAY)

    assert {row[2] for row in table(report, "weeks") if row[1] == "EUR"} == {None}
    assert None not in {row[2] for row in table(report, "weeks") if row[1] == "GBP"}


def test_where_all_that_is_due_is_disputed_nothing_is_expected_and_that_is_known() -> None:
    report = forecast_report(paydays(), [a_debt(1, "GBP", 5_00, habit_minor=0, disputed_minor=5_00)], TODAY)

    assert {row[2] for row in table(report, "weeks")} == {Money(0, "GBP")}


def with_four_late(*late: int) -> Paydays:
    """A year of invoices that were paid within three weeks, and some that were paid far later."""
    known = paydays()
    for number, days in enumerate(late):
        due = ordinal(TODAY) - 200 - number
        known.add_days(ANN, due - 30, due, due + days, 10_000, "GBP")
    return known


def expected(known: Paydays, days_overdue: int) -> Expected:
    debt = a_debt(1, "GBP", 100_00, due_on=TODAY - timedelta(days=days_overdue))
    known.add_days(ANN, ordinal(TODAY) - days_overdue - 30, ordinal(TODAY) - days_overdue, None, 10_000, "GBP")
    forecaster = Forecaster(Payers(known, ordinal(TODAY)), TODAY, Tails())
    [found] = forecaster.expect([debt])
    return found


@pytest.mark.parametrize("days_overdue", [60, 86, 88])
def test_two_or_three_payments_make_no_certainty_of_an_old_debt(days_overdue: int) -> None:
    """Four invoices of 369 were ever paid so late: the fourth is not the day by which all are."""
    found = expected(with_four_late(87, 88, 90, 92), days_overdue)

    assert found.basis == "habit"
    assert found.latest is None


def test_a_debt_older_than_any_that_was_ever_paid_has_no_day() -> None:
    assert expected(with_four_late(87, 88, 90, 92), 93).basis == "unknown"


def test_what_is_with_an_agency_is_expected_by_no_habit() -> None:
    handed_over = a_debt(1, "GBP", 100_00, handed_over=True)

    report = forecast_report(paydays(), [handed_over, a_debt(2, "GBP", 7_00)], TODAY, Base("GBP", "xero"))

    assert table(report, "invoices")[0][4:] == (None, None, None, "handed over")
    assert table(report, "totals")[0][-1] == Money(100_00, "GBP")
    assert "1 invoice is with an agency or a court, and no habit says when: no day known." in report.cannot_know


def test_a_day_on_which_few_are_left_is_told_by_all_such_days_together() -> None:
    """Nine at risk over ten days, three of them paid: their share of all those days, not a third of one day."""
    counts = Counts()
    for _ in range(200):
        counts.add(-30, 0, paid=True)
    for number in range(9):
        counts.add(-30, 5 if number < 3 else 10, paid=number < 3)
    usual = 3 / (9 * 5 + 6 * 5)

    hazards = counts.steady_hazards()
    first = 90 + 1  # the day after the due date

    assert hazards[first] == pytest.approx((LEAST_AT_RISK - 9) * usual / LEAST_AT_RISK)
    assert hazards[first + 4] == pytest.approx((3 + (LEAST_AT_RISK - 9) * usual) / LEAST_AT_RISK)
    assert hazards[first + 10] == 0.0, "nobody is left to be told by"
    assert hazards[:first] == counts.hazards()[:first]


def test_intervals_of_what_is_long_overdue_are_right_as_often_as_those_of_the_rest() -> None:
    """On a ledger like the published ones; more than LATE days after the due date, and held against what came."""
    found = accuracy(HIGHRADIUS, "a", 400, 16_000, times=8)

    assert found.late_forecasts >= 30
    assert 70 <= found.late_covered_percent <= 90


def test_intervals_of_late_invoices_follow_past_outcomes_of_late_ones() -> None:
    """What is fresh comes on its day, and what is late comes as it likes: the two leave out different shares."""
    known = Paydays()
    for back in range(30, 400):
        due = ordinal(TODAY) - back
        late = (35 + back * 7 % 60) if back % 3 == 0 else back % 2
        known.add_days(ANN, due - 30, due, due + late if late < back else None, 10_000, "GBP")

    tails = past_error(known, TODAY).tails

    assert tails.of(LATE) == tails.usual != tails.late == tails.of(LATE + 1)
