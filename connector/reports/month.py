"""A month on one page for the firm's owner: four charts' rows, and what waits for a decision.

Amounts are drawn in the currency of the firm's books; what there is in others is said, and never added to it. The page
and the PDF draw these tables, so all show the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from connector.reports.effects import false_chases, paid_within
from connector.reports.forecast import LEAST_PAID
from connector.reports.forecast_report import too_few_paid
from connector.reports.rates import in_base
from connector.reports.shares import percent
from connector.reports.sums import is_known
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import Month, say
from state.effect_records import LONGEST_WINDOW, Effects, RemindersSent
from state.model import LedgerName
from state.money import Money
from state.month_records import Aged, MonthFigures, MonthMoney
from state.owed import Owed, OwedThen

AGED, MONEY, REMINDERS, EXPECTED, DECISIONS = "aged_debt", "money", "reminders", "expected", "decisions"
OTHERS = "other_currencies"
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
    " payments by their own day; asked for: each invoice that was reminded of in a month, once. Reminders: of those"
    " from {since} to {day} that left at least 14 days ago, the invoices paid within 14 days. Expected money by week,"
    " and decisions: as of {today}."
)


class Expected(Struct, frozen=True):
    """What is expected to come in a week, in minor units of the books' currency."""

    week: date  # its Monday
    minor: int


class Coming(Struct, frozen=True):
    """What is expected from today on. `paid`: invoices that it rests on."""

    weeks: tuple[Expected, ...]
    paid: int


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
    coming: Coming | None,
    waiting: Sequence[Waiting],
    owed: OwedThen,
    currency: str,
) -> Report:
    """The month of `figures`; `effects` may begin earlier. `coming` is None where what was expected is not kept."""
    aged = next((each for each in figures.aged if each.currency == currency), None)
    return Report(
        name="monthly",
        title=say("{month}", month=Month(figures.day)),
        as_of=figures.day,
        tables=(
            _aged(aged, currency),
            _money(figures, currency),
            _reminders(effects.reminders),
            _expected(_foretold(coming), currency),
            _decisions(waiting),
            *_others(owed, currency),
        ),
        formula=say(_FORMULA, currency=currency, day=figures.day, since=effects.first, today=effects.today),
        cannot_know=(
            *_about_expected(coming, figures.day, effects.today),
            *_cannot_know(figures, effects, currency),
        ),
    )


def _drawn(name: str, *figures: str) -> tuple[Drawn]:
    return (Drawn(figures, (name,)),)


def _aged(aged: Aged | None, currency: str) -> Table:
    columns = (Column("age", "Past the due date"), Column("amount", "Owed", "money"))
    rows = ((words, Money(getattr(aged, key), currency)) for words, key in _AGES) if aged else ()
    return Table(
        AGED,
        "Aged debt",
        columns,
        tuple(row for row in rows if row[1] or row[0] != "no due date"),
        _drawn("age", "amount"),
    )


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
    return Table(MONEY, "Money in, and what was asked for", columns, money, _drawn("month", "came_in", "asked_for"))


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
    cells = tuple((stage, paid, asked, percent(paid, asked)) for stage, (paid, asked) in counted.items() if asked)
    return Table(REMINDERS, "What reminders did", columns, cells, _drawn("stage", "paid", "asked"))


def _foretold(coming: Coming | None) -> tuple[Expected, ...]:
    """Where too few were ever paid, a week without a promise is not one in which nothing comes: it is not known."""
    if coming is None or not any(week.minor for week in coming.weeks):
        return ()
    return coming.weeks if coming.paid >= LEAST_PAID else tuple(week for week in coming.weeks if week.minor)


def _expected(expected: Iterable[Expected], currency: str) -> Table:
    columns = (Column("week", "Week from", "day"), Column("amount", "Expected", "money"))
    rows = tuple((each.week, Money(each.minor, currency)) for each in expected)
    return Table(EXPECTED, "Expected money", columns, rows, _drawn("week", "amount"))


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


def _others(owed: OwedThen, base: str) -> Iterator[Table]:
    """What was owed in other currencies, and what it comes to at the rates of its invoices; none: nothing was."""
    foreign = {row.currency for row in owed.rows if row.currency != base and is_known(row.currency)}
    if foreign and is_known(base) and owed.ledger is not None:
        columns = (
            Column("currency", "Currency"),
            Column("owed", "Owed", "money"),
            Column("in_base", say("in {base}", base=base), "money"),
            Column("lowest", "Lowest rate", "ratio"),
            Column("highest", "Highest rate", "ratio"),
            Column("issued_from", "Issued from", "day"),
            Column("issued_to", "Issued to", "day"),
        )
        rows = (
            _other([row for row in owed.rows if row.currency == each], base, owed.ledger) for each in sorted(foreign)
        )
        yield Table(OTHERS, "Owed in other currencies, at the rates of the invoices", columns, tuple(rows))


def _other(rows: Sequence[Owed], base: str, ledger: LedgerName) -> tuple[Cell, ...]:
    currency, rates = rows[0].currency, [row.rate for row in rows if row.rate is not None]
    parts = [(sum(row.buckets), currency, row.rate) for row in rows]
    return (
        currency,
        Money(sum(minor for minor, _, _ in parts), currency),
        in_base(parts, base, ledger),
        min(rates, default=None),
        max(rates, default=None),
        min(row.issued_from for row in rows),
        max(row.issued_to for row in rows),
    )


def _about_expected(coming: Coming | None, day: date, today: date) -> Iterator[str]:
    if coming is None:
        yield say("What was expected on {day} is not kept.", day=day)
        return
    if day < today:
        yield say("What was expected on {day} is not kept; the weeks are those from {today} on.", day=day, today=today)
    if coming.paid < LEAST_PAID:
        yield too_few_paid(coming.paid)
    elif not _foretold(coming):
        yield say("What is expected: there is no forecast.")


def _cannot_know(figures: MonthFigures, effects: Effects, currency: str) -> Iterator[str]:
    others = {each.currency for each in figures.aged} | {each.currency for each in figures.months}
    if others := others - {currency}:
        yield say("Not drawn, since currencies are never added up: {currencies}.", currencies=", ".join(sorted(others)))
    young = sum(row.reminders for row in effects.reminders if row.age < LONGEST_WINDOW)
    if young:
        yield say("Whether {n} of the reminders will be followed by payment: they are younger than 14 days.", n=young)
    if not effects.sent:
        yield say("What reminders did: none left in these days.")
    chases, _ = false_chases(effects.reminders)
    if chases:
        yield say("{n} of the reminders turned out to be false: `dun report reminders` lists them.", n=chases)
