"""The daemon's ear: a genuine post makes it look at the named companies sooner, and nothing else follows from it.

What a post says is never believed; the poll it causes is the usual one. Posts that are forged, repeated, too large or
about companies of somebody else change nothing, and leave one log line a minute.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from typing import Literal

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from connector.web.sparse_log import SparseLog
from connectors.quickbooks import webhooks as quickbooks
from connectors.webhooks import UnreadableEvents, verified
from connectors.xero import webhooks as xero
from state.errors import StateError
from state.model import LedgerName, TenantSlug

LARGEST_BODY = 256 * 1024  # bytes; the services' own posts have a few kilobytes
_REMEMBERED = 1000  # genuine posts, so that a repetition is recognised

Outcome = Literal["accepted", "repeated", "nobody", "unreadable", "forged", "oversized", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "repeated", "nobody", "unreadable", "forged", "oversized", "failed")
_STATUS: dict[Outcome, int] = {"forged": 401, "oversized": 413, "failed": 503}
Lookup = Callable[[LedgerName, Collection[str]], list[TenantSlug]]  # which tenants these companies are
Nudge = Callable[[TenantSlug], None]  # the rota, which makes one poll of many nudges


class Source(Struct, frozen=True):
    """How one service writes."""

    ledger: LedgerName
    signature_header: str
    companies: Callable[[bytes], frozenset[str]]


SOURCES = (
    Source("xero", xero.SIGNATURE_HEADER, xero.companies),
    Source("quickbooks", quickbooks.SIGNATURE_HEADER, quickbooks.companies),
)


class Receiver:
    """One service's door. Answers without a body, as Xero demands; `outcomes` counts what came."""

    def __init__(self, source: Source, key: str, lookup: Lookup, nudge: Nudge, log: SparseLog) -> None:
        self.outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._source = source
        self._key = key
        self._lookup = lookup
        self._nudge = nudge
        self._log = log
        self._answered: OrderedDict[str, None] = OrderedDict()  # signatures

    async def receive(self, request: Request) -> Response:
        """The answer to a post; its body is read up to LARGEST_BODY and no further."""
        try:
            body = await read_body(request)
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody; raised further, it would be logged with a traceback
        signature = request.headers.get(self._source.signature_header, "")
        outcome = "oversized" if body is None else await self._judge(body, signature)
        self.outcomes[outcome] += 1
        return Response(status_code=_STATUS.get(outcome, 200))

    async def _judge(self, body: bytes, signature: str) -> Outcome:
        if not verified(self._key, body, signature):
            return self._complain("forged", "a webhook was refused: its signature is not ours")
        if signature in self._answered:
            return "repeated"
        try:
            companies = self._source.companies(body)
        except UnreadableEvents as error:  # said no to, it would come again for a day and hold up those behind it
            return self._complain("unreadable", f"a webhook was set aside: {error}")
        try:
            tenants = await run_in_threadpool(self._lookup, self._source.ledger, companies)
        except StateError as error:
            return self._complain("failed", f"a webhook could not be taken: {error}")
        self._remember(signature)
        for slug in tenants:
            self._nudge(slug)
        return "accepted" if tenants or not companies else "nobody"

    def _complain(self, outcome: Outcome, words: str) -> Outcome:
        self._log.warn(words, ledger=self._source.ledger)
        return outcome

    def _remember(self, signature: str) -> None:
        self._answered[signature] = None
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)


async def read_body(request: Request, largest: int = LARGEST_BODY) -> bytes | None:
    """The body; None if it has more than `largest` bytes, whether or not its length was announced."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > largest:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            return None
    return bytes(body)
