"""An installation with connected firms and the sandbox it talks to, for tests of what lives longer than one cycle.

Every hand that works in it, thread or process, opens its own `Installation` from the configuration file, as a daemon's
workers do; time is the sandbox's.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from connector.config.settings import Config, load
from connector.connecting.connect import connect
from connector.data_folder import prepare
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation, VaultDrawer
from connectors.sandbox.audit import Refreshes
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import Fault, World
from connectors.tokens import StoredTokens
from state.model import LedgerName, TenantSlug, TokenSet

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
SLUGS: dict[LedgerName, TenantSlug] = {"xero": TenantSlug("north"), "quickbooks": TenantSlug("west")}
TOKEN_PATHS: dict[LedgerName, str] = {"xero": "/connect/token", "quickbooks": "/oauth2/v1/tokens/bearer"}
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["connected_office", "connector.cycle", "connectors.sandbox.judge", "babel.numbers"])
ENDS_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Office:
    """The world and the folder with configuration and data."""

    world: World = field(repr=False)  # long to print
    sandbox: RunningSandbox
    folder: Path

    @property
    def config(self) -> Config:
        return load(self.folder / "config.toml")

    def let_pass(self, time: timedelta) -> None:
        with self.world.lock:
            self.world.clock.advance(time)

    def lose_answers(self, ledger: LedgerName, times: int, kind: str = "drop_after") -> None:
        """The next token answers do not arrive, although the service has given new tokens away."""
        if times == 0:
            return
        with self.world.lock:
            raise_fault(self.world, Fault(ledger, kind, path=TOKEN_PATHS[ledger], times=times))

    def refreshes(self, ledger: LedgerName) -> Refreshes:
        """What the service counted for its only connection."""
        found = [counts for held, counts in self.world.audit.refreshes.items() if held.service == ledger]
        return found[0] if found else Refreshes()


@contextmanager
def connected_office(folder: Path, *ledgers: LedgerName, customers: int | None = None) -> Iterator[Office]:
    """One firm of each ledger, connected a moment ago; with so few `customers` it has a short past."""
    world = build_world("office", START, ledgers, customers=customers)
    folder.mkdir(parents=True, exist_ok=True)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url)
        office = Office(world, sandbox, folder)
        prepare(office.config.data)
        with Installation(office.config) as installation:
            for settings in installation.config.tenants.values():
                connect(installation, settings, agree, lambda found: found[0])
        yield office


def token_source(installation: Installation, slug: TenantSlug, drawer: type[VaultDrawer] = VaultDrawer) -> StoredTokens:
    """The tenant's tokens as an adapter sees them, in a drawer of the test's choice."""
    settings = installation.config.tenant(slug)
    oauth = installation.xero_oauth(settings) if settings.ledger == "xero" else installation.quickbooks_oauth(settings)
    return StoredTokens(drawer(installation.vault, slug, installation.clock), oauth.refresh, installation.clock)


def ask_each_round(folder: Path, ledger: LedgerName, rounds: int, start: Barrier, done: Barrier) -> None:
    """The life of a process that wants a token when all others do, `rounds` times."""
    for _ in range(rounds):
        start.wait(ENDS_WITHIN_SECONDS)
        with Installation(load(folder / "config.toml")) as own:
            token_source(own, SLUGS[ledger]).access_token()
        done.wait(ENDS_WITHIN_SECONDS)


class DeathBeforeSaving(VaultDrawer):
    """The process is killed when the service has answered and nothing is on the disk yet."""

    def save(self, tokens: TokenSet) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DeathAfterSaving(VaultDrawer):
    """The process is killed when the new tokens are on the disk and nobody has used them yet."""

    def save(self, tokens: TokenSet) -> None:
        super().save(tokens)
        os.kill(os.getpid(), signal.SIGKILL)


class DeathBeforeAsking(VaultDrawer):
    """The process is killed when it has proved that it could save, before the service is asked."""

    def prepare_to_save(self) -> None:
        super().prepare_to_save()
        os.kill(os.getpid(), signal.SIGKILL)


def ask_and_die(folder: Path, ledger: LedgerName, drawer: type[VaultDrawer]) -> None:
    """The life of a process that does not survive its refresh."""
    with Installation(load(folder / "config.toml")) as own:
        token_source(own, SLUGS[ledger], drawer).access_token()
