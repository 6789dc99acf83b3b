"""Nothing goes missing from Xero's lists while somebody edits, whatever the page size.

The books here behave as the facts describe Xero: ascending UpdatedDateUTC, an edited document jumps to the end,
If-Modified-Since counts in seconds (and may include its bound or not), a page of a list that changes is cut where it
is cut at that moment. What every page walk loses there, `poll` must not lose.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.xero import poll
from connectors.xero.decode import INVOICE_SUMMARIES, INVOICES, Document, Sheet
from state.model import Invoice

START = datetime(2026, 4, 24, 12, 0, tzinfo=UTC)
ENOUGH = 5_000  # answers; a walk that needs more does not end


class Books:
    """Documents and their stamps in milliseconds, served in pages while edits go on."""

    def __init__(self, ages: list[int], page_size: int, *, inclusive: bool) -> None:
        self.now = int(START.timestamp() * 1000)
        self.stamps = {f"doc-{number:03d}": self.now - age for number, age in enumerate(ages)}
        self.closed: set[str] = set()
        self.page_size = page_size
        self.inclusive = inclusive
        self.before_each_page: Callable[[], None] = lambda: None
        self.answers = 0
        self.largest = 0

    def edit(self, document: str) -> None:
        self.stamps[document] = self.now

    def changed(self, since: datetime | None, page: int) -> Sheet[Invoice]:
        return self._page(INVOICES, sorted(self.stamps, key=self._order), since, page)

    def open(self, page: int) -> Sheet[Invoice]:
        still_open = sorted(self.stamps.keys() - self.closed, key=self._order)
        return self._page(INVOICE_SUMMARIES, still_open, None, page)

    def _page(self, document: Document, ids: list[str], since: datetime | None, page: int) -> Sheet[Invoice]:
        self.answers += 1
        assert self.answers < ENOUGH, "the walk does not end"
        chosen = [name for name in ids if since is None or self._modified(name, since)]
        cut = chosen[(page - 1) * self.page_size : page * self.page_size]
        self.largest = max(self.largest, len(cut))
        answer = {
            "DateTimeUTC": f"/Date({self.now})/",
            "pagination": {
                "page": page,
                "pageSize": self.page_size,
                "pageCount": -(-len(chosen) // self.page_size),
                "itemCount": len(chosen),
            },
            "Invoices": [self._document(name) for name in cut],
        }
        self.before_each_page()
        return document.read(json.dumps(answer).encode())

    def _order(self, name: str) -> tuple[int, str]:
        return self.stamps[name], name

    def _modified(self, name: str, since: datetime) -> bool:
        bound = int(since.timestamp())
        return self.stamps[name] // 1000 >= bound if self.inclusive else self.stamps[name] // 1000 > bound

    def _document(self, name: str) -> dict[str, object]:
        return {
            "InvoiceID": name,
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "CurrencyCode": "EUR",
            "Total": 10.0,
            "AmountDue": 10.0,
            "Contact": {"ContactID": "c"},
            "UpdatedDateUTC": f"/Date({self.stamps[name]}+0000)/",
        }


class Mirror:
    """What a reader has heard: the newest version of each document."""

    def __init__(self) -> None:
        self.versions: dict[str, datetime] = {}
        self.watermark: datetime | None = None

    def poll(self, books: Books) -> list[poll.Step]:
        steps = []
        for step in poll.changes(books.changed, self.watermark):
            steps.append(step)
            for record in step.sheet.records:
                heard = self.versions.get(record.id, record.updated_at)
                self.versions[record.id] = max(heard, record.updated_at)
        self.watermark = steps[-1].watermark
        return steps

    def agrees_with(self, books: Books) -> bool:
        return {name: int(at.timestamp() * 1000) for name, at in self.versions.items()} == books.stamps


ages_in_ms = st.lists(
    st.one_of(
        st.integers(0, 3_000),  # seconds that overflow a page
        st.integers(0, 900_000),
        st.integers(10**9, 10**9 + 2_000),  # and such as no overlap of the next poll can mend
        st.integers(0, 10**10),
    ),
    max_size=60,
)
page_sizes = st.integers(1, 9)


@given(ages_in_ms, page_sizes, st.booleans(), st.randoms(use_true_random=False), st.integers(0, 5))
def test_nothing_is_missing_after_the_next_poll(ages, page_size, inclusive, random, edits_per_page) -> None:
    books, mirror = Books(ages, page_size, inclusive=inclusive), Mirror()

    def edit_some() -> None:
        books.now += random.randrange(1, 2_000)
        for name in random.sample(sorted(books.stamps), min(edits_per_page, len(books.stamps))):
            books.edit(name)

    books.before_each_page = edit_some
    mirror.poll(books)
    books.before_each_page = lambda: None
    books.now += 60_000
    mirror.poll(books)
    assert mirror.agrees_with(books)


@given(ages_in_ms, page_sizes, st.booleans(), st.randoms(use_true_random=False))
def test_nothing_is_missing_when_changes_show_minutes_late(ages, page_size, inclusive, random) -> None:
    books, mirror = Books(ages, page_size, inclusive=inclusive), Mirror()
    hidden: list[tuple[int, str, int]] = []  # shown at, document, stamp

    def edit_behind_a_lag() -> None:
        books.now += random.randrange(1, 60_000)
        names = random.sample(sorted(books.stamps), min(2, len(books.stamps)))
        hidden.extend((books.now + random.randrange(200_000), name, books.now) for name in names)
        for due in [change for change in hidden if change[0] <= books.now]:
            hidden.remove(due)
            books.stamps[due[1]] = max(due[2], books.stamps[due[1]])

    books.before_each_page = edit_behind_a_lag
    mirror.poll(books)
    books.before_each_page = lambda: None
    for _, name, stamp in hidden:
        books.stamps[name] = max(stamp, books.stamps[name])
    books.now += 240_000
    mirror.poll(books)
    assert mirror.agrees_with(books)


@given(ages_in_ms, page_sizes, st.booleans())
def test_the_watermark_stands_on_the_last_step_only_and_is_the_first_answers_time(ages, page_size, inclusive) -> None:
    books = Books(ages, page_size, inclusive=inclusive)
    steps = Mirror().poll(books)
    assert [step.watermark for step in steps] == [None] * (len(steps) - 1) + [START]


@given(st.integers(0, 60), st.integers(2, 9), st.booleans())
def test_a_quiet_walk_by_keyset_delivers_no_version_twice(documents, page_size, inclusive) -> None:
    spread = [age * 5_000 for age in range(documents)]  # no second holds two of them
    steps = Mirror().poll(Books(spread, page_size, inclusive=inclusive))
    delivered = [record.id for step in steps for record in step.sheet.records]
    assert len(delivered) == len(set(delivered)) == documents


@given(ages_in_ms, page_sizes, st.randoms(use_true_random=False), st.integers(0, 5))
def test_every_invoice_that_stays_open_is_in_the_nightly_list(ages, page_size, random, changes_per_page) -> None:
    books = Books(ages, page_size, inclusive=True)

    def pay_and_edit_some() -> None:
        books.now += 1_000
        for name in random.sample(sorted(books.stamps), min(changes_per_page, len(books.stamps))):
            if random.random() < 0.5:
                books.closed.add(name)
            books.edit(name)

    untouched = set(books.stamps)
    books.before_each_page = pay_and_edit_some
    listed = {record.id for sheet in poll.everything(books.open) for record in sheet.records}
    untouched -= {name for name, stamp in books.stamps.items() if stamp > int(START.timestamp() * 1000)}
    assert untouched <= listed


def test_a_ledger_of_ten_pages_costs_eleven_calls() -> None:
    books = Books([age * 60_000 for age in range(10_000)], 1_000, inclusive=True)
    Mirror().poll(books)
    assert books.answers == 11
    assert books.largest == 1_000


def test_a_poll_without_news_costs_one_call() -> None:
    books, mirror = Books([10**9] * 50, 10, inclusive=True), Mirror()
    mirror.poll(books)
    books.answers = 0
    mirror.poll(books)
    assert books.answers == 1


@pytest.mark.parametrize("inclusive", [True, False])
def test_an_import_in_one_second_is_read_whole(inclusive) -> None:
    books, mirror = Books([10**8] * 45 + [5_000] * 5, 10, inclusive=inclusive), Mirror()
    with capture_logs() as said:
        mirror.poll(books)
    assert mirror.agrees_with(books)
    assert [line["event"] for line in said] == ["xero_second_overfull"]


def test_a_list_in_another_order_is_walked_page_by_page() -> None:
    books, mirror = Books([age * 60_000 for age in range(35)], 10, inclusive=True), Mirror()
    books._order = lambda name: (0, name)
    with capture_logs() as said:
        mirror.poll(books)
    assert mirror.agrees_with(books)
    assert books.answers == 5
    assert [line["event"] for line in said] == ["xero_list_unordered"]


def test_a_server_that_ignores_if_modified_since_is_still_read_to_its_end() -> None:
    books, mirror = Books([age * 60_000 for age in range(35)], 10, inclusive=True), Mirror()
    books._modified = lambda *_: True
    mirror.poll(books)
    assert mirror.agrees_with(books)
    assert books.answers <= 8


def test_a_walk_ends_although_edits_come_faster_than_pages() -> None:
    books, mirror = Books([age * 60_000 for age in range(40)], 3, inclusive=True), Mirror()
    names = sorted(books.stamps)

    def edit_five() -> None:
        for _ in range(5):
            books.now += 10_000
            books.edit(names[books.now // 10_000 % 40])

    books.before_each_page = edit_five
    mirror.poll(books)
    books.before_each_page = lambda: None
    mirror.poll(books)
    assert mirror.agrees_with(books)


def test_a_poll_starts_five_minutes_before_the_last_one() -> None:
    asked: list[datetime | None] = []
    books = Books([], 10, inclusive=True)

    def fetch(since: datetime | None, page: int) -> Sheet[Invoice]:
        asked.append(since)
        return books.changed(since, page)

    list(poll.changes(fetch, START + timedelta(milliseconds=663)))
    assert asked == [START - timedelta(minutes=5)]


def test_the_steps_of_a_keyset_walk_overlap_by_more_than_a_second() -> None:
    asked: list[datetime] = []
    books = Books([age * 7_300 for age in range(40)], 10, inclusive=True)

    def fetch(since: datetime | None, page: int) -> Sheet[Invoice]:
        asked.append(since or datetime.min.replace(tzinfo=UTC))
        assert page == 1
        return books.changed(since, page)

    list(poll.changes(fetch, None))
    assert all(earlier < later for earlier, later in pairwise(asked))
