"""Twilio's errors: one JSON object with a code that says more than the status.

Codes and wording follow Twilio's error dictionary (twilio.com/docs/api/errors).
"""

from starlette.responses import JSONResponse, Response

_MORE = "https://www.twilio.com/docs/errors/"
_WORDS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource {about} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service Unavailable"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL: {about}"),
    21211: (400, "The 'To' number {about} is not a valid phone number."),
    21212: (400, "The 'From' number {about} is not a valid phone number, shortcode, or alphanumeric sender ID."),
    21213: (400, "No 'From' number is specified"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {about}.",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided ({about}) is not a valid message-capable Twilio phone number."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21614: (400, "'To' number is not a valid mobile number: {about}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}
_OF_FAULTS = {"401": 20003, "404": 20404, "429": 20429, "500": 20500, "503": 20503}
UNDELIVERED_WORDS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}


class TwilioProblem(Exception):
    """A request that Twilio refuses, by code; `about` completes its words."""

    def __init__(self, code: int, about: str = "") -> None:
        super().__init__(code, about)
        self.code = code
        self.about = about

    def response(self) -> Response:
        status, words = _WORDS[self.code]
        body = {
            "code": self.code,
            "message": words.format(about=self.about),
            "more_info": f"{_MORE}{self.code}",
            "status": status,
        }
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if status == 401 else None
        return JSONResponse(body, status, headers)


def fault(kind: str, path: str) -> Response | None:
    """The answer for a kind of fault: a status, or one of the codes above."""
    code = _OF_FAULTS.get(kind) or (int(kind) if kind.isdecimal() else 0)
    return TwilioProblem(code, path).response() if code in _WORDS else None
