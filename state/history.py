"""Everything that happened, newest first: searched, filtered, and page by page however much there is.

A happening has one place in the order of all: its instant, its kind and its key. A page begins behind the last place of
the one before it, so nothing is listed twice or left out while new things happen.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from state.columns import instant_text
from state.database import snapshot
from state.happenings import Happening, Place, read_happenings
from state.history_names import called
from state.history_sources import SOURCES, HappeningKind, places
from state.search import BEFORE_A_SEARCH, Search

NEWEST: Place = ("~", "", "")  # comes before all that has happened
_AT_ONCE = 1000
_OF_MESSAGES = """
    (:channel = '' OR message.channel = :channel) AND (:outcome = '' OR message.outcome = :outcome)
    AND (:stage = '' OR message.stage = :stage)
"""
_SORTS = ("channel", "stage", "outcome")


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; empty fields ask for nothing. Only messages have a channel, an outcome and a stage."""

    text: str = ""
    kind: HappeningKind | None = None
    channel: str = ""
    outcome: str = ""
    stage: str = ""
    since: datetime | None = None
    until: datetime | None = None  # not included

    def takes(self, kind: HappeningKind) -> bool:
        of_messages = bool(self.channel or self.outcome or self.stage)
        return self.kind in (None, kind) and (kind == "message" or not of_messages)


class History:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._search = Search(connection)

    def page(self, wanted: Wanted, before: Place = NEWEST, limit: int = 50) -> list[Happening]:
        """The newest `limit` of what is wanted, or those behind `before`."""
        self._search.catch_up(BEFORE_A_SEARCH)
        with snapshot(self._connection):
            return self._behind(_first(wanted, before), wanted, limit)

    def all(self, wanted: Wanted) -> Iterator[Happening]:
        """Everything that is wanted, as of one moment."""
        self._search.catch_up(BEFORE_A_SEARCH)
        place = _first(wanted)
        with snapshot(self._connection):
            while found := self._behind(place, wanted, _AT_ONCE):
                yield from found
                place = found[-1].place

    def choices(self) -> dict[str, list[str]]:
        """Which channels, stages and outcomes there are to filter messages by."""
        with snapshot(self._connection) as connection:
            sorts = connection.execute("SELECT DISTINCT channel, stage, outcome FROM message").fetchall()
        return {name: sorted({sort[place] for sort in sorts}) for place, name in enumerate(_SORTS)}

    def _behind(self, place: Place, wanted: Wanted, limit: int) -> list[Happening]:
        sources = [each for each in SOURCES if wanted.takes(each.kind)]
        if not sources:
            return []
        named, names = called(self._connection, wanted.text)
        parameters = {
            **names,
            **dict(zip(("at", "kind", "key"), place, strict=True)),
            "since": "" if wanted.since is None else instant_text(wanted.since),
            "channel": wanted.channel,
            "outcome": wanted.outcome,
            "stage": wanted.stage,
            "limit": limit,
        }
        found = self._connection.execute(places(sources, named, _OF_MESSAGES), parameters).fetchall()
        return read_happenings(self._connection, found)


def _first(wanted: Wanted, before: Place = NEWEST) -> Place:
    """Where reading begins: what happened at that very place is not read."""
    return before if wanted.until is None else min(before, (instant_text(wanted.until), "", ""))
