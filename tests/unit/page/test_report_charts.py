"""What a report's chart draws is the figure that its table is about, and never two currencies on one scale."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.page.report_charts import charts_of
from connector.page.words import Words
from connector.reports.forecast import Forecast
from connector.reports.forecast_report import _past, _weeks
from connector.reports.forecast_sums import Week
from connector.reports.past_error import PastDay, PastError, PastWeek, Tails
from connector.reports.table import Column, Drawn, Table
from state.money import Money

WORDS = Words("en")
DAY = date(2026, 3, 2)


def test_each_currency_of_the_weekly_cash_has_a_chart_of_its_own() -> None:
    weeks = tuple(
        Week(begins=DAY + timedelta(days=7 * n), currency=code, expected_minor=n * 100, agreed_minor=0, largest_minor=0)
        for code in ("EUR", "GBP")
        for n in range(3)
    )
    charts = list(charts_of(WORDS, _weeks(Forecast(as_of=DAY, paid=9, weeks=weeks, totals=()))))

    assert [chart.title for chart in charts] == [
        "Cash by week, as expected value · EUR",
        "Cash by week, as expected value · GBP",
    ]
    assert charts[1].columns == ("Week of", "Expected")
    assert charts[1].rows[2] == ("16 Mar 2026", "2.00\N{NO-BREAK SPACE}GBP")


def test_how_wrong_the_forecast_was_is_its_error_once_a_day_whatever_the_currencies() -> None:
    days = tuple(
        PastDay(
            as_of=DAY - timedelta(days=28 * n), forecasts=40, error=2.5 + n, due_date_error=5.0, covered=32,
            weeks=(PastWeek("EUR", 90.0, 100, 100), PastWeek("GBP", 120.0, 100, 100)),
        )
        for n in range(2)
    )  # fmt: skip
    error, *cash = charts_of(WORDS, _past(PastError(days=days, customers=9, of_customers=9, tails=Tails())))

    assert error.title == "How wrong it was: Mean error, Error of the due date"
    assert error.rows == (("2 Mar 2026", "2.5", "5"), ("2 Feb 2026", "3.5", "5"))
    assert [chart.title.rpartition(" · ")[2] for chart in cash] == ["EUR", "GBP"]
    assert cash[0].rows[0] == ("2 Mar 2026", "10\N{NO-BREAK SPACE}%", "-10\N{NO-BREAK SPACE}%")


def test_a_figure_that_nobody_knows_is_no_bar_and_a_chart_of_nothing_is_none() -> None:
    columns = (Column("name", "Name"), Column("rate", "Rate", "percent"))
    drawn = (Drawn(("rate",), ("name",)),)
    some = Table("t", "T", columns, (("a", Decimal(3)), ("b", None), ("c", Decimal(5))), drawn)
    none = Table("t", "T", columns, (("a", None), ("b", None)), drawn)

    assert [chart.rows for chart in charts_of(WORDS, some)] == [
        (("a", "3\N{NO-BREAK SPACE}%"), ("c", "5\N{NO-BREAK SPACE}%"))
    ]
    assert list(charts_of(WORDS, none)) == []


def test_a_name_may_be_of_several_columns_and_windows_are_said_in_days() -> None:
    columns = (Column("stage", "Stage"), Column("within", "Within", "days"), Column("rate", "Rate", "percent"))
    rows = (("soft", 7, Decimal(30)), ("soft", 14, Decimal(60)))
    [chart] = charts_of(WORDS, Table("t", "T", columns, rows, (Drawn(("rate",), ("stage", "within")),)))

    assert [row[0] for row in chart.rows] == ["soft · 7 days", "soft · 14 days"]
    assert chart.columns == ("Stage · Within", "Rate")


@pytest.mark.parametrize("rows", [61, 1])
def test_too_many_bars_and_a_single_one_are_not_drawn(rows: int) -> None:
    columns = (Column("name", "Name"), Column("sum", "Sum", "money"))
    table = Table(
        "t", "T", columns, tuple((str(n), Money(n, "GBP")) for n in range(rows)), (Drawn(("sum",), ("name",)),)
    )

    assert list(charts_of(WORDS, table)) == []
