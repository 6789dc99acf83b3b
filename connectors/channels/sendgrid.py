"""Mail by SendGrid's v3 API, through its SDK, with what the SDK leaves out: a timeout, silence, and certainty.

The SDK speaks urllib, waits for ever by default, follows redirects with the API key in hand and writes that key to
its debug log. Source of the payload's fields: SendGrid v3 API reference, POST /v3/mail/send.
"""

import base64
import http.client
import logging
import ssl
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import msgspec
from msgspec import Struct
from python_http_client.client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from connectors.channels.addresses import audience, wire_address
from connectors.channels.channel import (
    Address,
    Attachment,
    ChannelError,
    Message,
    NotSent,
    Receipt,
    RefusedMessage,
    Unsure,
)
from connectors.channels.headers import NAME_LIMIT, SUBJECT_LIMIT, one_line, own_headers
from connectors.channels.mime import ascii_filename
from connectors.unreadable import NOT_JSON
from state.clock import Clock

_ACCEPTED = 202
_MAY_NOT_ASK = 403
_MAY_SEND = "mail.send"
_ANSWER_BYTES = 1 << 20  # the status decides, and the longest list of permissions has a few kilobytes
_NOT_SENT = {
    401: "the API key is wrong or revoked; set [email.sendgrid] api_key",
    403: "the API key lacks the Mail Send permission, or the sender is not verified",
    429: "too many requests",
    **dict.fromkeys(
        (301, 302, 307, 308, 404, 405), "there is no mail API at this address; check [email.sendgrid] host"
    ),
}
_REFUSED = {
    400: "it finds the message malformed",
    413: "the message is too large",
}


class SendGridChannel:
    """One POST per message. `host` is a base URL, e.g. https://api.sendgrid.com; the timeout counts per socket wait."""

    def __init__(self, api_key: str, host: str, clock: Clock, timeout_seconds: float = 20) -> None:
        if not api_key.isascii() or not api_key.isprintable() or not api_key or " " in api_key:
            raise ValueError("the SendGrid API key is empty or has blanks or control characters in it")
        if urlsplit(host).scheme not in {"http", "https"} or not urlsplit(host).hostname:
            raise ValueError("the SendGrid host must be a base URL such as https://api.sendgrid.com")
        _mute_debug_log()
        sdk = SendGridAPIClient(api_key, host=host.rstrip("/"))
        sdk.client = _OneShotClient(sdk.host, sdk.client.request_headers, version=3, timeout=timeout_seconds)
        self._sdk = sdk
        self._clock = clock

    @property
    def name(self) -> Literal["sendgrid"]:
        return "sendgrid"

    def send(self, message: Message) -> Receipt:
        payload = _payload(message)
        try:
            response = self._sdk.send(payload)
        except HTTPError as error:
            raise _verdict(error.status_code) from None
        except (OSError, http.client.HTTPException) as error:
            raise Unsure(f"SendGrid did not answer ({type(error).__name__}); the message may have left") from None
        if response.status_code != _ACCEPTED:
            raise _verdict(response.status_code)
        provider_id = response.headers.get("X-Message-Id")
        return Receipt(channel=self.name, provider_id=provider_id, accepted_at=self._clock.now())

    def check(self) -> None:
        """Ask, without sending anything, whether the key may send; NotSent says why not.

        A key that may not even ask for its permissions may still send: that is no finding.
        """
        try:
            response = self._sdk.client.scopes.get()
        except HTTPError as error:
            if error.status_code == _MAY_NOT_ASK:
                return
            raise NotSent(_unfit(error.status_code)) from None
        except (OSError, http.client.HTTPException) as error:
            raise NotSent(f"SendGrid did not answer ({type(error).__name__}); check the network") from None
        if len(response.body) == _ANSWER_BYTES:
            raise NotSent("SendGrid's list of permissions is larger than 1 MB; check [email.sendgrid] host")
        if _MAY_SEND not in _scopes(response.body):
            raise NotSent("the SendGrid API key lacks the Mail Send permission; give it, or set another key")


def _unfit(status: int) -> str:
    return f"SendGrid does not accept the API key ({status}): {_NOT_SENT.get(status, 'it gives no reason')}"


def _scopes(body: bytes) -> list[str]:
    try:
        return msgspec.json.decode(body, type=_Scopes).scopes
    except NOT_JSON:
        return []


class _Scopes(Struct):
    scopes: list[str]


def _verdict(status: int) -> ChannelError:
    if status in _NOT_SENT:
        return NotSent(f"SendGrid did not take the message ({status}): {_NOT_SENT[status]}")
    if status in _REFUSED:
        return RefusedMessage(f"SendGrid refused the message ({status}): {_REFUSED[status]}")
    return Unsure(f"SendGrid answered {status}, which does not say whether the message was taken")


def _payload(message: Message) -> dict[str, Any]:
    people = audience(message)
    personalization: dict[str, Any] = {"to": [_address(address) for address in people.to]}
    if people.cc:
        personalization["cc"] = [_address(address) for address in people.cc]
    payload: dict[str, Any] = {
        "personalizations": [personalization],
        "from": _address(message.sender),
        "subject": one_line(message.subject, SUBJECT_LIMIT),
        "content": [
            {"type": kind, "value": value}
            for kind, value in (("text/plain", message.text), ("text/html", message.html))
            if value
        ],
        "headers": {name: " ".join(value.split()) for name, value in own_headers(message).items()},
        "categories": [message.stage],
        "custom_args": {"dun_message": message.id, "dun_tenant": message.tenant},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if message.reply_to is not None:
        payload["reply_to"] = _address(message.reply_to)
    if message.attachments:
        payload["attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return payload


def _address(address: Address) -> dict[str, str]:
    name = one_line(address.name or "", NAME_LIMIT)
    return {"email": wire_address(address), **({"name": name} if name else {})}


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "content": base64.b64encode(attachment.content).decode("ascii"),
        "type": one_line(attachment.content_type, NAME_LIMIT),
        "filename": ascii_filename(attachment.filename),
        "disposition": "attachment",
    }


def _mute_debug_log() -> None:
    """The SDK logs payload and Authorization header. A filter on its very logger survives any logging configuration."""
    logging.getLogger("python_http_client.client").addFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    del record
    return False


class _OneShotClient(Client):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's client, over connections that tell "never connected" apart, and without redirects."""

    def _build_client(self, name: str | None = None) -> "_OneShotClient":
        path = [*self._url_path, name] if name else self._url_path
        return _OneShotClient(self.host, self.request_headers, self._version, path, timeout=self.timeout)

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Any:
        del opener  # the SDK's would follow a redirect, key included
        return super()._make_request(build_opener(_Http, _Https, _NoRedirect), request, timeout)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *answer: Any) -> None:
        """An answer that points elsewhere is an answer, not an invitation to repeat the message."""


class _Curtailed(http.client.HTTPResponse):
    """An answer whose reader takes the beginning for the whole: the SDK reads each to its end, however far that is."""

    def read(self, amt: int | None = None) -> bytes:
        without_end = self.length is None or self.length > _ANSWER_BYTES
        return super().read(_ANSWER_BYTES if amt is None and without_end else amt)


class _Dialling(http.client.HTTPConnection):
    """Until this has connected nothing can have been sent."""

    response_class = _Curtailed

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, UnicodeError) as error:  # UnicodeError: not a host name
            raise NotSent(f"no connection to SendGrid ({type(error).__name__}); check network and host") from None


class _SecureDialling(_Dialling, http.client.HTTPSConnection):
    """The same over TLS; the handshake is part of connecting."""


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Dialling, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureDialling, req, context=ssl.create_default_context())
