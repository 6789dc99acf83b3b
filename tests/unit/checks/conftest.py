"""A tenant on a table, seen as the checks see it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tenant_bench import MONDAY, SETTINGS, TenantBench

from connector.checks.sight import Sight
from connector.config.service import AlertsSection
from state.model import TokenSet
from state.registry import Tenant

KNOWN = Tenant(
    slug=SETTINGS.slug,
    ledger="xero",
    external_id="org-1",
    name="Harbour Test Works",
    added_at=MONDAY,
    parked_because=None,
    parked_at=None,
    mended_at=None,
    succeeded_at=None,
)
TOKENS = TokenSet(
    access_token="access",
    refresh_token="refresh",
    expires_at=MONDAY + timedelta(minutes=30),
    refresh_expires_at=MONDAY + timedelta(days=60),
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    made = TenantBench.open(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def sight(bench: TenantBench) -> Callable[..., Sight]:
    """The tenant at this instant; what is given is different from the usual."""

    def of(limits: AlertsSection | None = None, **changes: Any) -> Sight:
        tokens = changes.pop("tokens", TOKENS)
        return Sight(
            settings=bench.settings,
            known=msgspec.structs.replace(KNOWN, **changes),
            store=bench.store,
            tokens=tokens,
            limits=limits or AlertsSection(),
            now=bench.now,
        )

    return of


@pytest.fixture
def tokens() -> Callable[..., TokenSet]:
    """The usual tokens, but for what is given."""
    return lambda **changes: msgspec.structs.replace(TOKENS, **changes)
