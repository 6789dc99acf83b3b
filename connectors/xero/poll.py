"""Reading a list that changes while it is being read, without missing a document.

Xero lists by UpdatedDateUTC, oldest first. A document that is edited during a walk jumps to the end, everything behind
it moves one place forward, and whoever turns to page 2 never sees the one that slipped onto page 1. Two ways to read
are immune to that:

- `changes` always asks for page 1, of what changed since the last stamp it saw (a second earlier, because the filter
  is accurate to the second and may or may not include its bound);
- `everything` turns the pages from the last to the first: documents move towards the pages still to be read, or behind
  the end, where the next poll finds them.

`changes` resorts to the second way where the first cannot advance: a second with more documents than a page holds, or
stamps that do not ascend.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, takewhile
from typing import Generic

import structlog
from msgspec import Struct

from connectors.ledger import BadData
from connectors.xero.dates import instant
from connectors.xero.decode import RecordT, Sheet

OVERLAP = timedelta(minutes=5)  # changes can become visible later than their stamp
_SECOND = timedelta(seconds=1)

log = structlog.get_logger(__name__)

Seen = frozenset[tuple[str, str]]


class Step(Struct, Generic[RecordT], frozen=True):
    """One answer of a walk. `watermark` is set on the last one: where the next walk starts, by Xero's clock."""

    sheet: Sheet[RecordT]
    watermark: datetime | None = None


def changes(
    fetch: Callable[[datetime | None, int], Sheet[RecordT]], watermark: datetime | None
) -> Iterator[Step[RecordT]]:
    """Everything changed since `watermark` less an overlap, or everything (None).

    `fetch(since, page)` asks for one page of what changed since that second. Changes made during the walk may be left
    to the next one, which starts where this one did; so a walk ends even if edits come faster than pages.
    """
    since = _start(watermark)
    sheet = fetch(since, 1)
    started = _answered_at(sheet)
    expected = sheet.paging.pageCount if sheet.paging else 1
    seen: Seen = frozenset()
    for turn in count(1):
        if not sheet.full or (turn >= expected and _reaches_beyond(sheet, started)):
            yield Step(_without(sheet, seen), started)
            return
        following = _following(sheet, since)
        if following is None:
            yield from _backwards(fetch, since, sheet.pages, started)
            return
        delivered, seen = seen, _seen_since(sheet, following)
        yield Step(_without(sheet, delivered))
        since = following
        sheet = fetch(since, 1)


def everything(fetch: Callable[[int], Sheet[RecordT]]) -> Iterator[Sheet[RecordT]]:
    """Every page of a list. Costs one call more than the list has pages, unless it has only one."""
    sheet = fetch(1)
    if sheet.pages <= 1:
        yield sheet
        return
    for page in range(sheet.pages, 0, -1):  # page 1 once more: it may have received documents since
        yield fetch(page)


def _backwards(
    fetch: Callable[[datetime | None, int], Sheet[RecordT]], since: datetime | None, pages: int, started: datetime
) -> Iterator[Step[RecordT]]:
    for page in range(pages, 0, -1):
        yield Step(fetch(since, page), started if page == 1 else None)


def _start(watermark: datetime | None) -> datetime | None:
    try:
        return None if watermark is None else (watermark - OVERLAP).replace(microsecond=0)
    except OverflowError:  # before the first day of the calendar
        return None


def _following(sheet: Sheet[RecordT], since: datetime | None) -> datetime | None:
    """Where the walk goes on after `sheet`; None if it cannot, and says so."""
    last = _last_stamp(sheet)
    if last is None or not _ascending(sheet):
        log.warning("xero_list_unordered", rows=sheet.rows)
        return None
    following = last.replace(microsecond=0) - _SECOND
    if since is not None and following <= since:
        log.warning("xero_second_overfull", since=since.isoformat(), rows=sheet.rows)
        return None
    return following


def _answered_at(sheet: Sheet[RecordT]) -> datetime:
    if sheet.answered_at is None:
        raise BadData("Xero did not say when it answered, so the next poll would not know where to start")
    return sheet.answered_at


def _last_stamp(sheet: Sheet[RecordT]) -> datetime | None:
    try:
        return instant(sheet.stamps[-1])
    except (IndexError, ValueError):
        return None


def _ascending(sheet: Sheet[RecordT]) -> bool:
    """Stamps with as many digits as each other (2001 to 2286) sort like the moments they stand for."""
    return sheet.stamps == sorted(sheet.stamps)


def _reaches_beyond(sheet: Sheet[RecordT], moment: datetime) -> bool:
    last = _last_stamp(sheet)
    return last is not None and last > moment


def _seen_since(sheet: Sheet[RecordT], second: datetime) -> Seen:
    recent = takewhile(lambda record: record.updated_at >= second, reversed(sheet.records))
    return frozenset((record.id, record.version) for record in recent)


def _without(sheet: Sheet[RecordT], seen: Seen) -> Sheet[RecordT]:
    """The same answer less the versions that an earlier one of this walk has delivered."""
    if seen:
        sheet.records = [record for record in sheet.records if (record.id, record.version) not in seen]
    return sheet
