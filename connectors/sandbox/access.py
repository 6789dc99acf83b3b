"""Tokens that die on command, from outside the faces: expired until refreshed, or revoked until a person consents.

Each service keeps its own tokens. Here only the wish is kept ('xero': 'expired'), and it shows in the service's own
words: 401 on the API, and for revoked access also invalid_grant for every refresh. What lifts it is what would lift
it in production, a token answer after a refresh or after a new consent.
"""

from urllib.parse import parse_qs

from starlette.types import Scope

from connectors.sandbox.exchange import Answer
from connectors.sandbox.world import Face, World

EXPIRED, REVOKED = "expired", "revoked"
_TOKEN_PATHS = {"xero": "/connect/token", "quickbooks": "/oauth2/v1/tokens/bearer"}
_API_PATHS = {
    "xero": ("/api.xro/", "/connections"),
    "quickbooks": ("/v3/company/",),
    "sendgrid": ("/v3/mail/send", "/v3/suppression/"),
    "twilio": ("/2010-04-01/", "/twilio/2010-04-01/"),
    "lob": ("/v1/letters", "/lob/v1/letters"),
}
_REVOKED_WORDS = {"xero": "401_unsuccessful", "quickbooks": "401"}


def cut_off(world: World, service: str, state: str) -> None:
    """Let the access of every app to `service` be 'expired' or 'revoked' from now on."""
    if service not in _TOKEN_PATHS:
        raise ValueError(f"{service!r} has no tokens; choose from {', '.join(_TOKEN_PATHS)}")
    world.cut_off[service] = state


def is_service_call(service: str, path: str) -> bool:
    """Whether this is a call of the API or for tokens, and not of a person's browser."""
    return path == _TOKEN_PATHS.get(service) or path.startswith(_API_PATHS.get(service, ()))


def refresh_token_in(service: str, path: str, body: bytes) -> str | None:
    """The refresh token this call presents; None for every other call."""
    if path != _TOKEN_PATHS.get(service):
        return None
    form = parse_qs(body.decode("utf-8", "replace"))
    return form.get("refresh_token", [""])[0] if form.get("grant_type") == ["refresh_token"] else None


def refusal(world: World, face: Face, scope: Scope, body: bytes) -> str | None:
    """The kind of error that this request meets because access is cut off; None if it may pass."""
    state = world.cut_off.get(face.name)
    if state is None:
        return None
    path = scope["path"]
    if path == _TOKEN_PATHS[face.name]:
        return "invalid_grant" if state == REVOKED and b"grant_type=refresh_token" in body else None
    if path.startswith(_API_PATHS[face.name]):
        return "401" if state == EXPIRED else _REVOKED_WORDS[face.name]
    return None


def notice(world: World, face: Face, scope: Scope, answer: Answer) -> None:
    """New tokens have been issued: access is restored."""
    if scope["path"] == _TOKEN_PATHS.get(face.name) and answer.status == 200:
        world.cut_off.pop(face.name, None)
