"""Row 11: every message says how to answer and object, and whoever objects is left in peace from the next cycle on."""

from collections.abc import Callable
from email.utils import parseaddr

from rows_stage import FIRM, FORWARD_TO, RowsStage

POLICY = """
[policy]
minimum_gap_days = 1

[[policy.stages]]
name = "friendly"
offset_days = -3

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
name = "final"
offset_days = 8
"""


def test_every_message_says_where_to_object(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(overdue=-3)
    stage.run()
    stage.days(16)

    arrived = stage.messages(invoice)
    assert [message.stage for message in arrived] == ["friendly", "soft", "text", "ring", "letter", "final"]
    for message in arrived:
        spoken = " ".join(FORWARD_TO.removeprefix("+")) if message.kind == "voice" else FORWARD_TO
        assert message.says(spoken), message
        if message.kind in ("email", "letter"):
            assert message.says(FIRM)
            assert message.says("If anything about this invoice is wrong or in dispute")
        if message.kind == "email":
            answers = message.headers.get("Reply-To", message.headers["From"])
            assert parseaddr(answers)[1] == FIRM


def test_a_customer_who_answers_that_it_is_wrong_hears_nothing_more(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice()
    stage.days()
    [mail] = stage.messages()

    stage.reply(mail, "Half of the boards were cracked. We dispute this invoice.")
    stage.days(20)

    assert len(stage.messages()) == 1
    assert "We dispute this invoice" in stage.json("dun replies")["replies"][0]["text"]
    assert "reply" in stage.told(f"dun why {invoice.number}")


def test_a_dispute_written_down_stops_that_invoice_and_no_other(firm: Callable[..., RowsStage]) -> None:
    """The day before the second reminder."""
    stage = firm()
    disputed, other = stage.invoice(), stage.invoice()
    stage.days(7)

    stage.told(f'dun dispute {disputed.number} --reason "cracked boards" --owner Ada')
    stage.days(20)

    assert stage.stages(disputed) == ["soft"]
    assert stage.stages(other) == ["soft", "firm", "final"]
    assert "cracked boards" in stage.told(f"dun why {disputed.number}")
