"""`dun web` as a process: the page until a signal ends it, and the link for the first account."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

import structlog

from connector.config.settings import Config, ConfigError, load
from connector.page.guarding import new_token
from connector.page.service import PageService
from connector.page.site import Site
from connector.web.listening import PortTaken
from connector.wiring import clock_of
from state.clock import Clock, SystemClock
from state.page_accounts import AccountRole
from state.registry import Registry

__all__ = ["PortTaken", "link_for", "serve"]

FIRST_LINK_LASTS = timedelta(hours=1)
LINK_LASTS = timedelta(days=3)

log = structlog.get_logger()


def serve(
    config: Config,
    *,
    listen: str | None = None,
    behind_proxy: bool | None = None,
    clock: Clock | None = None,
    tell: "Tell",
    link: bool,
) -> None:
    """Serve until SIGINT or SIGTERM. `tell` hears where; with `link`, also how the first account is made.

    Raises PortTaken, and ValueError for a `listen` that is no address.
    """
    standing = Standing(config)
    site = Site(standing.now, clock or clock_of(config), behind_proxy=behind_proxy, reload=standing.reload)
    with _stopping(standing.reload) as stop, PageService(site, listen or config.page.listen or "127.0.0.1:0") as page:
        nobody = not site.behind_proxy and nobody_has_an_account(config)
        tell(page.url, first_link(config, page.url) if nobody and link else None, nobody=nobody)
        stop.wait()


class Tell(Protocol):
    def __call__(self, url: str, link: str | None, *, nobody: bool) -> None: ...


class Standing:
    """The configuration in force: what the file said at the start, or when it was last asked for."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def now(self) -> Config:
        return self._config

    def reload(self) -> None:
        """Take over what the file says now; if it is not right, say why and go on as before."""
        try:
            self._config = load(self._config.path)
        except ConfigError as error:
            log.error("the new configuration is refused and the old one stays in force", reason=str(error))  # noqa: TRY400


def nobody_has_an_account(config: Config) -> bool:
    with Registry.open(config.data / "registry.db") as registry:
        return not registry.accounts.all()


def first_link(config: Config, url: str) -> str:
    """The link with which the first account is made; it is over as soon as there is one."""
    token = new_token()
    with Registry.open(config.data / "registry.db") as registry:
        registry.accounts.invite(token, None, "admin", SystemClock().now() + FIRST_LINK_LASTS)
    return f"{url}/welcome/{token}"


def link_for(registry: Registry, url: str, name: str, role: AccountRole) -> str:
    """A link with which `name` chooses a password; an account that is there keeps its role."""
    token = new_token()
    registry.accounts.invite(token, name, role, SystemClock().now() + LINK_LASTS)
    return f"{url}/welcome/{token}"


@contextmanager
def _stopping(reload: Callable[[], None]) -> Iterator[threading.Event]:
    stop = threading.Event()
    wanted: dict[signal.Signals, Callable[[], None]] = {
        signal.SIGTERM: stop.set,
        signal.SIGINT: stop.set,
        signal.SIGHUP: reload,
    }
    before = {number: signal.signal(number, lambda caught, _: wanted[signal.Signals(caught)]()) for number in wanted}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
