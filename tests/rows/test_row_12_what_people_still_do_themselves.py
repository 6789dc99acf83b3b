"""Row 12: by month, how much Dun did by itself and how much was done by people."""

from collections.abc import Callable

from rows_stage import RowsStage


def counted(stage: RowsStage) -> dict[tuple[str, str], tuple[int, int]]:
    """By month and action: by Dun, and by people."""
    [tenant] = stage.json("dun audit --counts")["tenants"]
    return {(one["month"], one["action"]): (one["automatic"], one["manual"]) for one in tenant["actions"]}


def test_messages_and_notes_are_duns_own_work(firm: Callable[..., RowsStage]) -> None:
    """Three customers hear of their debts twice in March, and once more in April."""
    stage = firm()
    for _ in range(3):
        stage.invoice(overdue=-14)

    stage.days(36)

    assert counted(stage) == {
        ("2026-03", "message"): (9, 0),
        ("2026-03", "note"): (9, 0),
        ("2026-04", "message"): (3, 0),
        ("2026-04", "note"): (3, 0),
    }


def test_what_people_let_go_hold_and_agree_is_theirs(firm: Callable[..., RowsStage]) -> None:
    stage = firm(mode="approve")
    first, second, third = (stage.invoice(overdue=3) for _ in range(3))
    stage.run()

    stage.told(f"dun approve {first.number}")
    stage.told(f"dun hold {second.number} --until 2026-03-20")
    stage.told(f"dun promise {third.number} --on 2026-03-06")
    stage.run()
    stage.pay(third)
    stage.days(8)

    assert counted(stage) == {
        ("2026-03", "message"): (1, 0),
        ("2026-03", "note"): (1, 0),
        ("2026-03", "approve"): (0, 1),
        ("2026-03", "hold"): (0, 1),
        ("2026-03", "promise"): (0, 1),
        ("2026-03", "promise settled"): (1, 0),
    }


def test_people_read_it_as_a_table(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice()
    assert "Nothing has been done yet" in stage.told("dun audit --counts")
    stage.days()

    assert "2026-03" in stage.told("dun audit --counts")
