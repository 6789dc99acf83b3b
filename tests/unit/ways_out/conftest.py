"""A tenant on a table for every test of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tenant_bench import TenantBench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    made = TenantBench.open(tmp_path)
    yield made
    made.store.close()
