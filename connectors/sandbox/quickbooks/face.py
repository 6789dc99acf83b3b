"""QuickBooks Online as a face of the sandbox: Intuit's paths, over the sandbox's books.

Every call passes one gate: a bearer token that lives, a realm it fits, and room under the limits. What the service
refuses after that it refuses in its own words.
"""

import json
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.quickbooks import answers, errors
from connectors.sandbox.quickbooks.batch import run_batch
from connectors.sandbox.quickbooks.cdc import changes
from connectors.sandbox.quickbooks.errors import Payload, ServiceFault
from connectors.sandbox.quickbooks.faults import KINDS as FAULTS
from connectors.sandbox.quickbooks.invoices import invoice_link
from connectors.sandbox.quickbooks.kinds import INVOICE, KINDS, Kind
from connectors.sandbox.quickbooks.limits import Limits
from connectors.sandbox.quickbooks.oauth import OAuth
from connectors.sandbox.quickbooks.pdf import invoice_pdf
from connectors.sandbox.quickbooks.realm import Realm, Realms
from connectors.sandbox.quickbooks.select import Selector
from connectors.sandbox.quickbooks.tokens import TokenStore
from connectors.sandbox.quickbooks.writes import write
from connectors.sandbox.world import Caller, Face, World

Handler = Callable[[Realm, Request], Awaitable[Response]]
_BASE = "/v3/company/{realm}"
_REALM_IN_PATH = re.compile(r"/v3/company/([^/]+)")
_STALE_COPIES = 4  # of books, whose selectors are worth keeping beside those of the true books
_SINGLETONS = frozenset({"CompanyInfo", "Preferences"})


def quickbooks_face(world: World) -> Face:
    """The face to mount: routes for OAuth and the accounting API, and the service's own error bodies."""
    service = _Service(world)
    return Face("quickbooks", service.routes(), service.error, service.caller)


class _Service:
    def __init__(self, world: World) -> None:
        self.world = world
        self.realms = Realms(world)
        self.tokens = TokenStore(world)
        world.grants["quickbooks"] = self.tokens
        self.limits = Limits(world)
        self.selectors: dict[Realm, Selector] = {}

    def error(self, kind: str, _: Request) -> Response | None:
        make = FAULTS.get(kind)
        return make(self.world.clock.now()) if make else None

    def routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            *OAuth(self.realms, self.tokens).routes(),
            self._route("/query", self.query, "GET"),
            self._route("/query", self.query, "POST"),
            self._route("/cdc", self.cdc, "GET"),
            self._route("/batch", self.batch, "POST", batch=True),
            self._route("/preferences", self._read_sheet(KINDS["preferences"]), "GET"),
            self._route("/companyinfo/{id}", self._read_sheet(KINDS["companyinfo"]), "GET"),
            self._route("/invoice/{id}/pdf", self.pdf, "GET"),
        ]
        for name, kind in KINDS.items():
            if kind.name not in _SINGLETONS:
                routes.append(self._route(f"/{name}/{{id}}", self._read(kind), "GET"))
                routes.append(self._route(f"/{name}", self._write(kind), "POST"))
        return [*routes, Route("/v3/{rest:path}", self.unknown, methods=["GET", "POST"])]

    # -- the gate -----------------------------------------------------------------------------------------------

    def _route(self, path: str, handler: Handler, method: str, *, batch: bool = False) -> Route:
        """Reads are metered, writes are not; a query may come as either method."""

        async def endpoint(request: Request) -> Response:
            realm = self._admitted(request)
            if isinstance(realm, Response):
                return realm
            metered = method == "GET" or batch or path == "/query"
            app = self.caller(request).app
            limit = self.limits.refusal(realm.id, app, batch=batch, metered=int(metered))
            if limit:
                self.world.audit.overrun("quickbooks", realm.id, app, limit)
                return FAULTS[self.limits.kind_of(limit)](self.world.clock.now())
            try:
                return await handler(realm, request)
            except ServiceFault as fault:
                return answers.refused(fault, self.world.clock.now())

        return Route(_BASE + path, endpoint, methods=[method])

    def _admitted(self, request: Request) -> Realm | Response:
        """The realm the caller may enter, or the gateway's refusal."""
        now = self.world.clock.now()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.tokens.bearer(token) if scheme.lower() == "bearer" else None
        if grant is None:
            return answers.unauthorised(f"Token expired: {token[:3]}…" if token else "Missing bearer token", now)
        realm = self.realms.get(request.path_params["realm"])
        if realm is None or realm.id != grant.realm:
            return answers.forbidden(now)
        elsewhere = self.world.switch("quickbooks.wrong_cluster", "").split()
        return FAULTS["130"](now) if realm.id in elsewhere or elsewhere == ["all"] else realm

    def caller(self, request: Request) -> Caller:
        """The realm in the path, and the app whose bearer token this is."""
        grant = self.tokens.bearer(request.headers.get("authorization", "").partition(" ")[2])
        found = _REALM_IN_PATH.match(request.url.path)
        return Caller(found[1] if found else "", grant.client_id if grant else "")

    def _selector(self, realm: Realm) -> Selector:
        selector = self.selectors.get(realm)
        if selector is None:
            if len(self.selectors) >= len(self.world.companies) + _STALE_COPIES:
                self.selectors.clear()
            selector = self.selectors[realm] = Selector(realm)
        return selector

    # -- reading ------------------------------------------------------------------------------------------------

    async def query(self, realm: Realm, request: Request) -> Response:
        statement = request.query_params.get("query")
        if request.method == "POST":
            statement = (await request.body()).decode() or statement
        if statement is None:
            raise errors.system_failure(200)  # recorded: a bare /query answers 200 with a fault inside
        return answers.served({"QueryResponse": self._selector(realm).answer(statement)}, realm.now())

    async def cdc(self, realm: Realm, request: Request) -> Response:
        asked = request.query_params
        return answers.served(changes(realm, asked.get("entities"), asked.get("changedSince")), realm.now())

    async def pdf(self, realm: Realm, request: Request) -> Response:
        invoice = _found(INVOICE, realm, request.path_params["id"])
        return answers.raw(invoice_pdf(invoice), realm.now(), media="application/pdf")

    def _read(self, kind: Kind) -> Handler:
        async def handler(realm: Realm, request: Request) -> Response:
            row = _found(kind, realm, request.path_params["id"])
            body = kind.body(realm, row)
            if kind is INVOICE and request.query_params.get("include", "").lower() == "invoicelink":
                body |= invoice_link(realm, row, str(request.base_url))
            return answers.served({kind.name: body}, realm.now())

        return handler

    def _read_sheet(self, kind: Kind) -> Handler:
        async def handler(realm: Realm, _: Request) -> Response:
            row = next(iter(kind.rows(realm)))
            return answers.served({kind.name: kind.body(realm, row)}, realm.now())

        return handler

    # -- writing ------------------------------------------------------------------------------------------------

    def _write(self, kind: Kind) -> Handler:
        async def handler(realm: Realm, request: Request) -> Response:
            asked = request.query_params
            operation, include = asked.get("operation", ""), asked.get("include", "")
            key = asked.get("requestid")
            body = _json(await request.body(), kind.name)
            return _once(
                realm, key, lambda: write(realm, kind.name, body, operation=operation, include=include, key=key)
            )

        return handler

    async def batch(self, realm: Realm, request: Request) -> Response:
        body = _json(await request.body(), "IntuitBatchRequest")
        return _once(realm, request.query_params.get("requestid"), lambda: run_batch(self._selector(realm), body))

    async def unknown(self, request: Request) -> Response:
        path = request.url.path
        detail = f"Could not find resource for relative : {path} of full path: {request.url}"
        return answers.refused(errors.unsupported_operation(detail), self.world.clock.now())


def _once(realm: Realm, key: str | None, act: Callable[[], Payload]) -> Response:
    """Do it, or give the first answer again if this requestid has been seen. Refusals are not remembered."""
    if key is not None and key in realm.replays:
        return answers.raw(realm.replays[key], realm.now(), media="application/json;charset=utf-8")
    response = answers.served(act(), realm.now())
    if key is not None:
        realm.replays[key] = bytes(response.body)
    return response


def _found(kind: Kind, realm: Realm, supplied: str) -> Any:
    if not supplied.isdecimal():
        raise errors.invalid_id(supplied)
    row = kind.lookup(realm, int(supplied))
    if row is None:
        raise errors.object_not_found()
    return row


def _json(body: bytes, entity: str) -> Payload:
    try:
        payload = json.loads(body, parse_float=Decimal)
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        raise errors.unknown_property("body", entity)
    return payload
