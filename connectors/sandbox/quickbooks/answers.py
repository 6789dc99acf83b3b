"""Bodies and headers of answers: money as exact JSON numbers, an Intuit-Tid on everything, no rate-limit headers."""

import secrets
from datetime import datetime

import msgspec
from starlette.responses import Response

from connectors.sandbox.quickbooks import errors
from connectors.sandbox.quickbooks.errors import Payload, ServiceFault
from connectors.sandbox.quickbooks.stamps import envelope_time

_encode = msgspec.json.Encoder(decimal_format="number").encode
_NO_CACHE = "max-age=0, no-cache, no-store, must-revalidate, private"


def trace_id(now: datetime) -> str:
    return f"1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}"


def raw(body: bytes | str, now: datetime, *, status: int = 200, media: str, **headers: str) -> Response:
    """Any body, with the headers every answer has. Keyword names become header names with dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, {"intuit-tid": trace_id(now), **named}, media_type=media)


def served(payload: Payload, now: datetime) -> Response:
    """A good answer of the data service, `time` appended."""
    return raw(
        _encode({**payload, "time": envelope_time(now)}),
        now,
        media="application/json;charset=utf-8",
        qbo_version="1992.214",
        service_time="total=41, db=17",
        expires="0",
        cache_control=_NO_CACHE,
    )


def plain_json(payload: Payload, now: datetime, status: int = 200, **headers: str) -> Response:
    """JSON without the data service's envelope: OAuth and the gateway."""
    return raw(_encode(payload), now, status=status, media="application/json", **headers)


def refused(fault: ServiceFault, now: datetime) -> Response:
    media = "application/json" if fault.status != 200 else "application/json;charset=utf-8"
    return raw(_encode(fault.body(now)), now, status=fault.status, media=media)


def unauthorised(detail: str, now: datetime) -> Response:
    body = errors.gateway_body("AuthenticationFailed", "3200", 401, detail, "AUTHENTICATION", now)
    return plain_json(body, now, 401, www_authenticate='Bearer realm="Intuit", error="invalid_token"')


def forbidden(now: datetime) -> Response:
    body = errors.gateway_body("ApplicationAuthorizationFailed", "3100", 403, None, "SERVICE", now)
    return plain_json(body, now, 403)


def gateway_failed(now: datetime) -> Response:
    body = errors.gateway_body("InternalServerError", "3100", 500, None, "SERVICE", now)
    return plain_json(body, now, 500)


def xml(code: str, message: str, detail: str, kind: str, status: int, now: datetime) -> Response:
    return raw(errors.xml_body(code, message, detail, kind, now), now, status=status, media="application/xml")


def throttled_xml(status: int, now: datetime) -> Response:
    """The throttle in XML: 429 today, 403 until 2016."""
    message = f"message=ThrottleExceeded; errorCode=003001; statusCode={status}"
    return xml("3001", message, "The request limit was reached.  Try again later", "SERVICE", status, now)


def html(title: str, status: int, now: datetime) -> Response:
    return raw(errors.html_body(title), now, status=status, media="text/html")
