"""Row 5: the final notice names a last day and what may follow, and never comes before the second reminder."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault

POLICY = """
[policy]

[[policy.stages]]
name = "soft"
offset_days = 1

[[policy.stages]]
name = "firm"
offset_days = 8

[[policy.stages]]
name = "final"
offset_days = 14
deadline_days = 12
"""


def test_it_names_its_last_day_and_what_may_follow(firm: Callable[..., RowsStage]) -> None:
    """Twelve days after Monday, 16 March, is a Saturday; the customer has until Monday."""
    stage = firm(POLICY)
    stage.invoice()
    stage.days(14)

    final = stage.messages()[-1]
    assert (final.stage, final.on) == ("final", date(2026, 3, 16))
    assert "by 30 March 2026" in final.text
    assert "we will decide how to proceed without a further reminder" in final.text


def test_a_debt_of_two_years_begins_with_the_soft_reminder(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(overdue=730)

    stage.days(25)

    assert stage.stages(invoice) == ["soft", "firm", "final"]


def test_it_stays_away_while_the_second_reminder_has_not_left(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice()
    stage.days(7)
    raise_fault(stage.world, Fault("smtp", "550"))
    stage.days(1, meeting="refused")

    stage.days(20, meeting="unsettled_sends")

    assert stage.stages(invoice) == ["soft"]
    assert [str(reminder.state) for reminder in stage.reminders(invoice)] == ["noted", "failed"]
