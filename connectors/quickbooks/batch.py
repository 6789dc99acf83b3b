"""Many queries in one call, each with a verdict of its own.

An item that is missing from the answer is not an item without rows: silence is never taken for "nothing found".
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Raw, Struct

from connectors.ledger import BadData
from connectors.quickbooks.client import BATCH_ITEMS, QuickBooksClient
from connectors.quickbooks.decode import BatchAnswer, BatchItem, envelope
from connectors.quickbooks.faults import PoisonedQuery, nested
from connectors.quickbooks.wire import present


class Answered(Struct, frozen=True):
    """The rows of one query, and QuickBooks' clock when it answered."""

    rows: Raw
    at: datetime | None


def ask(client: QuickBooksClient, statements: Sequence[str]) -> Iterator[Answered | PoisonedQuery]:
    """The rows of each query, in order; a query that trips over a poisonous record yields its error instead.

    One call per 30 statements. Any other fault of any item is raised, after the retries it deserves.
    """
    for start in range(0, len(statements), BATCH_ITEMS):
        group = {f"q{number}": text for number, text in enumerate(statements[start : start + BATCH_ITEMS])}
        verdicts = client.batch(group, _verdicts)
        for item in group:
            if item not in verdicts:
                raise BadData("QuickBooks answered a batch without one of its items")
            yield verdicts[item]


def _verdicts(body: bytes) -> dict[str, Answered | PoisonedQuery]:
    answer = envelope(body, BatchAnswer)
    return {item.item: _verdict(item, answer.time) for item in answer.items if item.item is not None}


def _verdict(item: BatchItem, at: datetime | None) -> Answered | PoisonedQuery:
    if present(item.fault):
        error = nested(item.fault)
        if isinstance(error, PoisonedQuery):
            return error
        raise error
    if not present(item.query_response):
        raise BadData("QuickBooks answered a query of a batch with neither rows nor a fault")
    return Answered(item.query_response, at)
