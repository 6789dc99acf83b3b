"""SendGrid's door: a genuine post of events becomes facts about the messages it names, and nothing else.

Facts are kept once, so that a repeated post changes nothing. What SendGrid tells here it also tells when its lists are
polled, except that a message was delivered; so a post that is lost loses no bounce.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from connector.config.settings import Config
from connector.correspondence import FACTS_SOURCE
from connector.intake import take_fact
from connector.web.sparse_log import SparseLog
from connector.web.webhooks import OUTCOMES, Outcome, read_body
from connector.wiring import tenant_file
from connectors.channels.sendgrid_facts import SIGNATURE_HEADER, TIMESTAMP_HEADER, PostedFact, posted_facts, verified
from connectors.webhooks import UnreadableEvents
from state.clock import Clock
from state.errors import StateError
from state.model import TenantSlug
from state.store import TenantStore

_STATUS: dict[Outcome, int] = {"forged": 401, "oversized": 413, "failed": 503}


class MailEvents:
    """Answers without a body; `outcomes` counts what came. `key` is the public half of SendGrid's, in base64."""

    def __init__(self, config: Config, key: str, clock: Clock, log: SparseLog) -> None:
        self.outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._config = config
        self._key = key
        self._clock = clock
        self._log = log

    async def receive(self, request: Request) -> Response:
        """The answer to a post."""
        try:
            body = await read_body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        signature, timestamp = request.headers.get(SIGNATURE_HEADER, ""), request.headers.get(TIMESTAMP_HEADER, "")
        outcome = "oversized" if body is None else await self._judge(body, signature, timestamp)
        self.outcomes[outcome] += 1
        return Response(status_code=_STATUS.get(outcome, 200))

    async def _judge(self, body: bytes, signature: str, timestamp: str) -> Outcome:
        if not verified(self._key, body, signature, timestamp):
            return self._complain("forged", "events of SendGrid were refused: their signature is not theirs")
        try:
            facts = posted_facts(body)
        except UnreadableEvents as error:
            return self._complain("unreadable", f"events of SendGrid were set aside: {error}")
        try:
            new = await run_in_threadpool(self._keep, facts)
        except StateError as error:
            return self._complain("failed", f"events of SendGrid could not be kept: {error}")
        return "accepted" if new else "nobody"

    def _keep(self, facts: Iterable[PostedFact]) -> int:
        """How many were new."""
        by_tenant = groupby(sorted(facts, key=_tenant), key=_tenant)
        return sum(self._keep_of(TenantSlug(slug), list(of_tenant)) for slug, of_tenant in by_tenant)

    def _keep_of(self, slug: TenantSlug, facts: list[PostedFact]) -> int:
        path = tenant_file(self._config, slug)
        if slug not in self._config.tenants or not path.exists():
            return 0
        with TenantStore.open(path) as store:
            return sum(self._keep_one(store, posted) for posted in facts)

    def _keep_one(self, store: TenantStore, posted: PostedFact) -> bool:
        message_id = store.deliveries.message_named(posted.message_id)
        if message_id is None:
            return False
        return take_fact(store, posted.fact, FACTS_SOURCE, message_id, self._clock.now())

    def _complain(self, outcome: Outcome, words: str) -> Outcome:
        self._log.warn(words)
        return outcome


def _tenant(posted: PostedFact) -> str:
    return posted.tenant
