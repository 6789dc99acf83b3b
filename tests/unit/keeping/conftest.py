"""An installation on the disk: two clients, one of which was never synchronised, and a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from unit.state.examples import AT, a_contact, an_invoice

from connector.config.settings import Config, load
from connector.keeping.backup import Backup, back_up
from connector.vault.key import key_source
from state.clock import ManualClock
from state.model import TenantSlug, TokenSet
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault

NORTH, WEST = TenantSlug("north"), TenantSlug("west")
TOKENS = TokenSet(access_token="access", refresh_token="refresh", expires_at=AT)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 10, tzinfo=UTC))


@pytest.fixture
def office(tmp_path: Path) -> Config:
    """A data folder in use."""
    config = empty_office(tmp_path / "office")
    with Registry.open(config.data / "registry.db") as registry:
        registry.add_tenant(NORTH, "xero", "a-company", "Harbour Works", AT)
        registry.add_tenant(WEST, "quickbooks", "a-realm", "Ridge & Co", AT)
        source = key_source(config)
        source.create()
        Vault(registry, source).save(NORTH, TOKENS, AT)
    with TenantStore.open(tenant_file(config, NORTH)) as store:
        store.mirror.save_invoices([an_invoice()])
        store.mirror.save_contacts([a_contact()])
    return config


def empty_office(folder: Path) -> Config:
    folder.mkdir()
    (folder / "config.toml").write_text('data = "data"\n')
    config = load(folder / "config.toml")
    config.data.mkdir(mode=0o700)
    return config


def tenant_file(config: Config, slug: TenantSlug) -> Path:
    return config.data / "tenants" / slug / "dun.db"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Config:
    """A new machine: a configuration and an empty data folder."""
    return empty_office(tmp_path / "elsewhere")


@pytest.fixture
def made(office: Config, clock: ManualClock, tmp_path: Path) -> Backup:
    """A backup of the office, without its key."""
    return back_up(office, tmp_path / "backup.tar.gz", clock, with_key=False)


@pytest.fixture
def north(office: Config) -> Iterator[TenantStore]:
    """The client's file, open as the daemon has it open."""
    with closing(TenantStore.open(tenant_file(office, NORTH))) as store:
        yield store


@pytest.fixture
def file_of() -> Callable[[Config, TenantSlug], Path]:
    return tenant_file
