"""What is in no sum of what was owed, and why: every report that rests on such a sum says it in the same words."""

from collections.abc import Iterator
from datetime import date

from connector.saying.said import Said, say
from state.owed import LeftOut, OwedThen


def left_out(owed: OwedThen, left: LeftOut) -> Iterator[Said]:
    """A sentence for each kind of invoice that is not in `owed`."""
    if not owed.has_begun:
        yield before_the_file(owed.day, owed.first_issue)
    if left.undated:
        yield say(
            "Left out: {n} invoice without a date of issue; on which days it was owed is not known. | Left out: {n}"
            " invoices without a date of issue; on which days they were owed is not known.",
            n=left.undated,
        )
    if left.future:
        yield say(
            "Left out: {n} invoice dated after this day. | Left out: {n} invoices dated after this day.", n=left.future
        )
    if left.negative:
        yield say(
            "Left out: {n} invoice for less than nothing; a ledger should hold it as credit. | Left out: {n} invoices"
            " for less than nothing; a ledger should hold them as credit.",
            n=left.negative,
        )
    if owed.overpaid:
        yield say(
            "Left out: {n} invoice that by the dates had got more than it asked for. | Left out: {n} invoices that by"
            " the dates had got more than they asked for.",
            n=owed.overpaid,
        )


def before_the_file(day: date, first: date | None) -> Said:
    """Of a day before the first invoice, which is of `first`; None: there is none."""
    if first is None:
        return say("Nothing is known of {day}: there is no invoice on file.", day=day)
    return say("Nothing is known of {day}: the first invoice on file is of {first}.", day=day, first=first)
