"""Row 18: how often a customer is asked follows how old the debt is, as the policy's segments by overdue days say."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[policy]
minimum_gap_days = 2

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
offset_days = 11

[policy.sequences.old]
stages = [
    { name = "old-soft", offset_days = 30, template = "soft" },
    { name = "old-firm", offset_days = 34, template = "firm" },
    { name = "old-final", offset_days = 38, template = "final" },
]
handover_days = 50

[[policy.segments]]
name = "old"
sequence = "old"
overdue_at_least = 30
"""


def test_a_fresh_debt_is_asked_for_every_ten_days_and_an_old_one_every_four(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    fresh, old = stage.invoice(overdue=1), stage.invoice(overdue=40)
    stage.run()
    stage.days(11)

    asked = {invoice.id: [(m.stage, m.on) for m in stage.messages(invoice)] for invoice in (fresh, old)}
    assert asked[fresh.id] == [("soft", date(2026, 3, 2)), ("firm", date(2026, 3, 12))]
    assert asked[old.id] == [
        ("old-soft", date(2026, 3, 2)),
        ("old-firm", date(2026, 3, 6)),
        ("old-final", date(2026, 3, 10)),
    ]
