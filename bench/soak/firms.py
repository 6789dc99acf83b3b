"""The firms that are soaked: half in Xero, half in QuickBooks, each with customers of its own and hasty tokens.

Everything is generated from the seed, so that the same word gives the same firms.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.data_folder import prepare
from connector.demo.consent import agree
from connector.demo.days import BooksClock
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import World
from connectors.xero.oauth import Connection

START = datetime(2026, 3, 2, 5, tzinfo=UTC)  # before the first nightly comparison of the American firms
CUSTOMERS_EACH = 20
POLL_MINUTES = 240  # six looks a day; each needs a new access token
TOKEN_LIFE_SECONDS = 1800
REFRESH_GRACE_SECONDS = 86_400  # what Intuit once documented; without it the first lost rotation ends a connection


def build_firms(seed: str, tenants: int) -> World:
    """A world with `tenants` companies, whose access tokens live for thirty virtual minutes."""
    companies = {"xero": (tenants + 1) // 2, "quickbooks": tenants // 2}
    ledgers = tuple(ledger for ledger, number in companies.items() if number)
    world = build_world(seed, START, ledgers, companies=companies, customers=CUSTOMERS_EACH)
    world.switches["xero.access_seconds"] = str(TOKEN_LIFE_SECONDS)
    world.switches["quickbooks.access_seconds"] = str(TOKEN_LIFE_SECONDS)
    world.switches["quickbooks.refresh_grace"] = str(REFRESH_GRACE_SECONDS)
    return world


def _the_only(found: Sequence[Connection]) -> Connection:
    [connection] = found
    return connection


def connect_all(sandbox: RunningSandbox, folder: Path, port: int) -> Path:
    """Configure and connect every firm, under a daemon that listens at `port`; the configuration's path."""
    path = folder / "config.toml"
    write_sandbox_config(path, sandbox.url, smtp_port=sandbox.smtp_port)
    text = path.read_text(encoding="utf-8").replace("\nzone = ", f"\npoll_minutes = {POLL_MINUTES}\nzone = ")
    path.write_text(f'{text}\n[daemon]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
    config = load(path)
    prepare(config.data)
    with Installation(config, BooksClock(sandbox.world.clock)) as installation:
        for company, settings in zip(sandbox.world.companies.values(), config.tenants.values(), strict=True):
            identity = company.company.guid if settings.ledger == "xero" else company.company.realm
            connect(installation, settings, partial(agree, companies=[identity]), _the_only)
    return path
