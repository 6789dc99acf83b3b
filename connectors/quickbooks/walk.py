"""Page after page of one entity, losing nothing while people keep working in the books.

Positions drift: whoever pays an invoice between page one and page two shifts all the others, and one is skipped. So the
walk is keyed on the stamp: each page starts in the last second seen, inclusive because stamps are whole seconds.
Positions count only within that second, and each page must begin with a row of the page before, unmoved; if it does
not, rows have left the second and it is walked again from its start. What was already delivered is dropped.

A record that QuickBooks cannot deliver fails every query that would contain it. The walk then halves the time it asks
for until the record stands alone, reports it, and goes on with the rest.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from connectors.ledger import LedgerError, Outage, Page, Refused
from connectors.quickbooks import query
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import Decoded, Mark, Record, decode_page
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.mapping import HomeCurrency
from connectors.quickbooks.query import Entity
from state.clock import Clock
from state.model import ContactId, EntityKind, Rejected

POISON_LIMIT = 20
"""More undeliverable records than this are no bad records but a bad day of QuickBooks'; the error is raised."""
RESTART_LIMIT = 50

ENTITY_KINDS: dict[Entity, EntityKind] = {
    "Customer": "contact",
    "Invoice": "invoice",
    "CreditMemo": "credit",
    "Payment": "payment",
}
_BEFORE_QUICKBOOKS = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Slice(Struct, frozen=True):
    """What a walk covers: one entity, its conditions, and stamps in [since, until). None is unbounded."""

    entity: Entity
    since: datetime | None = None
    conditions: tuple[str, ...] = ()
    until: datetime | None = None

    def statement(self, position: int, limit: int, columns: str = "*") -> str:
        bounds = [query.updated_since(self.since)] if self.since else []
        if self.until:
            bounds.append(query.updated_before(self.until))
        return query.select(
            self.entity,
            [*self.conditions, *bounds],
            columns=columns,
            order_by="MetaData.LastUpdatedTime",
            position=position,
            limit=limit,
        )

    def between(self, since: datetime | None, until: datetime | None) -> "Slice":
        return Slice(self.entity, since, self.conditions, until)


class Walker:
    """Walks for one poll. `started_at` is QuickBooks' time of its first answer: the cursor of the next poll.

    With `to_the_end` a walk follows rows that are edited meanwhile to their new place; without it stops at rows newer
    than its own start, which the next poll will bring anyway.
    """

    def __init__(
        self,
        client: QuickBooksClient,
        home_currency: HomeCurrency,
        clock: Clock,
        *,
        page_size: int,
        to_the_end: bool = False,
    ) -> None:
        self._client = client
        self._home_currency = home_currency
        self._clock = clock
        self._page_size = page_size
        self._to_the_end = to_the_end
        self._poisonous = 0
        self.started_at: datetime | None = None

    def pages(self, part: Slice) -> Iterator[Page]:
        """Every record of the slice at least once, oldest stamp first, a page at a time."""
        position, restarts = 1, 0
        seen: set[str | None] = set()  # ids already delivered with the stamp `part.since`
        while True:
            try:
                decoded = self._fetch(part, position, self._page_size)
            except PoisonedQuery as poison:
                yield from self._around(part, poison)
                return
            if position > 1 and not _continues(decoded.marks, part.since, seen):
                position, restarts = 1, _one_more(restarts)
                continue
            yield _without(decoded.page, part.since, seen)
            last, tail = _tail(decoded.marks)
            if len(decoded.marks) < self._page_size or self._beyond_start(last):
                return
            if last is not None and (part.since is None or last > part.since):
                part, position, seen, restarts = part.between(last, part.until), max(len(tail), 1), tail, 0
            else:
                position += len(decoded.marks) - 1
                seen |= tail

    def _beyond_start(self, last: datetime | None) -> bool:
        return not self._to_the_end and last is not None and self.started_at is not None and last > self.started_at

    def _fetch(self, part: Slice, position: int, limit: int, columns: str = "*") -> Decoded:
        statement = part.statement(position, limit, columns)
        decoded = self._client.query(statement, lambda body: decode_page(body, self._home_currency))
        decoded.marks = [_answering(mark, part.since) for mark in decoded.marks]
        self.started_at = self.started_at or decoded.page.ledger_time
        return decoded

    def _around(self, part: Slice, poison: PoisonedQuery) -> Iterator[Page]:
        middle = self._middle(part)
        if middle is None:
            yield from self._single_out(part, poison)
        else:
            yield from self.pages(part.between(part.since, middle))
            yield from self.pages(part.between(middle, part.until))

    def _middle(self, part: Slice) -> datetime | None:
        """A whole second strictly inside the slice; None if it is too narrow to be halved."""
        since = part.since or _BEFORE_QUICKBOOKS
        until = part.until or self._clock.now() + timedelta(days=1)
        middle = (since + (until - since) / 2).replace(microsecond=0)
        return middle if since + _SECOND <= middle < until else None

    def _single_out(self, part: Slice, poison: PoisonedQuery) -> Iterator[Page]:
        """A slice of one second, by positions: windows halve until one row alone fails."""
        windows = [(1, self._page_size)]
        while windows:
            position, size = windows.pop()
            try:
                decoded = self._fetch(part, position, size)
            except PoisonedQuery:
                if size == 1:
                    yield Page(rejected=[self._quarantined(part, position, poison)])
                    windows = windows or [(position + 1, self._page_size)]
                else:
                    half = size // 2
                    windows += [(position + half, size - half), (position, half)]
                continue
            yield decoded.page
            if len(decoded.marks) < size:
                return
            windows = windows or [(position + size, self._page_size)]

    def _quarantined(self, part: Slice, position: int, poison: PoisonedQuery) -> Rejected:
        self._poisonous += 1
        if self._poisonous > POISON_LIMIT:
            raise poison
        identifier = self._identify(part, position)
        return undeliverable(part.entity, identifier, poison)

    def _identify(self, part: Slice, position: int) -> str | None:
        """The id alone may still be deliverable where the whole record is not."""
        try:
            marks = self._fetch(part, position, 1, columns="Id").marks
        except (PoisonedQuery, Refused):
            return None
        return marks[0][0] if marks else None


def undeliverable(entity: Entity, identifier: str | None, error: LedgerError) -> Rejected:
    """A record that QuickBooks itself cannot deliver, as a quarantined one."""
    contact = ContactId(identifier) if entity == "Customer" and identifier else None
    return Rejected(ENTITY_KINDS[entity], identifier, contact, str(error), "")


def _one_more(restarts: int) -> int:
    """Rows leave a past second one edit at a time; a second that never holds still has no order to walk by."""
    if restarts >= RESTART_LIMIT:
        raise Outage("QuickBooks returns the rows of one second in changing order; they cannot be paged safely")
    return restarts + 1


def _answering(mark: Mark, since: datetime | None) -> Mark:
    """A stamp older than what was asked for is no place to walk on from; without it, the record is as good as any."""
    identifier, stamp = mark
    return (identifier, None) if since is not None and stamp is not None and stamp < since else mark


def _continues(marks: Sequence[Mark], second: datetime | None, seen: set[str | None]) -> bool:
    """Whether a page inside a second begins with a row of the page before, unmoved. Unreadable marks prove nothing."""
    if not marks:
        return False
    identifier, stamp = marks[0]
    return identifier is None or stamp is None or (stamp == second and identifier in seen)


def _tail(marks: Sequence[Mark]) -> tuple[datetime | None, set[str | None]]:
    """The last stamp of a page that is ordered by stamps, and the ids that carry it."""
    last: datetime | None = None
    ids: set[str | None] = set()
    for identifier, stamp in reversed(marks):
        if stamp is not None:
            last = last or stamp
            if stamp != last:
                break
            ids.add(identifier)
    return last, ids


def records(page: Page) -> Sequence[Record]:
    """The records of a page that holds one kind only."""
    return page.invoices or page.payments or page.credits or page.contacts


def _without(page: Page, stamp: datetime | None, seen: set[str | None]) -> Page:
    """The page less the rows that carry `stamp` and were already delivered."""
    if seen:
        page.invoices = [one for one in page.invoices if one.id not in seen or one.updated_at != stamp]
        page.payments = [one for one in page.payments if one.id not in seen or one.updated_at != stamp]
        page.credits = [one for one in page.credits if one.id not in seen or one.updated_at != stamp]
        page.contacts = [one for one in page.contacts if one.id not in seen or one.updated_at != stamp]
    return page
