"""Twilio's REST API for texts and calls, as its clients see it: form bodies in, JSON out, basic authentication.

Served under Twilio's own path and under /twilio in front of it; the addresses inside answers are Twilio's own, as
`next_page_uri` is. Sources: the Message and Call resources and the error dictionary in Twilio's documentation.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.judge import receive
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.phones import E164, Text, VoiceCall, is_landline
from connectors.sandbox.twilio.errors import TwilioProblem, fault
from connectors.sandbox.twilio.paging import page_of
from connectors.sandbox.twilio.twiml import spoken
from connectors.sandbox.twilio.views import ROOT, call_view, text_view
from connectors.sandbox.world import Caller, Face, World

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_API_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
_NAME_AS_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_LONGEST_TEXT = 1600
_LONGEST_TWIML = 4000
_PREFIXES = ("", "/twilio")

Form = dict[str, str]
Handler = Callable[[World, Request], Awaitable[Response]]


def twilio_face(world: World) -> Face:
    """Messages.json and Calls.json of every account; the first token an account shows is taken as its own."""
    handlers: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "Messages.json", _send),
        ("GET", "Messages.json", _list),
        ("GET", "Messages/{sid}.json", _show_text),
        ("POST", "Calls.json", _dial),
        ("GET", "Calls/{sid}.json", _show_call),
    )
    routes = [
        Route(f"{prefix}{ROOT}/Accounts/{{account}}/{path}", partial(_answer, world, handler), methods=[method])
        for prefix in _PREFIXES
        for method, path, handler in handlers
    ]
    return Face("twilio", routes, lambda kind, request: fault(kind, request.url.path), _caller)


async def _answer(world: World, handler: Handler, request: Request) -> Response:
    try:
        _authenticate(world, request)
        return await handler(world, request)
    except TwilioProblem as problem:
        return problem.response()


def _caller(request: Request) -> Caller:
    found = _ACCOUNT.search(request.url.path)
    return Caller("", found.group() if found else "")


def _authenticate(world: World, request: Request) -> None:
    """The account's own SID with its token, or one of its API keys with a secret."""
    account = request.path_params["account"]
    name, secret = _credentials(request.headers.get("Authorization", ""))
    right = world.switch("twilio.auth_token", world.outside.phones.tokens.get(account, secret))
    is_account = name == account and secret == right
    if not _ACCOUNT.fullmatch(account) or not secret or not (is_account or _API_KEY.fullmatch(name)):
        raise TwilioProblem(20003)
    if is_account:
        world.outside.phones.tokens[account] = secret


def _credentials(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (name, secret) if kind.lower() == "basic" else ("", "")


async def _form(request: Request) -> tuple[Form, list[str]]:
    """Fields by name, and the events a call is to tell of, which may be named several times."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return fields, [event for event in form.getlist("StatusCallbackEvent") if isinstance(event, str)]


async def _send(world: World, request: Request) -> Response:
    form, _ = await _form(request)
    phones, to = world.outside.phones, form.get("To", "")
    _check_text(world, form)
    fate = phones.fate_of(to)
    if is_landline(to) and world.switch("twilio.landlines", "undelivered") == "refused":
        raise TwilioProblem(21614, to)
    text = Text(
        phones.next_sid("SM"),
        request.path_params["account"],
        "outbound-api",
        form.get("From", ""),
        to,
        form["Body"],
        world.clock.now(),
        fate,
        form.get("MessagingServiceSid"),
        form.get("StatusCallback"),
    )
    phones.texts.append(text)
    _hand_over(world, _as_message(text.sid, "sms", text.sender, to, text.body, world), reached=fate.text == "delivered")
    return JSONResponse(text_view(text, world.clock.now()), 201)


def _check_text(world: World, form: Form) -> None:
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not to:
        raise TwilioProblem(21604)
    if not E164.fullmatch(to):
        raise TwilioProblem(21211, to)
    if not sender and not form.get("MessagingServiceSid"):
        raise TwilioProblem(21603)
    if sender and not E164.fullmatch(sender) and not _NAME_AS_SENDER.fullmatch(sender):
        raise TwilioProblem(21212, sender)
    if sender.startswith("+") and sender not in _numbers(world, sender):
        raise TwilioProblem(21606, sender)
    if not body:
        raise TwilioProblem(21602)
    if len(body) > _LONGEST_TEXT:
        raise TwilioProblem(21617)
    if any(to.startswith(prefix) for prefix in world.switch("twilio.closed_regions", "").split()):
        raise TwilioProblem(21408, to)
    if (sender, to) in world.outside.phones.opted_out:
        raise TwilioProblem(21610)


def _numbers(world: World, otherwise: str) -> list[str]:
    """The account's own numbers; any, if the switch names none."""
    return world.switch("twilio.numbers", otherwise).split()


async def _list(world: World, request: Request) -> Response:
    account, query = request.path_params["account"], dict(request.query_params)
    return JSONResponse(page_of(world.outside.phones.texts, account, query, world.clock.now()))


async def _show_text(world: World, request: Request) -> Response:
    text = world.outside.phones.text(request.path_params["sid"])
    if text is None or text.account != request.path_params["account"]:
        raise TwilioProblem(20404, _own_path(request))
    return JSONResponse(text_view(text, world.clock.now()))


async def _dial(world: World, request: Request) -> Response:
    form, events = await _form(request)
    phones, to = world.outside.phones, form.get("To", "")
    _check_call(world, form)
    url = form.get("Url")
    call = VoiceCall(
        phones.next_sid("CA"),
        request.path_params["account"],
        form["From"],
        to,
        world.clock.now(),
        "" if url else form["Twiml"],  # an address takes the place of a document
        url,
        form.get("Method", "POST").upper(),
        phones.fate_of(to),
        form.get("MachineDetection") in {"Enable", "DetectMessageEnd"},
        form.get("StatusCallback"),
        tuple(" ".join(events).split()) or ("completed",),
    )
    phones.calls.append(call)
    message = _as_message(call.sid, "voice", call.sender, to, spoken(call.twiml), world)
    _hand_over(world, message, reached=call.answered)
    return JSONResponse(call_view(call, world.clock.now()), 201)


def _check_call(world: World, form: Form) -> None:
    to, sender, url, twiml = (form.get(name, "") for name in ("To", "From", "Url", "Twiml"))
    if not to:
        raise TwilioProblem(21201)
    if not E164.fullmatch(to):
        raise TwilioProblem(21211, to)
    if not sender:
        raise TwilioProblem(21213)
    if not E164.fullmatch(sender) or sender not in _numbers(world, sender):
        raise TwilioProblem(21212, sender)
    if (not url and not twiml) or (url and not re.match(r"https?://", url)):
        raise TwilioProblem(21205, url)
    if len(twiml) > _LONGEST_TWIML:
        raise TwilioProblem(20001)


async def _show_call(world: World, request: Request) -> Response:
    call = world.outside.phones.call(request.path_params["sid"])
    if call is None or call.account != request.path_params["account"]:
        raise TwilioProblem(20404, _own_path(request))
    return JSONResponse(call_view(call, world.clock.now()))


def _own_path(request: Request) -> str:
    return request.url.path.removeprefix(_PREFIXES[-1])


def _as_message(sid: str, channel: Any, sender: str, to: str, text: str, world: World) -> ReceivedMessage:
    return ReceivedMessage(sid, channel, world.clock.now(), sender, (to,), "", text, "")


def _hand_over(world: World, message: ReceivedMessage, *, reached: bool) -> None:
    if not reached:
        message.unreached.update(message.recipients)
    receive(world, message)
