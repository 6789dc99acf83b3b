"""Lob's letters, as its clients see them: POST /v1/letters, GET one, and the list that metadata searches.

Served under Lob's own path and under /lob in front of it. A key that starts with live_ makes letters that travel; one
that starts with test_ makes letters that nobody prints. Source: Lob's OpenAPI description and error reference.
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
from connectors.sandbox.lob.checks import check_address, check_options, check_pdf, send_date
from connectors.sandbox.lob.errors import LIMIT_EACH_5_SECONDS, LobProblem, fault, invalid
from connectors.sandbox.lob.forms import read_wish
from connectors.sandbox.lob.views import letter_view
from connectors.sandbox.mailbox import Addressee, ReceivedMessage
from connectors.sandbox.pdf_text import text_of
from connectors.sandbox.post import CANCELLABLE_FOR, Letter
from connectors.sandbox.world import Caller, Face, World

_KEY = re.compile(r"(live|test)_\w+")
_LONGEST_KEY = 256
_METADATA = re.compile(r"metadata\[([^\]]+)\]")
_LIMITS = {"ratelimit-limit": str(LIMIT_EACH_5_SECONDS), "ratelimit-remaining": str(LIMIT_EACH_5_SECONDS - 1)}

Handler = Callable[[World, Request, bool], Awaitable[dict[str, Any]]]


def lob_face(world: World) -> Face:
    """Letters. Switch 'lob.revoked_keys' names keys that are refused."""
    handlers: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "letters", _create),
        ("GET", "letters", _list),
        ("GET", "letters/{letter}", _show),
    )
    routes = [
        Route(f"{prefix}/v1/{path}", partial(_answer, world, handler), methods=[method])
        for prefix in ("", "/lob")
        for method, path, handler in handlers
    ]
    return Face("lob", routes, lambda kind, _: fault(kind), lambda _: Caller("", ""))


async def _answer(world: World, handler: Handler, request: Request) -> Response:
    try:
        live = _is_live(world, request.headers.get("Authorization", ""))
        return JSONResponse(await handler(world, request, live), headers=_LIMITS)
    except LobProblem as problem:
        return problem.response()


def _is_live(world: World, header: str) -> bool:
    """The key is the name of basic authentication; the password stays empty."""
    kind, _, encoded = header.partition(" ")
    try:
        key = base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        key = ""
    if kind.lower() != "basic" or not key:
        raise LobProblem(401, "unauthorized", "Missing authentication")
    if key.startswith(("live_pub_", "test_pub_")):
        raise LobProblem(403, "publishable_key_not_allowed", "this operation needs a secret key")
    revoked = world.switch("lob.revoked_keys", "").split()
    if not _KEY.fullmatch(key) or key in revoked or "all" in revoked:
        raise LobProblem(401, "invalid_api_key", "Your API key is not valid. Please sign up to get a valid API key.")
    return key.startswith("live_")


async def _create(world: World, request: Request, live: bool) -> dict[str, Any]:
    now, post, key = world.clock.now(), world.outside.post, _idempotency_key(request)
    made = post.made_with(live, key, now) if key else None
    if made is not None:
        return letter_view(made, now)
    letter, text = _letter(world, await read_wish(request), live)
    post.letters.append(letter)
    if key:
        post.keys[live, key] = (now, letter)
    if live:
        _hand_over(world, letter, text, key)
    return letter_view(letter, now)


def _idempotency_key(request: Request) -> str:
    """From the header or the query. The first letter that a key has made is all that it ever makes for 24 hours."""
    given = [*request.headers.getlist("idempotency-key"), *request.query_params.getlist("idempotency_key")]
    if len(given) > 1:
        raise LobProblem(422, "bad_request", "only one idempotency key may be provided")
    if given and len(given[0]) > _LONGEST_KEY:
        raise invalid(f"idempotency key must be no longer than {_LONGEST_KEY} characters")
    return given[0] if given else ""


def _letter(world: World, wish: dict[str, Any], live: bool) -> tuple[Letter, str]:
    """The letter that is asked for, and what is written in it."""
    now, post = world.clock.now(), world.outside.post
    to, sender = check_address("to", wish.get("to")), check_address("from", wish.get("from"))
    abroad = to["address_country"] != "US"
    check_options(wish, abroad=abroad)
    content = _document(wish.get("file"))
    if isinstance(content, bytes):
        check_pdf(content, abroad=abroad, double_sided=wish.get("double_sided") is not False)
    letter = Letter(
        post.next_id("ltr_"),
        live,
        now,
        send_date(wish.get("send_date"), now, now + CANCELLABLE_FOR),
        {**to, "id": post.next_id("adr_", "to")},
        {**sender, "id": post.next_id("adr_", "from")},
        content if isinstance(content, bytes) else b"",
        {name: value for name, value in wish.items() if name not in {"to", "from", "file"}},
        post.journey_to(str(to.get("address_zip") or "")),
    )
    return letter, text_of(content) if isinstance(content, bytes) else content


def _document(file: Any) -> bytes | str:
    """A PDF that was uploaded, or a page of HTML as text. Addresses and templates lead outside, where nothing is."""
    if isinstance(file, bytes):
        return file
    if not isinstance(file, str) or not file:
        raise invalid("file is required")
    if file.startswith(("https://", "http://")):
        raise LobProblem(422, "invalid_file_url", "the file could not be downloaded from its URL")
    if file.startswith("tmpl_"):
        raise LobProblem(404, "not_found", "template not found")
    return file


async def _show(world: World, request: Request, live: bool) -> dict[str, Any]:
    wanted = request.path_params["letter"]
    letter = next((one for one in world.outside.post.letters if one.id == wanted and one.live == live), None)
    if letter is None:
        raise LobProblem(404, "not_found", "letter not found")
    return letter_view(letter, world.clock.now())


async def _list(world: World, request: Request, live: bool) -> dict[str, Any]:
    """The newest first; `metadata[key]=value` and `limit` narrow."""
    limit = request.query_params.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise invalid("limit must be between 1 and 100")
    found = [_METADATA.fullmatch(name) for name in request.query_params]
    wanted = {match[1]: request.query_params[match[0]] for match in found if match is not None}
    letters = [one for one in reversed(world.outside.post.letters) if one.live == live and _has(one, wanted)]
    shown = [letter_view(letter, world.clock.now()) for letter in letters[: int(limit)]]
    return {"data": shown, "object": "list", "next_url": None, "previous_url": None, "count": len(shown)}


def _has(letter: Letter, wanted: dict[str, str]) -> bool:
    return wanted.items() <= (letter.options.get("metadata") or {}).items()


def _hand_over(world: World, letter: Letter, text: str, key: str) -> None:
    marks = {name.lower().replace("-", "_"): value for name, value in (letter.options.get("metadata") or {}).items()}
    lines = ("name", "company", "address_line1", "address_line2", "address_city", "address_zip", "address_country")
    message = ReceivedMessage(
        id=letter.id,
        channel="letter",
        arrived_at=world.clock.now(),
        sender=str(letter.sender.get("company") or letter.sender.get("name") or ""),
        recipients=(", ".join(str(letter.to[line]) for line in lines if letter.to.get(line)),),
        subject=str(letter.options.get("description") or ""),
        text=text,
        html="",
        stage=marks.get("dun_stage") or marks.get("stage"),
        attempt=marks.get("dun_message") or key or None,
        pdf=letter.pdf,
        addressee=Addressee(
            tuple(str(letter.to[line]) for line in ("name", "company") if letter.to.get(line)),
            str(letter.to.get("address_zip") or ""),
        ),
    )
    if letter.journey == "returned":
        message.unreached.update(message.recipients)
    receive(world, message)
