"""People keep working while a walk pages through their books; nothing may be missing after the next poll.

The books here behave as QuickBooks is known to: stamps are whole seconds, an edit moves a row to the end, rows of one
second are ordered by id, pages are cut from the state at the moment of the request, the feed has a cap.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ledger import Page
from connectors.quickbooks import poll
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.poll import Poll
from connectors.quickbooks.query import has_balance, select
from connectors.quickbooks.walk import Slice, Walker
from state.clock import ManualClock

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(hours=2)  # out of reach of the overlap, so that only the walk can bring these rows


class EditedBooks:
    """Invoices behind QuickBooks' query language and change feed, edited after every answer."""

    def __init__(self, seconds: list[int], edits: list[int], pace: list[int], seed: int) -> None:
        self.now = START
        self.stamps = {str(n): LONG_AGO + timedelta(seconds=second) for n, second in enumerate(seconds, 1)}
        self.versions = dict.fromkeys(self.stamps, 0)
        self.paid: set[str] = set()
        self.poisonous: set[str] = set()
        self.feed_cap = 1000
        self._edits = edits
        self._pace = pace
        self._random = random.Random(seed)
        self._requests = 0

    def query(self, statement: str, decode: Callable[[bytes], Any]) -> Any:
        rows = self._rows(statement)
        if "SELECT *" in statement and self.poisonous & set(rows):
            raise PoisonedQuery("one of them is bad")
        answer = {"QueryResponse": {"Invoice": [self._row(one) for one in rows]} if rows else {}, "time": self._time()}
        self._work_goes_on()
        return decode(json.dumps(answer).encode())

    def changed(self, entities: tuple[str, ...], since: datetime, decode: Callable[[bytes], Any]) -> Any:
        rows = [one for one in self._ordered() if self.stamps[one] >= since][-self.feed_cap :]
        parts = [{"Invoice": [self._row(one) for one in rows]}, {}]
        answer = {"CDCResponse": [{"QueryResponse": parts}], "time": self._time()}
        self._work_goes_on()
        return decode(json.dumps(answer).encode())

    def rest(self) -> None:
        """From now on nobody edits."""
        self._edits = [0]

    def _rows(self, statement: str) -> list[str]:
        if "FROM Invoice" not in statement:
            return []
        rows = self._ordered()
        for operator, text in re.findall(r"LastUpdatedTime (>=|<) '([^']+)'", statement):
            bound = datetime.fromisoformat(text)
            rows = [one for one in rows if (self.stamps[one] >= bound) == (operator == ">=")]
        if "Balance > '0'" in statement:
            rows = [one for one in rows if one not in self.paid]
        position = re.search(r"STARTPOSITION (\d+)", statement)
        first = int(position.group(1)) - 1 if position else 0
        return rows[first : first + int(re.search(r"MAXRESULTS (\d+)", statement).group(1))]

    def _ordered(self) -> list[str]:
        return sorted(self.stamps, key=lambda one: (self.stamps[one], int(one)))

    def _row(self, identifier: str) -> dict[str, Any]:
        return {
            "Id": identifier,
            "SyncToken": str(self.versions[identifier]),
            "MetaData": {"LastUpdatedTime": self.stamps[identifier].isoformat()},
            "CurrencyRef": {"value": "USD"},
            "CustomerRef": {"value": "7"},
            "TotalAmt": 10,
            "Balance": 0 if identifier in self.paid else 10,
        }

    def _time(self) -> str:
        return self.now.isoformat()

    def _work_goes_on(self) -> None:
        for _ in range(self._edits[self._requests % len(self._edits)]):
            self._edit(self._random.choice(list(self.stamps)))
        self.now += timedelta(milliseconds=self._pace[self._requests % len(self._pace)])
        self._requests += 1

    def _edit(self, identifier: str) -> None:
        self.stamps[identifier] = self.now.replace(microsecond=0)
        self.versions[identifier] += 1
        if self._random.random() < 0.3:
            self.paid.add(identifier)


books_under_edit = st.builds(
    EditedBooks,
    seconds=st.lists(st.integers(0, 3), min_size=1, max_size=40)
    | st.lists(st.integers(0, 3000), max_size=40).map(lambda seconds: seconds or [0]),
    edits=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    pace=st.lists(st.integers(0, 2500), min_size=1, max_size=4).map(lambda pace: [*pace, 1000]),
    seed=st.integers(0, 2**16),
)
page_sizes = st.integers(2, 50)


def walker(books: EditedBooks, page_size: int, *, to_the_end: bool = False) -> Walker:
    return Walker(books, lambda: None, ManualClock(START), page_size=page_size, to_the_end=to_the_end)


def polls(books: EditedBooks, page_size: int) -> Poll:
    return Poll(books, lambda: None, ManualClock(START), lambda: walker(books, page_size))


def deliver(pages: Iterator[Page], mirror: dict[str, str]) -> str | None:
    cursor = None
    for page in pages:
        assert cursor is None, "a page came after the cursor"
        mirror.update({one.id: one.version for one in page.invoices})
        cursor = page.cursor
    return cursor


def versions(books: EditedBooks) -> dict[str, str]:
    return {identifier: str(version) for identifier, version in books.versions.items()}


@settings(deadline=None, max_examples=300)
@given(books_under_edit, page_sizes)
def test_nothing_is_missing_after_the_poll_that_follows_an_edited_first_walk(books: EditedBooks, size: int) -> None:
    mirror: dict[str, str] = {}
    cursor = deliver(polls(books, size).changes(None), mirror)
    books.rest()
    deliver(polls(books, size).changes(cursor), mirror)
    assert mirror == versions(books)


@settings(deadline=None, max_examples=200)
@given(books_under_edit, page_sizes, st.integers(1, 10))
def test_nothing_is_missing_when_the_feed_overflows_during_edits(books: EditedBooks, size: int, cap: int) -> None:
    mirror: dict[str, str] = {}
    books.feed_cap = cap
    before = (LONG_AGO + timedelta(minutes=5)).isoformat()  # the overlap is taken off again: every row has changed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poll, "FEED_CAP", cap)
        cursor = deliver(polls(books, size).changes(before), mirror)
        books.rest()
        deliver(polls(books, size).changes(cursor), mirror)
    assert mirror == versions(books)


@settings(deadline=None, max_examples=200)
@given(books_under_edit, st.integers(6, 50))
def test_the_nightly_list_holds_every_invoice_that_stayed_open(books: EditedBooks, size: int) -> None:
    mirror: dict[str, str] = {}
    deliver(walker(books, size, to_the_end=True).pages(Slice("Invoice", conditions=(has_balance(),))), mirror)
    assert books.stamps.keys() - books.paid <= mirror.keys()


@settings(deadline=None, max_examples=100)
@given(books_under_edit, page_sizes, st.data())
def test_undeliverable_records_are_named_and_cost_no_other(books: EditedBooks, size: int, data: st.DataObject) -> None:
    books.rest()
    books.poisonous = set(data.draw(st.lists(st.sampled_from(sorted(books.stamps)), max_size=4)))
    pages = list(walker(books, size).pages(Slice("Invoice")))
    assert {one.id for page in pages for one in page.invoices} == books.stamps.keys() - books.poisonous
    assert {one.id for page in pages for one in page.rejected} == books.poisonous


def test_a_walk_by_positions_would_have_lost_rows() -> None:
    """The books bite: what every page walker does by habit is not enough here."""
    books = EditedBooks(list(range(40)), edits=[3], pace=[1000], seed=1)
    found = set()
    for position in range(1, 60, 5):
        statement = select("Invoice", order_by="MetaData.LastUpdatedTime", position=position, limit=5)
        answer = books.query(statement, json.loads)
        found |= {row["Id"] for row in answer["QueryResponse"].get("Invoice", [])}
    untouched = {identifier for identifier, version in books.versions.items() if version == 0}
    assert untouched - found
