"""The four unlike shapes in which Xero says no, as recorded.

The gateway speaks compact problem documents, the accounting API pretty-printed exceptions (JSON or XML, as asked for),
the web server in front of both HTML, and an exceeded limit nothing at all.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.xero import xml
from connectors.sandbox.xero.wire import Node, Tree, integer, pretty

UNCACHED = {"cache-control": "max-age=0, no-cache, no-store", "pragma": "no-cache", "x-client-tls-ver": "tls1.3"}
_HTML = "text/html; charset=utf-8"
_INVALID_TOKEN = {"www-authenticate": "Bearer error=invalid_token"}


class ApiProblem(Exception):
    """A request the accounting API refuses; carries the exception document it answers with."""

    def __init__(
        self, number: int, kind: str, message: str, *, status: int = 400, elements: Sequence[Node] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Node = {"ErrorNumber": integer(number), "Type": kind, "Message": message}
        if elements:
            self.body["Elements"] = list(elements)


class NotFound(Exception):
    """No such document or page: the web server answers, not the API."""


class PreconditionFailed(Exception):
    """A header the API cannot use."""


def validation(message: str, element: Mapping[str, Tree]) -> ApiProblem:
    """A ValidationException about one element, with `message` as its only validation error."""
    refused = {**element, "ValidationErrors": [{"Message": message}]}
    return ApiProblem(10, "ValidationException", "A validation exception occurred", elements=[refused])


def query_parse(message: str) -> ApiProblem:
    return ApiProblem(16, "QueryParseException", message)


def unreadable_body(message: str) -> ApiProblem:
    return ApiProblem(14, "PostDataInvalidException", message)


def not_implemented() -> ApiProblem:
    kind, message = "ApiMethodNotImplementedException", "The Api Method called is not implemented"
    return ApiProblem(20, kind, message, status=501)


def high_volume() -> ApiProblem:
    return ApiProblem(
        10, "HighVolumeException", "This organisation has too many documents for an unpaged request; use paging"
    )


def wants_json(request: Request) -> bool:
    """XML is the default: a caller has to name JSON, `*/*` is not enough."""
    return "json" in request.headers.get("accept", "").lower()


def document(request: Request, tree: Node, *, root: str = "Response", status: int = 200) -> Response:
    """The tree in the format the caller asked for."""
    if wants_json(request):
        return Response(pretty(tree), status, {"content-type": "application/json; charset=utf-8"})
    return Response(xml.document(root, tree), status, media_type="text/xml; charset=utf-8")


def api_exception(request: Request, problem: ApiProblem) -> Response:
    return document(request, problem.body, root="ApiException", status=problem.status)


def gateway(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The gateway's problem document: compact, PascalCase, its Instance repeating the correlation id."""
    instance = str(uuid.uuid4())
    body: dict[str, object] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": instance,
        "Extensions": {},
    }
    return Response(
        json.dumps(body, separators=(",", ":")),
        status,
        UNCACHED | {"content-type": "application/json", "xero-correlation-id": instance} | dict(headers or {}),
    )


def token_expired(at: datetime) -> Response:
    detail = f"TokenExpired: token expired at {at.astimezone(UTC):%m/%d/%Y %H:%M:%S}"
    return gateway(401, "Unauthorized", detail, _INVALID_TOKEN)


def bad_token() -> Response:
    return gateway(401, "Unauthorized", "AuthenticationUnsuccessful", _INVALID_TOKEN)


def missing_scope() -> Response:
    return gateway(401, "Unauthorized", "AuthorizationUnsuccessful")


def wrong_tenant(headers: Mapping[str, str] | None = None) -> Response:
    return gateway(403, "Forbidden", "AuthenticationUnsuccessful", headers)


def limited(problem: str, headers: Mapping[str, str], retry_after: int | None) -> Response:
    """429: no body and no content type; `retry_after` is None for the concurrent limit, which sends none."""
    answer = Response(b"", 429, UNCACHED | dict(headers) | {"x-rate-limit-problem": problem})
    answer.headers["xero-correlation-id"] = str(uuid.uuid4())
    if retry_after is not None:
        answer.headers["retry-after"] = str(retry_after)
    return answer


def page_not_found() -> Response:
    return html(404, "The resource you're looking for cannot be found")


def html(status: int, text: str) -> Response:
    return Response(text, status, UNCACHED | {"content-type": _HTML, "xero-correlation-id": str(uuid.uuid4())})
