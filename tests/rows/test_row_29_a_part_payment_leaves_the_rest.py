"""Row 29: after a part payment the next message asks exactly the rest."""

from collections.abc import Callable

from rows_stage import RowsStage


def test_the_next_message_asks_for_what_is_left_to_the_penny(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice(amount="1200.00", overdue=1)
    stage.run()
    stage.pay(invoice, "345.67")
    stage.sleep(7)
    stage.run()

    first, second = stage.messages(invoice)
    assert "£1,200.00" in first.text
    assert "£854.33" in second.text
    assert [message["asked"] for message in stage.json("dun history")["messages"]] == [["854.33 GBP"], ["1,200.00 GBP"]]


def test_money_that_comes_in_on_the_day_itself_is_in_the_message(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice(amount="1200.00", overdue=1)
    stage.told("dun sync")
    stage.pay(invoice, "1000.00")
    stage.run()

    [message] = stage.messages(invoice)
    assert "£200.00" in message.text
