"""One message per customer and day."""

from datetime import date, timedelta

import pytest
from unit.dunning.snapshots import DEFAULT, EVERY_DAY, a_receivable, an_account, sent

from connector.dunning.consolidate import consolidate
from connector.dunning.decide import DecisionPass, decide
from connector.dunning.forecast import Foresight
from state.model import Account, ContactId

TODAY = date(2026, 3, 31)


def plan_of(account: Account):
    return consolidate(account, decide(account, DEFAULT, EVERY_DAY, TODAY), DEFAULT)


def test_the_highest_stage_sets_the_tone() -> None:
    firm = a_receivable("firm", due_on=date(2026, 3, 10), progress=(sent("soft", date(2026, 3, 11)),))
    soft = a_receivable("soft", due_on=date(2026, 1, 10))
    friendly = a_receivable("friendly", due_on=date(2026, 4, 3))

    plan = plan_of(an_account(friendly, firm, soft))

    assert (plan.tone, plan.stage.template, plan.channel) == ("firm", "firm", "email")
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


def a_job(number: int, due_minor: int = 150_00, credit_minor: int = 100_00, **fields) -> Account:
    """A member of a family with 100.00 of credit, owing one invoice."""
    return an_account(
        a_receivable(f"inv-{number}", due_minor=due_minor, **fields),
        contact_id=ContactId(f"job-{number}"),
        family=ContactId("parent"),
        credits={"GBP": credit_minor},
    )


def asked(*accounts: Account) -> list[int | None]:
    """What each account is asked for by its message of one pass; None: it gets no message."""
    today = DecisionPass(DEFAULT, EVERY_DAY, TODAY)
    plans = [today.consolidate(account, today.decide(account)) for account in accounts]
    return [plan.groups[0].ask_minor if plan else None for plan in plans]


def test_a_familys_credit_is_taken_off_the_first_message_and_not_off_every_one() -> None:
    assert asked(a_job(1), a_job(2), a_job(3)) == [50_00, 150_00, 150_00]


@pytest.mark.parametrize("order", [1, -1])
def test_an_invoice_that_the_familys_whole_credit_would_settle_is_held_for_every_member(order) -> None:
    jobs = [a_job(1), a_job(2, due_minor=100_00)]

    assert sorted(asked(*jobs[::order]), key=str) == [50_00, None]


def test_a_member_without_a_message_uses_up_no_credit() -> None:
    assert asked(a_job(1, disputed=True), a_job(2)) == [None, 50_00]


def test_customers_of_no_family_have_their_own_credit_each() -> None:
    alone = [an_account(a_receivable(), contact_id=ContactId(c), credits={"GBP": 100_00}) for c in ("one", "two")]

    assert asked(*alone) == [500_00, 500_00]


def test_credit_of_one_currency_is_used_up_in_that_currency_only() -> None:
    in_euros = an_account(
        a_receivable(currency="EUR"), contact_id=ContactId("job-2"), family=ContactId("parent"), credits={"EUR": 10_00}
    )

    assert asked(a_job(1), in_euros) == [50_00, 590_00]


def test_the_preview_of_a_family_deducts_its_credit_once_a_day_as_the_daemon_does() -> None:
    foresight = Foresight(DEFAULT, EVERY_DAY)
    forecasts = [foresight.preview(a_job(number, due_on=TODAY), TODAY, days=9) for number in (1, 2)]

    sends = [[(send.on - TODAY, send.plan.groups[0].ask_minor) for send in forecast.sends] for forecast in forecasts]

    soft, firm = timedelta(days=1), timedelta(days=8)
    assert sends == [[(soft, 50_00), (firm, 50_00)], [(soft, 150_00), (firm, 150_00)]]
