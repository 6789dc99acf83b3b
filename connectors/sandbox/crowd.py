"""Xero's limit of five calls at once for each organisation, which no handler can see: the gate lets them in singly."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import Scope

from connectors.sandbox.world import Face, World

_API = "/api.xro/"
_AT_ONCE = "5"


class Crowd:
    """Calls that have arrived and are not answered yet, by organisation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._present: Counter[str] = Counter()

    @contextmanager
    def joined(self, face: Face, scope: Scope) -> Iterator[str | None]:
        """While the call is under way; gives the kind of its refusal if too many are already."""
        if face.name != "xero" or not scope["path"].startswith(_API):
            yield None
            return
        tenant = Headers(scope=scope).get("xero-tenant-id", "")
        allowed = int(self._world.switch("xero.concurrent_limit", _AT_ONCE))
        full = self._world.rate_limits and self._present[tenant] >= allowed
        self._present[tenant] += 1
        try:
            yield "429_concurrent" if full else None
        finally:
            self._present[tenant] -= 1
