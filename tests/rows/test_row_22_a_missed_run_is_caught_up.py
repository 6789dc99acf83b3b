"""Row 22: consistent without an answer and after the machine was off: no stage is skipped, and none goes twice."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[[policy.stages]]
name = "friendly"
offset_days = -3

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
offset_days = 8

[[policy.stages]]
name = "final"
offset_days = 21
"""


def test_after_three_weeks_without_a_run_the_stages_go_one_by_one(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice()  # due on 2 March
    stage.sleep(22)
    stage.run()
    stage.run()
    stage.days(8)
    stage.sleep(12)
    stage.days(2)

    assert [(message.stage, message.on) for message in stage.messages(invoice)] == [
        ("soft", date(2026, 3, 24)),
        ("firm", date(2026, 3, 31)),
        ("final", date(2026, 4, 14)),  # 13 days after firm; the day before, the machine was off
    ]
    assert len(stage.notes(invoice)) == 3
