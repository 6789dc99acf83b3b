"""What is decided about customers with whom something was agreed: promises, plans, disputes, wishes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace
from unit.dunning.snapshots import EVERY_DAY, a_hold, a_receivable, an_account, codes, decide_one, sent

from connector.dunning.decide import DecisionPass
from connector.dunning.explain import explain
from connector.dunning.policy import Policy, Stage
from connector.dunning.reasons import Decision
from state.agreed import Dispute, Instalment, Plan, PlanState, Preference, Promise, PromiseState, Share
from state.model import Account, ContactId, InvoiceId

MADE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 12)
RESUMING = Policy(plan_broken="resume")


def a_promise(on: date, state: PromiseState = PromiseState.OPEN) -> Promise:
    return Promise(
        id=1,
        invoice_id=InvoiceId("inv-1"),
        contact_id=None,
        promised_on=on,
        amount_minor=600_00,
        currency="GBP",
        baseline_minor=600_00,
        made_at=MADE,
        made_by="bo",
        note=None,
        state=state,
        settled_at=None,
        shares=(Share(InvoiceId("inv-1"), 600_00),),
    )


def a_dispute(amount_minor: int | None = None) -> Dispute:
    return Dispute(
        id=1,
        invoice_id=InvoiceId("inv-1"),
        reason="two boxes were missing",
        owner="Ann",
        amount_minor=amount_minor,
        currency="GBP",
        opened_at=MADE,
        opened_by="bo",
        closed_at=None,
        closed_by=None,
        outcome=None,
    )


def a_plan(*parts: tuple[date, int], invoices: dict[str, int] | None = None) -> Plan:
    shares = invoices or {"inv-1": 600_00}
    return Plan(
        id=1,
        contact_id=ContactId("customer"),
        currency="GBP",
        state=PlanState.ACTIVE,
        baseline_minor=sum(shares.values()),
        made_at=MADE,
        made_by="bo",
        settled_at=None,
        shares=tuple(Share(InvoiceId(key), minor) for key, minor in shares.items()),
        instalments=tuple(Instalment(number, on, minor) for number, (on, minor) in enumerate(parts, start=1)),
    )


TWO_PARTS = a_plan((date(2026, 3, 10), 300_00), (date(2026, 4, 10), 300_00))


def decided(account: Account, today: date = TODAY, policy: Policy | None = None) -> list[Decision]:
    return DecisionPass(policy or Policy(), EVERY_DAY, today).decide(account)


# -- promises -------------------------------------------------------------------------------------------------------


def test_a_promise_is_waited_for_through_its_day() -> None:
    decision = decide_one(a_receivable(promise=a_promise(TODAY)), TODAY)

    assert (codes(decision), decision.next_on) == (["promised"], TODAY + timedelta(days=1))


def test_a_broken_promise_brings_the_next_stage_at_once_and_says_so() -> None:
    broken = a_receivable(promise=a_promise(TODAY - timedelta(days=1)), progress=(sent("soft", date(2026, 3, 3)),))

    decision = decide_one(replace(broken, due_on=date(2026, 3, 9)), TODAY)

    assert (decision.stage, codes(decision)) == ("firm", ["stage_due", "promise_broken"])


def test_a_broken_promise_does_not_shorten_the_gap() -> None:
    broken = a_receivable(promise=a_promise(TODAY - timedelta(days=1)), progress=(sent("soft", date(2026, 3, 10)),))

    decision = decide_one(broken, TODAY, last_contacted_on=date(2026, 3, 10))

    assert (decision.action, codes(decision)) == ("wait", ["minimum_gap"])


def test_once_the_broken_promise_was_answered_the_sequence_keeps_its_distance_again() -> None:
    broken = a_receivable(promise=a_promise(date(2026, 3, 5)), progress=(sent("firm", date(2026, 3, 6)),))

    assert codes(decide_one(broken, TODAY, last_contacted_on=date(2026, 3, 6))) == ["stage_not_due"]


def test_credit_that_would_keep_the_promise_keeps_it_from_being_called_broken() -> None:
    broken = a_receivable(promise=a_promise(TODAY - timedelta(days=1)))

    assert codes(decide_one(broken, TODAY, credits={"GBP": 600_00})) == ["covered_by_credit"]


# -- disputes and wishes --------------------------------------------------------------------------------------------


def test_a_disputed_invoice_is_not_chased() -> None:
    decision = decide_one(a_receivable(dispute=a_dispute(), disputed_minor=600_00), TODAY)

    assert (decision.action, codes(decision)) == ("stop", ["disputed"])


def test_the_undisputed_rest_goes_on_and_is_all_that_is_asked() -> None:
    part = a_receivable(dispute=a_dispute(150_00), disputed_minor=150_00)
    of_day, account = DecisionPass(Policy(), EVERY_DAY, TODAY), an_account(part)

    plan = of_day.consolidate(account, of_day.decide(account))

    assert [(group.total_minor, group.ask_minor) for group in plan.groups] == [(450_00, 450_00)]


def test_a_customer_who_is_not_to_be_chased_is_not() -> None:
    wish = Preference(contact_id=ContactId("customer"), do_not_chase="an old friend", owner="Ann")

    assert codes(decide_one(a_receivable(), TODAY, preference=wish)) == ["do_not_chase"]


@pytest.mark.parametrize(
    ("own", "told"), [(("vip ", "Retail"), ["group_not_chased"]), (("Retail",), ["stage_due"]), ((), ["stage_due"])]
)
def test_customers_in_a_group_that_is_let_alone_are_not_chased(own: tuple[str, ...], told: list[str]) -> None:
    policy = Policy(do_not_chase_groups=frozenset({"VIP"}))

    assert codes(decide_one(a_receivable(), TODAY, policy, groups=own)) == told


def test_a_group_that_is_let_alone_is_told_apart_from_customers_in_the_same_situation() -> None:
    """Ordinary invoices in one situation are decided once; whose group it is must not be among what they share."""
    of_day = DecisionPass(Policy(do_not_chase_groups=frozenset({"VIP"})), EVERY_DAY, TODAY)
    others, spared = an_account(a_receivable()), an_account(a_receivable(), groups=("VIP",))

    actions = [of_day.decide(account)[0].action for account in (others, spared, others)]

    assert actions == ["send", "stop", "send"]


def test_a_customers_own_channel_comes_before_the_stages_order() -> None:
    wish = Preference(contact_id=ContactId("customer"), channel="call")
    stage = replace(Policy().stages[1], channels=("email", "call"))

    decision = decide_one(a_receivable(), TODAY, Policy(stages=(stage,)), preference=wish)

    assert decision.channel == "call"


# -- plans ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2026, 3, 5), date(2026, 3, 10)])
def test_a_plan_is_waited_for_through_the_day_of_its_instalment(day) -> None:
    [decision] = decided(an_account(a_receivable(), plans=(TWO_PARTS,)), day)

    assert (codes(decision), decision.next_on) == (["plan_kept"], date(2026, 3, 11))


def test_an_overdue_instalment_is_asked_for_and_nothing_else() -> None:
    of_day = DecisionPass(Policy(), EVERY_DAY, date(2026, 3, 11))
    account = an_account(a_receivable(due_minor=550_00), plans=(TWO_PARTS,))

    plan = of_day.consolidate(account, of_day.decide(account))

    assert (plan.tone, [group.ask_minor for group in plan.groups]) == ("instalment-1", [250_00])
    assert plan.plan.instalment.number == 1


def test_an_instalment_is_asked_for_by_the_channel_that_the_customer_prefers() -> None:
    wish = Preference(contact_id=ContactId("customer"), channel="call")

    [decision] = decided(an_account(a_receivable(), plans=(TWO_PARTS,), preference=wish), date(2026, 3, 11))

    assert (decision.stage, decision.channel) == ("instalment-1", "call")


def test_every_open_invoice_of_the_plan_stands_in_its_message() -> None:
    both = a_plan((date(2026, 3, 10), 300_00), (date(2026, 4, 10), 900_00), invoices={"a": 600_00, "b": 600_00})
    account = an_account(a_receivable("a"), a_receivable("b"), a_receivable("c"), plans=(both,))
    of_day = DecisionPass(Policy(), EVERY_DAY, date(2026, 3, 11))

    decisions = of_day.decide(account)

    assert [d.stage for d in decisions if d.action == "send"] == ["instalment-1", "instalment-1"]
    assert (decisions[2].action, codes(decisions[2])) == ("wait", ["minimum_gap"])


def test_an_instalment_is_asked_for_once() -> None:
    progress = (sent("instalment-1", date(2026, 3, 11)),)

    [decision] = decided(an_account(a_receivable(progress=progress), plans=(TWO_PARTS,)))

    assert (codes(decision), decision.next_on) == (["instalment_reminded"], date(2026, 3, 15))


def test_an_instalment_is_asked_for_although_one_of_an_earlier_plan_was() -> None:
    earlier = sent("instalment-1", date(2026, 3, 4))

    [decision] = decided(an_account(a_receivable(progress=(earlier,)), plans=(TWO_PARTS,)))
    [asked] = decided(
        an_account(a_receivable(progress=(earlier, sent("instalment-1-plan-1", TODAY))), plans=(TWO_PARTS,)),
        date(2026, 3, 13),
    )

    assert (decision.action, decision.stage) == ("send", "instalment-1-plan-1")
    assert codes(asked) == ["instalment_reminded"]


def test_an_instalment_that_reaches_its_customer_by_no_way_is_a_persons_to_mend() -> None:
    spared = Preference(contact_id=ContactId("customer"), opted_out=("call",))
    account = an_account(
        *(a_receivable(),),
        addresses=(),
        phones=("+447700900123",),
        closed_channels=frozenset({"call"}),
        preference=spared,
    )

    [decision] = decided(
        replace(account, plans=(TWO_PARTS,)), policy=Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)),))
    )

    assert (decision.action, codes(decision)) == ("ask_person", ["no_channel"])
    assert "call is closed" in explain(decision).summary


def test_credit_that_covers_the_instalment_asks_a_person_to_apply_it() -> None:
    [decision] = decided(an_account(a_receivable(), plans=(TWO_PARTS,), credits={"GBP": 300_00}))

    assert codes(decision) == ["covered_by_credit"]


def test_part_of_the_credit_reduces_what_is_asked_of_the_instalment() -> None:
    of_day = DecisionPass(Policy(), EVERY_DAY, TODAY)
    account = an_account(a_receivable(), plans=(TWO_PARTS,), credits={"GBP": 100_00})

    plan = of_day.consolidate(account, of_day.decide(account))

    assert [(g.total_minor, g.credit_minor, g.ask_minor) for g in plan.groups] == [(300_00, 100_00, 200_00)]


def test_an_instalment_asks_for_no_more_than_the_invoices_it_names_still_owe() -> None:
    both = a_plan((date(2026, 3, 10), 700_00), (date(2026, 4, 10), 100_00), invoices={"a": 600_00, "b": 200_00})
    held = a_receivable("a", holds=(a_hold(),))
    account = an_account(held, a_receivable("b", due_minor=200_00), plans=(both,))
    of_day = DecisionPass(Policy(), EVERY_DAY, date(2026, 3, 11))

    plan = of_day.consolidate(account, of_day.decide(account))

    assert [(r.receivable.invoice_id, g.ask_minor) for g in plan.groups for r in g.reminders] == [("b", 200_00)]


def test_a_broken_plan_is_a_persons_decision() -> None:
    progress = (sent("instalment-1", date(2026, 3, 11)),)

    [decision] = decided(an_account(a_receivable(progress=progress), plans=(TWO_PARTS,)), date(2026, 3, 15))

    assert (decision.action, codes(decision)) == ("ask_person", ["plan_broken"])


def test_a_broken_plan_may_let_the_sequence_go_on_at_once() -> None:
    progress = (sent("soft", date(2026, 3, 3)), sent("instalment-1", date(2026, 3, 11)))
    account = an_account(a_receivable(progress=progress), plans=(TWO_PARTS,))

    [decision] = decided(account, date(2026, 3, 15), RESUMING)

    assert (decision.stage, codes(decision)) == ("firm", ["stage_due", "after_broken_plan"])


def test_a_promise_that_is_broken_after_a_plan_is_told_as_a_promise() -> None:
    progress = (sent("soft", date(2026, 3, 3)), sent("instalment-1", date(2026, 3, 11)))
    promised = a_receivable(progress=progress, promise=a_promise(date(2026, 3, 14)))

    [decision] = decided(an_account(promised, plans=(TWO_PARTS,)), date(2026, 3, 15), RESUMING)

    assert codes(decision) == ["stage_due", "promise_broken"]


def test_a_broken_promise_does_not_shorten_the_time_that_a_message_gave() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", deadline_days=20), Stage("firm", 22, "firm")))
    progress = (sent("soft", date(2026, 3, 3)),)
    receivable = a_receivable(progress=progress, promise=a_promise(date(2026, 3, 10)))

    [waiting] = decided(an_account(receivable), date(2026, 3, 23), policy)

    assert (codes(waiting), waiting.next_on) == (["keeps_distance"], date(2026, 3, 24))
