"""The daemon's ear and face: webhook receivers, /health, /ready and /metrics on one port, from a thread of its own.

with WebService(config, pulse, nudge):
    ...  # the daemon runs

Nothing here decides anything: it reads the pulse and the registry, asks for a poll, and keeps what SendGrid tells.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
import uvicorn

from connector.config.settings import Config
from connector.config.values import parse_listen
from connector.credentials import resolve
from connector.running.pulse import Pulse
from connector.web.app import Desk
from connector.web.connection import ShortConnection
from connector.web.hosts import Hosts
from connector.web.listening import address_of, listening
from connector.web.mail_events import MailEvents
from connector.web.scene import Viewpoint
from connector.web.sparse_log import SparseLog
from connector.web.telephone import Telephone
from connector.web.webhooks import SOURCES, Nudge, Receiver
from connectors.loopback import is_this_machine
from connectors.prompt_server import PromptServer
from state.clock import Clock, SystemClock
from state.model import LedgerName

_MOST_CONNECTIONS = 64  # at once; each ends after a few seconds
_LARGEST_HEAD = 16 * 1024  # bytes of a request line and its headers
_GRACE_SECONDS = 2  # for answers that are being given when the daemon stops
_TAKEN = (
    "so there is no /health, no /metrics and no webhook; end what uses the port, or set [daemon] listen to another one"
)

log = structlog.get_logger()


class WebService:
    """Serves while the block lasts; nowhere if [daemon] listen is empty.

    `nudge` is called, from the service's thread, for each connected tenant that a genuine webhook names; it must return
    at once. Raises CredentialError for a webhook key that cannot be had, and on entering PortTaken.
    """

    def __init__(self, config: Config, pulse: Pulse, nudge: Nudge, clock: Clock | None = None) -> None:
        self._config = config
        self._pulse = pulse
        self._nudge = nudge
        self._clock = clock or SystemClock()  # the one that the metronome's beats are told in
        self._keys = _keys(config)
        self._twilio_token = _twilio_token(config)
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        """Where it serves; empty if it does not."""
        if self._running is None:
            return ""
        return address_of(self._running.listener)

    def __enter__(self) -> Self:
        if not self._config.daemon.listen:
            return self
        host, port = parse_listen(self._config.daemon.listen)
        listener, loop = listening(host, port, _MOST_CONNECTIONS, _TAKEN), asyncio.new_event_loop()
        hosts = Hosts(host, listener.getsockname()[1], frozenset(self._config.daemon.hosts))
        server = _server(self._desk(loop, hosts), loop)
        thread = threading.Thread(target=_serve, args=(loop, server, listener), name="dun-web", daemon=True)
        self._running = _Running(listener, server, thread)
        thread.start()
        log.info("the daemon's port is open", at=self.url)
        if not is_this_machine(host):
            log.warning("other machines can reach it; keep it behind a proxy or a firewall", at=self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            self._running.server.stop()
            self._running.thread.join()
            self._running.listener.close()
            self._running = None

    def _desk(self, loop: asyncio.AbstractEventLoop, hosts: Hosts) -> Desk:
        sparse_log = SparseLog(loop.time)
        viewpoint = Viewpoint(self._config)
        receivers = {
            source.ledger: Receiver(source, self._keys[source.ledger], viewpoint.tenants_of, self._nudge, sparse_log)
            for source in SOURCES
            if source.ledger in self._keys
        }
        snapshot, now, telephone = self._pulse.snapshot, self._clock.now, self._telephone(sparse_log)
        mail_events = self._mail_events(sparse_log)
        return Desk(self._config.data, viewpoint, snapshot, now, receivers, hosts, sparse_log, telephone, mail_events)

    def _mail_events(self, sparse_log: SparseLog) -> MailEvents | None:
        key = self._config.email.sendgrid.webhook_key
        return MailEvents(self._config, key, self._clock, sparse_log) if key else None

    def _telephone(self, sparse_log: SparseLog) -> Telephone | None:
        if not self._twilio_token:
            return None
        firms = {slug: settings.phone for slug, settings in self._config.tenants.items()}
        return Telephone(self._twilio_token, self._config.phone.callback, firms, self._nudge, sparse_log)


@dataclass(frozen=True)
class _Running:
    listener: socket.socket
    server: PromptServer
    thread: threading.Thread


def _serve(loop: asyncio.AbstractEventLoop, server: PromptServer, listener: socket.socket) -> None:
    try:
        loop.run_until_complete(server.serve(sockets=[listener]))
    finally:
        loop.close()


def _keys(config: Config) -> Mapping[LedgerName, str]:
    """The secrets that the services sign with, as far as they are configured."""
    references: dict[LedgerName, str] = {
        "xero": config.xero.webhook_key,
        "quickbooks": config.quickbooks.webhook_token,
    }
    return {ledger: resolve(text, config.base).reveal() for ledger, text in references.items() if text}


def _twilio_token(config: Config) -> str:
    """What Twilio signs with; empty where it has no address of ours to post to."""
    return resolve(config.phone.auth_token, config.base).reveal() if config.phone.answers_keys else ""


def _server(desk: Desk, loop: asyncio.AbstractEventLoop) -> PromptServer:
    return PromptServer(
        uvicorn.Config(
            desk.app(),
            http=ShortConnection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,  # warnings are what strangers send
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=[("Connection", "close")],
            limit_concurrency=_MOST_CONNECTIONS,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        loop,
    )
