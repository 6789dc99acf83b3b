"""What changed in the company since the last poll: one call on a quiet day, a full walk after a long silence.

The change feed (CDC) tells about deletions too, but it cannot page, forgets after 30 days without saying so, and
reads an instant without offset as Pacific time. Its own clock, as of the first answer, becomes the next cursor.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.ledger import Page
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import ChangesAnswer, answered_at, decode_rows, envelope
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.mapping import HomeCurrency
from connectors.quickbooks.query import Entity
from connectors.quickbooks.walk import Slice, Walker
from state.clock import Clock

ENTITIES: tuple[Entity, ...] = ("Customer", "Invoice", "CreditMemo", "Payment")
OVERLAP = timedelta(minutes=5)  # answers may lag behind the books by seconds
FEED_MEMORY = timedelta(days=29)  # Intuit says 30 and raises no error beyond
FEED_CAP = 1000  # per answer or per entity: sources differ, so either counts as overflow


def written(cursor: datetime) -> str:
    return cursor.astimezone(UTC).isoformat()


def starting_at(cursor: str | None) -> datetime | None:
    """The instant from which to ask again, overlapping with what was already delivered; None: from the beginning."""
    try:
        return datetime.fromisoformat(cursor) - OVERLAP if cursor else None
    except OverflowError:  # before the first day of the calendar
        return None


class Poll:
    """Polls of one company. `walker` makes a fresh walker for each walk."""

    def __init__(
        self, client: QuickBooksClient, home_currency: HomeCurrency, clock: Clock, walker: Callable[[], Walker]
    ) -> None:
        self._client = client
        self._home_currency = home_currency
        self._clock = clock
        self._walker = walker

    def changes(self, cursor: str | None) -> Iterator[Page]:
        """Pages since `cursor`, or of everything; the last one carries the next cursor."""
        since = starting_at(cursor)
        return self._walk(ENTITIES, None, None) if since is None else self._feed(since)

    def customers(self) -> Iterator[Page]:
        """Pages of every customer; the last one carries a cursor, which nobody has to remember."""
        return self._walk(("Customer",), None, None)

    def _feed(self, since: datetime) -> Iterator[Page]:
        try:
            asked_at = self._clock.now()
            page, rows = self._client.changed(ENTITIES, since, self._decode)
        except PoisonedQuery:
            yield from self._walk(ENTITIES, since, None)
            return
        answered = answered_at(page.ledger_time)
        forgotten = answered - since > FEED_MEMORY  # by its own clock: on ours, a month can be a wrong setting
        if rows < FEED_CAP and not forgotten:
            page.cursor = written(min(answered, asked_at))
            yield page
        else:  # what it did bring is true, and the tombstones are nowhere else
            yield page
            yield from self._walk(ENTITIES, None if forgotten else since, answered)

    def _walk(self, entities: Sequence[Entity], since: datetime | None, started_at: datetime | None) -> Iterator[Page]:
        """Each entity through queries; ends in an empty page with the cursor."""
        walker, asked_at = self._walker(), self._clock.now()
        for entity in entities:
            yield from walker.pages(Slice(entity, since))
        cursor = answered_at(started_at or walker.started_at)
        yield Page(cursor=written(min(cursor, asked_at)))  # never ahead of us: too early costs calls, never changes

    def _decode(self, body: bytes) -> tuple[Page, int]:
        answer = envelope(body, ChangesAnswer)
        now = answered_at(answer.time)
        page, rows = Page(ledger_time=now), 0
        for response in answer.responses:
            for part in response.parts():
                decoded = decode_rows(part, self._home_currency, now)
                rows += len(decoded.marks)
                _add(decoded.page, page)
        return page, rows


def _add(part: Page, whole: Page) -> None:
    whole.invoices = whole.invoices + part.invoices
    whole.contacts = whole.contacts + part.contacts
    whole.payments = whole.payments + part.payments
    whole.credits = whole.credits + part.credits
    whole.gone = whole.gone + part.gone
    whole.rejected = whole.rejected + part.rejected
