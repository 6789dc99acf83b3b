"""Row 1: mail, text, automatic call, letter and a person's call, each with a dated record of what was said to whom."""

from collections.abc import Callable

import pytest
from rows_stage import Arrived, RowsStage

from state.records import MessageRecord

POLICY = """
[policy]
minimum_gap_days = 1

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "text"
template = "soft"
offset_days = 3
channels = ["sms"]

[[policy.stages]]
name = "ring"
template = "firm"
offset_days = 4
channels = ["voice"]

[[policy.stages]]
name = "letter"
template = "firm"
offset_days = 7
channels = ["letter"]

[[policy.stages]]
name = "call"
template = "final"
offset_days = 8
channels = ["call"]
owner = "Ada"
"""


@pytest.fixture
def carried(firm: Callable[..., RowsStage]) -> list[tuple[Arrived, MessageRecord]]:
    """What arrived by every channel, and what Dun has written down about it."""
    stage = firm(POLICY)
    invoice = stage.invoice()
    stage.days(8)
    arrived = stage.messages(invoice)
    with stage.store() as store:
        records = store.reminders.messages(None, 100)[::-1]
    assert [message.kind for message in arrived] == ["email", "sms", "voice", "letter", "call"]
    assert len(records) == len(arrived)
    return list(zip(arrived, records, strict=True))


def test_the_record_bears_the_day_the_stage_and_whom_it_went_to(
    carried: list[tuple[Arrived, MessageRecord]],
) -> None:
    for message, record in carried:
        assert (record.business_day, record.draft.stage, record.outcome) == (message.on, message.stage, "sent")
        whom = message.to.split(",")[0]
        assert whom in record.draft.recipients[0], message.kind


def test_what_was_written_down_is_what_arrived(carried: list[tuple[Arrived, MessageRecord]]) -> None:
    """A call says more, as what to press. On paper words part at the end of lines, and the items stand in a table."""
    for message, record in carried:
        lines = [line for line in record.draft.text.splitlines() if message.kind != "letter" or line[:1] != "*"]
        assert len(lines) > 0
        for line in lines:
            assert message.says(line), (message.kind, line)


def test_every_record_says_what_was_asked_for(carried: list[tuple[Arrived, MessageRecord]]) -> None:
    for message, record in carried:
        assert "120" in record.draft.text, record.draft.text
        assert message.says("120")
