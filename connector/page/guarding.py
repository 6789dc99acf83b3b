"""What keeps other sites out of a signed-in browser: proofs in forms, origins of posts, headers of every answer.

The proof of a form is made from the token of the session, which only the browser and we know, so there is nothing to
keep. No page of ours has a script, a style or a frame of anybody else, or any written into it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.page.proxy import is_encrypted
from connectors.loopback import AskedHost

SESSION_COOKIE, VISITOR_COOKIE = "dun_session", "dun_visitor"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def new_token() -> str:
    """What only its holder can know: of a session, a visitor, a link."""
    return secrets.token_urlsafe(32)


def proof(token: str) -> str:
    """What every form of this session or visitor carries."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def proven(token: str, given: str) -> bool:
    return bool(token) and hmac.compare_digest(proof(token).encode(), given.encode())


def from_elsewhere(request: Request) -> bool:
    """Whether another site's page makes the browser ask; a browser says so, and no page can forge it."""
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("origin", "")
    return bool(origin) and not _same_host(origin, request.headers.getlist("host"))


def _same_host(origin: str, hosts: list[str]) -> bool:
    """Compared without the scheme: a proxy of ours may speak https where we hear http."""
    theirs, ours = AskedHost.of([origin.partition("://")[2]]), AskedHost.of(hosts)
    return theirs is not None and ours is not None and (theirs.name, theirs.port) == (ours.name, ours.port)


class Guarded:
    """ASGI middleware: the headers of every answer. What is not one of our static files is kept by nobody."""

    def __init__(self, app: ASGIApp, proxies: Collection[str]) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                if is_encrypted(Request(scope), self._proxies):
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, send_guarded)
