"""The forecast over all currencies: each week and each total is the exact sum of its invoices at their own rates."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.reports.expected_money import Debt, Part
from connector.reports.forecast import Forecaster
from connector.reports.forecast_report import forecast_report
from connector.reports.forecast_sums import ONE
from connector.reports.in_base import Base
from connector.reports.past_error import Tails
from connector.reports.payers import Payers
from connector.reports.table import Report
from state.model import ContactId, InvoiceId
from state.money import Money
from state.paydays import Paydays, ordinal

TODAY = date(2026, 3, 1)  # a Sunday
ANN = ContactId("ann")
DIGITS = {"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}
RATES = st.decimals("0.0001", "9999", places=6)


def paydays() -> Paydays:
    """A year of invoices, paid so many days late."""
    known = Paydays()
    for back in range(100, 465):
        due = ordinal(TODAY) - back
        known.add_days(ANN, due - 30, due, due + back % 23, 10_000, "GBP")
    return known


def a_debt(number: int, currency: str, minor: int, **fields: object) -> Debt:
    usual = {"habit_minor": minor, "due_on": TODAY, "issued_on": TODAY - timedelta(days=30)}
    return Debt(
        invoice_id=InvoiceId(str(number)),
        number=str(number),
        contact_id=ANN,
        customer="Ann",
        currency=currency,
        due_minor=minor,
        **(usual | fields),  # type: ignore[arg-type]
    )


@st.composite
def debts(draw: st.DrawFn) -> list[Debt]:
    made = []
    for number in range(draw(st.integers(1, 8))):
        shares = [draw(st.integers(0, 10**7)) for _ in range(4)]
        agreed, disputed, credit, habit = shares
        days = draw(st.integers(0, 120))
        made.append(
            a_debt(
                number,
                draw(st.sampled_from(sorted(DIGITS))),
                sum(shares),
                parts=(Part(TODAY + timedelta(days=days), agreed, "promise"),),
                disputed_minor=disputed,
                credit_minor=credit,
                habit_minor=habit,
                due_on=draw(st.none() | st.integers(-60, 60).map(lambda late: TODAY - timedelta(days=late))),
                rate=draw(RATES),
            )
        )
    return made


def pence(minor: int, debt: Debt, ledger: str) -> Fraction:
    exact = Fraction(minor * 100, 10 ** DIGITS[debt.currency])
    if debt.currency == "GBP":
        return exact
    assert debt.rate is not None
    return exact / Fraction(debt.rate) if ledger == "xero" else exact * Fraction(debt.rate)


@settings(max_examples=60, deadline=None)
@given(debts(), st.sampled_from(["xero", "quickbooks"]))
def test_weeks_and_totals_are_what_a_reckoning_in_fractions_says(owed: list[Debt], ledger: str) -> None:
    payers = Payers(paydays(), ordinal(TODAY))
    curve = payers.curve(ANN)
    forecaster = Forecaster(payers, TODAY, Tails(), Base("GBP", ledger))  # type: ignore[arg-type]
    list(forecaster.expect(owed))
    found = forecaster.forecast().everything
    if all(each.currency == "GBP" for each in owed):
        assert found is None
        return
    assert found is not None
    assert found.total is not None
    assert found.weeks is not None

    until = [payers.meant_until(ordinal(TODAY) + 7 * week) for week in range(14)]
    by_end = [Fraction(0)] * 13
    sums = dict.fromkeys(("due", "disputed", "credit", "unknown"), Fraction(0))
    for debt in owed:
        sums["due"] += pence(debt.due_minor, debt, ledger)
        sums["disputed"] += pence(debt.disputed_minor, debt, ledger)
        sums["credit"] += pence(debt.credit_minor, debt, ledger)
        [part] = debt.parts
        is_known = debt.due_on is not None and not curve.is_spent(until[0] - ordinal(debt.due_on))
        if not is_known:
            sums["unknown"] += pence(debt.habit_minor, debt, ledger)
        for week in range(13):
            if ordinal(part.on) <= ordinal(TODAY) + 7 * week:
                by_end[week] += pence(part.minor, debt, ledger)
            if is_known and debt.due_on is not None:
                before = curve.by(until[0] - ordinal(debt.due_on))
                came = curve.by(until[week] - ordinal(debt.due_on)) - before
                chance = round(max(came, 0.0) * (ONE / (1.0 - before)))
                by_end[week] += pence(debt.habit_minor, debt, ledger) * Fraction(chance, ONE)

    told = found.total
    amounts = [told.due_minor, told.disputed_minor, told.credit_minor, told.unknown_minor]
    assert amounts == [round(each) for each in sums.values()]
    upto = [sum(week.expected_minor or 0 for week in found.weeks[: end + 1]) for end in range(13)]
    assert upto == [round(each) for each in by_end]
    within, later = told.within_minor or 0, told.later_minor or 0
    if told.later_minor is not None:
        parts = within + later + told.disputed_minor + told.credit_minor + told.unknown_minor
        assert parts == told.due_minor


def table(report: Report, name: str) -> list[tuple[object, ...]]:
    return [row for each in report.tables if each.name == name for row in each.rows]


def test_the_report_tells_the_rates_with_their_days() -> None:
    first, last = TODAY - timedelta(days=40), TODAY - timedelta(days=2)
    euros = [
        a_debt(1, "EUR", 100_00, rate=Decimal("1.25"), issued_on=last),
        a_debt(2, "EUR", 100_00, rate=Decimal("1.25"), issued_on=first),
        a_debt(3, "GBP", 10_00),
    ]

    report = forecast_report(paydays(), euros, TODAY, Base("GBP", "xero"))

    assert table(report, "rates") == [
        ("EUR", Decimal("1.25"), first, last, 2, Money(200_00, "EUR"), Money(160_00, "GBP")),
    ]
    assert table(report, "base")[0][:2] == ("GBP", Money(170_00, "GBP"))
    assert len(table(report, "base-weeks")) == 13


@pytest.mark.parametrize(
    ("debt", "words"),
    [
        (a_debt(1, "EUR", 100_00), "no rate"),
        (a_debt(1, "DEM", 100_00, rate=Decimal("1.5")), "in DEM, whose smallest unit is unknown"),
    ],
)
def test_where_a_rate_or_a_currency_is_unknown_so_is_the_sum_of_all(debt: Debt, words: str) -> None:
    other = a_debt(2, "USD", 50_00, rate=Decimal("1.2"))

    report = forecast_report(paydays(), [debt, other, a_debt(3, "GBP", 10_00)], TODAY, Base("GBP", "xero"))

    assert {cell for row in table(report, "base-weeks") for cell in row[2:5]} == {None}
    assert set(table(report, "base")[0][1:]) == {None}
    assert words in " ".join(report.cannot_know)


def test_where_nothing_is_in_other_currencies_nothing_is_said_twice() -> None:
    report = forecast_report(paydays(), [a_debt(1, "GBP", 10_00)], TODAY, Base("GBP", "xero"))

    assert [each.name for each in report.tables] == ["weeks", "totals", "invoices", "past-error"]
