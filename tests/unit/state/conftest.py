"""A tenant's file on a real disk, opened twice where two processes are meant."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from state.registry import Registry
from state.store import TenantStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tenants" / "acme" / "dun.db"


@pytest.fixture
def store(path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(path) as opened:
        yield opened


@pytest.fixture
def sql(store: TenantStore, path: Path) -> Iterator[Callable[..., list[tuple]]]:
    """What a person with the sqlite3 shell does to the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:

        def run(statement: str, *values: object) -> list[tuple]:
            return shell.execute(statement, values).fetchall()

        yield run


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with Registry.open(tmp_path / "registry.db") as opened:
        yield opened
