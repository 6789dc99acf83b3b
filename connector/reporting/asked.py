"""What the reader of a report chose, and what nobody can be told: the terminal and the page refuse the same."""

from calendar import monthrange
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from connector.saying.said import Said, say

GROUPS = ("customer", "segment", "currency", "owner")
LONGEST_WINDOW = 3660  # days
FIRST_DAY = date(1900, 1, 1)  # before it no ledger of ours was kept; whoever asks has mistyped the year


class UnanswerableError(Exception):
    """There is no such report. Its text says why, and what can be asked instead; `words` says it in any language."""

    def __init__(self, words: Said) -> None:
        super().__init__(words)
        self.words = words


class Asked(Struct, frozen=True, kw_only=True):
    """What the reader chose. Each report heeds what concerns it, and says in its formula what it heeded."""

    today: date  # the business day where the tenant lives
    as_of: date  # the end of this day is what is reported
    by: str = "customer"
    days: int = 90  # length of the window that ends with `as_of`


def month_of(text: str) -> date:
    """The first day of the month that is written 2026-03. Raises UnanswerableError."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise UnanswerableError(say("{text} is no month; write it like 2026-03.", text=text)) from None


def over_month(asked: Asked, first: date) -> Asked:
    """As it stood at the end of the month of `first`, over its days; of the running month, of those that have come."""
    if first > asked.today:
        raise UnanswerableError(say("The month {month} has not begun yet.", month=f"{first:%Y-%m}"))
    last = min(first.replace(day=monthrange(first.year, first.month)[1]), asked.today)
    return replace(asked, as_of=last, days=(last - first).days + 1)


def check_day(asked: Asked) -> None:
    """Raises UnanswerableError for a day that has not come, and for one of a year that cannot be meant."""
    if asked.as_of > asked.today:
        raise UnanswerableError(
            say("{day} has not come yet: the latest day of a report is {today}.", day=asked.as_of, today=asked.today)
        )
    if asked.as_of < FIRST_DAY:
        raise UnanswerableError(
            say("There is no report of {day}: the earliest day is {first}.", day=asked.as_of, first=FIRST_DAY)
        )
