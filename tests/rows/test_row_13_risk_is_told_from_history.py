"""Row 13: how a customer has paid so far decides how it is asked, and is shown with the reason.

Segments sort customers by the payer's own history or by the rating made of it, `dun report rating` tells the reasons,
and the preview and `dun why` show both.
"""

from collections.abc import Callable

from rows_stage import RowsStage

POLICY = """
[[policy.segments]]
name = "slow-payers"
sequence = "strict"
days_late_at_least = "15"

[policy.sequences.strict]
minimum_gap_days = 3

[[policy.sequences.strict.stages]]
name = "firm"
offset_days = 1

[[policy.sequences.strict.stages]]
name = "final"
offset_days = 10
"""


def segments(stage: RowsStage) -> dict[str, str]:
    """By `dun preview`: in which segment each customer is."""
    [tenant] = stage.json("dun preview")["tenants"]
    return {send["customer"]: send["segment"] for send in tenant["sends"]}


def test_customers_are_told_apart_by_how_late_they_have_paid(firm: Callable[..., RowsStage]) -> None:
    """Twenty days late, always in time, ten days late, and never yet invoiced: only the first is known to be slow."""
    stage = firm(POLICY)
    slow, prompt, middling, unknown = (stage.customer() for _ in range(4))
    stage.has_paid_before(slow, days_late=20)
    stage.has_paid_before(prompt, days_late=0)
    stage.has_paid_before(middling, days_late=10)
    for customer in (slow, prompt, middling, unknown):
        stage.invoice(customer)

    stage.told("dun sync")

    assert segments(stage) == {
        slow.name: "slow-payers",
        prompt.name: "standard",
        middling.name: "standard",
        unknown.name: "standard",
    }


def test_why_says_by_which_rule(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    slow = stage.customer()
    stage.has_paid_before(slow, days_late=20)
    invoice = stage.invoice(slow)

    stage.told("dun sync")

    [story] = stage.json(f"dun why {invoice.number}")["found"]
    assert story["segment"] == "slow-payers (days_late_at_least: 15)"
    assert "slow-payers" in stage.told(f"dun why {invoice.number}")
    assert "15" in stage.told("dun policy check")


def test_whoever_pays_in_time_again_leaves_the_segment(firm: Callable[..., RowsStage]) -> None:
    stage = firm(POLICY)
    customer = stage.customer()
    stage.has_paid_before(customer, days_late=20, times=2)
    stage.invoice(customer)
    stage.told("dun sync")
    assert segments(stage) == {customer.name: "slow-payers"}

    stage.has_paid_before(customer, days_late=0, times=8)
    stage.told("dun sync")

    assert segments(stage) == {customer.name: "standard"}


def test_a_share_of_good_payers_hears_later_and_why_says_so(firm: Callable[..., RowsStage]) -> None:
    stage = firm("\n[policy.control_group]\nshare_percent = 50\nstart_days = 5\npaid_at_least = 2\n")
    customers = [stage.customer() for _ in range(8)]
    for customer in customers:
        stage.has_paid_before(customer, days_late=0, times=2)
    invoices = [stage.invoice(customer, amount="90.00", overdue=0) for customer in customers]
    stage.days(2)

    later = {one.number for one in invoices if not stage.stages(one)}
    for number in later:
        [told] = stage.json(f"dun why {number}")["found"]
        assert (told["reasons"], "control group (50 %" in told["because"][0]) == (["control_group"], True)
    with stage.store() as store:
        kept = store._connection.execute("SELECT count(*), sum(held_back) FROM trial_member").fetchall()
    assert kept == [(len(invoices), len(later))]

    stage.days(5)
    assert all(stage.stages(one) == ["soft"] for one in invoices)
    [report] = stage.json("dun report control-group")["reports"]
    assert report["cannot_know"][0].startswith("Nothing can be said yet")


def test_a_rating_leads_to_a_sequence_and_tells_its_reasons(firm: Callable[..., RowsStage]) -> None:
    """Forty days late three times over, always in time, and late but only once: only the first is known to be risky."""
    stage = firm(POLICY.replace('days_late_at_least = "15"', 'rating = ["D", "E", "F"]'))
    slow, prompt, unknown = (stage.customer() for _ in range(3))
    stage.has_paid_before(slow, days_late=40, times=3)
    stage.has_paid_before(prompt, days_late=0, times=4)
    stage.has_paid_before(unknown, days_late=40, times=1)
    for customer in (slow, prompt, unknown):
        stage.invoice(customer)
    asked = stage.invoice(slow)

    stage.told("dun sync")

    assert segments(stage) == {slow.name: "slow-payers", prompt.name: "standard", unknown.name: "standard"}
    shown = stage.told("dun report rating --json")
    assert "days after the due date on average" in shown
    assert "cannot tell how a customer pays" in shown
    [story] = stage.json(f"dun why {asked.number}")["found"]
    assert story["segment"] == "slow-payers (rating: D, E, F)"
