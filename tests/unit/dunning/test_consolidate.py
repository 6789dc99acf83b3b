"""One message per customer and day."""

from datetime import date

from unit.dunning.snapshots import DEFAULT, EVERY_DAY, a_receivable, an_account, sent

from connector.dunning.consolidate import consolidate
from connector.dunning.decide import decide
from state.model import Account

TODAY = date(2026, 3, 31)


def plan_of(account: Account):
    return consolidate(account, decide(account, DEFAULT, EVERY_DAY, TODAY), DEFAULT)


def test_the_highest_stage_sets_the_tone() -> None:
    firm = a_receivable("firm", due_on=date(2026, 3, 10), progress=(sent("soft", date(2026, 3, 11)),))
    soft = a_receivable("soft", due_on=date(2026, 1, 10))
    friendly = a_receivable("friendly", due_on=date(2026, 4, 3))

    plan = plan_of(an_account(friendly, firm, soft))

    assert (plan.tone, plan.template) == ("firm", "firm")
    assert [(r.receivable.invoice_id, r.stage) for r in plan.reminders] == [
        ("soft", "soft"),
        ("firm", "firm"),
        ("friendly", "friendly"),
    ]


def test_an_overdue_invoice_whose_own_stage_has_not_come_stays_out_of_the_message() -> None:
    waiting = a_receivable("waiting", due_on=date(2026, 3, 24), progress=(sent("soft", date(2026, 3, 25)),))
    ready = a_receivable("ready", due_on=date(2026, 3, 30))

    plan = plan_of(an_account(waiting, ready))

    assert [r.receivable.invoice_id for r in plan.reminders] == ["ready"]


def test_a_customer_with_nothing_to_send_gets_no_message() -> None:
    assert plan_of(an_account(a_receivable(disputed=True))) is None
    assert plan_of(an_account()) is None


def test_when_only_some_invoices_may_go_the_credit_is_netted_against_those_alone() -> None:
    small, large = a_receivable("small", due_minor=600_50), a_receivable("large", due_minor=900_00)
    account = an_account(small, large, credits={"GBP": 600_00})
    decisions = decide(account, DEFAULT, EVERY_DAY, TODAY)

    assert consolidate(account, decisions, DEFAULT).groups[0].ask_minor == 900_50
    assert consolidate(account, decisions[:1], DEFAULT) is None
