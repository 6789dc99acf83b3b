"""Row 38: mails come from the firm itself, as one conversation, spread over the morning, and pretend nothing."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr

from rows_stage import FIRM, MONDAY, RowsStage


def test_sender_and_answers_are_the_firms_own_and_a_sequence_is_one_conversation(
    firm: Callable[..., RowsStage],
) -> None:
    stage = firm()
    invoice = stage.invoice(overdue=1)
    stage.run()
    stage.sleep(7)
    stage.run()
    stage.sleep(14)
    stage.run()

    first, second, third = (message.headers for message in stage.messages(invoice))
    assert {parseaddr(headers["From"])[1] for headers in (first, second, third)} == {FIRM}
    assert parseaddr(first.get("Reply-To", first["From"]))[1] == FIRM
    assert "In-Reply-To" not in first
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]


def test_mails_do_not_all_leave_in_one_minute(firm: Callable[..., RowsStage]) -> None:
    stage = firm(start=MONDAY.replace(hour=9), tenant="spread_minutes = 90")
    for _ in range(8):
        stage.invoice(overdue=1)
    left = []
    for _ in range(10):
        left.append(stage.run().messages)
        stage.world.clock.advance(timedelta(minutes=10))

    assert sum(left) == 8
    assert sum(bool(messages) for messages in left) >= 3


def test_a_mail_says_that_it_was_sent_by_itself_and_follows_nobody(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice(overdue=1)
    stage.run()

    [message] = stage.messages()
    assert message.headers["Auto-Submitted"] == "auto-generated"
    assert message.headers["X-Dun-Stage"] == "soft"
    assert "<img" not in message.html
    assert "Acorn Joinery" in message.text
