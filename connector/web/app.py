"""Which address is answered how, and to whom."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connector.rehearsal import RehearsalError
from connector.running.pulse import Snapshot
from connector.web import probes
from connector.web.hosts import WEBHOOKS, Hosts, KnownHosts
from connector.web.mail_events import MailEvents
from connector.web.metrics import Figures
from connector.web.scene import Viewpoint
from connector.web.sparse_log import SparseLog
from connector.web.telephone import Telephone
from connector.web.webhooks import Receiver
from state.errors import StateError
from state.model import LedgerName


class Desk:
    """Answers those who ask how the daemon is under a name of `hosts`; `sparse_log` hears of what is refused."""

    def __init__(
        self,
        data: Path,
        viewpoint: Viewpoint,
        snapshot: Callable[[], Snapshot],
        now: Callable[[], datetime],
        receivers: Mapping[LedgerName, Receiver],
        hosts: Hosts,
        sparse_log: SparseLog,
        telephone: Telephone | None = None,
        mail_events: MailEvents | None = None,
    ) -> None:
        self._data = data
        self._viewpoint = viewpoint
        self._snapshot = snapshot
        self._now = now
        self._receivers = receivers
        self._hosts = hosts
        self._sparse_log = sparse_log
        self._mail_events = mail_events
        self._telephone = telephone

    def app(self) -> KnownHosts:
        """The routes. A receiver without a key has none."""
        questions = {"/health": self._health, "/ready": self._ready, "/metrics": self._metrics}
        routes = [Route(path, self._guarded(answer)) for path, answer in questions.items()]
        for ledger, receiver in self._receivers.items():
            routes.append(Route(f"{WEBHOOKS}{ledger}", receiver.receive, methods=["POST"]))
        if self._mail_events is not None:
            routes.append(Route(f"{WEBHOOKS}sendgrid", self._mail_events.receive, methods=["POST"]))
        routes += self._telephone.routes() if self._telephone else []
        return KnownHosts(Starlette(routes=routes), self._hosts, self._complain)

    def _complain(self, path: str) -> None:
        """Only of webhooks: whoever asks for a page reads the answer."""
        if path.startswith(WEBHOOKS):
            self._sparse_log.warn("a webhook was refused: [daemon] hosts does not have the name it came under")

    def _guarded(self, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
        def guarded(request: Request) -> Response:
            try:
                return answer(request)
            except RehearsalError as error:
                return PlainTextResponse(f"{error}\n", 503)

        return guarded

    def _health(self, _request: Request) -> Response:
        return probes.health(self._snapshot(), self._now())

    def _ready(self, _request: Request) -> Response:
        return probes.ready(self._snapshot(), self._now(), self._data)

    def _metrics(self, request: Request) -> Response:
        webhooks = {ledger: dict(receiver.outcomes) for ledger, receiver in self._receivers.items()}
        try:
            scene = self._viewpoint.look(self._snapshot(), self._now(), webhooks)
        except StateError as error:
            return PlainTextResponse(f"{error}\n", 503)
        registry = CollectorRegistry()
        registry.register(Figures(scene))
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": content_type})
