"""The identity server's pages and answers on their real paths: authorise, token, revocation, connections.

The pages themselves are in `consent.py`, what they lead to is remembered in `identity.py`.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors.sandbox.world import Caller
from connectors.sandbox.xero import errors
from connectors.sandbox.xero.consent import AUTHORIZE, consent_page, refusal_page
from connectors.sandbox.xero.identity import Connection, Denied, Identity, Tokens
from connectors.sandbox.xero.jwt import AccessToken


class OAuth:
    """The routes, over one memory."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE, self.authorize, methods=["GET", "POST"]),
            Route("/connect/token", self.token, methods=["POST"]),
            Route("/connect/revocation", self.revocation, methods=["POST"]),
            Route("/connections", self.connections, methods=["GET"]),
            Route("/Connections", self.connections, methods=["GET"]),
            Route("/connections/{id}", self.disconnect, methods=["DELETE"]),
            Route("/Connections/{id}", self.disconnect, methods=["DELETE"]),
        ]

    def caller(self, request: Request) -> Caller:
        """The organisation a call is about, and the app whose bearer token it carries."""
        token = self.identity.bearer(request.headers.get("authorization", "").partition(" ")[2].strip())
        tenant = request.headers.get("xero-tenant-id", "")
        return Caller(token.tenant or tenant, token.client_id) if token is not None else Caller(tenant, "")

    # -- consent ------------------------------------------------------------------------------------------------

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if request.method == "POST":
            asked |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        try:
            self._check(asked)
        except Denied as denied:
            return _page(refusal_page(str(denied)), 400)
        if request.method == "GET":
            return self._consent_page(asked)
        return self._decide(asked, (await request.form()).getlist("tenantId"))

    def _check(self, asked: Mapping[str, str]) -> None:
        self.identity.check_client(asked.get("client_id", ""))
        redirect, registered = asked.get("redirect_uri", ""), self.identity.world.switch("xero.redirect_uris", "")
        if not _redirect_allowed(redirect) or (registered and redirect not in registered.split()):
            raise Denied("invalid_request: Invalid redirect_uri")
        if asked.get("response_type") != "code":
            raise Denied("unsupported_response_type")
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            raise Denied("invalid_request: code_challenge_method must be S256")
        self.identity.check_scopes(set(asked.get("scope", "").split()))

    def _consent_page(self, asked: Mapping[str, str], problem: str = "") -> Response:
        companies = [books.company for books in self.identity.organisations()]
        return _page(consent_page(asked, companies, problem), 400 if problem else 200)

    def _decide(self, asked: Mapping[str, str], chosen: Sequence[object]) -> Response:
        answer = {"state": asked["state"]} if "state" in asked else {}
        known = {books.company.guid for books in self.identity.organisations()}
        tenants = [tenant for tenant in chosen if isinstance(tenant, str) and tenant in known]
        if asked.get("decision") != "allow":
            return _redirect(asked["redirect_uri"], {"error": "access_denied"} | answer)
        if not tenants:
            return self._consent_page(asked, "Select at least one organisation.")
        scopes = set(asked["scope"].split())
        code = self.identity.consent(
            asked["client_id"], asked["redirect_uri"], asked.get("code_challenge"), scopes, tenants
        )
        session = uuid.uuid4().hex
        found = {"code": code, "scope": asked["scope"]} | answer | {"session_state": session}
        return _redirect(asked["redirect_uri"], found)

    # -- tokens -------------------------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        form = await _form(request)
        try:
            client_id, secret = _credentials(request, form)
            self.identity.authenticate(client_id, secret)
            tokens = self._grant(form, client_id, confidential=secret is not None)
        except Denied as denied:
            return _json({"error": str(denied)}, 400)
        return _json(_token_answer(tokens), 200)

    def _grant(self, form: Mapping[str, str], client_id: str, *, confidential: bool) -> Tokens:
        match form.get("grant_type"):
            case "authorization_code":
                code, redirect = form.get("code", ""), form.get("redirect_uri", "")
                verifier = form.get("code_verifier")
                return self.identity.redeem(code, client_id, redirect, verifier, confidential=confidential)
            case "refresh_token":
                return self.identity.refresh(form.get("refresh_token", ""), client_id, confidential=confidential)
            case "client_credentials" if confidential:
                return self.identity.custom_connection(client_id, set(form.get("scope", "").split()))
            case "client_credentials":
                raise Denied("invalid_client")
            case _:
                raise Denied("unsupported_grant_type")

    async def revocation(self, request: Request) -> Response:
        """200 and an empty body, also for a token nobody knows."""
        form = await _form(request)
        try:
            self.identity.authenticate(*_credentials(request, form))
        except Denied as denied:
            return _json({"error": str(denied)}, 400)
        self.identity.revoke(form.get("token", ""))
        return Response(b"", 200, errors.UNCACHED)

    # -- connections --------------------------------------------------------------------------------------------

    async def connections(self, request: Request) -> Response:
        token = self._bearer(request)
        if isinstance(token, Response):
            return token
        event = request.query_params.get("authEventId", "").lower()
        names = {books.company.guid: books.company.name for books in self.identity.organisations()}
        mine = [known for known in self.identity.connections.values() if known.client_id == token.client_id]
        shown = [_connection(known, names.get(known.tenant, "")) for known in mine if event in {"", known.event_id}]
        return _json(shown, 200, "application/json")

    async def disconnect(self, request: Request) -> Response:
        token = self._bearer(request)
        if isinstance(token, Response):
            return token
        known = self.identity.connections.get(request.path_params["id"].lower())
        if known is None or known.client_id != token.client_id:
            return errors.gateway(404, "Not Found", "Connection not found")
        del self.identity.connections[known.id]
        return Response(b"", 204, errors.UNCACHED)

    def _bearer(self, request: Request) -> AccessToken | Response:
        return bearer(self.identity, request)


def bearer(identity: Identity, request: Request) -> AccessToken | Response:
    """The caller's valid access token, or the gateway's 401."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    token = identity.bearer(text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        return errors.bad_token()
    if token.expires <= identity.world.clock.now():
        return errors.token_expired(token.expires)
    return token


def _redirect_allowed(uri: str) -> bool:
    """https anywhere, plain http only for the name localhost: 127.0.0.1 is refused, as the real service does."""
    parts = urlsplit(uri)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")
    )


def _redirect(uri: str, answer: Mapping[str, str]) -> Response:
    glue = "&" if urlsplit(uri).query else "?"
    return RedirectResponse(f"{uri}{glue}{urlencode(answer)}", 302)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str | None]:
    """Client id and secret, by Basic header or in the body; no secret means a public client."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Denied("invalid_client") from None
        return unquote(client_id), unquote(secret)
    return form.get("client_id", ""), form.get("client_secret")


async def _form(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _token_answer(tokens: Tokens) -> dict[str, object]:
    answer: dict[str, object] = {"id_token": tokens.identity} if tokens.identity is not None else {}
    answer |= {"access_token": tokens.access, "expires_in": tokens.seconds, "token_type": "Bearer"}
    if tokens.refresh is not None:
        answer["refresh_token"] = tokens.refresh
    return answer | {"scope": " ".join(tokens.scopes)}


def _connection(known: Connection, name: str) -> dict[str, str]:
    return {
        "id": known.id,
        "authEventId": known.event_id,
        "tenantId": known.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": name,
        "createdDateUtc": _seven_digits(known.created),
        "updatedDateUtc": _seven_digits(known.updated),
    }


def _seven_digits(moment: datetime) -> str:
    """Seven decimals and no zone: how this endpoint writes UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0"


def _json(body: object, status: int, media_type: str = "application/json; charset=UTF-8") -> Response:
    headers = errors.UNCACHED | {"content-type": media_type}
    headers["xero-correlation-id"] = str(uuid.uuid4())
    return Response(json.dumps(body, separators=(",", ":"), ensure_ascii=False), status, headers)


def _page(html: str, status: int = 200) -> Response:
    return Response(html, status, errors.UNCACHED, "text/html")
