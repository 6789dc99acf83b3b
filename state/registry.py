"""Which companies are connected under which names, and how their connections fare.

Who is working on a tenant right now is not kept here: that is a lock the kernel frees with its process (`state.locks`).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from state.alerts import Alerts, m002_alerts
from state.columns import instant_text, read_instant, read_optional_instant
from state.database import Kind, immediate, open_database
from state.errors import AlreadyConnected, CompanyChanged, UnknownTenant, explaining
from state.model import LedgerName, TenantSlug
from state.page_accounts import PageAccounts
from state.page_sessions import PageSessions
from state.page_tables import m004_page

_SCHEMA = (
    """
    CREATE TABLE tenant (
        slug TEXT PRIMARY KEY NOT NULL,
        ledger TEXT NOT NULL,
        external_id TEXT NOT NULL,
        name TEXT NOT NULL,
        added_at TEXT NOT NULL,
        parked_because TEXT,
        parked_at TEXT,
        mended_at TEXT,
        succeeded_at TEXT,
        UNIQUE (ledger, external_id),
        CHECK ((parked_because IS NULL) = (parked_at IS NULL))
    ) STRICT
    """,
    "CREATE TABLE token (slug TEXT PRIMARY KEY NOT NULL, sealed BLOB NOT NULL, saved_at TEXT NOT NULL) STRICT",
)

_VAULT_KEYS = (
    "ALTER TABLE token ADD COLUMN key_id TEXT",  # a fingerprint; NULL in rows that are older than this column
    "ALTER TABLE token ADD COLUMN asked_at TEXT",  # the last time that the service was asked for newer tokens
    """
    CREATE TABLE vault (
        only_row INTEGER PRIMARY KEY NOT NULL CHECK (only_row = 1),
        key_id TEXT NOT NULL,
        reference TEXT NOT NULL,
        since TEXT NOT NULL
    ) STRICT
    """,
)


def m001_registry(database: Any) -> None:
    for statement in _SCHEMA:
        database.conn.execute(statement)


def m003_vault_keys(database: Any) -> None:
    for statement in _VAULT_KEYS:
        database.conn.execute(statement)


REGISTRY_FILE = Kind("registry", 0x44554E52, (m001_registry, m002_alerts, m003_vault_keys, m004_page))  # "DUNR"

_TENANT_COLUMNS = "slug, ledger, external_id, name, added_at, parked_because, parked_at, mended_at, succeeded_at"


class Tenant(Struct, frozen=True, kw_only=True):
    """One connected company. Parked: it cannot work until somebody mends it."""

    slug: TenantSlug
    ledger: LedgerName
    external_id: str  # Xero tenant id, QuickBooks realm id
    name: str
    added_at: datetime
    parked_because: str | None
    parked_at: datetime | None
    mended_at: datetime | None  # when it was last revived
    succeeded_at: datetime | None  # end of the last cycle without a problem


class Registry:
    """`<data>/registry.db`, open. It belongs to the thread that opened it; others open their own."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path
        self.alerts = Alerts(connection)
        self.accounts = PageAccounts(connection)
        self.sessions = PageSessions(connection)

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open or create the file; raises a StateError that names it and says what to do.

        Whoever works by itself does not `create`: a data folder that has gone away must not come back empty.
        """
        return cls(open_database(path, REGISTRY_FILE, create=create), path)

    def add_tenant(self, slug: TenantSlug, ledger: LedgerName, external_id: str, name: str, at: datetime) -> None:
        """Add a tenant, or rename a known one.

        Raises CompanyChanged if `slug` belongs to another company, AlreadyConnected if the company has another slug.
        """
        with immediate(self.connection) as connection:
            self.check_company(slug, ledger, external_id, name)
            connection.execute(
                "INSERT INTO tenant (slug, ledger, external_id, name, added_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (slug) DO UPDATE SET name = excluded.name",
                (slug, ledger, external_id, name, instant_text(at)),
            )

    @explaining()
    def check_company(self, slug: TenantSlug, ledger: LedgerName, external_id: str, name: str) -> None:
        """Whether `slug` may be connected to this company, which people know as `name`. Raises as `add_tenant` does."""
        known = self.connection.execute(
            "SELECT slug, ledger, external_id, name FROM tenant WHERE slug = ? OR (ledger = ? AND external_id = ?)",
            (slug, ledger, external_id),
        ).fetchall()
        for other_slug, *other in known:
            _refuse_confusion(slug, (ledger, external_id, name), other_slug, tuple(other))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or nothing. Whoever joins in must use this registry's connection."""
        with immediate(self.connection):
            yield

    @explaining()
    def tenants(self) -> list[Tenant]:
        """In the order of their slugs."""
        rows = self.connection.execute(f"SELECT {_TENANT_COLUMNS} FROM tenant ORDER BY slug")  # noqa: S608 - columns
        return [_read(row) for row in rows]

    @explaining()
    def tenant(self, slug: TenantSlug) -> Tenant | None:
        row = self.connection.execute(
            f"SELECT {_TENANT_COLUMNS} FROM tenant WHERE slug = ?",  # noqa: S608 - columns
            (slug,),
        ).fetchone()
        return None if row is None else _read(row)

    def park(self, slug: TenantSlug, reason: str, at: datetime) -> None:
        """It cannot work until somebody mends it. A tenant that is parked again keeps its first instant."""
        self._set(
            "UPDATE tenant SET parked_because = ?3, parked_at = coalesce(parked_at, ?2) WHERE slug = ?1",
            slug,
            at,
            reason,
        )

    def revive(self, slug: TenantSlug, at: datetime) -> None:
        """Somebody has mended it."""
        self._set("UPDATE tenant SET parked_because = NULL, parked_at = NULL, mended_at = ?2 WHERE slug = ?1", slug, at)

    def succeeded(self, slug: TenantSlug, at: datetime) -> None:
        """A cycle ended without a problem."""
        self._set("UPDATE tenant SET succeeded_at = ?2 WHERE slug = ?1", slug, at)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set(self, statement: str, slug: TenantSlug, at: datetime, *more: str) -> None:
        with immediate(self.connection) as connection:
            if connection.execute(statement, (slug, instant_text(at), *more)).rowcount == 0:
                raise UnknownTenant(f"There is no tenant {slug!r}; `dun tenants` lists them.")


def _refuse_confusion(
    slug: TenantSlug, company: tuple[str, str, str], other_slug: str, other: tuple[str, str, str]
) -> None:
    if other_slug != slug:
        raise AlreadyConnected(f"{company[2]} is already connected as tenant {other_slug!r}; use that one.")
    if other[:2] != company[:2]:
        raise CompanyChanged(
            f"Tenant {slug!r} belongs to {other[2]} ({other[0]} company {other[1]}), but the connection leads to"
            f" {company[2]} ({company[0]} company {company[1]}). Connect that one under a new name, or choose the right"
            " one."
        )


def _read(row: tuple[Any, ...]) -> Tenant:
    return Tenant(
        slug=row[0],
        ledger=row[1],
        external_id=row[2],
        name=row[3],
        added_at=read_instant(row[4]),
        parked_because=row[5],
        parked_at=read_optional_instant(row[6]),
        mended_at=read_optional_instant(row[7]),
        succeeded_at=read_optional_instant(row[8]),
    )
