"""Serves the page: a port of its own, on this machine alone unless told otherwise, from a thread of its own.

with PageService(site, "127.0.0.1:8486"):
    ...
"""

import asyncio
import logging
import threading
from types import TracebackType
from typing import Self

import structlog
import uvicorn

from connector.config.values import parse_listen
from connector.page.app import page_app
from connector.page.site import Site
from connector.web.connection import ShortConnection
from connector.web.hosts import Hosts
from connector.web.listening import address_of, listening
from connector.web.sparse_log import SparseLog
from connectors.loopback import is_this_machine
from connectors.prompt_server import PromptServer

_MOST_CONNECTIONS = 64  # at once
_LARGEST_HEAD = 32 * 1024  # bytes of a request line and its headers
_GRACE_SECONDS = 5
_TAKEN = "so the page is not served; end what uses the port, or set [page] listen to another one"

log = structlog.get_logger()


class PatientConnection(ShortConnection):
    """One connection, for as long as a year of a large ledger takes to be gone through again."""

    lifetime_seconds = 120.0


class PageService:
    """Serves while the block lasts. Raises PortTaken on entering."""

    def __init__(self, site: Site, listen: str) -> None:
        self._site = site
        self._host, self._port = parse_listen(listen)
        self._listener = listening(self._host, self._port, _MOST_CONNECTIONS, _TAKEN)
        self._loop = asyncio.new_event_loop()
        self._server = self._made()
        self._thread = threading.Thread(target=self._serve, name="dun-page", daemon=True)

    @property
    def url(self) -> str:
        return address_of(self._listener)

    def __enter__(self) -> Self:
        self._thread.start()
        threading.Thread(target=self._site.look_ahead, name="dun-page-ahead", daemon=True).start()
        log.info("the page is open", at=self.url)
        if not is_this_machine(self._host):
            log.warning("other machines can reach the page; keep it behind a proxy that speaks https", at=self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._listener]))
        finally:
            self._loop.close()

    def _made(self) -> PromptServer:
        sparse_log = SparseLog(self._loop.time)
        named = frozenset(self._site.config().page.hosts)
        hosts = Hosts(self._host, self._listener.getsockname()[1], named, through_proxy="/", setting="[page] hosts")
        complaint = "a request for the page was refused: [page] hosts does not have the name it came under"
        return PromptServer(
            uvicorn.Config(
                page_app(self._site, hosts, lambda _path: sparse_log.warn(complaint)),
                http=PatientConnection,
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
            self._loop,
        )
