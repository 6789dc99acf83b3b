"""A firm whose customers' accounts can be looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tenant_bench import TenantBench


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[TenantBench]:
    bench = TenantBench.open(tmp_path)
    yield bench
    bench.store.close()
