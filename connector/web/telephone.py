"""Where Twilio asks what a pressed key means, and says that a text or call has another status.

A post without Twilio's signature over the public address gets nothing. A key is answered from the configuration alone;
a status is never believed, it makes the tenant's next poll come sooner.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from connector.config.phone import NumbersSection
from connector.web.hosts import WEBHOOKS
from connector.web.sparse_log import SparseLog
from connector.web.webhooks import Nudge, read_body
from connectors.channels.twilio_posts import SIGNATURE_HEADER, Fields, form_fields, genuine, pressed_key, status_post
from connectors.channels.twiml import key_answer
from state.model import TenantSlug

_TWILIO = f"{WEBHOOKS}twilio/"


def key_address(callback: str, slug: str) -> str:
    """Where the keys pressed during this tenant's calls are answered, under the public address."""
    return f"{callback}{_TWILIO}{slug}/key"


def status_address(callback: str, slug: str) -> str:
    """Where it is told that one of this tenant's texts has another status."""
    return f"{callback}{_TWILIO}{slug}/status"


class Telephone:
    """Twilio's doors, one pair for each tenant in `firms`. `callback` is the public address, without a slash."""

    def __init__(
        self, token: str, callback: str, firms: Mapping[TenantSlug, NumbersSection], nudge: Nudge, log: SparseLog
    ) -> None:
        self._token = token
        self._callback = callback
        self._firms = firms
        self._nudge = nudge
        self._log = log

    def routes(self) -> list[Route]:
        doors = {"key": self._key, "status": self._status}
        return [
            Route(f"{_TWILIO}{{slug}}/{door}", self._guarded(answer), methods=["POST"])
            for door, answer in doors.items()
        ]

    def _guarded(self, answer: Callable[[TenantSlug, Fields], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            slug = TenantSlug(request.path_params["slug"])
            try:
                body = await read_body(request)
            except ClientDisconnect:
                return Response(status_code=400)  # to nobody
            fields = None if body is None else form_fields(body)
            if fields is None:
                return Response(status_code=413 if body is None else 400)
            if slug not in self._firms or not self._is_genuine(request, fields):
                self._log.warn("a post was refused: its signature is not Twilio's, or nobody is called like that")
                return Response(status_code=401)
            return answer(slug, fields)

        return guarded

    def _is_genuine(self, request: Request, fields: Fields) -> bool:
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self._callback}{request.url.path}{query}"
        return genuine(self._token, url, fields, request.headers.get(SIGNATURE_HEADER, ""))

    def _key(self, slug: TenantSlug, fields: Fields) -> Response:
        firm = self._firms[slug]
        return Response(key_answer(pressed_key(fields), firm.forward_to, firm.call_from), media_type="text/xml")

    def _status(self, slug: TenantSlug, fields: Fields) -> Response:
        if status_post(fields) is not None:
            self._nudge(slug)
        return Response(status_code=204)
