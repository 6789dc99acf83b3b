"""The consent journeys of the page: the command's own journey, in a thread that waits where the command would.

The page shows the address of the consent page and, where the consent covers several organisations, which there are. The
answer comes to this machine by the browser itself or, where that cannot be, is pasted into the page; it goes the way of
a paste into the terminal. A journey that nobody goes on with ends by itself, and nothing is stored then.
"""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

import structlog

from connector.commands.refusals import EXPECTED
from connector.config.settings import Config, TenantSettings
from connector.connecting.callback import ConsentError
from connector.connecting.choosing import title
from connector.connecting.connect import PATIENCE_SECONDS, connect
from connector.connecting.new_tenant import added
from connector.wiring import Installation
from connectors.xero.oauth import Connection
from state.clock import Clock
from state.errors import Busy
from state.model import LedgerName, TenantSlug

_NOTHING = "-"  # pasted in the place of an address, so that nobody waits for one

Stage = Literal["begun", "asking", "choosing", "done", "failed"]

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which client is to be connected. With a `zone`, one that is not in the configuration yet."""

    slug: TenantSlug
    ledger: LedgerName
    zone: str | None = None
    read_only: bool = False


@dataclass
class Journey:
    """One journey, as a page may look at it. Changed by its thread alone, except what people answer."""

    wish: Wish
    stage: Stage = "begun"
    address: str = ""  # of the consent page
    offered: tuple[tuple[str, str], ...] = ()  # organisations to choose from: id and name
    words: str = ""  # what came of it
    moved: threading.Event = field(default_factory=threading.Event)
    _chosen: threading.Event = field(default_factory=threading.Event)
    _choice: str = ""
    _paste: int = -1
    given_up: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.stage in ("begun", "asking", "choosing")

    def choose(self, company_id: str) -> None:
        """A person points at one of `offered`."""
        if company_id in dict(self.offered):
            self._choice = company_id
            self._chosen.set()

    def paste(self, address: str) -> None:
        """A person brings the address that the browser ended up at."""
        if self.stage == "asking" and self._paste >= 0:
            os.write(self._paste, address.replace("\n", " ").encode()[:4000] + b"\n")

    def give_up(self) -> None:
        """A person wants no more of it: what waits for an answer ends, and nothing is stored."""
        self.given_up = True
        self._chosen.set()
        self.paste(_NOTHING)

    def travel(self, config: Config, clock: Clock, connected: Callable[[], None]) -> None:
        """The whole way, in a thread of its own. `connected` is called when it has led somewhere."""
        terminal, self._paste = os.pipe()
        try:
            with self._configured(config) as enlarged:
                words = self._connect(enlarged, enlarged.tenant(self.wish.slug), clock, terminal)
            connected()
            self._end("done", words)
        except EXPECTED as error:
            self._end("failed", str(error))
        except Exception as error:  # noqa: BLE001 - a bug must not leave a page that waits for ever
            log.error("a connection could not be made: a bug in Dun", error=type(error).__name__)  # noqa: TRY400
            self._end("failed", "a bug in Dun; the log names it")
        finally:
            paste, self._paste = self._paste, -1
            os.close(paste)
            os.close(terminal)

    def _configured(self, config: Config) -> AbstractContextManager[Config]:
        wish = self.wish
        if wish.slug in config.tenants:
            return nullcontext(config)
        return added(config.path, wish.ledger, wish.slug, wish.zone, read_only=wish.read_only)

    def _connect(self, config: Config, settings: TenantSettings, clock: Clock, terminal: int) -> str:
        """What came of it, in words."""
        with Installation(config, clock) as installation:
            made = connect(installation, settings, self._show, self._ask, terminal=terminal)
        company = made.organisation
        words = f"Connected {settings.slug}: {company.name} ({company.currency})."
        if made.others:
            words += f" The consent also covers {', '.join(made.others)}; Dun leaves them alone."
        if company.own_reminders_on:
            words += " Beware: the ledger's own invoice reminders are switched on; customers would hear from both."
        return words

    def _show(self, address: str) -> None:
        self.address = address
        self._move("asking")
        if self.given_up:
            self.paste(_NOTHING)

    def _ask(self, found: Sequence[Connection]) -> Connection:
        self.offered = tuple((each.tenant_id, title(each)) for each in found)
        self._move("choosing")
        if not self._chosen.wait(PATIENCE_SECONDS):
            raise ConsentError("nobody chose an organisation in time; nothing was stored")
        if self.given_up:
            raise ConsentError("the connection was given up; nothing was stored")
        return next(each for each in found if each.tenant_id == self._choice)

    def _end(self, stage: Stage, words: str) -> None:
        self.words = words
        self._move(stage)

    def _move(self, stage: Stage) -> None:
        self.stage = stage
        self.moved.set()


class Journeys:
    """All journeys of this process, the last of each tenant. May be used from any thread."""

    def __init__(self, config: Callable[[], Config], clock: Clock, connected: Callable[[], None]) -> None:
        self._config = config
        self._clock = clock
        self._connected = connected
        self._lock = threading.Lock()
        self._known: dict[TenantSlug, Journey] = {}

    def begin(self, wish: Wish, patience_seconds: float) -> Journey:
        """A new journey, once its first page is known or it has failed. Busy while another is under way."""
        with self._lock:
            if any(journey.is_under_way for journey in self._known.values()):
                raise Busy("another connection is being made; finish that one, or wait ten minutes")
            journey = self._known[wish.slug] = Journey(wish)
        arguments = (self._config(), self._clock, self._connected)
        threading.Thread(target=journey.travel, args=arguments, name="dun-connect", daemon=True).start()
        journey.moved.wait(patience_seconds)
        return journey

    def of(self, slug: TenantSlug) -> Journey | None:
        return self._known.get(slug)

    def latest(self) -> Journey | None:
        """The one that was begun last."""
        with self._lock:
            return next(reversed(self._known.values()), None)
