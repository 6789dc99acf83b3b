"""Mirrors to try things on: copied from a finished file, thrown away, and looked at as plain rows."""

import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from state.model import EntityKind
from state.store import TenantStore

Rows = dict[str, dict[str, Any]]  # by id
Dump = dict[EntityKind, Rows]
_KINDS: tuple[EntityKind, ...] = ("invoice", "contact", "payment", "credit")
_OURS = {"gone_at", "round", "pay_url"}  # columns that no ledger tells


def fresh(template: Path, path: Path) -> TenantStore:
    """An open copy of a closed file."""
    for leftover in (f"{path}-wal", f"{path}-shm"):
        Path(leftover).unlink(missing_ok=True)
    shutil.copy(template, path)
    store = TenantStore.open(path)
    store._connection.execute("PRAGMA synchronous = OFF")
    return store


def dumped(store: TenantStore) -> Dump:
    return {kind: _table(store, kind) for kind in _KINDS}


def _table(store: TenantStore, name: str) -> Rows:
    cursor = store._connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - tables of ours, as they lie
    columns = [column for column, *_ in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor]
    return {row["id"]: {key: value for key, value in row.items() if key not in _OURS} for row in rows}


def cursors(store: TenantStore) -> dict[str, str | None]:
    return dict(store._connection.execute("SELECT name, cursor FROM stream").fetchall())


def instants(cursor: str | None) -> list[datetime]:
    """Every instant a cursor holds, whatever its notation."""
    return [datetime.fromisoformat(text) for text in re.findall(r"\d{4}-\d\d-\d\dT[^\"]*", cursor or "")]
