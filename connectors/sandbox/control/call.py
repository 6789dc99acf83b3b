"""One request to the control API: what it is about, what it carries, and how failure is told.

Handlers are plain functions from a `Call` to something that can be written as JSON. They never see HTTP; what they
raise becomes an answer here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.books import Books, BooksError
from connectors.sandbox.world import World

Body = TypeVar("Body")


class NoSuch(Exception):
    """Nothing here goes by that name."""


class BadRequest(Exception):
    """The request makes no sense, in words that say how to mend it."""


@dataclass(slots=True)
class Call:
    """A request, read."""

    world: World
    query: dict[str, str]
    path: dict[str, str]
    raw: bytes

    @property
    def ledger(self) -> str:
        """The company asked for: a path segment, `?company=`, or the only one there is."""
        name = self.path.get("company") or self.query.get("company")
        known = ", ".join(self.world.companies)
        if name is None and len(self.world.companies) == 1:
            return next(iter(self.world.companies))
        if name is None:
            raise BadRequest(f"say which company: ?company= one of {known}")
        if name not in self.world.companies:
            raise NoSuch(f"there is no company {name!r}; there are {known}")
        return name

    @property
    def books(self) -> Books:
        return self.world.companies[self.ledger]

    def body(self, shape: type[Body]) -> Body:
        """The JSON body as `shape`; an empty body is an empty object."""
        try:
            return msgspec.json.decode(self.raw or b"{}", type=shape, strict=False)
        except msgspec.MsgspecError as problem:
            raise BadRequest(f"the body does not fit: {problem}") from None

    def number(self, name: str, default: int) -> int:
        """A whole number from the query."""
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise BadRequest(f"{name} must be a whole number")
        return int(text)


Handler = Callable[[Call], Any]


def route(world: World, path: str, method: str, handler: Handler) -> Route:
    """`handler` at `path`, with its failures told as {"error": words}."""

    async def endpoint(request: Request) -> Response:
        call = Call(world, dict(request.query_params), dict(request.path_params), await request.body())
        try:
            result = handler(call)
        except NoSuch as problem:
            return _failure(404, problem)
        except BooksError as problem:
            return _failure(409, problem)
        except (BadRequest, ValueError) as problem:
            return _failure(400, problem)
        return Response(json.dumps(result, indent=1) + "\n", media_type="application/json")

    return Route(path, endpoint, methods=[method])


def _failure(status: int, problem: Exception) -> Response:
    return JSONResponse({"error": str(problem)}, status_code=status)
