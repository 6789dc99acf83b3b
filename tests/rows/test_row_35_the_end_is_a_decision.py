"""Row 35: a sequence never ends in silence: a final notice with its deadline, then a decision on somebody's list."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[policy]
handover_days = 16

[[policy.stages]]
name = "final"
offset_days = 5
deadline_days = 8
owner = "ada"
"""


def test_after_the_final_notice_and_its_deadline_a_person_has_to_decide(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice, paid = stage.invoice(overdue=5), stage.invoice(overdue=5)
    stage.run()
    first, _ = stage.messages()
    assert (first.stage, "10 March 2026" in first.text) == ("final", True)

    stage.pay(paid)
    stage.sleep(9)
    stage.days(1)
    assert stage.tasks() == []
    stage.until(date(2026, 3, 13))

    [task] = stage.tasks()
    assert (task.new.kind, task.new.contact_id) == ("decision", stage.key(stage.owner(invoice)))
    assert [stage.action(invoice), stage.action(paid)] == ["ask_person", None]
    assert invoice.number in stage.told("dun tasks --kind decision --owner ada --full")
    stage.days(3)
    assert len(stage.tasks()) == 1
    assert len(stage.messages()) == 2
