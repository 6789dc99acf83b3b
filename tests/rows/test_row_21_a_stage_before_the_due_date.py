"""Row 21: a friendly word some days before the due date; none to who has paid, and none about small amounts."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[policy]
tolerance = { default = "5.00" }

[[policy.stages]]
name = "friendly"
offset_days = -3
minimum = { default = "50.00" }

[[policy.stages]]
name = "soft"
offset_days = 5
"""


def test_it_goes_three_days_before_to_those_who_owe_enough(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    owed, paid = stage.invoice(overdue=-5), stage.invoice(overdue=-5)
    small, tiny = stage.invoice(amount="49.99", overdue=-5), stage.invoice(amount="5.00", overdue=-5)
    stage.run()
    stage.days(1)
    stage.pay(paid)
    stage.days(3)

    [message] = stage.messages()
    assert (message.stage, message.on) == ("friendly", date(2026, 3, 4))
    assert owed.number in message.text
    assert [stage.action(invoice) for invoice in (small, tiny)] == ["wait", "skip"]
