"""How many calls to one organisation may be under way at once."""

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import pytest

from connectors.ledger import RetryLater
from connectors.places import PLACES, place


def test_the_fifth_call_waits_until_another_has_ended(tmp_path: Path) -> None:
    begun = Event()

    def fifth() -> None:
        with place(tmp_path, "xero:one"):
            begun.set()

    with ExitStack() as calls:
        for _ in range(PLACES):
            calls.enter_context(place(tmp_path, "xero:one"))
        waiting = Thread(target=fifth)
        waiting.start()
        assert not begun.is_set()
    waiting.join(10)

    assert begun.is_set()


def test_calls_that_never_end_are_a_limit_to_be_retried(tmp_path: Path) -> None:
    with ExitStack() as calls:
        for _ in range(PLACES):
            calls.enter_context(place(tmp_path, "xero:one"))

        with pytest.raises(RetryLater) as crowded, place(tmp_path, "xero:one", patience=0.0):
            pass
    assert crowded.value.limit == "concurrent"


def test_another_organisation_has_places_of_its_own(tmp_path: Path) -> None:
    with ExitStack() as calls:
        for _ in range(PLACES):
            calls.enter_context(place(tmp_path, "xero:one"))
        calls.enter_context(place(tmp_path, "xero:two", patience=0.0))
