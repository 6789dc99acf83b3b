"""What every accounting call passes before the books are asked: token, organisation, scope, limits, idempotency.

The order is the real one's: a bad token costs nothing, a wrong organisation costs a call of the app, a missing scope
or an exceeded limit is found only after both.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.books import Books
from connectors.sandbox.world import World
from connectors.sandbox.xero import errors
from connectors.sandbox.xero.desk import Desk
from connectors.sandbox.xero.errors import ApiProblem, NotFound, PreconditionFailed
from connectors.sandbox.xero.idempotency import IdempotencyCache, fingerprint
from connectors.sandbox.xero.identity import Identity
from connectors.sandbox.xero.jwt import AccessToken
from connectors.sandbox.xero.limits import Limits
from connectors.sandbox.xero.oauth import bearer
from connectors.sandbox.xero.query import LONGEST_QUERY
from connectors.sandbox.xero.wire import Node, bare_instant

_PROVIDER = "Sandbox app"
_STALE_COPIES = 3  # of books, whose desks are kept beside those of the true books


@dataclass(frozen=True, slots=True)
class Call:
    """One call that has been let through."""

    request: Request
    body: bytes
    world: World
    desk: Desk
    correlation: str

    @property
    def books(self) -> Books:
        return self.desk.books

    @property
    def lag(self) -> timedelta:
        """How far behind the replica is that answers reads."""
        return timedelta(seconds=float(self.world.switch("xero.replica_lag_seconds", "0")))

    def path(self, name: str) -> str:
        value: str = self.request.path_params[name]
        return value

    def answer(self, content: Node) -> Response:
        """`content` in the envelope, in the format asked for."""
        envelope: Node = {
            "Id": self.correlation,
            "Status": "OK",
            "ProviderName": _PROVIDER,
            "DateTimeUTC": bare_instant(self.world.clock.now()),
        }
        return errors.document(self.request, envelope | content)


Endpoint = Callable[[Call], Response]
Handler = Callable[[Request], Awaitable[Response]]


class Gateway:
    """Lets calls through to endpoints, or answers in their place."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world = world
        self._identity = identity
        self._limits = Limits(world)
        self._answers = IdempotencyCache(world.clock)
        self._desks: list[Desk] = []

    def guard(self, endpoint: Endpoint, scopes: frozenset[str]) -> Handler:
        """`endpoint` behind the gateway, for tokens with any of `scopes`."""

        async def handler(request: Request) -> Response:
            return await self._admit(request, endpoint, scopes)

        return handler

    async def _admit(self, request: Request, endpoint: Endpoint, scopes: frozenset[str]) -> Response:
        token = bearer(self._identity, request)
        if isinstance(token, Response):
            return token
        headers, refusal = self._limits.enter_app(token.client_id)
        if refusal is not None:
            return self._overrun("", token.client_id, refusal)
        books = self._organisation(request, token)
        if books is None:
            return errors.wrong_tenant(headers)
        if not scopes & token.scopes:
            return errors.missing_scope()
        tenant = books.company.guid
        more, refusal = self._limits.enter_tenant(tenant)
        if refusal is not None:
            refusal.headers.update(headers)
            return self._overrun(tenant, token.client_id, refusal)
        self._limits.in_flight[tenant] += 1
        try:
            return self._serve(request, await request.body(), endpoint, books, headers | more)
        finally:
            self._limits.in_flight[tenant] -= 1

    def _overrun(self, tenant: str, app: str, refusal: Response) -> Response:
        """Note in the audit which limit `refusal` tells of."""
        self._world.audit.overrun("xero", tenant, app, refusal.headers["x-rate-limit-problem"])
        return refusal

    def _organisation(self, request: Request, token: AccessToken) -> Books | None:
        return self._identity.organisation(token, request.headers.get("xero-tenant-id", ""))

    def _serve(
        self, request: Request, body: bytes, endpoint: Endpoint, books: Books, headers: Mapping[str, str]
    ) -> Response:
        call = Call(request, body, self._world, self._desk(books), str(uuid.uuid4()))
        try:
            found = self._keyed(call, endpoint)
        except ApiProblem as problem:
            found = errors.api_exception(request, problem)
        # A remembered answer is sent again: it is copied, so that its headers tell of this call.
        response = Response(found.body, found.status_code, dict(found.headers))
        response.headers.update({**errors.UNCACHED, **headers, "xero-correlation-id": call.correlation})
        return response

    def _keyed(self, call: Call, endpoint: Endpoint) -> Response:
        key = call.request.headers.get("idempotency-key", "")
        if not key or call.request.method == "GET":
            return _ask(call, endpoint)
        tenant, url = call.books.company.guid, call.request.url
        mark = fingerprint(call.request.method, url.path, url.query.encode(), call.body)
        known = self._answers.recall(tenant, key, mark)
        if known is None:
            known = _ask(call, endpoint)
            self._answers.remember(tenant, key, mark, known)
        return known

    def _desk(self, books: Books) -> Desk:
        for desk in self._desks:
            if desk.books is books:
                return desk
        kept = len(self._identity.organisations()) + _STALE_COPIES
        self._desks = [Desk(books), *self._desks[: kept - 1]]
        return self._desks[0]


def _ask(call: Call, endpoint: Endpoint) -> Response:
    """The endpoint's answer; what it refuses is an answer, too, and is remembered like one."""
    if len(call.request.scope["query_string"]) > LONGEST_QUERY:
        return errors.page_not_found()
    try:
        return endpoint(call)
    except ApiProblem as problem:
        return errors.api_exception(call.request, problem)
    except NotFound:
        return errors.page_not_found()
    except PreconditionFailed as failed:
        return errors.html(412, str(failed))
