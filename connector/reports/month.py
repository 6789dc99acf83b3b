"""A month on one page for the firm's owner: four charts' rows, and what waits for a decision.

Amounts are drawn in the currency of the firm's books; what there is in others is said, and never added to it. The page
and the PDF draw these tables, so all show the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from connector.reports.effects import false_chases, paid_within
from connector.reports.shares import percent
from connector.reports.table import Column, Report, Table
from connector.saying.said import Month, say
from state.effect_records import LONGEST_WINDOW, Effects, RemindersSent
from state.money import Money
from state.month_records import Aged, MonthFigures, MonthMoney

AGED, MONEY, REMINDERS, EXPECTED, DECISIONS = "aged_debt", "money", "reminders", "expected", "decisions"
MONTHS = 6  # that the chart of money goes back

_AGES = (
    (say("not due"), "current"),
    (say("1-30 days"), "days_1_30"),
    (say("31-60"), "days_31_60"),
    (say("61-90"), "days_61_90"),
    (say("over 90"), "days_over_90"),
    (say("no due date"), "no_due_date"),
)
_FORMULA = (
    "In {currency}, the currency of the books. Aged debt: what was owed at the end of {day}, by due date. Money in:"
    " payments by their own day; asked for: each invoice that was reminded of in a month, once. Reminders: of those of"
    " the month that left at least 14 days ago, the invoices paid within 14 days. Expected: by week. Decisions: as of"
    " {today}."
)


class Expected(Struct, frozen=True):
    """What is expected to come in a week, in minor units of the books' currency."""

    week: date  # its Monday
    minor: int


class Waiting(Struct, frozen=True, kw_only=True):
    """Something that only a person can decide."""

    what: str
    customer: str
    invoice: str
    owner: str
    since: date


def month_report(
    figures: MonthFigures,
    effects: Effects,
    expected: Sequence[Expected] | None,
    waiting: Sequence[Waiting],
    currency: str,
) -> Report:
    """The month that `figures` and `effects` are of. `expected` is None where there is no forecast."""
    aged = next((each for each in figures.aged if each.currency == currency), None)
    return Report(
        name="monthly",
        title=say("{month}", month=Month(figures.day)),
        as_of=figures.day,
        tables=(
            _aged(aged, currency),
            _money(figures, currency),
            _reminders(effects.reminders),
            _expected(expected or (), currency),
            _decisions(waiting),
        ),
        formula=say(_FORMULA, currency=currency, day=figures.day, today=effects.today),
        cannot_know=tuple(_cannot_know(figures, effects, expected, currency)),
    )


def _aged(aged: Aged | None, currency: str) -> Table:
    columns = (Column("age", "Past the due date"), Column("amount", "Owed", "money"))
    rows = ((words, Money(getattr(aged, key), currency)) for words, key in _AGES) if aged else ()
    return Table(AGED, "Aged debt", columns, tuple(row for row in rows if row[1] or row[0] != "no due date"))


def _money(figures: MonthFigures, currency: str) -> Table:
    columns = (
        Column("month", "Month"),
        Column("came_in", "Money in", "money"),
        Column("asked_for", "Asked for", "money"),
    )
    known = {each.month: each for each in figures.months if each.currency == currency}
    months = _months(figures.first, figures.day) if known else ()
    none = MonthMoney("", currency, 0, 0)
    rows = ((month, known.get(month, none)) for month in months)
    money = tuple((month, Money(of.came_in, currency), Money(of.asked_for, currency)) for month, of in rows)
    return Table(MONEY, "Money in, and what was asked for", columns, money)


def _months(first: date, last: date) -> Iterator[str]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def months_before(first: date, months: int) -> date:
    """The first day of the month so many months before the one that begins on `first`."""
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _reminders(rows: Iterable[RemindersSent]) -> Table:
    stages: dict[str, list[RemindersSent]] = {}
    for row in rows:
        stages.setdefault(row.kind.stage, []).append(row)
    columns = (
        Column("stage", "Stage"),
        Column("paid", "Paid within 14 days", "count"),
        Column("asked", "Reminders", "count"),
        Column("paid_rate", "Rate", "percent"),
    )
    counted = {stage: paid_within(of_stage, LONGEST_WINDOW) for stage, of_stage in stages.items()}
    cells = tuple((stage, paid, asked, percent(paid, asked)) for stage, (paid, asked) in counted.items())
    return Table(REMINDERS, "What reminders did", columns, cells)


def _expected(expected: Iterable[Expected], currency: str) -> Table:
    columns = (Column("week", "Week from", "day"), Column("amount", "Expected", "money"))
    rows = tuple((each.week, Money(each.minor, currency)) for each in expected)
    return Table(EXPECTED, "Expected money", columns, rows)


def _decisions(waiting: Iterable[Waiting]) -> Table:
    columns = (
        Column("what", "To decide"),
        Column("customer", "Customer"),
        Column("invoice", "Invoice"),
        Column("owner", "Whose"),
        Column("since", "Since", "day"),
    )
    rows = tuple((each.what, each.customer, each.invoice, each.owner, each.since) for each in waiting)
    return Table(DECISIONS, "What needs a decision", columns, rows)


def _cannot_know(
    figures: MonthFigures, effects: Effects, expected: Sequence[Expected] | None, currency: str
) -> Iterator[str]:
    others = {each.currency for each in figures.aged} | {each.currency for each in figures.months}
    if others := others - {currency}:
        yield say("Not drawn, since currencies are never added up: {currencies}.", currencies=", ".join(sorted(others)))
    if expected is None:
        yield say("What is expected: there is no forecast.")
    young = sum(row.reminders for row in effects.reminders if row.age < LONGEST_WINDOW)
    if young:
        yield say(
            "Whether {n} of the month's reminders will be followed by payment: they are younger than 14 days.", n=young
        )
    if not effects.sent:
        yield say("What reminders did: none left in this month.")
    chases, _ = false_chases(effects.reminders)
    if chases:
        yield say("{n} of the month's reminders turned out to be false: `dun report reminders` lists them.", n=chases)
