"""Row 21: a friendly word some days before the due date; none to who has paid or pays early, or owes little."""

from collections.abc import Callable
from datetime import date

import pytest
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


@pytest.mark.parametrize("nudging", [False, True])
def test_who_pays_early_is_left_alone_unless_the_policy_says_otherwise(
    firm: Callable[..., RowsStage], nudging: bool
) -> None:
    stage = firm(POLICY.replace("[policy]", f"[policy]\nnudge_early_payers = {str(nudging).lower()}"))
    early = stage.customer()
    stage.has_paid_before(early, days_late=-6)
    invoice = stage.invoice(early, overdue=-5)
    stage.run()

    why = stage.told(f"dun why {invoice.number}")
    [tenant] = stage.json("dun preview --days 7")["tenants"]
    stage.days(3)

    words = "pays early: 4 of 4 invoices before the due date (100 % with what is usual in this ledger)"
    assert (words in why) is not nudging
    assert [words in spared["why"] for spared in tenant["spared"]] == ([] if nudging else [True])
    assert stage.stages(invoice) == (["friendly"] if nudging else [])
    assert ("not reminded before the due date" in stage.told("dun preview")) is not nudging
