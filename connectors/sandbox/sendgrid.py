"""SendGrid's mail send (v3), as its clients see it: what it accepts, what it refuses and in which words.

Wording and shapes follow SendGrid's published error reference for /v3/mail/send. A message it accepts is recorded
and judged at once; nothing ever leaves the machine. Whether it arrives is another matter (`suppressions`).
"""

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage, marks
from connectors.sandbox.sendgrid_lists import list_routes, scopes_of
from connectors.sandbox.sendgrid_rules import Complaint, complaints_about
from connectors.sandbox.world import Face, World

MAX_BYTES = 30 * 1024 * 1024
_BEARER = re.compile(r"Bearer (SG\.\S+)", re.IGNORECASE)
_ERRORS: dict[str, tuple[int, str, str | None]] = {
    "400": (400, "Bad Request", None),
    "401": (401, "The provided authorization grant is invalid, expired, or revoked", None),
    "403": (
        403,
        "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
        "from",
    ),
    "413": (413, "Payload Too Large", None),
    "429": (429, "too many requests", None),
    "500": (500, "Internal Server Error", None),
    "503": (503, "Service Unavailable", None),
}


def sendgrid_face(world: World) -> Face:
    """The service at POST /v3/mail/send, GET /v3/scopes and /v3/suppression/.

    Keys start with 'SG.'; switch 'sendgrid.revoked_keys' names dead ones, 'sendgrid.scopes' what a key may do.
    """

    async def mail_send(request: Request) -> Response:
        refusal = _refused_key(world, request.headers.get("Authorization", ""))
        if refusal is not None:
            return refusal
        body = await request.body()
        if len(body) > MAX_BYTES:
            return _error("413")
        try:
            mail = json.loads(body)
        except ValueError:
            return _error("400")
        complaints = list(complaints_about(mail))
        if complaints:
            return _refusal(400, complaints)
        return _accept(world, mail)

    async def scopes(request: Request) -> Response:
        refusal = _refused_key(world, request.headers.get("Authorization", ""))
        return refusal or JSONResponse({"scopes": scopes_of(world)})

    routes = [
        Route("/v3/mail/send", mail_send, methods=["POST"]),
        Route("/v3/scopes", scopes, methods=["GET"]),
        *list_routes(world, lambda request: _refused_key(world, request.headers.get("Authorization", ""))),
    ]
    return Face("sendgrid", routes, lambda kind, _: _known_error(kind))


def _known_error(kind: str) -> Response | None:
    return _error(kind) if kind in _ERRORS else None


def _error(kind: str) -> Response:
    status, message, about = _ERRORS[kind]
    response = _refusal(status, [Complaint(message, about, None)])
    if kind == "429":
        response.headers.update({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60"})
    return response


def _refusal(status: int, complaints: list[Complaint]) -> Response:
    errors = [{"message": c.message, "field": c.field, "help": c.help} for c in complaints]
    return JSONResponse({"errors": errors}, status_code=status)


def _refused_key(world: World, authorization: str) -> Response | None:
    found = _BEARER.fullmatch(authorization)
    if found is None:
        return _refusal(401, [Complaint("Permission denied, wrong credentials", None, None)])
    revoked = world.switch("sendgrid.revoked_keys", "").split()
    return _error("401") if "all" in revoked or found.group(1) in revoked else None


def _accept(world: World, mail: dict[str, Any]) -> Response:
    """One message for each personalization, as SendGrid counts them."""
    first = f"SG-{len(world.messages) + 1:06d}"
    for number, personalization in enumerate(mail["personalizations"]):
        message = _message(world, mail, personalization, f"{first}.{number}")
        world.outside.suppressions.accept(message)
        receive(world, message)
    return Response(status_code=202, headers={"X-Message-Id": first})


def _reply_to(mail: dict[str, Any]) -> dict[str, str]:
    person = mail.get("reply_to")
    return {"Reply-To": person["email"]} if isinstance(person, dict) and person.get("email") else {}


def _message(world: World, mail: dict[str, Any], personalization: dict[str, Any], number: str) -> ReceivedMessage:
    people = [p for kind in ("to", "cc", "bcc") for p in personalization.get(kind) or []]
    bodies = {part["type"].partition(";")[0]: part["value"] for part in mail["content"]}
    headers = {**(mail.get("headers") or {}), **(personalization.get("headers") or {})}
    headers = {"Message-ID": f"<{number}@geopod-ismtpd-sandbox>", **_reply_to(mail), **headers}
    stage, attempt = marks(headers)
    own = {**(mail.get("custom_args") or {}), **(personalization.get("custom_args") or {})}
    return ReceivedMessage(
        id=number,
        channel="sendgrid",
        arrived_at=world.clock.now(),
        sender=mail["from"]["email"],
        recipients=tuple(person["email"] for person in people),
        subject=personalization.get("subject") or mail.get("subject") or "",
        text=bodies.get("text/plain", ""),
        html=bodies.get("text/html", ""),
        headers=headers,
        stage=stage or next(iter(mail.get("categories") or ()), None),
        attempt=attempt or own.get("dun_message"),
        categories=tuple(mail.get("categories") or ()),
        custom_args=own,
        tracking=dict(mail.get("tracking_settings") or {}),
    )
