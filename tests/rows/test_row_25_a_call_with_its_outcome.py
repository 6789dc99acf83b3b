"""Row 25: a call is a task with number and script; its outcome, and the day that was promised, decide what follows."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[policy]
minimum_gap_days = 1

[[policy.stages]]
name = "phone"
offset_days = 1
template = "firm"
channels = ["call"]
owner = "ada"

[[policy.stages]]
name = "final"
offset_days = 4
"""


def called(firm: Callable[..., RowsStage]) -> tuple[RowsStage, str]:
    """A firm with a call on Ada's list, and the task's id."""
    stage = firm(POLICY)
    stage.invoice(stage.customer(name="Buyer Ltd", phone="+44 7700 900321", mobile=None), overdue=1)
    stage.run()
    [task] = stage.tasks()
    return stage, task.id


def test_the_task_says_whom_to_call_and_what_for(firm: Callable[..., RowsStage]) -> None:
    stage, _ = called(firm)

    shown = stage.told("dun tasks --owner ada --full")

    [task] = stage.tasks()
    assert task.new.phone == "+447700900321"
    assert all(words in shown for words in ("Buyer Ltd", "+447700900321", "120.00"))
    assert "£120.00" in task.new.script


def test_nothing_follows_until_the_outcome_is_written_down(firm: Callable[..., RowsStage]) -> None:
    stage, task = called(firm)
    stage.days(4)
    assert len(stage.messages()) == 1  # the call

    stage.told(f'dun tasks done {task} --outcome spoke --note "the invoice is being looked for"')
    stage.days(3)  # Monday
    assert [message.stage for message in stage.messages()] == ["phone", "final"]


def test_a_promise_on_the_telephone_is_waited_for_and_a_broken_one_goes_on(firm: Callable[..., RowsStage]) -> None:
    stage, task = called(firm)
    stage.told(f'dun tasks done {task} --outcome promise --promise 2026-03-10 --note "spoke to the owner"')
    stage.until(date(2026, 3, 10))
    assert len(stage.messages()) == 1

    stage.days(1)
    assert [(message.stage, message.on) for message in stage.messages()] == [
        ("phone", date(2026, 3, 2)),
        ("final", date(2026, 3, 11)),
    ]
