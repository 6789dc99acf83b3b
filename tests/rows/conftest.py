"""Every row is played on both ledgers, unless its test asks for one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from rows_stage import RowsStage, rows_stage

from state.model import LedgerName

MEMORY = Path("/dev/shm")  # noqa: S108 - the folders made in it have random names


@pytest.fixture(params=["xero", "quickbooks"])
def ledger(request: pytest.FixtureRequest) -> LedgerName:
    ledger: LedgerName = request.param
    return ledger


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory, where the system has a place for that: nobody pulls the plug here, and disks take a third of a day."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture
def firm(folder: Path, ledger: LedgerName) -> Iterator[Callable[..., RowsStage]]:
    """A firm with the policy that a test gives it: see `rows_stage`."""
    with ExitStack() as ended:

        def opened(policy: str = "", **how: Any) -> RowsStage:
            return ended.enter_context(rows_stage(folder, ledger, policy, **how))

        yield opened
