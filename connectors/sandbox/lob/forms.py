"""A letter as it is asked for, from any of the three bodies Lob reads: JSON, a form, or a form with a file in it."""

import json
import re
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from connectors.sandbox.lob.errors import LobProblem

_NESTED = re.compile(r"(\w+)\[(\w+)\]")
_TRUTH = {"true": True, "false": False}
_BOOLEANS = frozenset({"color", "double_sided", "return_envelope"})


async def read_wish(request: Request) -> dict[str, Any]:
    """The fields by name; `file` is bytes if it was uploaded."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _json(await request.body())
    if kind not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        raise LobProblem(422, "bad_request", f"unsupported content type {kind!r}")
    wish: dict[str, Any] = {}
    async with request.form() as form:
        for name, value in form.multi_items():
            _put(wish, name, await value.read() if isinstance(value, UploadFile) else value)
    return wish


def _json(body: bytes) -> dict[str, Any]:
    try:
        wish = json.loads(body)
    except ValueError:
        raise LobProblem(422, "bad_request", "Invalid request payload JSON format") from None
    if not isinstance(wish, dict):
        raise LobProblem(422, "bad_request", "the request payload must be an object")
    return wish


def _put(wish: dict[str, Any], name: str, value: str | bytes) -> None:
    """`to[name]` is a field of an object; an object written as JSON inside a field is not read, as at Lob."""
    nested = _NESTED.fullmatch(name)
    if nested is not None:
        wish.setdefault(nested[1], {})[nested[2]] = value
    elif name in _BOOLEANS and isinstance(value, str):
        wish[name] = _TRUTH.get(value, value)
    else:
        wish[name] = value
