"""Row 9: for thirty days nobody imports, types or reconciles anything in Dun, and its mirror is right every evening."""

from collections.abc import Callable
from decimal import Decimal

from rows_stage import RowsStage


def owed(stage: RowsStage) -> dict[str, str]:
    return {one.number: f"{one.due_amount:.2f}" for one in stage.books.invoices.values() if one.due_amount > 0}


def mirrored(stage: RowsStage) -> dict[str, str]:
    return {row["number"]: row["due"] for row in stage.view("open_invoices")}


def a_days_work(stage: RowsStage, day: int) -> None:
    """The bookkeeper's usual entries, in the ledger and nowhere else."""
    stage.invoice(stage.customer(), "240.00", overdue=-14)
    open_ones = [one for one in stage.books.invoices.values() if one.state == "open" and one.due_amount > 0]
    match day % 5:
        case 0:
            stage.pay(open_ones[0])
        case 1:
            stage.pay(open_ones[-1], "40.00")
        case 2:
            note = stage.credit(stage.owner(open_ones[-1]), "15.00")
            stage.books.apply_credit(note, open_ones[-1], Decimal("15.00"), on=stage.today)
        case 3:
            stage.books.void_invoice(open_ones[-1])
        case _:
            stage.pay(stage.invoice(stage.customer(), "99.00", overdue=3))


def test_thirty_days_pass_without_a_hand_on_dun(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice(overdue=5)

    for day in range(30):
        a_days_work(stage, day)
        stage.days()
        assert mirrored(stage) == owed(stage), stage.today

    [tenant] = stage.json("dun audit --counts")["tenants"]
    assert [counted for counted in tenant["actions"] if counted["manual"]] == []
    assert len(stage.messages()) > 10
