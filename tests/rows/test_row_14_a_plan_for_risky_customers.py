"""Row 14: history puts a risky customer on another sequence; instalments of a plan are asked for on their own days."""

from collections.abc import Callable
from datetime import date

from rows_stage import RowsStage

POLICY = """
[[policy.segments]]
name = "slow-payers"
sequence = "strict"
days_late_at_least = "15"

[policy.sequences.strict]
minimum_gap_days = 3

[[policy.sequences.strict.stages]]
name = "early"
template = "friendly"
offset_days = -5
owner = "Ada"

[[policy.sequences.strict.stages]]
name = "firm"
offset_days = 1
"""


def test_a_slow_payer_hears_sooner_and_in_firmer_words(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    slow = stage.customer()
    stage.has_paid_before(slow, days_late=20)
    risky, usual = stage.invoice(slow, overdue=-7), stage.invoice(overdue=-7)

    stage.days(10)

    assert [(one.stage, one.on) for one in stage.messages(risky)] == [
        ("early", date(2026, 3, 4)),
        ("firm", date(2026, 3, 10)),
    ]
    assert [(one.stage, one.on) for one in stage.messages(usual)] == [
        ("friendly", date(2026, 3, 6)),
        ("soft", date(2026, 3, 10)),
    ]


def test_each_instalment_is_asked_for_by_its_own_day(firm: Callable[..., RowsStage]) -> None:
    """Three instalments of 100; the first is paid in time, the second is not."""
    stage = firm()
    invoice = stage.invoice(amount="300.00", overdue=20)
    stage.told("dun sync")
    stage.told(f'dun plan make "{stage.owner(invoice).name}" --instalments 3 --first 2026-03-16')
    stage.until(date(2026, 3, 12))
    assert stage.messages() == []

    stage.pay(invoice, "100.00")
    stage.until(date(2026, 4, 17))

    [mail] = stage.messages(invoice)
    assert (mail.stage, mail.on) == ("instalment-2", date(2026, 4, 17))
    assert "Instalment 2 of 3" in mail.subject
    assert "Amount to pay: £100.00" in mail.text


def test_a_plan_that_is_paid_as_agreed_hears_nothing(firm: Callable[..., RowsStage]) -> None:
    stage = firm()
    invoice = stage.invoice(amount="300.00", overdue=20)
    stage.told("dun sync")
    stage.told(f'dun plan make "{stage.owner(invoice).name}" --instalments 2 --first 2026-03-09')
    for day in (date(2026, 3, 9), date(2026, 4, 9)):
        stage.until(day)
        stage.pay(invoice, "150.00")
    stage.days(10)

    assert stage.messages() == []
    assert invoice.settled
