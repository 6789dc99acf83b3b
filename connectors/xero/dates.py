"""Xero writes every moment as `/Date(milliseconds+0000)/`: instants, and calendar days as midnight UTC.

The offset is decoration (the milliseconds count from the epoch in UTC) and is missing in envelopes and history
records. A calendar day is the organisation's own and must never pass through a time zone: its UTC date is the day.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/", re.ASCII)


def milliseconds(text: str) -> int:
    """Milliseconds since 1970 UTC; ValueError if `text` is not written in Xero's way."""
    digits = text[6:-7]
    if text[:6] == "/Date(" and text[-7:] == "+0000)/" and digits.isdecimal():  # nearly always, and quicker
        return int(digits)
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text[:40]!r} is not a date as Xero writes it")
    return int(written[1])


def instant(text: str) -> datetime:
    """The moment in UTC; ValueError for other notations, and beyond the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(0, 0, 0, milliseconds(text))
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is beyond the calendar") from None


@lru_cache(maxsize=8192)  # a ledger has few different days, and asks for each of them thousands of times
def day(text: str | None) -> date | None:
    """The calendar day; None stays None (Xero leaves out what it does not know)."""
    return None if text is None else instant(text).date()
