"""How values travel into columns and back, so that every table writes dates and instants the same way.

Days are ISO dates; instants have a fixed width, UTC and milliseconds, so that comparing the text compares the time.
These run a dozen times per invoice in a first synchronisation: days are remembered and msgspec formats instants, which
together take a third of the time that `isoformat` does.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

import msgspec

from state.clock import aware_utc

_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=4096)
def day_text(day: date | None) -> str | None:
    """2026-11-30."""
    return None if day is None else day.isoformat()


def instant_text(instant: datetime) -> str:
    """2026-11-30T08:15:00.000Z; finer than a millisecond is cut off. ValueError for a naive datetime."""
    if instant.tzinfo is not UTC:
        instant = aware_utc(instant)
    if instant.microsecond:
        return _encode(instant)[1:24].decode() + "Z"
    return _encode(instant)[1:20].decode() + ".000Z"


def optional_instant_text(instant: datetime | None) -> str | None:
    return None if instant is None else instant_text(instant)


@lru_cache(maxsize=4096)
def read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read_optional_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def json_text(value: object) -> str:
    """`value` as JSON, as records and lists are stored and as lists of ids are handed to `json_each`."""
    return _encode(value).decode()


def list_text(values: tuple[str, ...]) -> str:
    """Most lists are empty, so the empty one is not encoded each time."""
    return json_text(values) if values else "[]"


def read_list(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def ids_text(ids: Iterable[str]) -> str:
    """Ids without repetition, for `json_each`: one statement however many there are."""
    return json_text(list(dict.fromkeys(ids)))


def anywhere(text: str) -> str:
    """For LIKE ... ESCAPE '!': `text`, wherever it stands, with nothing in it that means something else."""
    escaped = text.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace("\0", "")
    return f"%{escaped}%"
