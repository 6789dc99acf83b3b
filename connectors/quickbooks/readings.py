"""Live reads for the last look before a send: many documents in one call, and proof of what is not there.

1,000 invoices are five queries in one batch. A record that cannot be read must never look like one that does not
exist, so whatever is in doubt is rejected by id. Queries lag behind the books, too: known credit that they do not
return is asked for at its own address before it counts as gone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from connectors.ledger import BadData, KnownCredits, LedgerError, NotFound, Outage, Page, Refused
from connectors.quickbooks.batch import Answered, ask
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import Record, decode_rows, only_row
from connectors.quickbooks.faults import PoisonedQuery
from connectors.quickbooks.mapping import HomeCurrency, unapplied
from connectors.quickbooks.poll import starting_at
from connectors.quickbooks.query import MAXIMUM_ROWS, Entity, has_balance, id_among, select
from connectors.quickbooks.walk import ENTITY_KINDS, POISON_LIMIT, Slice, Walker, records, undeliverable
from state.model import Credit, Payment, Rejected


class Found(Struct):
    """What a read by ids brought. An id in neither is one that QuickBooks does not return."""

    records: dict[str, Record]
    rejected: list[Rejected]
    poisonous: int = 0


class LiveReader:
    """Reads by id, and everything the company's customers have to their credit."""

    def __init__(
        self,
        client: QuickBooksClient,
        home_currency: HomeCurrency,
        walker: Callable[[], Walker],
        *,
        ids_per_query: int,
    ) -> None:
        self._client = client
        self._home_currency = home_currency
        self._walker = walker
        self._ids_per_query = ids_per_query

    def by_ids(self, entity: Entity, ids: Iterable[str]) -> Found:
        """One call per 30 queries; a query that trips over a poisonous record is halved until that one is alone."""
        found = Found({}, [])
        self._read(entity, self._chunks(ids), found)
        return found

    def at_addresses(self, entity: Entity, ids: Iterable[str]) -> Found:
        """Each at its own address, where it does not lag behind the books as it does in queries. A call each."""
        found = Found({}, [])
        for identifier in dict.fromkeys(ids):
            try:
                self._read_one(entity, identifier, found)
            except NotFound:
                continue
            except (BadData, Refused) as error:
                _quarantine(entity, identifier, error, found)
        return found

    def credits(self, known: KnownCredits) -> tuple[list[Credit], list[Rejected]]:
        """Open credit memos, and the rests of payments: those touched since the last pull, those known to have one.

        What is known and neither returned nor rejected has certainly nothing left.
        """
        memos = Slice("CreditMemo", conditions=(has_balance(),))
        touched = Slice("Payment", starting_at(known.since))
        chunks = self._chunks(sorted(known.payment_ids))
        answers = ask(
            self._client,
            [
                memos.statement(1, MAXIMUM_ROWS),
                touched.statement(1, MAXIMUM_ROWS),
                *_by_id("Payment", chunks),
            ],
        )
        of_memos, of_payments = Found({}, []), Found({}, [])
        credits = [credit for page in self._whole(memos, next(answers), of_memos) for credit in page.credits]
        payments = [one for page in self._whole(touched, next(answers), of_payments) for one in page.payments]
        self._read("Payment", self._settle("Payment", chunks, answers, of_payments), of_payments)
        absent = sorted(set(known.credit_ids) - {credit.id for credit in credits})
        self._read("CreditMemo", self._chunks(absent), of_memos)
        self._confirm("CreditMemo", absent, of_memos)
        self._confirm("Payment", sorted(set(known.payment_ids) - {payment.id for payment in payments}), of_payments)
        credits += [one for one in of_memos.records.values() if isinstance(one, Credit)]
        payments += [one for one in of_payments.records.values() if isinstance(one, Payment)]
        return [*_open(credits), *_rests(payments)], [*of_memos.rejected, *of_payments.rejected]

    def _whole(self, part: Slice, first: Answered | PoisonedQuery, found: Found) -> Iterator[Page]:
        """The pages of a slice whose first 1,000 rows came with a batch; the rest is walked if there is any."""
        if isinstance(first, PoisonedQuery):
            pages: Iterable[Page] = self._walker().pages(part)
        else:
            decoded = decode_rows(first.rows, self._home_currency, first.at)
            full = len(decoded.marks) >= MAXIMUM_ROWS
            pages = self._walker().pages(part) if full else [decoded.page]
        for page in pages:
            found.rejected += page.rejected
            yield page

    def _read(self, entity: Entity, chunks: list[list[str]], found: Found) -> None:
        while chunks:
            answers = ask(self._client, _by_id(entity, chunks))
            chunks = self._settle(entity, chunks, answers, found)

    def _settle(
        self, entity: Entity, chunks: list[list[str]], answers: Iterator[Answered | PoisonedQuery], found: Found
    ) -> list[list[str]]:
        """Sort the answers into `found`; returns what has to be asked again in smaller chunks."""
        again: list[list[str]] = []
        for chunk, answer in zip(chunks, answers, strict=True):
            if not isinstance(answer, PoisonedQuery):
                self._collect(entity, chunk, answer, found)
            elif len(chunk) > 1:
                again += [chunk[: len(chunk) // 2], chunk[len(chunk) // 2 :]]
            else:
                _quarantine(entity, chunk[0], answer, found)
        return again

    def _collect(self, entity: Entity, chunk: list[str], answer: Answered, found: Found) -> None:
        page = decode_rows(answer.rows, self._home_currency, answer.at).page
        wanted = set(chunk)
        here: dict[str, Record] = {record.id: record for record in records(page) if record.id in wanted}
        found.records.update(here)
        found.rejected += page.rejected
        if any(rejected.id is None for rejected in page.rejected):  # which one it was, nobody can tell
            reason = "QuickBooks sent a record without a readable id, which may be this one"
            missing = wanted - here.keys() - {rejected.id for rejected in page.rejected}
            found.rejected += [Rejected(ENTITY_KINDS[entity], one, None, reason, "") for one in sorted(missing)]

    def _confirm(self, entity: Entity, ids: Iterable[str], found: Found) -> None:
        """Ask for what no query returned at its own address. Only QuickBooks' word that it is gone leaves it out."""
        rejected = {one.id for one in found.rejected}
        for identifier in ids:
            if identifier not in found.records and identifier not in rejected:
                try:
                    self._read_one(entity, identifier, found)
                except NotFound:
                    continue
                except (BadData, Outage, Refused) as error:
                    _quarantine(entity, identifier, error, found)

    def _read_one(self, entity: Entity, identifier: str, found: Found) -> None:
        rows, at = self._client.one(entity, identifier, lambda body: only_row(body, entity))
        decoded = decode_rows(rows, self._home_currency, at)
        if [mark[0] for mark in decoded.marks] != [identifier]:
            raise BadData("QuickBooks answered with another document than the one asked for")
        found.records.update({record.id: record for record in records(decoded.page)})
        found.rejected += decoded.page.rejected

    def _chunks(self, ids: Iterable[str]) -> list[list[str]]:
        unique = list(dict.fromkeys(ids))
        size = self._ids_per_query
        return [unique[start : start + size] for start in range(0, len(unique), size)]


def _by_id(entity: Entity, chunks: Sequence[Sequence[str]]) -> list[str]:
    return [select(entity, [id_among(chunk)]) for chunk in chunks]


def _quarantine(entity: Entity, identifier: str, error: LedgerError, found: Found) -> None:
    found.poisonous += 1
    if found.poisonous > POISON_LIMIT:
        raise error
    found.rejected.append(undeliverable(entity, identifier, error))


def _open(credits: Iterable[Credit]) -> list[Credit]:
    """Credit memos with a rest, each in its newest version."""
    newest = {credit.id: credit for credit in sorted(credits, key=lambda credit: credit.updated_at)}
    return [credit for credit in newest.values() if credit.remaining_minor > 0]


def _rests(payments: Iterable[Payment]) -> list[Credit]:
    newest = {payment.id: payment for payment in sorted(payments, key=lambda payment: payment.updated_at)}
    return [credit for payment in newest.values() if (credit := unapplied(payment))]
