"""Intuit's OAuth on its real paths: discovery, consent, token, revocation."""

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.quickbooks import answers
from connectors.sandbox.quickbooks.consent import consent_page, refusal_page
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realms
from connectors.sandbox.quickbooks.tokens import Grant, TokenStore

SCOPES = frozenset(
    "com.intuit.quickbooks.accounting com.intuit.quickbooks.payment openid profile email phone address".split()
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class OAuth:
    """The endpoints a person's browser and the connector's token code meet."""

    def __init__(self, realms: Realms, tokens: TokenStore) -> None:
        self.realms = realms
        self.tokens = tokens
        self.clock = realms.world.clock

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/.well-known/openid_configuration/", self.discovery, methods=["GET"]),
            Route("/.well-known/openid_sandbox_configuration/", self.discovery, methods=["GET"]),
            Route("/connect/oauth2", self.ask, methods=["GET"]),
            Route("/connect/oauth2", self.decide, methods=["POST"]),
            Route("/oauth2/v1/tokens/bearer", self.token, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", self.revoke, methods=["POST"]),
        ]

    async def discovery(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        document = {
            "issuer": "https://oauth.platform.intuit.com/op/v1",
            "authorization_endpoint": f"{base}/connect/oauth2",
            "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{base}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        }
        return answers.plain_json(document, self.clock.now())

    async def ask(self, request: Request) -> Response:
        """The consent page, or straight back to the app when it asked for something impossible."""
        asked = dict(request.query_params)
        problem = self._problem_with(asked)
        if problem:
            return self._page(refusal_page(problem), 400)
        if not set(asked.get("scope", "").split()) <= SCOPES or not asked.get("scope"):
            return self._back(asked, {"error": "invalid_scope", "state": asked.get("state", "")})
        return self._page(consent_page(asked, self.realms.names()))

    async def decide(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        problem = self._problem_with(form)
        if problem:
            return self._page(refusal_page(problem), 400)
        state = form.get("state", "")
        if form.get("decision") != "connect":
            return self._back(form, {"error": "access_denied", "state": state})
        realm = form.get("realm", "")
        if realm not in self.realms.names():
            return self._page(refusal_page("This company does not exist."), 400)
        code = self.tokens.issue_code(form["client_id"], form["redirect_uri"], realm)
        return self._back(form, {"code": code, "state": state, "realmId": realm})

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        client_id = self._client(request, form)
        if client_id is None:
            return self._refuse("invalid_client", None, 401)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self.tokens.redeem(form.get("code", ""), client_id, form.get("redirect_uri", ""))
                complaint = "Invalid authorization code"
            case "refresh_token":
                grant = self.tokens.refresh(form.get("refresh_token", ""), client_id)
                complaint = "Incorrect or invalid refresh token"
            case _:
                return self._refuse("unsupported_grant_type", None, 400)
        if grant is None:
            return self._refuse("invalid_grant", complaint, 400)
        return answers.plain_json(self._issued(grant, request), self.clock.now(), cache_control="no-cache, no-store")

    async def revoke(self, request: Request) -> Response:
        if self._client(request, {}) is None:
            return self._refuse("invalid_client", None, 401)
        try:
            token = json.loads(await request.body())["token"]
        except (ValueError, KeyError, TypeError):
            return self._refuse("invalid_request", None, 400)
        if not self.tokens.revoke(str(token)):
            return self._refuse("invalid_token", None, 400)
        return answers.raw(b"", self.clock.now(), media="application/json")

    def _issued(self, grant: Grant, request: Request) -> Payload:
        body: Payload = {
            "x_refresh_token_expires_in": self.tokens.refresh_seconds_quoted(grant),
            "refresh_token": grant.refresh_token,
            "access_token": self.tokens.issue_bearer(grant),
            "token_type": "bearer",
            "expires_in": int(self.tokens.access_life().total_seconds()),
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
            body["x_refresh_token_hard_expires_in"] = self.tokens.hard_seconds_left(grant)
        return body

    def _problem_with(self, asked: Mapping[str, str]) -> str | None:
        """Why there is nowhere safe to send the browser back to; None if there is."""
        only = self._switch("client_id")
        if not asked.get("client_id") or (only and asked["client_id"] != only):
            return "The client_id query parameter value is missing or invalid. Use the client id of your app's keys."
        if not self._redirect_allowed(asked.get("redirect_uri", "")):
            return (
                "The redirect_uri query parameter value is invalid. Make sure it is listed in the Redirect URIs section"
                " on your app's keys tab and matches it exactly."
            )
        if asked.get("response_type", "code") != "code":
            return "The response_type query parameter value must be code."
        return None

    def _redirect_allowed(self, uri: str) -> bool:
        """https, and http on this machine unless the keys are for production; exactly as registered, if any is."""
        target, registered = urlsplit(uri), self._switch("redirect_uris").split()
        local = target.scheme == "http" and target.hostname in _LOOPBACK and self._switch("keys") != "production"
        return (target.scheme == "https" or local) and (not registered or uri in registered)

    def _client(self, request: Request, form: dict[str, str]) -> str | None:
        """The client id, if it came with its secret by either documented way."""
        client_id, secret = _credentials(request, form)
        right = self._switch("client_id") in {"", client_id} and self._switch("client_secret") in {"", secret}
        return client_id if client_id and secret and right else None

    def _switch(self, name: str) -> str:
        return self.realms.world.switch(f"quickbooks.{name}", "")

    def _page(self, html: str, status: int = 200) -> Response:
        return answers.raw(html, self.clock.now(), status=status, media="text/html")

    def _back(self, asked: dict[str, str], outcome: dict[str, str]) -> Response:
        target = asked["redirect_uri"]
        joint = "&" if urlsplit(target).query else "?"
        headers = {"intuit-tid": answers.trace_id(self.clock.now())}
        return RedirectResponse(f"{target}{joint}{urlencode(outcome)}", 302, headers)

    def _refuse(self, error: str, description: str | None, status: int) -> Response:
        body = {"error_description": description} if description else {}
        return answers.plain_json({**body, "error": error}, self.clock.now(), status)


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret as the caller gave them, each empty if it did not."""
    header = request.headers.get("authorization", "")
    if not header.startswith("Basic "):
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret
