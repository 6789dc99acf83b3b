"""How each customer pays, from A to F, and why, in words that can be checked against its invoices.

Two customers' three invoices say less than a hundred, so every figure is shrunk to the ledger's own average: as if the
customer had paid `PRIOR` invoices more, like everybody. What is unpaid past its due date counts as late as it is today.
Fewer than `LEAST` invoices make no rating. One wrong date must not change a grade, least of all another customer's:
what cannot be meant is left out, and what is very late counts as `MOST_LATE` days.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from connector.reports.survival import PRIOR
from connector.saying.said import Said, say
from state.ids import ContactId
from state.paydays import Paydays, ordinal

Grade = Literal["A", "B", "C", "D", "E", "F"]
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "E", "F")
LEAST = 3
DAYS = (2, 7, 14, 30, 60)  # days beyond terms up to which a customer is A, B, C, D, E
MOSTLY_LATE = Decimal("0.5")  # late more often than this: B at best
RECENT = 5  # invoices that a trend compares with those before them
TREND = 5  # days later than before, from which on it costs a grade
MOST_LATE = 365  # days beyond terms that an invoice counts as, at most; early as well
BEFORE_ISSUE, AFTER_ISSUE = 366, 1827  # days, a year and five: a due date outside of them cannot be meant
MOST_BROKEN = 2  # grades that broken promises cost, one each
_TENTH = Decimal("0.1")
_PRIOR = Decimal(str(PRIOR))


class Rating(Struct, frozen=True, kw_only=True):
    """Of one customer. Days are beyond terms, negative: early. `grade` None: too little is known."""

    grade: Grade | None
    paid: int
    overdue: int  # unpaid past their due date
    days: Decimal | None  # on average, of its own invoices
    shrunk_days: Decimal | None
    late: Decimal | None  # share, 0 to 1, shrunk
    trend: Decimal | None  # days later than before; None: too few to tell
    broken: int  # promises
    left_out: int  # invoices with dates that cannot be meant
    reasons: tuple[Said, ...]


class Average(Struct, frozen=True):
    """What all customers of the ledger have in common."""

    days: Decimal
    late: Decimal


def ratings(paydays: Paydays, broken: Mapping[ContactId, int], today: date) -> dict[ContactId, Rating]:
    """Everybody who was ever invoiced with a due date; `broken`: promises of the last year that were not kept."""
    average = _average(paydays, ordinal(today))
    return {
        customer: _rated(_Habits(paydays, customer, ordinal(today)), average, broken.get(customer, 0))
        for customer in paydays.customers
    }


class _Late(Struct, frozen=True):
    """How many of the invoices that count were late, and the share that the ledger makes of it."""

    own: int
    counted: int
    shrunk: Decimal


class _Habits:
    """How late each invoice of a customer was that is paid, or is now that it is overdue."""

    def __init__(self, paydays: Paydays, customer: ContactId, today: int) -> None:
        self.paid = self.left_out = 0
        self.late: list[tuple[int, int]] = []  # on which day, and how many days beyond terms it was or is
        add = self.late.append  # half a million times
        for issued, due, paid in paydays.days(customer):
            if not -BEFORE_ISSUE <= due - issued <= AFTER_ISSUE or (paid and paid < issued - BEFORE_ISSUE):
                self.left_out += 1
            elif paid and paid <= today:
                self.paid += 1
                add((paid, paid - due))
            elif today > due:
                add((today, today - due))

    @property
    def overdue(self) -> int:
        return len(self.late) - self.paid

    def days(self) -> list[int]:
        """Beyond terms, none more than counts."""
        days = [days for _, days in self.late]
        if days and (max(days) > MOST_LATE or min(days) < -MOST_LATE):
            return [min(max(each, -MOST_LATE), MOST_LATE) for each in days]
        return days


def _average(paydays: Paydays, today: int) -> Average | None:
    """Added up customer by customer: half a million invoices as tuples would take more memory than all else."""
    invoices = total = late = 0
    for customer in paydays.customers:
        days = _Habits(paydays, customer, today).days()
        invoices, total, late = invoices + len(days), total + sum(days), late + sum(each > 0 for each in days)
    return Average(Decimal(total) / invoices, Decimal(late) / invoices) if invoices else None


def _rated(habits: _Habits, average: Average | None, broken: int) -> Rating:
    habits.late.sort()
    days = habits.days()
    if average is None or not days:
        return _unrated(habits, broken, say("no invoice was paid or came due yet"))
    if len(days) < LEAST:
        reason = say(
            "{n} invoice cannot tell how a customer pays; {least} are needed | {n} invoices cannot tell how a customer"
            " pays; {least} are needed",
            n=len(days),
            least=LEAST,
        )
        return _unrated(habits, broken, reason)
    mean = Decimal(sum(days)) / len(days)
    shrunk = _shrunk(Decimal(sum(days)), len(days), average.days)
    own_late = sum(each > 0 for each in days)
    late = _Late(own_late, len(days), _shrunk(Decimal(own_late), len(days), average.late))
    trend = _trend(days)
    return Rating(
        grade=_grade(shrunk, late.shrunk, trend, broken),
        paid=habits.paid,
        overdue=habits.overdue,
        days=mean.quantize(_TENTH),
        shrunk_days=shrunk.quantize(_TENTH),
        late=late.shrunk,
        trend=trend,
        broken=broken,
        left_out=habits.left_out,
        reasons=tuple(_reasons(habits, mean, shrunk, late, trend, broken)),
    )


def _unrated(habits: _Habits, broken: int, reason: Said) -> Rating:
    return Rating(
        grade=None,
        paid=habits.paid,
        overdue=habits.overdue,
        days=None,
        shrunk_days=None,
        late=None,
        trend=None,
        broken=broken,
        left_out=habits.left_out,
        reasons=(reason, *_unmeant(habits.left_out)),
    )


def _shrunk(total: Decimal, count: int, average: Decimal) -> Decimal:
    return (total + _PRIOR * average) / (count + _PRIOR)


def _trend(days: list[int]) -> Decimal | None:
    """How much later the last `RECENT` were than those before; None without as many before."""
    if len(days) < 2 * RECENT:
        return None
    before, recent = days[:-RECENT], days[-RECENT:]
    return (Decimal(sum(recent)) / RECENT - Decimal(sum(before)) / len(before)).quantize(_TENTH)


def _grade(days: Decimal, late: Decimal, trend: Decimal | None, broken: int) -> Grade:
    position = sum(days > limit for limit in DAYS)
    if late > MOSTLY_LATE:
        position = max(position, 1)
    position += trend is not None and trend >= TREND
    return GRADES[min(position + min(broken, MOST_BROKEN), len(GRADES) - 1)]


def _reasons(
    habits: _Habits, mean: Decimal, shrunk: Decimal, late: _Late, trend: Decimal | None, broken: int
) -> Iterator[Said]:
    own, usual = _beyond(mean), _beyond(shrunk)
    if habits.paid:
        yield say("pays {own} on average ({shrunk} with what is usual in this ledger)", own=own, shrunk=usual)
    else:
        yield say(
            "has never paid; what is overdue is {own} on average ({shrunk} with what is usual in this ledger)",
            own=own,
            shrunk=usual,
        )
    yield say(
        "late with {late} of {counted} invoices ({percent} % with what is usual in this ledger)",
        late=late.own,
        counted=late.counted,
        percent=(100 * late.shrunk).quantize(Decimal(1)),
    )
    if trend is not None:
        yield _than_before(trend)
    if broken:
        yield say("{n} broken promise in the last year | {n} broken promises in the last year", n=broken)
    yield _rests_on(habits.paid, habits.overdue)
    yield from _unmeant(habits.left_out)


def _unmeant(left_out: int) -> Iterator[Said]:
    if left_out:
        yield say(
            "{n} invoice left out, whose dates cannot be meant | {n} invoices left out, whose dates cannot be meant",
            n=left_out,
        )


def _rests_on(paid: int, overdue: int) -> Said:
    if not overdue:
        return say("rests on {n} invoice paid | rests on {n} invoices paid", n=paid)
    return say(
        "rests on {n} invoice paid and {overdue} overdue, as late as today | rests on {n} invoices paid and {overdue}"
        " overdue, as late as today",
        n=paid,
        overdue=overdue,
    )


def _beyond(days: Decimal) -> Said:
    rounded = days.quantize(_TENTH)
    if not rounded:
        return say("on the due date")
    if rounded > 0:
        return say("{n} day after the due date | {n} days after the due date", n=rounded)
    return say("{n} day before the due date | {n} days before the due date", n=-rounded)


def _than_before(trend: Decimal) -> Said:
    if not trend:
        return say("lately as before")
    if trend > 0:
        return say("lately {n} day later than before | lately {n} days later than before", n=trend)
    return say("lately {n} day earlier than before | lately {n} days earlier than before", n=-trend)
