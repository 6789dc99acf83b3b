"""Connecting a tenant that a daemon is working for at the same moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixed_key import FixedKey

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.books import Books, WorldClock
from connectors.sandbox.documents import Company
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.world import World
from state.clock import ManualClock
from state.errors import Busy
from state.locks import exclusive
from state.model import TenantSlug, TokenSet
from state.vault import Vault

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


class WatchedVault(Vault):
    """Knows whether tokens were saved while nobody else could be refreshing them."""

    locks: Path
    saved_under_lock: list[bool]

    def save(self, slug: TenantSlug, tokens: TokenSet, at: datetime) -> None:
        try:
            with exclusive(self.locks, f"{slug}.tokens", wait=False):
                self.saved_under_lock.append(False)
        except Busy:
            self.saved_under_lock.append(True)
        super().save(slug, tokens, at)


@pytest.mark.parametrize("ledger", ["xero", "quickbooks"])
def test_no_refresh_can_overwrite_the_tokens_of_a_new_consent(tmp_path: Path, ledger: str) -> None:
    world = World(WorldClock(START))
    company = Company("Harbour Test Works", "7b6a0f52-3f0e-4a51-9a3c-1d2f3a4b5c6d", "9341453000000001")
    world.companies[ledger] = Books(company, world.clock)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(tmp_path / "config.toml", sandbox.url)
        with Installation(load(tmp_path / "config.toml"), ManualClock(START)) as installation:
            vault = WatchedVault(installation.registry, FixedKey())
            vault.locks, vault.saved_under_lock = installation.registry.path.parent / "locks", []
            installation.vault = vault
            [settings] = installation.config.tenants.values()
            connect(installation, settings, agree, lambda found: found[0])

    assert vault.saved_under_lock
    assert all(vault.saved_under_lock)
