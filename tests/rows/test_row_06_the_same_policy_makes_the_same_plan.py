"""Row 6: what is sent follows from policy and data alone, can be told beforehand, and without asking anybody."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rows_stage import RowsStage, rows_stage

from state.model import LedgerName

POLICY = """
[policy]
minimum_gap_days = 4

[[policy.stages]]
name = "friendly"
offset_days = -3

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
after = "previous"
offset_days = 9
channels = ["letter", "email"]

[[policy.stages]]
name = "final"
after = "previous"
offset_days = 7
"""
Send = tuple[str, str, str, tuple[str, ...]]


def some_debts(stage: RowsStage) -> None:
    for days, customers in ((-12, 2), (0, 1), (4, 3), (90, 1)):
        for customer in [stage.customer() for _ in range(customers)]:
            stage.invoice(customer, "200.00", overdue=days)
            stage.invoice(customer, "75.50", overdue=days - 6)


def planned(stage: RowsStage, days: int = 30) -> list[Send]:
    """By `dun preview`: on which day what goes to whom, and about what."""
    [tenant] = stage.json(f"dun preview --days {days}")["tenants"]
    return sorted(_send(one) for one in tenant["sends"])


def _send(row: dict[str, Any]) -> Send:
    return row["on"], row["stage"], row["channel"], tuple(sorted(row["invoices"]))


def sent(stage: RowsStage) -> list[Send]:
    numbers = [invoice.number for invoice in stage.books.invoices.values()]
    return sorted(
        (one.on.isoformat(), one.stage, one.kind, tuple(sorted(n for n in numbers if n in one.text)))
        for one in stage.messages()
    )


def test_a_plan_made_twice_is_the_same_and_asks_nobody(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    some_debts(stage)
    stage.told("dun sync")
    asked = {face: counts.total() for face, counts in stage.world.calls.items()}

    first, second = planned(stage), planned(stage)

    assert first == second
    assert len(first) > 10
    assert {face: counts.total() for face, counts in stage.world.calls.items()} == asked


def test_two_firms_with_the_same_data_have_the_same_plan(folder: Path) -> None:
    """Even if one keeps its books in Xero and the other in QuickBooks."""
    plans = []
    ledgers: tuple[LedgerName, LedgerName] = ("xero", "quickbooks")
    for ledger in ledgers:
        (folder / ledger).mkdir()
        with rows_stage(folder / ledger, ledger, POLICY) as stage:
            some_debts(stage)
            stage.told("dun sync")
            plans.append(planned(stage))

    assert plans[0] == plans[1]


def test_what_was_planned_is_what_is_sent(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    some_debts(stage)
    stage.told("dun sync")
    plan = planned(stage, days=20)

    stage.run()
    stage.days(20)

    last = (stage.today - timedelta(days=1)).isoformat()
    assert [one for one in sent(stage) if one[0] <= last] == [one for one in plan if one[0] <= last]
