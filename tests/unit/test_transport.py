"""The one retry policy and the meter."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from connectors.ledger import BadData, Forbidden, LedgerError, Outage, RetryLater
from connectors.transport import ATTEMPTS, CallMeter, with_retries
from state.clock import ManualClock

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Script:
    """A read that fails with each of `errors` in turn and then answers."""

    def __init__(self, *errors: LedgerError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def throttled(seconds: int | None, limit: str = "minute") -> RetryLater:
    return RetryLater("slow down", after=None if seconds is None else timedelta(seconds=seconds), limit=limit)


def test_a_read_that_fails_once_is_tried_again() -> None:
    read = Script(Outage("gone for a moment"))

    assert with_retries(read, ManualClock(START)) == "answer"
    assert read.calls == 2


def test_a_throttled_read_waits_at_least_as_long_as_the_service_asked() -> None:
    clock = ManualClock(START)

    with_retries(Script(throttled(22)), clock)

    assert clock.now() - START >= timedelta(seconds=22)


def test_a_wait_longer_than_our_patience_is_the_callers_decision() -> None:
    read = Script(throttled(3600))

    with pytest.raises(RetryLater):
        with_retries(read, ManualClock(START))
    assert read.calls == 1


@pytest.mark.parametrize("limit", ["day", "month"])
def test_a_spent_day_or_month_is_not_asked_again(limit: str) -> None:
    read = Script(throttled(None, limit))

    with pytest.raises(RetryLater):
        with_retries(read, ManualClock(START))
    assert read.calls == 1


@pytest.mark.parametrize("error", [Forbidden("no"), BadData("what?")])
def test_errors_that_asking_again_cannot_mend_are_raised_at_once(error: LedgerError) -> None:
    read = Script(error)

    with pytest.raises(type(error)):
        with_retries(read, ManualClock(START))
    assert read.calls == 1


def test_an_outage_that_lasts_is_raised_after_the_last_attempt() -> None:
    read = Script(*[Outage("down")] * 10)

    with pytest.raises(Outage):
        with_retries(read, ManualClock(START))
    assert read.calls == ATTEMPTS


def test_the_meter_counts_by_operation() -> None:
    meter = CallMeter()
    for operation in ("invoices", "notes", "invoices"):
        meter.count(operation)

    assert (meter.total, meter.by_operation["invoices"]) == (3, 2)


def test_a_purpose_ends_with_its_block_even_if_that_fails() -> None:
    meter = CallMeter()
    seen = []
    with suppress(Outage), meter.calls_for("verify"):
        with meter.calls_for("compare"):
            seen.append(meter.purpose)
        seen.append(meter.purpose)
        raise Outage("gone")

    assert (seen, meter.purpose) == (["compare", "verify"], "other")
