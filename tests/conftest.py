"""What every test may rely on."""

import pytest
import structlog


@pytest.fixture(autouse=True)
def unfiltered_log() -> None:
    """No test's log lines depend on the level that a command of an earlier test has set for its process."""
    structlog.reset_defaults()
