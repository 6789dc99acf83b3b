"""A month on one page for the firm's owner: four charts' rows, and what waits for a decision.

Amounts are drawn in the currency of the books. What there is in others stands beside, converted at the rates of its
invoices, and is never added to what is drawn. The page and the PDF draw these tables, so all show the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from connector.reports.effects import false_chases, paid_within
from connector.reports.forecast import LEAST_PAID
from connector.reports.forecast_report import too_few_paid
from connector.reports.left_out import left_out
from connector.reports.rate_table import Borne, borne_by, rates_behind
from connector.reports.rates import in_base
from connector.reports.shares import percent
from connector.reports.sums import Part, Scope, is_known
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import Month, say
from state.effect_records import LONGEST_WINDOW, Effects, RemindersSent
from state.model import LedgerName
from state.money import Money
from state.month_records import MonthFigures, MonthMoney
from state.owed import LeftOut, Owed, OwedThen

AGED, MONEY, REMINDERS, EXPECTED, DECISIONS = "aged_debt", "money", "reminders", "expected", "decisions"
OTHERS, OTHER_MONEY = "other_currencies", "other_money"
MONTHS = 6  # that the chart of money goes back

_AGES = (
    say("not due"),
    say("1-30 days"),
    say("31-60"),
    say("61-90"),
    say("over 90"),
    say("no due date"),
)
_FORMULA = (
    "In {currency}, the currency of the books. Aged debt: what was owed at the end of {day}, by due date. Money in:"
    " payments by their own day; asked for: each invoice that was reminded of in a month, once. Reminders: of those"
    " from {since} to {day} that left at least 14 days ago, the invoices paid within 14 days. Expected money by week,"
    " and decisions: as of {today}."
)


class Expected(Struct, frozen=True):
    """What is expected to come in a week, in minor units of the books' currency. None: not known."""

    week: date  # its Monday
    minor: int | None
    in_base: int | None  # of all currencies


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
    left: LeftOut,
) -> Report:
    """The month of `figures`; `effects` may begin earlier. `coming` is None where what was expected is not kept."""
    currency, parts = owed.base or "", list(_parts(figures, owed))
    return Report(
        name="monthly",
        title=say("{month}", month=Month(figures.day)),
        as_of=figures.day,
        tables=(
            _aged(owed, currency),
            _money(figures, owed, currency),
            _reminders(effects.reminders),
            _expected(_foretold(coming), currency),
            _decisions(waiting),
            *_others(owed, currency),
            *_other_money(figures, currency),
            *rates_behind(parts, owed.base, owed.ledger),
        ),
        formula=say(_FORMULA, currency=currency, day=figures.day, since=effects.first, today=effects.today),
        cannot_know=(
            *_about_expected(coming, figures.day, effects.today),
            *left_out(owed, left),
            *_about_money(figures, parts, currency),
            *_about_reminders(effects),
        ),
    )


def _drawn(name: str, *figures: str) -> tuple[Drawn]:
    return (Drawn(figures, (name,)),)


def _aged(owed: OwedThen, base: str) -> Table:
    columns = (
        Column("age", "Past the due date"),
        Column("amount", "Owed", "money"),
        Column("in_base", say("All of it in {base}", base=base), "money"),
    )
    rows = [(words, *_both(_aged_parts(owed, place), base, owed.ledger)) for place, words in enumerate(_AGES)]
    shown = tuple(row for row in rows if row[0] != "no due date" or row[1] or row[2] != row[1])
    is_known_then = owed.has_begun and is_known(base)
    return Table(AGED, "Aged debt", columns, shown if is_known_then else (), _drawn("age", "amount"))


def _aged_parts(owed: OwedThen, place: int) -> list[Part]:
    return [(row.buckets[place], row.currency, row.rate) for row in owed.rows]


def _both(parts: Sequence[Part], base: str, ledger: LedgerName | None) -> tuple[Money | None, Money | None]:
    """What is in the currency of the books alone, and all of it converted; None: not known."""
    if not is_known(base):
        return None, None
    own = Money(sum(minor for minor, currency, _ in parts if currency == base), base)
    return own, None if ledger is None else in_base(parts, base, ledger)


def _money(figures: MonthFigures, owed: OwedThen, base: str) -> Table:
    columns = (
        Column("month", "Month"),
        Column("came_in", "Money in", "money"),
        Column("asked_for", "Asked for", "money"),
        Column("came_in_base", say("Money in, all of it in {base}", base=base), "money"),
        Column("asked_for_base", say("Asked for, all of it in {base}", base=base), "money"),
    )
    months = _months(figures.first, figures.day) if figures.came_in or figures.asked_for else ()
    rows = tuple(_month(month, figures, owed.ledger, base) for month in months) if is_known(base) else ()
    return Table(MONEY, "Money in, and what was asked for", columns, rows, _drawn("month", "came_in", "asked_for"))


def _month(month: str, figures: MonthFigures, ledger: LedgerName | None, base: str) -> tuple[Cell, ...]:
    if _is_before_the_file(month, figures):
        return month, None, None, None, None
    (came_in, came_in_base), (asked_for, asked_for_base) = (
        _both([(each.minor, each.currency, each.rate) for each in moved if each.month == month], base, ledger)
        for moved in (figures.came_in, figures.asked_for)
    )
    return month, came_in, asked_for, came_in_base, asked_for_base


def _is_before_the_file(month: str, figures: MonthFigures) -> bool:
    """Of a month before that of the first invoice on file nobody knows what came in."""
    return figures.first_issue is None or month < f"{figures.first_issue:%Y-%m}"


def _other_money(figures: MonthFigures, base: str) -> Iterator[Table]:
    """What came in and was asked for in other currencies; none: nothing was."""
    moved = (*figures.came_in, *figures.asked_for)
    found = sorted({(each.month, each.currency) for each in moved if each.currency != base and is_known(each.currency)})
    if found:
        columns = (
            Column("month", "Month"),
            Column("currency", "Currency"),
            Column("came_in", "Money in", "money"),
            Column("asked_for", "Asked for", "money"),
        )
        rows = tuple(
            (month, code, _sum(figures.came_in, month, code), _sum(figures.asked_for, month, code))
            for month, code in found
        )
        yield Table(OTHER_MONEY, "Money in, and what was asked for, in other currencies", columns, rows)


def _sum(moved: Iterable[MonthMoney], month: str, currency: str) -> Money:
    return Money(sum(each.minor for each in moved if (each.month, each.currency) == (month, currency)), currency)


def _parts(figures: MonthFigures, owed: OwedThen) -> Iterator[Borne]:
    """What the sums in the currency of the books are made of."""
    words = say("Owed")
    yield from (borne_by(row, words) for row in owed.rows)
    for of, moved in ((say("Money in"), figures.came_in), (say("Asked for"), figures.asked_for)):
        for each in moved:
            yield Borne(
                currency=each.currency,
                rate=each.rate,
                issued_from=each.issued_from,
                issued_to=each.issued_to,
                minor=each.minor,
                of=of,
            )


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
    """The weeks of which anything is known, unless nothing is expected in any."""
    if coming is None or not any(week.minor or week.in_base for week in coming.weeks):
        return ()
    return tuple(week for week in coming.weeks if week.minor is not None or week.in_base is not None)


def _expected(expected: Iterable[Expected], base: str) -> Table:
    columns = (
        Column("week", "Week from", "day"),
        Column("amount", "Expected", "money"),
        Column("in_base", say("All of it in {base}", base=base), "money"),
    )
    scope = Scope(base)
    rows = tuple((each.week, scope.money(each.minor), scope.money(each.in_base)) for each in expected)
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


def _about_money(figures: MonthFigures, parts: Sequence[Borne], base: str) -> Iterator[str]:
    if others := {each.currency for each in parts if each.minor} - {base}:
        yield say("Not drawn, since currencies are never added up: {currencies}.", currencies=", ".join(sorted(others)))
    if base and any(each.rate is None for each in parts if each.minor and each.currency != base):
        yield say("The ledger states no rate on some documents in other currencies; their sum is not known.")
    begins = figures.first_issue
    if begins is not None and begins > figures.first and begins <= figures.day:
        yield say("What came in before the first invoice on file, which is of {day}, is not known.", day=begins)


def _about_reminders(effects: Effects) -> Iterator[str]:
    young = sum(row.reminders for row in effects.reminders if row.age < LONGEST_WINDOW)
    if young:
        yield say("Whether {n} of the reminders will be followed by payment: they are younger than 14 days.", n=young)
    if not effects.sent:
        yield say("What reminders did: none left in these days.")
    chases, _ = false_chases(effects.reminders)
    if chases:
        yield say("{n} of the reminders turned out to be false: `dun report reminders` lists them.", n=chases)
