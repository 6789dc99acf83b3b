"""Row 31: customers come into segments by rules on their history and their worth, and the preview says who is where."""

from collections.abc import Callable

from rows_stage import RowsStage

POLICY = """
[policy.sequences.short]
stages = [{ name = "short", offset_days = 2, template = "firm" }]
handover_days = 12

[[policy.segments]]
name = "vip"
sequence = "standard"
groups = ["VIP"]

[[policy.segments]]
name = "large"
sequence = "short"
owes_at_least = { default = "5000.00" }

[[policy.segments]]
name = "late-payers"
sequence = "short"
days_late_at_least = "15"
"""


def test_the_first_segment_whose_rules_hold_is_taken_and_shown(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    late, slow, punctual = stage.customer(name="Late"), stage.customer(name="Slow VIP", groups=("VIP",)), None
    stage.has_paid_before(late, days_late=20)
    stage.has_paid_before(slow, days_late=20)
    punctual = stage.customer(name="Punctual")
    stage.has_paid_before(punctual, days_late=2)
    large, newcomer = stage.customer(name="Large"), stage.customer(name="Newcomer")
    for customer, amount in ((late, "10"), (slow, "10"), (punctual, "4999.99"), (large, "5000"), (newcomer, "10")):
        stage.invoice(customer, amount, overdue=1)
    stage.told("dun sync")

    [shown] = stage.json("dun preview --days 3")["tenants"]
    assert {(send["customer"], send["segment"], send["stage"]) for send in shown["sends"]} == {
        ("Late", "late-payers", "short"),
        ("Slow VIP", "vip", "soft"),
        ("Punctual", "standard", "soft"),
        ("Large", "large", "short"),
        ("Newcomer", "standard", "soft"),
    }
    assert "late-payers" in stage.told("dun preview --days 3")

    stage.run()
    stage.days(1)
    assert sorted(message.stage for message in stage.messages()) == ["short", "short", "soft", "soft", "soft"]


def test_why_names_the_rule_that_matched(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    invoice = stage.invoice(stage.customer(groups=("VIP",)), "6000.00", overdue=1)
    stage.told("dun sync")

    assert "Segment: vip (groups: VIP)" in stage.told(f"dun why {invoice.number}")
