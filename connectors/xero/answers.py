"""What an answer of Xero's means for the caller: one table from status, headers and body to the LedgerError family.

Bodies come as JSON, XML, HTML, text or nothing at all, so they are consulted for the few words that change what has to
be done, and never quoted: they can hold addresses of customers.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec
from msgspec import Struct

from connectors.bounds import REFUSAL_BYTES
from connectors.ledger import Forbidden, LedgerError, NotConnected, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.unreadable import NOT_JSON

_LONGEST_PAUSE = 86_400  # seconds: Xero's longest limit is that of a day
_LIMITS = {"minute": "minute", "day": "day", "concurrent": "concurrent", "appminute": "app"}
_SCOPE_MISSING = "authorizationunsuccessful"
_NOT_CONNECTED = "authenticationunsuccessful"
_SCOPES = {
    "contacts": "accounting.contacts.read",
    "overpayments": "accounting.payments.read",
    "prepayments": "accounting.payments.read",
    "organisation": "accounting.settings.read",
    "reminder_settings": "accounting.settings.read",
    "note": "accounting.invoices",
    "credit_note": "accounting.invoices",
    "allocation": "accounting.invoices",
    "charge": "accounting.invoices",
}


class Answer(Struct, frozen=True):
    """Status, headers (names in lower case) and body of one HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> "Answer":
        return cls(status, {name.lower(): value for name, value in headers.items()}, body)

    def number(self, header: str) -> int | None:
        """The whole number in a header, less than 10^18; None if it is absent or something else."""
        value = self.headers.get(header, "")
        return int(value) if value.isdecimal() and len(value) <= 18 else None


def token_refused(answer: Answer) -> bool:
    """A newer access token may help: the answer complains about this one, not about what it was allowed to do."""
    return answer.status == 401 and not _lacks_scope(answer)


def classify(answer: Answer, operation: str) -> LedgerError | None:
    """The error that `answer` amounts to; None if it is a success. `operation` is what was asked for, for people."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status == 429 or (status == 503 and _speaks_of_limits(answer)):
        return _out_of_calls(answer)
    if status in (401, 403):
        return _not_allowed(answer, operation)
    if status == 404:
        return NotFound(f"Xero has nothing at the address of {operation} (404)")
    if status == 408 or (status >= 500 and status != 501):
        return Outage(f"Xero could not answer {operation} ({status})")
    return _refused(answer, operation)


def _out_of_calls(answer: Answer) -> RetryLater:
    limit = _LIMITS.get(answer.headers.get("x-rate-limit-problem", "").lower(), "unknown")
    seconds = answer.number("retry-after")
    after = None if seconds is None else timedelta(seconds=min(seconds, _LONGEST_PAUSE))
    waiting = "" if after is None else f"; it asks to wait {after}"
    return RetryLater(f"Xero's limit of calls is reached ({limit}){waiting}", after=after, limit=limit)


def _not_allowed(answer: Answer, operation: str) -> LedgerError:
    if _lacks_scope(answer):
        scope = _SCOPES.get(operation, "accounting.invoices.read")
        return Forbidden(f"the connection to Xero lacks the scope {scope}; connect again and grant it")
    if answer.status == 401:
        return Reauthorise("Xero no longer accepts this connection")
    if _complains_of(answer, _NOT_CONNECTED):
        return NotConnected("Xero says that this organisation is not connected to Dun")
    return Forbidden(f"Xero does not allow {operation} (403)")


def _refused(answer: Answer, operation: str) -> Refused:
    fields = _fields(answer.body)
    kind, number = fields.get("type"), fields.get("errornumber")
    details = [word for word in (kind, number) if isinstance(word, (str, int)) and str(word).isalnum()]
    return Refused(" ".join(["Xero refused", operation, f"({answer.status})", *map(str, details)]))


def _lacks_scope(answer: Answer) -> bool:
    return _complains_of(answer, _SCOPE_MISSING)


def _complains_of(answer: Answer, detail: str) -> bool:
    return detail in str(_fields(answer.body).get("detail", "")).lower()


def _speaks_of_limits(answer: Answer) -> bool:
    return b"rate limit" in answer.body.replace(b"%20", b" ").lower()


def _fields(body: bytes) -> dict[str, object]:
    """The members of a JSON object with their names in lower case (the gateway writes both `Detail` and `detail`)."""
    if len(body) > REFUSAL_BYTES:
        return {}
    try:
        fields = msgspec.json.decode(body, type=dict[str, object])
    except NOT_JSON:
        return {}
    return {name.lower(): value for name, value in fields.items()}
