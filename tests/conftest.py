"""What every test may rely on."""

import pytest
import structlog
from hypothesis import settings

# Tests assert behaviour: an example may take as long as a busy machine lets it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def unfiltered_log() -> None:
    """No test's log lines depend on the level that a command of an earlier test has set for its process."""
    structlog.reset_defaults()
