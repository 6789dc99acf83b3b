"""Row 32: a customer is left alone for the minimum gap, over all its invoices and all channels."""

from collections.abc import Callable
from itertools import pairwise

from rows_stage import RowsStage

POLICY = """
[policy]
minimum_gap_days = 3

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "text"
offset_days = 4
template = "soft"
channels = ["sms"]

[[policy.stages]]
name = "by-post"
offset_days = 7
template = "firm"
channels = ["letter"]

[[policy.stages]]
name = "phone"
offset_days = 10
template = "final"
channels = ["call"]
"""


def test_no_two_messages_are_closer_than_the_gap_whatever_they_are_about(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY, tenant="weekends = true")
    customer = stage.customer()
    invoices = [stage.invoice(customer, overdue=overdue) for overdue in (1, 0, -1, -4)]
    stage.run()
    stage.days(13)

    messages = stage.messages()
    assert {message.kind for message in messages} == {"email", "sms", "letter", "call"}
    assert all((later.on - earlier.on).days >= 3 for earlier, later in pairwise(messages))
    assert [bool(stage.messages(invoice)) for invoice in invoices] == [True] * 4
