"""The face over real HTTP, with a client that has been through consent."""

from collections.abc import Iterator

import pytest
from truth.quickbooks_truth import Wire, company, connected, furnished


@pytest.fixture
def wire() -> Iterator[Wire]:
    """An empty company, connected."""
    with connected(company()) as client:
        yield client


@pytest.fixture
def firm() -> Iterator[Wire]:
    """A company with every kind of record, connected."""
    with connected(furnished()) as client:
        yield client
