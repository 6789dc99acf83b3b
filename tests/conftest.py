"""What every test may rely on."""

import os

import pytest
import structlog
from hypothesis import settings

# Tests assert behaviour: an example may take as long as a busy machine lets it. The suite's examples are the same
# everywhere, so that what fails in one place fails in all; `make unseen` draws others and prints their seed.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("unseen", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("DUN_EXAMPLES", "same"))


@pytest.fixture(autouse=True)
def unfiltered_log() -> None:
    """No test's log lines depend on the level that a command of an earlier test has set for its process."""
    structlog.reset_defaults()
