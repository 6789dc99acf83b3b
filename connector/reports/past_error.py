"""How wrong the forecast was: made again for past Sundays from what was known on them, and held against what came.

Nothing of later is used: not a payment, not an invoice, and no interval is set by an outcome of after its day. Where
the ledger is large, a fixed part of its customers is replayed as if it were the whole. The replay knows no promises and
no credit of the past, so what is measured are the habits.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from statistics import fmean
from zlib import crc32

from msgspec import Struct

from connector.reports.payers import Payers
from connector.reports.survival import Curve
from state.ids import ContactId
from state.paydays import Payday, Paydays, ordinal

DAYS = 6  # past Sundays, four weeks apart
WEEKS = 4  # of cash that each is judged by
CUSTOMERS = 500  # at most, that are replayed
LEAST = 30  # forecasts whose outcome is known, before the interval follows them
UNTAUGHT = 0.1  # left out at either end of an interval until then
WANTED = 0.8  # of the outcomes within their interval
LATE = 30  # days overdue: from then on an invoice is told by the few that were as late, and its interval by theirs


class Tails(Struct, frozen=True):
    """How much an interval leaves out at either end, from 0 to a half."""

    usual: float = UNTAUGHT
    late: float = UNTAUGHT  # of invoices overdue for longer than LATE days

    def of(self, unpaid_for: int) -> float:
        return self.late if unpaid_for > LATE else self.usual


class Tried(Struct, frozen=True, kw_only=True, gc=False):
    """One invoice that was open on a past day. Days are ordinals; `depth`: the widest tail whose interval has it."""

    currency: str
    minor: int
    paid: int | None  # None: even today it is not
    guessed: int | None
    due_guess: int  # its due date, or the next day where that has passed
    depth: float
    unpaid_for: int
    by_week: tuple[float, ...]  # chance of having come by the end of each


class PastDay(Struct, frozen=True, kw_only=True):
    """One past forecast. Errors are of days; `cash` is per currency what was expected, by due date, and what came."""

    as_of: date
    forecasts: int  # with a day, and an outcome
    error: float | None
    due_date_error: float | None
    covered: int  # of `forecasts`, within their interval
    weeks: tuple["PastWeek", ...]


class PastWeek(Struct, frozen=True):
    """Minor units."""

    currency: str
    expected: float
    by_due_date: int
    came: int


class PastError(Struct, frozen=True, kw_only=True):
    """All past days together; `tails` are what today's intervals leave out."""

    days: tuple[PastDay, ...]
    customers: int
    of_customers: int
    tails: Tails

    @property
    def forecasts(self) -> int:
        return sum(day.forecasts for day in self.days)


def past_error(paydays: Paydays, today: date) -> PastError:
    """The replay of the last `DAYS` Sundays whose four weeks are over, the oldest first."""
    sample = _sample(paydays)
    learned: list[Tried] = []
    days = []
    for sunday in past_sundays(today):
        tried = list(_try(sample, sunday, ordinal(today)))
        known = [each for each in learned if each.paid is not None and each.paid <= ordinal(sunday)]
        days.append(_judged(sunday, tried, _tails(known)))
        learned += tried
    return PastError(
        days=tuple(day for day in days if day.forecasts or day.weeks),
        customers=len(sample.customers),
        of_customers=len(paydays.customers),
        tails=_tails(learned),
    )


def past_sundays(today: date) -> Iterator[date]:
    """Each at least four weeks before the next, and the last four weeks before `today`."""
    last = today - timedelta(days=(today.weekday() + 1) % 7 + 7 * WEEKS)
    return (last - timedelta(days=7 * WEEKS * back) for back in reversed(range(DAYS)))


def _sample(paydays: Paydays) -> Paydays:
    """At most `CUSTOMERS`, and always the same ones."""
    if len(paydays.customers) <= CUSTOMERS:
        return paydays
    return paydays.only(sorted(paydays.customers, key=_by_chance)[:CUSTOMERS])


def _by_chance(customer: ContactId) -> int:
    return crc32(customer.encode())


def _try(paydays: Paydays, sunday: date, today: int) -> Iterator[Tried]:
    """Everything that was open at the end of `sunday`."""
    as_of = ordinal(sunday)
    payers = Payers(paydays, as_of)
    if not payers.paid:
        return
    for customer in paydays.customers:
        owed = [each for each in paydays.of(customer) if each.issued <= as_of and (not each.paid or each.paid > as_of)]
        curve = payers.curve(customer) if owed else None
        for each in owed:
            if curve is not None and curve.by(payers.meant_until(as_of) - each.due) < 1.0:
                yield _tried(each, curve, payers, as_of, today)


def _tried(owed: Payday, curve: Curve, payers: Payers, as_of: int, today: int) -> Tried:
    unpaid_for = payers.meant_until(as_of) - owed.due
    before = curve.by(unpaid_for)
    ends = [payers.meant_until(as_of + 7 * week) for week in range(1, WEEKS + 1)]
    days = curve.quantile(0.5, unpaid_for)
    return Tried(
        currency=owed.currency,
        minor=owed.minor,
        paid=owed.paid,
        guessed=None if days is None else payers.banked(owed.due + days),
        due_guess=max(owed.due, as_of + 1),
        depth=_depth(owed, curve, payers, as_of, today),
        unpaid_for=unpaid_for,
        by_week=tuple(max(curve.by(end - owed.due) - before, 0.0) / (1.0 - before) for end in ends),
    )


def _depth(owed: Payday, curve: Curve, payers: Payers, as_of: int, today: int) -> float:
    """The widest tail whose interval still holds the outcome; of what is unpaid today, the most it can become."""
    before = curve.by(payers.meant_until(as_of) - owed.due)
    last_before = payers.meant_until((owed.paid or today + 1) - 1)
    ahead = (1.0 - max(curve.by(last_before - owed.due), before)) / (1.0 - before)
    if owed.paid is None:
        return ahead
    return min(ahead, (curve.by(owed.paid - owed.due) - before) / (1.0 - before))


def _tails(learned: list[Tried]) -> Tails:
    late = [each.depth for each in learned if each.unpaid_for > LATE]
    return Tails(_tail([each.depth for each in learned if each.unpaid_for <= LATE]), _tail(late))


def _tail(depths: list[float]) -> float:
    """What leaves a fifth of the outcomes outside."""
    if len(depths) < LEAST:
        return UNTAUGHT
    return min(max(sorted(depths)[int(len(depths) * (1 - WANTED))], 0.001), 0.499)


def _judged(sunday: date, tried: list[Tried], tails: Tails) -> PastDay:
    known = [(each.guessed, each.paid, each) for each in tried if each.guessed is not None and each.paid is not None]
    return PastDay(
        as_of=sunday,
        forecasts=len(known),
        error=fmean(abs(guess - paid) for guess, paid, _ in known) if known else None,
        due_date_error=fmean(abs(each.due_guess - paid) for _, paid, each in known) if known else None,
        covered=sum(each.depth >= tails.of(each.unpaid_for) for _, _, each in known),
        weeks=tuple(_weeks(tried, ordinal(sunday))),
    )


def _weeks(tried: list[Tried], as_of: int) -> Iterator[PastWeek]:
    for currency in sorted({each.currency for each in tried}):
        own = [each for each in tried if each.currency == currency]
        for week in range(WEEKS):
            first, last = as_of + 7 * week + 1, as_of + 7 * week + 7
            yield PastWeek(
                currency=currency,
                expected=sum(
                    each.minor * (each.by_week[week] - (each.by_week[week - 1] if week else 0.0)) for each in own
                ),
                by_due_date=sum(each.minor for each in own if first <= each.due_guess <= last),
                came=sum(each.minor for each in own if each.paid is not None and first <= each.paid <= last),
            )
