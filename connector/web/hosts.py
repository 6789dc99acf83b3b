"""Under which names the daemon's port may be asked.

A page in a browser can make a name of its own point here (DNS rebinding). What it then sends still carries that name in
the Host header, so only known names are answered. An address cannot be forged like that: a browser sends the one it
connects to.
"""

from collections.abc import Callable
from ipaddress import ip_address

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.loopback import AskedHost, asks_this_machine, is_this_machine

WEBHOOKS = "/webhooks/"
_WORDS = (
    "this port does not answer under that name: ask http://127.0.0.1:{port} or http://localhost:{port} on this machine,"
    " or name the host of a proxy or container in {setting} (docs/reference/monitoring.md)\n"
)


class Hosts(Struct, frozen=True):
    """`listens_at` and `port` are where the port is, `named` what the configuration adds under `setting`.

    `through_proxy` is how the addresses begin that a proxy on this machine may hand on.
    """

    listens_at: str
    port: int
    named: frozenset[str]
    through_proxy: str = WEBHOOKS
    setting: str = "[daemon] hosts"

    def know(self, headers: list[str], path: str) -> bool:
        """On loopback, names from the configuration are those of a proxy, which hands on webhooks or the page."""
        if is_this_machine(self.listens_at):
            return asks_this_machine(headers, self.port) or (
                path.startswith(self.through_proxy) and self._named(headers)
            )
        return self._named(headers) or _by_address(headers)

    def _named(self, headers: list[str]) -> bool:
        asked = AskedHost.of(headers)
        return asked is not None and asked.name in self.named


class KnownHosts:
    """ASGI middleware that turns away what came under another name; `refused` hears the path."""

    def __init__(self, app: ASGIApp, hosts: Hosts, refused: Callable[[str], None]) -> None:
        self._app = app
        self._hosts = hosts
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if not self._hosts.know(Headers(scope=scope).getlist("host"), scope["path"]):
            self._refused(scope["path"])
            app = PlainTextResponse(_WORDS.format(port=self._hosts.port, setting=self._hosts.setting), 421)
        await app(scope, receive, send)


def _by_address(headers: list[str]) -> bool:
    asked = AskedHost.of(headers)
    try:
        return asked is not None and (is_this_machine(asked.name) or ip_address(asked.name) is not None)
    except ValueError:
        return False
