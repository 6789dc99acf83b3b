"""How each customer pays, from A to F, and why, in words that can be checked against its invoices.

Two customers' three invoices say less than a hundred, so every figure is shrunk to the ledger's own average: as if the
customer had paid `PRIOR` invoices more, like everybody. What is unpaid past its due date counts as late as it is today.
Fewer than `LEAST` invoices make no rating.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from connector.reports.survival import PRIOR
from state.ids import ContactId
from state.paydays import Paydays, ordinal

Grade = Literal["A", "B", "C", "D", "E", "F"]
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "E", "F")
LEAST = 3
DAYS = (2, 7, 14, 30, 60)  # days beyond terms up to which a customer is A, B, C, D, E
MOSTLY_LATE = Decimal("0.5")  # late more often than this: B at best
RECENT = 5  # invoices that a trend compares with those before them
TREND = 5  # days later than before, from which on it costs a grade
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
    reasons: tuple[str, ...]


class Average(Struct, frozen=True):
    """What all customers of the ledger have in common."""

    days: Decimal
    late: Decimal


def ratings(paydays: Paydays, broken: Mapping[ContactId, int], today: date) -> dict[ContactId, Rating]:
    """Everybody who was ever invoiced with a due date; `broken`: promises of the last year that were not kept."""
    average = _average(paydays, ordinal(today))
    return {
        customer: _rating(list(_lateness(paydays, customer, ordinal(today))), average, broken.get(customer, 0))
        for customer in paydays.customers
    }


def _lateness(paydays: Paydays, customer: ContactId, today: int) -> Iterator[tuple[int, int, bool]]:
    """Day, days beyond terms, and whether it is paid: of each paid invoice and each that is overdue."""
    for _, due, paid in paydays.days(customer):
        if paid and paid <= today:
            yield paid, paid - due, True
        elif today > due:
            yield today, today - due, False


def _average(paydays: Paydays, today: int) -> Average | None:
    """Added up customer by customer: half a million invoices as tuples would take more memory than all else."""
    invoices = total = late = 0
    for customer in paydays.customers:
        days = [days for _, days, _ in _lateness(paydays, customer, today)]
        invoices, total, late = invoices + len(days), total + sum(days), late + sum(each > 0 for each in days)
    return Average(Decimal(total) / invoices, Decimal(late) / invoices) if invoices else None


def _rating(habits: list[tuple[int, int, bool]], average: Average | None, broken: int) -> Rating:
    days = [late for _, late, _ in sorted(habits)]
    paid = sum(was_paid for _, _, was_paid in habits)
    if average is None or not days:
        reason = "no invoice was paid or came due yet"
        return _unrated(paid, len(days) - paid, broken, reason)
    if len(days) < LEAST:
        reason = f"{_invoices(len(days))} cannot tell how a customer pays; {LEAST} are needed"
        return _unrated(paid, len(days) - paid, broken, reason)
    mean = Decimal(sum(days)) / len(days)
    shrunk = _shrunk(Decimal(sum(days)), len(days), average.days)
    late = _shrunk(Decimal(sum(each > 0 for each in days)), len(days), average.late)
    trend = _trend(days)
    return Rating(
        grade=_grade(shrunk, late, trend, broken),
        paid=paid,
        overdue=len(days) - paid,
        days=mean.quantize(_TENTH),
        shrunk_days=shrunk.quantize(_TENTH),
        late=late,
        trend=trend,
        broken=broken,
        reasons=tuple(_reasons(mean, shrunk, late, trend, broken, paid, len(days) - paid)),
    )


def _unrated(paid: int, overdue: int, broken: int, reason: str) -> Rating:
    return Rating(
        grade=None,
        paid=paid,
        overdue=overdue,
        days=None,
        shrunk_days=None,
        late=None,
        trend=None,
        broken=broken,
        reasons=(reason,),
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
    mean: Decimal, shrunk: Decimal, late: Decimal, trend: Decimal | None, broken: int, paid: int, overdue: int
) -> Iterator[str]:
    yield f"pays {_beyond(mean)} on average ({_beyond(shrunk)} with what is usual in this ledger)"
    yield f"late with {(100 * late).quantize(Decimal(1))} % of its invoices"
    if trend is not None:
        yield f"lately {_than_before(trend)}"
    if broken:
        yield f"{broken} broken promise{'s' if broken > 1 else ''} in the last year"
    yield f"rests on {_invoices(paid)} paid" + (f" and {overdue} overdue, as late as today" if overdue else "")


def _beyond(days: Decimal) -> str:
    rounded = days.quantize(_TENTH)
    if not rounded:
        return "on the due date"
    return f"{abs(rounded)} days {'after' if rounded > 0 else 'before'} the due date"


def _than_before(trend: Decimal) -> str:
    if not trend:
        return "as before"
    return f"{abs(trend)} days {'later' if trend > 0 else 'earlier'} than before"


def _invoices(count: int) -> str:
    return f"{count} invoice{'' if count == 1 else 's'}"
