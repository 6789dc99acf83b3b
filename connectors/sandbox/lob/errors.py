"""Lob's errors: {"error": {"message", "status_code", "code"}}, with codes from its published list (Lob-OpenAPI)."""

from starlette.responses import JSONResponse, Response

_OF_FAULTS: dict[str, tuple[int, str, str]] = {
    "401": (401, "unauthorized", "Unauthorized"),
    "403": (403, "billing_address_required", "Your account needs a billing address to create live mail pieces."),
    "404": (404, "not_found", "letter not found"),
    "408": (408, "request_timeout", "The request took too long. Please try again."),
    "413": (413, "file_size_exceeds_limit", "Payload content length greater than maximum allowed"),
    "422": (422, "failed_deliverability_strictness", "to address does not meet your deliverability strictness"),
    "429": (429, "rate_limit_exceeded", "Rate limit exceeded. Please wait 5 seconds and try your request again."),
    "500": (500, "internal_server_error", "An error has occurred on Lob's servers. Please try your request again."),
    "503": (503, "service_unavailable", "The Lob servers are temporarily unavailable. Please try again."),
}
LIMIT_EACH_5_SECONDS = 150


class LobProblem(Exception):
    """A request that Lob refuses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> Response:
        body = {"error": {"message": self.message, "status_code": self.status, "code": self.code}}
        headers = {"ratelimit-remaining": "0"} if self.status == 429 else {}
        return JSONResponse(body, self.status, {"ratelimit-limit": str(LIMIT_EACH_5_SECONDS), **headers})


def invalid(message: str) -> LobProblem:
    """A field that is missing, too long or of the wrong kind."""
    return LobProblem(422, "invalid", message)


def fault(kind: str) -> Response | None:
    return LobProblem(*_OF_FAULTS[kind]).response() if kind in _OF_FAULTS else None
