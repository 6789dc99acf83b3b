"""Every row is played on both ledgers, unless its test asks for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rows_stage import RowsStage, rows_stage

from state.model import LedgerName


@pytest.fixture(params=["xero", "quickbooks"])
def ledger(request: pytest.FixtureRequest) -> LedgerName:
    ledger: LedgerName = request.param
    return ledger


@pytest.fixture
def firm(tmp_path: Path, ledger: LedgerName) -> Iterator[Callable[..., RowsStage]]:
    """A firm with the policy that a test gives it: see `rows_stage`."""
    with ExitStack() as ended:

        def opened(policy: str = "", **how: Any) -> RowsStage:
            return ended.enter_context(rows_stage(tmp_path, ledger, policy, **how))

        yield opened
