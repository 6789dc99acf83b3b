"""A mailbox with a few letters, a clock, and a desk that issues tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from tiny_imap import TinyImap
from token_service import TokenService

from state.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 12, 12, tzinfo=UTC))


@pytest.fixture
def imap() -> Iterator[TinyImap]:
    with TinyImap().running() as server:
        yield server


@pytest.fixture
def token_service() -> Iterator[TokenService]:
    with TokenService.running() as service:
        yield service
