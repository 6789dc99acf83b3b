"""SendGrid's suppression lists, as their clients see them: GET with a span of time, GET and DELETE of one address.

Source: the API reference of /v3/suppression/bounces, blocks, invalid_emails and spam_reports. What the reference
leaves open is settled so: the newest entries come first.
"""

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.suppressions import LISTS, List, Suppressed, entry_view
from connectors.sandbox.world import World

_MOST = 500


def scopes_of(world: World) -> list[str]:
    """What a key may do."""
    return world.switch("sendgrid.scopes", "mail.send suppression.read suppression.delete").split()


def list_routes(world: World, refused: Callable[[Request], Response | None]) -> list[Route]:
    """The routes of every list; `refused` answers for keys that are not right."""
    return [route for name in LISTS for route in _routes_of(world, name, refused)]


def _routes_of(world: World, name: List, refused: Callable[[Request], Response | None]) -> list[Route]:
    path = f"/v3/suppression/{name}"

    async def answer(act: Callable[[World, List, Request], Response], request: Request) -> Response:
        kind = "delete" if request.method == "DELETE" else "read"
        allowed = {f"suppression.{kind}", f"suppression.{name}.{kind}"} & set(scopes_of(world))
        return refused(request) or (act(world, name, request) if allowed else _error(403, "access forbidden"))

    return [
        Route(path, partial(answer, _show_all), methods=["GET"]),
        Route(f"{path}/{{email}}", partial(answer, _show_one), methods=["GET"]),
        Route(f"{path}/{{email}}", partial(answer, _forget_one), methods=["DELETE"]),
    ]


def _show_all(world: World, name: List, request: Request) -> Response:
    query = request.query_params
    numbers = {key: query[key] for key in ("start_time", "end_time", "limit", "offset") if key in query}
    wrong = next((key for key, text in numbers.items() if not text.isdecimal()), None)
    if wrong is not None:
        return _error(400, f"{wrong} must be an integer", wrong)
    entries = [entry for entry in _entries(world, name) if _within(entry, numbers)]
    start = int(numbers.get("offset", "0"))
    limit = min(int(numbers.get("limit", _MOST)), _MOST)
    return JSONResponse([entry_view(name, entry) for entry in entries[start : start + limit]])


def _entries(world: World, name: List) -> list[Suppressed]:
    entries = world.outside.suppressions.lists[name].values()
    return sorted(entries, key=lambda entry: (entry.created, entry.email), reverse=True)


def _within(entry: Suppressed, numbers: dict[str, str]) -> bool:
    """Both ends are inclusive, in seconds."""
    created = int(entry.created.timestamp())
    return int(numbers.get("start_time", "0")) <= created <= int(numbers.get("end_time", created))


def _show_one(world: World, name: List, request: Request) -> Response:
    entry = world.outside.suppressions.lists[name].get(request.path_params["email"].lower())
    return JSONResponse([entry_view(name, entry)] if entry is not None else [])


def _forget_one(world: World, name: List, request: Request) -> Response:
    known = world.outside.suppressions.lists[name].pop(request.path_params["email"].lower(), None)
    return Response(status_code=204) if known is not None else _error(404, "resource not found")


def _error(status: int, message: str, field: str | None = None) -> Response:
    return JSONResponse({"errors": [{"field": field, "message": message}]}, status)
