"""What reminding changes, from the control group: the difference between two groups drawn by chance, with its interval.

The unit is the customer, because customers were drawn: one invoice each, the first that fell due after the draw, judged
at the day on which the control group is first reminded. The interval is Newcombe's (1998, method 10): Wilson's score
intervals of both shares put together, which holds for small groups and for shares near 0 and 100 %.
"""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

from connector.reports.shares import percent
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import say
from state.trial_records import TrialDraws, TrialGroup

LEAST = 30  # customers in each group; of fewer nothing is said
_Z = 1.959963984540054  # of 95 %
_TENTH = Decimal("0.1")


def trial_report(
    held_back: TrialGroup, others: TrialGroup, draws: TrialDraws, share: int, days: int, today: date
) -> Report:
    """The comparison; `share` of a hundred are held back until `days` days after the due date. 0: there is no trial."""
    return Report(
        name="control-group",
        title="What reminding changes",
        as_of=today,
        tables=(_groups(held_back, others), _difference(held_back, others)),
        formula=say(
            "Of small, good payers, {share} % first hear of an invoice {days} days after its due date. Compared is"
            " whether the first invoice of each that fell due after the draw was paid before that day. The difference"
            " is in percentage points, with its 95 % interval (Newcombe 1998, method 10).",
            share=share,
            days=days,
        ),
        cannot_know=tuple(_cannot_know(held_back, others, draws, share)),
    )


def interval(asked: TrialGroup, held_back: TrialGroup) -> tuple[float, float]:
    """From where to where the difference of the shares lies with 95 %; neither group is empty."""
    low, high = _wilson(asked), _wilson(held_back)
    one, two = asked.paid / asked.customers, held_back.paid / held_back.customers
    below = sqrt((one - low[0]) ** 2 + (high[1] - two) ** 2)
    above = sqrt((low[1] - one) ** 2 + (two - high[0]) ** 2)
    return one - two - below, one - two + above


def _wilson(group: TrialGroup) -> tuple[float, float]:
    number, share = group.customers, group.paid / group.customers
    middle = share + _Z**2 / (2 * number)
    spread = _Z * sqrt(share * (1 - share) / number + _Z**2 / (4 * number**2))
    scale = 1 + _Z**2 / number
    return (middle - spread) / scale, (middle + spread) / scale


def _is_enough(held_back: TrialGroup, others: TrialGroup) -> bool:
    return min(held_back.customers, others.customers) >= LEAST


def _groups(held_back: TrialGroup, others: TrialGroup) -> Table:
    columns = (
        Column("group", "Group"),
        Column("paid", "Paid", "count"),
        Column("customers", "of", "count"),
        Column("paid_rate", "Rate", "percent"),
        Column("unknown", "Not known", "count"),
    )
    rows = (_row(say("asked as usual"), others), _row(say("asked later"), held_back))
    return Table("groups", "Two groups, drawn by chance", columns, rows, (Drawn(("paid_rate",), ("group",)),))


def _row(name: str, group: TrialGroup) -> tuple[Cell, ...]:
    return name, group.paid, group.customers, percent(group.paid, group.customers), group.unknown


def _difference(held_back: TrialGroup, others: TrialGroup) -> Table:
    columns = (
        Column("difference", "Difference", "percent"),
        Column("from", "from", "percent"),
        Column("to", "to", "percent"),
    )
    row = _points(held_back, others) if _is_enough(held_back, others) else (None, None, None)
    return Table("difference", "Difference that reminding makes", columns, (row,))


def _points(held_back: TrialGroup, others: TrialGroup) -> tuple[Decimal, ...]:
    low, high = interval(others, held_back)
    difference = Decimal(others.paid) / others.customers - Decimal(held_back.paid) / held_back.customers
    return tuple((each * 100).quantize(_TENTH, ROUND_HALF_UP) for each in (difference, Decimal(low), Decimal(high)))


def _cannot_know(held_back: TrialGroup, others: TrialGroup, draws: TrialDraws, share: int) -> Iterator[str]:
    if not share:
        yield say("There is no control group ([policy.control_group]), so nobody can tell what reminding changes.")
    elif not _is_enough(held_back, others):
        yield say(
            "Nothing can be said yet: each group needs {least} customers with an invoice past its day.", least=LEAST
        )
    else:
        low, high = interval(others, held_back)
        if low <= 0 <= high:
            yield say("Whether reminding changes anything: a difference as small as this may be chance.")
    if share and draws.otherwise:
        yield _earlier(draws)


def _earlier(draws: TrialDraws) -> str:
    words = say(
        "{n} customer was drawn while the control group was first reminded on another day after the due date, or before"
        " that day was kept: such draws are not compared. | {n} customers were drawn while the control group was first"
        " reminded on another day after the due date, or before that day was kept: such draws are not compared.",
        n=draws.otherwise,
    )
    if draws.since is None:
        return words
    return say("{words} This comparison began on {day}.", words=words, day=draws.since)
