"""A tenant's file on a real disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from state.store import TenantStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TenantStore]:
    with TenantStore.open(tmp_path / "dun.db") as opened:
        yield opened
