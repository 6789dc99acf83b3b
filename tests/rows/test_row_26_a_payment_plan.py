"""Row 26: an invoice split into parts whose sum is what is due, each chased by its own date, until all is paid."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage


def test_each_part_is_chased_by_its_own_date_and_no_longer_than_it_is_owed(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    buyer = stage.customer(name="Buyer Ltd")
    invoice = stage.invoice(buyer, "100.00", overdue=-9)
    stage.told("dun sync")
    stage.told('dun plan make "Buyer Ltd" --instalments 3 --first 2026-03-03 --every week')

    with stage.store() as store:
        [plan] = store.plans.active()
    assert [(part.due_on, part.amount_minor) for part in plan.instalments] == [
        (date(2026, 3, 3), 33_33),
        (date(2026, 3, 10), 33_33),
        (date(2026, 3, 17), 33_34),
    ]

    stage.days(1)
    assert stage.messages() == []  # the first part is due today
    stage.days(1)
    stage.pay(invoice, "33.33")
    stage.days(6)
    stage.pay(invoice, "33.33")
    stage.days(2)
    [reminded] = stage.messages()
    assert (reminded.stage, reminded.on) == ("instalment-1", date(2026, 3, 4))
    assert "£33.33" in reminded.text

    stage.pay(invoice)
    stage.until(date(2026, 3, 18))
    assert len(stage.messages()) == 1


def test_parts_that_do_not_sum_to_what_is_due_are_refused(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    stage.invoice(stage.customer(name="Buyer Ltd"), "100.00", overdue=1)
    stage.told("dun sync")

    said = stage.refused('dun plan make "Buyer Ltd" --instalment 2026-03-10=60.00 --instalment 2026-04-10=39.99')

    assert "0.01" in said
    assert stage.json('dun plan show "Buyer Ltd"')["plans"] == []


def test_what_is_disputed_of_a_plan_breaks_it_only_after_it_was_asked_for(firm: Callable[..., RowsStage]) -> None:
    stage = firm("[policy]\nplan_tolerance_days = 0\n")
    buyer = stage.customer(name="Buyer Ltd")
    invoice = stage.invoice(buyer, "100.00", overdue=-9)
    stage.told("dun sync")
    stage.told('dun plan make "Buyer Ltd" --instalments 2 --first 2026-03-03 --every week')
    stage.told(f'dun dispute {invoice.number} --reason "a box was broken" --amount 50.00 --owner ada')
    stage.pay(invoice, "50.00")

    stage.until(date(2026, 3, 20))
    assert (stage.messages(), plan_state(stage)) == ([], "active")
    assert "50.00 GBP of it outstanding, which is disputed and not asked for" in stage.told('dun plan show "Buyer Ltd"')

    stage.told(f'dun dispute {invoice.number} --settle "it was whole when it left"')
    stage.until(date(2026, 3, 22))
    assert plan_state(stage) == "active"  # Friday's decision was taken before; on a weekend nothing is asked
    assert "the plan waits for this reminder" in stage.told(f"dun why {invoice.number}")

    stage.until(date(2026, 3, 24))
    [reminded] = stage.messages()
    assert (reminded.stage, reminded.on) == ("instalment-2", date(2026, 3, 23))
    assert "£50.00" in reminded.text
    assert plan_state(stage) == "active"
    assert "it can be paid until 2026-03-24" in stage.told('dun plan show "Buyer Ltd"')

    stage.days(1)
    assert plan_state(stage) == "broken"
    assert "its payment plan is broken" in stage.told(f"dun why {invoice.number}")


def plan_state(stage: RowsStage) -> str:
    [shown] = stage.json('dun plan show "Buyer Ltd"')["plans"]
    assert shown["broken"] is (shown["plan"]["state"] == "broken")
    return str(shown["plan"]["state"])
