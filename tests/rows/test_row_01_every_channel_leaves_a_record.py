"""Row 1: mail, text, automatic call, letter and a person's call, each with a dated record of what was said."""

from collections.abc import Callable

from rows_stage import RowsStage

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
offset_days = 7
channels = ["voice"]

[[policy.stages]]
name = "letter"
template = "firm"
offset_days = 9
channels = ["letter"]

[[policy.stages]]
name = "call"
template = "final"
offset_days = 11
channels = ["call"]
owner = "Ada"
"""


def test_each_channel_brings_the_customer_one_message(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice()
    stage.days(12)

    arrived = stage.messages(invoice)
    assert [message.kind for message in arrived] == ["email", "sms", "voice", "letter", "call"]
