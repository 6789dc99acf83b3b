"""Idempotency keys: the same request with the same key is answered from memory for six minutes, errors included."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.responses import Response

from connectors.sandbox.books import WorldClock
from connectors.sandbox.xero.errors import ApiProblem

REMEMBERED_FOR = timedelta(minutes=6)
_LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class _Remembered:
    fingerprint: str
    response: Response
    at: datetime


@dataclass(slots=True)
class IdempotencyCache:
    """Answers by organisation and key, on virtual time."""

    clock: WorldClock
    _answers: dict[tuple[str, str], _Remembered] = field(default_factory=dict)

    def recall(self, tenant: str, key: str, fingerprint: str) -> Response | None:
        """The answer this key has had; ApiProblem if it was given to another request, or is too long."""
        if len(key) > _LONGEST_KEY:
            raise _refused(f"The Idempotency-Key is longer than {_LONGEST_KEY} characters.")
        known = self._answers.get((tenant, key))
        if known is None or self.clock.now() - known.at > REMEMBERED_FOR:
            return None
        if known.fingerprint != fingerprint:
            raise _refused(f"Idempotency Key {key} is used with a different request.")
        return known.response

    def remember(self, tenant: str, key: str, fingerprint: str, response: Response) -> None:
        now = self.clock.now()
        self._answers = {name: kept for name, kept in self._answers.items() if now - kept.at <= REMEMBERED_FOR}
        self._answers[tenant, key] = _Remembered(fingerprint, response, now)


def fingerprint(method: str, path: str, query: bytes, body: bytes) -> str:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), query, body))).hexdigest()


def _refused(message: str) -> ApiProblem:
    return ApiProblem(10, "ValidationException", message)
