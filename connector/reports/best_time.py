"""Whether messages at customers' own times are paid sooner than those at the usual one, drawn by lot.

What counts is not when a message left but from when on it could have: whoever waits for Friday has fewer days left to
pay in time, and whoever pays before Friday was not helped by waiting. So both groups are measured from the same day,
and a customer who pays while the message waits stays in its group. The interval is Newcombe's, as of the control group.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from connector.reports.shares import median, percent
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.reports.trial import interval
from connector.saying.said import say
from state.habits import OwnTime
from state.ids import ContactId
from state.timing_records import TimingEnd, TimingOutcome
from state.trial_records import TrialGroup

REST_DAYS = 365  # for which own times are left alone once they have been given up; then they are tried anew
LEAST = 30  # messages in each group, of which it is known; of fewer nothing is said
ENOUGH = 500  # messages in each group, after which own times must have been seen to help
WITHIN = (7, 14)  # days; the first decides
_TENTH = Decimal("0.1")
_DAYS = (
    say("Monday"),
    say("Tuesday"),
    say("Wednesday"),
    say("Thursday"),
    say("Friday"),
    say("Saturday"),
    say("Sunday"),
)


class Group(Struct, frozen=True, kw_only=True):
    """Messages of one group, and what followed them."""

    messages: int
    sent: int
    unknown: int  # settled by something else than dated payments, or before the message could have gone
    within: dict[int, TrialGroup]  # by days: of messages that are so old, how many were paid within them
    days: dict[int, int]  # until paid, and how many


class Attempt(Struct, frozen=True):
    """The trying of own times that counts on a day: from its first day on, until it was given up."""

    first: date
    ended: TimingEnd | None  # None: it goes on


def attempt(ends: Sequence[TimingEnd], today: date) -> Attempt:
    """By all the days on which own times were given up so far, oldest first."""
    first = date.min
    for end in ends:
        rested = end.on + timedelta(days=REST_DAYS)
        if today < rested:
            return Attempt(first, end)
        first = rested
    return Attempt(first, None)


def group(outcomes: Iterable[TimingOutcome], *, own: bool) -> Group:
    """Those at their own time, or those at the usual one."""
    mine = [each for each in outcomes if each.own is own]
    days: dict[int, int] = {}
    for each in mine:
        if each.days is not None and each.days <= each.age:
            days[each.days] = days.get(each.days, 0) + each.messages
    return Group(
        messages=sum(each.messages for each in mine),
        sent=sum(each.sent for each in mine),
        unknown=sum(each.messages for each in mine if each.outcome == "unknown"),
        within={limit: _within(mine, limit) for limit in WITHIN},
        days=days,
    )


def verdict(outcomes: Sequence[TimingOutcome]) -> str:
    """Why own times are given up, in words; empty: they are not."""
    own, usual = (group(outcomes, own=each).within[WITHIN[0]] for each in (True, False))
    least = min(own.customers, usual.customers)
    if least < LEAST:
        return ""
    low, high = interval(own, usual)
    if high < 0:
        return f"fewer were paid within {WITHIN[0]} days ({_words(own, usual, low, high)})"
    if least >= ENOUGH and low <= 0:
        return f"after so many messages no gain is to be seen ({_words(own, usual, low, high)})"
    return ""


def best_time_report(
    outcomes: Sequence[TimingOutcome],
    ended: TimingEnd | None,
    times: Mapping[ContactId, OwnTime],
    names: Mapping[ContactId, str],
    today: date,
    *,
    switched_on: bool,
) -> Report:
    """The comparison, and everybody's own time as far as there is evidence enough."""
    own, usual = (group(outcomes, own=each) for each in (True, False))
    return Report(
        name="best-time",
        title="Messages at the customer's own time",
        as_of=today,
        tables=(_groups(own, usual), _differences(own, usual), _times(times, names)),
        formula=say(
            "Of messages to customers with a time of their own, half leave then and half at the usual time, by lot."
            " Counted is, from the day on which a message could have gone, whether its foremost invoice was paid within"
            " 7 and 14 days. The difference is in percentage points, with its 95 % interval (Newcombe 1998, method"
            " 10)."
        ),
        cannot_know=tuple(_cannot_know(own, usual, ended, times, switched_on=switched_on)),
    )


def _within(mine: list[TimingOutcome], limit: int) -> TrialGroup:
    old = [each for each in mine if each.outcome != "unknown" and each.age >= limit]
    paid = sum(each.messages for each in old if each.days is not None and each.days <= limit)
    return TrialGroup(sum(each.messages for each in old), paid, 0)


def _words(own: TrialGroup, usual: TrialGroup, low: float, high: float) -> str:
    return (
        f"{percent(own.paid, own.customers)} % of {own.customers} against {percent(usual.paid, usual.customers)} % of"
        f" {usual.customers}; difference from {_points(low)} to {_points(high)} points"
    )


def _points(share: float) -> Decimal:
    return (Decimal(share) * 100).quantize(_TENTH, ROUND_HALF_UP)


def _groups(own: Group, usual: Group) -> Table:
    columns = [Column("group", "Group"), Column("messages", "Messages", "count"), Column("sent", "Sent", "count")]
    for limit in WITHIN:
        columns += [
            Column(f"paid_within_{limit}", say("Paid in {n} days", n=limit), "count"),
            Column(f"of_{limit}", "of", "count"),
            Column(f"rate_{limit}", "Rate", "percent"),
        ]
    columns += [Column("median_days", "Median days", "days"), Column("unknown", "Not known", "count")]
    rows = (_row(say("own time"), own), _row(say("usual time"), usual))
    drawn = Drawn(tuple(f"rate_{limit}" for limit in WITHIN), ("group",))
    return Table("groups", "Two groups, drawn by lot", tuple(columns), rows, (drawn,))


def _row(name: str, found: Group) -> tuple[Cell, ...]:
    shares = [
        cell
        for limit in WITHIN
        for cell in (found.within[limit].paid, found.within[limit].customers, _rate(found.within[limit]))
    ]
    return name, found.messages, found.sent, *shares, median(found.days), found.unknown


def _rate(found: TrialGroup) -> Decimal | None:
    return percent(found.paid, found.customers)


def _differences(own: Group, usual: Group) -> Table:
    columns = (
        Column("within_days", "Paid within", "days"),
        Column("difference", "Difference", "percent"),
        Column("from", "from", "percent"),
        Column("to", "to", "percent"),
    )
    rows = tuple((limit, *_difference(own.within[limit], usual.within[limit])) for limit in WITHIN)
    return Table("difference", "Difference that own times make", columns, rows)


def _difference(own: TrialGroup, usual: TrialGroup) -> tuple[Decimal | None, ...]:
    if min(own.customers, usual.customers) < LEAST:
        return None, None, None
    difference = Decimal(own.paid) / own.customers - Decimal(usual.paid) / usual.customers
    return (difference * 100).quantize(_TENTH, ROUND_HALF_UP), *map(_points, interval(own, usual))


def _times(times: Mapping[ContactId, OwnTime], names: Mapping[ContactId, str]) -> Table:
    columns = (
        Column("customer", "Customer"),
        Column("weekday", "Weekday"),
        Column("on_weekday", "On it", "count"),
        Column("days", "of days", "count"),
        Column("hour", "Hour"),
        Column("in_hour", "In it", "count"),
        Column("answers", "of answers", "count"),
        Column("clock", "Clock"),
    )
    rows = sorted((_time(names.get(customer, customer), own) for customer, own in times.items()), key=str)
    return Table("times", "Customers with a time of their own", columns, tuple(rows))


def _time(name: str, own: OwnTime) -> tuple[Cell, ...]:
    day = (None, None, None) if own.weekday is None else (_DAYS[own.weekday], own.on_weekday, own.days)
    hour = (None, None, None) if own.hour is None else (f"{own.hour:02}:00", own.in_hour, own.answers)
    return name, *day, *hour, own.zone


def _cannot_know(
    own: Group,
    usual: Group,
    ended: TimingEnd | None,
    times: Mapping[ContactId, OwnTime],
    *,
    switched_on: bool,
) -> Iterator[str]:
    if not switched_on:
        yield say("Own times are not used ([policy.best_time] is off): all messages leave at the usual time.")
    if ended is not None:
        until = ended.on + timedelta(days=REST_DAYS)
        yield say(
            "Own times rest from {first} until {until}, and all messages leave at the usual time: {why}.",
            first=ended.on,
            until=until,
            why=ended.reason,
        )
    yield from _of_the_difference(own.within[WITHIN[0]], usual.within[WITHIN[0]])
    if not times:
        yield say("No customer has paid or answered often enough at one time to have a time of its own.")


def _of_the_difference(own: TrialGroup, usual: TrialGroup) -> Iterator[str]:
    if min(own.customers, usual.customers) < LEAST:
        yield say(
            "Nothing can be said yet: each group needs {least} messages of which it is known after {days} days.",
            least=LEAST,
            days=WITHIN[0],
        )
        return
    low, high = interval(own, usual)
    if low <= 0 <= high:
        yield say("Whether own times change anything: a difference as small as this may be chance.")
