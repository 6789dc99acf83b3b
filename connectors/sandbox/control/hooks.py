"""Webhooks on request: what just changed is posted to a receiver on this machine, signed or forged.

Unlike the rest of the control API this calls out, and whoever is called may come back with questions before it
answers. So the posts leave while nobody holds the books.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.control.call import BadRequest
from connectors.sandbox.control.calling import check_is_here, post
from connectors.sandbox.control.views import Json
from connectors.sandbox.setup import ledger_of
from connectors.sandbox.webhooks import SIGNATURE_HEADERS, Event, Shape, changes, quickbooks_body, sign, xero_body
from connectors.sandbox.world import World
from state.clock import aware_utc

PATH = "/_books/webhooks/deliver"
_DEADLINES = {"xero": 5.0, "quickbooks": 3.0}  # seconds in which the services want an answer
_RECENT = timedelta(hours=1)
_INTENT_SIGNATURES = (False, True, False, True)  # whether right: Xero tries both, several times


class EventWish(msgspec.Struct, forbid_unknown_fields=True):
    """An event by hand. `company` may be any id, also one that nobody is connected to."""

    company: str
    what: str
    id: str
    operation: str
    at: datetime | None = None
    deleted_id: str | None = None


class Delivery(msgspec.Struct, forbid_unknown_fields=True):
    """`events`: what changed in the last hour of the books ('recent'), events by hand, or Xero's handshake."""

    ledger: Literal["xero", "quickbooks"]
    url: str
    key: str
    events: Literal["recent", "intent-to-receive"] | list[EventWish] = "recent"
    company: str | None = None
    shape: Shape = "cloudevents"
    wrong_signature: bool = False
    times: int = 1


class Post(msgspec.Struct, frozen=True):
    """One request to the receiver; `right` says whether its signature is."""

    body: bytes
    signature: str
    right: bool


def delivery_route(world: World) -> Route:
    """The route that the gate lets through without the books."""

    async def endpoint(request: Request) -> Response:
        try:
            wish = msgspec.json.decode(await request.body(), type=Delivery)
            with world.lock:
                posts = list(_posts(world, wish))
        except (msgspec.MsgspecError, BadRequest) as problem:
            return JSONResponse({"error": str(problem)}, 400)
        answers = [await asyncio.to_thread(_send, wish, post) for post in posts]
        return JSONResponse(_verdict(answers) if wish.events == "intent-to-receive" else {"posts": answers})

    return Route(PATH, endpoint, methods=["POST"])


def _posts(world: World, wish: Delivery) -> Iterator[Post]:
    check_is_here(wish.url)
    if wish.events == "intent-to-receive":
        if wish.ledger != "xero":
            raise BadRequest("only Xero asks for an intent to receive")
        for right in _INTENT_SIGNATURES:
            yield _post(wish.key, xero_body([], 0), right=right)
        return
    body = _body(world, wish)
    for _ in range(max(1, wish.times)):
        yield _post(wish.key, body, right=not wish.wrong_signature)


def _body(world: World, wish: Delivery) -> bytes:
    events = _events(world, wish)
    if wish.ledger == "quickbooks":
        return quickbooks_body(events, wish.shape)
    first = world.webhook_events + 1
    world.webhook_events += len(events)
    return xero_body(events, first)


def _events(world: World, wish: Delivery) -> list[Event]:
    if not isinstance(wish.events, str):
        return [_by_hand(world, event) for event in wish.events]
    if wish.company is not None and wish.company not in world.companies:
        raise BadRequest(f"there is no company {wish.company!r}; there are {', '.join(world.companies)}")
    found: list[Event] = []
    for key, books in world.companies.items():
        if ledger_of(key) == wish.ledger and wish.company in {None, key}:
            found += changes(wish.ledger, books, world.clock.now() - _RECENT)
    return found


def _by_hand(world: World, wish: EventWish) -> Event:
    at = aware_utc(wish.at) if wish.at is not None else world.clock.now()
    return Event(wish.company, wish.what, wish.id, wish.operation, at, wish.deleted_id)


def _post(key: str, body: bytes, *, right: bool) -> Post:
    return Post(body, sign(key if right else f"not {key}", body), right)


def _send(wish: Delivery, one: Post) -> Json:
    """What the receiver made of it. Status 0: it could not be reached, or did not answer."""
    headers = {"content-type": "application/json; charset=utf-8", SIGNATURE_HEADERS[wish.ledger]: one.signature}
    heard = post(wish.url, one.body, headers)
    if not heard.status:
        return {"right_signature": one.right, "status": 0, "problems": [heard.problem]}
    problems = ["the answer came too late"] if heard.seconds > _DEADLINES[wish.ledger] else []
    if wish.ledger == "xero":
        problems += ["the answer has a body"] if heard.content else []
        problems += ["the answer sets a cookie"] if heard.sets_cookie else []
    return {"right_signature": one.right, "status": heard.status, "problems": problems}


def _verdict(answers: list[Json]) -> Json:
    """Xero's: 200 for right signatures, 401 for wrong ones, and nothing to complain of."""
    passed = all(
        answer["status"] == (200 if answer["right_signature"] else 401) and not answer["problems"] for answer in answers
    )
    return {"intent_to_receive": "passed" if passed else "failed", "posts": answers}
