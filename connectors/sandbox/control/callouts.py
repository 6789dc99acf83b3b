"""Carriers call back on request: Twilio's questions to an app, and SendGrid's events, signed or forged.

Like webhooks of the ledgers they leave while nobody holds the books (`hooks`). What falls due is worked out first,
then asked, then noted: a call's document before what a person presses in it, and statuses last.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.control import hooks
from connectors.sandbox.control.call import BadRequest
from connectors.sandbox.control.calling import Heard, check_is_here, is_here, post
from connectors.sandbox.control.views import Json
from connectors.sandbox.judge import judge
from connectors.sandbox.phones import Text, VoiceCall, passed
from connectors.sandbox.sendgrid_events import body_of, signed_headers, verification_key
from connectors.sandbox.twilio.callbacks import Question, actions, documents, inbound, statuses
from connectors.sandbox.twilio.twiml import spoken
from connectors.sandbox.world import World

CALLBACKS = "/_books/callbacks/deliver"
EVENTS = "/_books/events/deliver"
CALLING_OUT = frozenset({hooks.PATH, CALLBACKS, EVENTS})

Asked = tuple[Question, Heard]
Wish = TypeVar("Wish")


class Callbacks(msgspec.Struct, forbid_unknown_fields=True):
    """`key` signs for accounts that have shown an API key only; `inbound` is where the firm's number sends texts."""

    key: str = ""
    inbound: str | None = None
    wrong_signature: bool = False
    times: int = 1


class Events(msgspec.Struct, forbid_unknown_fields=True):
    """Events from number `since` on, all in one post."""

    url: str
    since: int = 0
    wrong_signature: bool = False
    times: int = 1


def callout_routes(world: World) -> list[Route]:
    """The routes that the gate lets through without the books, and the key that SendGrid's settings would show."""

    async def call_back(request: Request) -> Response:
        return await _answer(request, Callbacks, lambda wish: _call_back(world, wish))

    async def tell(request: Request) -> Response:
        return await _answer(request, Events, lambda wish: _tell(world, wish))

    async def key(_: Request) -> Response:
        return JSONResponse({"key": verification_key(), "events": world.outside.suppressions.events})

    return [
        Route(CALLBACKS, call_back, methods=["POST"]),
        Route(EVENTS, tell, methods=["POST"]),
        Route("/_books/events", key, methods=["GET"]),
    ]


async def _answer(request: Request, shape: type[Wish], act: Callable[[Wish], list[Json]]) -> Response:
    try:
        wish = msgspec.json.decode(await request.body() or b"{}", type=shape)
        return JSONResponse({"posts": await asyncio.to_thread(act, wish)})
    except (msgspec.MsgspecError, BadRequest) as problem:
        return JSONResponse({"error": str(problem)}, 400)


def _tell(world: World, wish: Events) -> list[Json]:
    check_is_here(wish.url)
    with world.lock:
        body = body_of(world.outside.suppressions.events[wish.since :])
        headers = signed_headers(body, int(world.clock.now().timestamp()), right=not wish.wrong_signature)
    heard = [post(wish.url, body, headers) for _ in range(max(1, wish.times))]
    return [{"status": one.status, "problems": [one.problem] if one.problem else []} for one in heard]


def _call_back(world: World, wish: Callbacks) -> list[Json]:
    told = [_view(asked) for asked in _ask_for_documents(world, wish)]
    told += [_view(asked) for asked in _report_actions(world, wish)]
    with world.lock:
        due = list(statuses(world.outside.phones, world.clock.now()))
        questions = [question for _, question in due]
        _mark_told(world, (about for about, _ in due))
        if wish.inbound is not None:
            questions += _new_texts(world, wish.inbound)
    return told + [_view(asked) for asked in _ask_all(world, wish, questions)]


def _ask_for_documents(world: World, wish: Callbacks) -> Iterator[Asked]:
    """The words of a call are known, and judged, when the app has said them."""
    with world.lock:
        due = list(documents(world.outside.phones, world.clock.now()))
    for call, question in due:
        heard = _ask(world, wish, question)
        with world.lock:
            call.twiml = heard.content.decode("utf-8", "replace") if heard.status == 200 else "<Response/>"
            for message in (message for message in world.messages if message.id == call.sid):
                message.text = spoken(call.twiml)
                judge(world, message)
        yield question, heard


def _report_actions(world: World, wish: Callbacks) -> Iterator[Asked]:
    with world.lock:
        due = list(actions(world.outside.phones, world.clock.now()))
        for call, _ in due:
            call.asked = True
    yield from _ask_all(world, wish, [question for _, question in due])


def _mark_told(world: World, about: Iterable[Text | VoiceCall]) -> None:
    for one in about:
        one.told = len(list(passed(one.steps(), world.clock.now())))


def _new_texts(world: World, url: str) -> list[Question]:
    """Texts of customers that the firm's number has not passed on yet."""
    texts = [text for text in world.outside.phones.texts if text.direction == "inbound" and not text.told]
    _mark_told(world, texts)
    return [inbound(text, url) for text in texts]


def _ask_all(world: World, wish: Callbacks, questions: Iterable[Question]) -> Iterator[Asked]:
    for question in questions:
        for _ in range(max(1, wish.times)):
            yield question, _ask(world, wish, question)


def _ask(world: World, wish: Callbacks, question: Question) -> Heard:
    if not is_here(question.url):
        return Heard(0, problem="the address is not on this machine")
    key = world.outside.phones.tokens.get(question.account, wish.key)
    url, body, headers = question.request(f"not {key}" if wish.wrong_signature else key)
    return post(url, body, headers, method=question.method)


def _view(asked: Asked) -> Json:
    question, heard = asked
    return {
        "what": question.what,
        "sid": question.sid,
        "fields": question.fields,
        "status": heard.status,
        "answer": heard.content.decode("utf-8", "replace"),
        "problems": [heard.problem] if heard.problem else [],
    }
