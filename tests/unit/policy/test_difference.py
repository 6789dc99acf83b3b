"""Two policies side by side, and what is doubtful about one."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from unit.dunning.snapshots import EVERY_DAY, a_receivable, an_account

from connector.dunning.best_time import BestTime
from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.segments import PolicyBook, Rules, Segment, as_book
from connector.policy_tools.difference import Rules as Side
from connector.policy_tools.difference import difference
from connector.policy_tools.findings import mirror_findings
from connector.policy_tools.sentences import policy_sentences, segment_sentences
from state.agreed import Preference
from state.habits import EarlyHabit, OwnTime
from state.model import Account, ContactId

TODAY = date(2026, 3, 3)
LATE = Policy(stages=(Stage("soft", 10, "soft"),))
VIP = Segment(name="vip", rules=Rules(groups=frozenset({"VIP"})), policy=Policy(name="patient", stages=LATE.stages))
VIP_ACCOUNT = an_account(a_receivable(), groups=("VIP",))


def side(policy: Policy | PolicyBook, mode: str = "approve", cap: int = 200) -> Side:
    return Side(as_book(policy), EVERY_DAY, mode, lambda _: cap)


def changes(before: Policy | PolicyBook, after: Policy | PolicyBook, *accounts: Account):
    return difference(list(accounts), side(before), side(after), TODAY, 30)


def test_a_policy_differs_from_itself_for_nobody() -> None:
    assert changes(Policy(), Policy(), an_account(a_receivable())) == []


def test_a_change_is_told_with_both_futures() -> None:
    [change] = changes(Policy(), LATE, an_account(a_receivable()))

    assert change.before.sends[0] == "2026-03-03 soft by email: INV-1"
    assert change.after.sends == ("2026-03-12 soft by email: INV-1",)


@pytest.mark.parametrize(
    ("trait", "told"),
    [
        ({"template": "final"}, "worded as final"),
        ({"charges": "claim"}, "claiming interest and fixed sums"),
        ({"recipients": "primary"}, "to the primary contact alone"),
        ({"sender": "escalated"}, "from the escalated sender"),
        ({"deadline_days": 30}, "giving 30 days"),
        ({"mode": "auto"}, "in mode auto"),
        ({"owner": "Ann"}, "in the care of Ann"),
    ],
)
def test_other_words_people_demands_and_owners_are_a_difference(trait: dict[str, Any], told: str) -> None:
    soft = Stage("soft", 1, "soft")

    [change] = changes(Policy(stages=(soft,)), Policy(stages=(replace(soft, **trait),)), an_account(a_receivable()))

    assert told in change.after.sends[0]
    assert told not in change.before.sends[0]


def test_who_waits_for_room_under_a_lower_cap_is_named() -> None:
    first, second = (an_account(a_receivable(contact_id=key), contact_id=key) for key in ("a", "b"))

    [change] = difference([first, second], side(Policy()), side(Policy(), cap=1), TODAY, 30)

    assert (change.contact_id, change.before.sends[0], change.after.sends[0]) == (
        "b",
        "2026-03-03 soft by email: INV-1",
        "2026-03-04 soft by email: INV-1",
    )


def test_a_tenant_that_is_switched_off_sends_nothing() -> None:
    [change] = difference([an_account(a_receivable())], side(Policy()), side(Policy(), "off"), TODAY, 30)

    assert (bool(change.before.sends), change.after.sends) == (True, ())


def test_who_lets_messages_go_is_a_difference() -> None:
    soft = Policy(stages=(Stage("soft", 1, "soft"),))

    [change] = difference([an_account(a_receivable())], side(soft), side(soft, "auto"), TODAY, 30)

    assert (change.before.sends, change.after.sends) == (
        ("2026-03-03 soft by email, in mode approve: INV-1",),
        ("2026-03-03 soft by email, in mode auto: INV-1",),
    )


def test_the_tenants_mode_is_no_difference_where_the_stage_has_its_own() -> None:
    soft = Policy(stages=(Stage("soft", 1, "soft", mode="approve"),))

    assert difference([an_account(a_receivable())], side(soft), side(soft, "auto"), TODAY, 30) == []


def test_only_the_customers_of_a_new_segment_are_named() -> None:
    others = an_account(a_receivable(contact_id="other"), contact_id="other")
    vip = an_account(a_receivable(), groups=("VIP",))

    [change] = changes(Policy(), PolicyBook(standard=Policy(), segments=(VIP,)), others, vip)

    assert (change.contact_id, change.before.segment, change.after.segment) == ("customer", "standard", "vip")


def test_a_stage_that_reaches_only_some_is_to_be_weighed() -> None:
    by_text = Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)),))
    accounts = [an_account(a_receivable()), an_account(a_receivable(), phones=("+447700900123",))]

    [finding] = mirror_findings(as_book(by_text), accounts, TODAY)

    assert "soft reaches 1 of 2 customers by sms" in finding.words


def test_a_segment_without_customers_names_the_rules_that_nobody_fulfils() -> None:
    rules = Rules(groups=frozenset({"VIP"}), owes_at_least=Threshold(Decimal(1)), countries=frozenset({"DE"}))
    book = PolicyBook(standard=Policy(), segments=(Segment(name="vip", rules=rules, policy=Policy()),))

    [finding] = mirror_findings(book, [an_account(a_receivable())], TODAY)
    assert finding.words == (
        "segment vip has no customer who owes anything today: of nobody it is so that countries: DE; groups: VIP; see"
        " whether the ledger says it in other words"
    )


def test_a_segment_whose_customers_all_go_to_another_before_it_says_so() -> None:
    wide = Segment(name="wide", rules=Rules(owes_at_least=Threshold(Decimal(1))), policy=Policy())

    [finding] = mirror_findings(PolicyBook(standard=Policy(), segments=(wide, VIP)), [VIP_ACCOUNT], TODAY)

    assert finding.words.startswith("segment vip has no customer who owes anything today: segments before it take")


def test_a_segment_of_a_mirror_without_debts_is_only_said_to_be_empty() -> None:
    [finding] = mirror_findings(PolicyBook(standard=Policy(), segments=(VIP,)), [], TODAY)

    assert finding.words == "segment vip has no customer who owes anything today"


@pytest.mark.parametrize(("minimum", "told"), [("100.01", True), ("100.00", False)])
def test_a_minimum_above_the_largest_open_invoice_is_to_be_weighed(minimum: str, told: bool) -> None:
    policy = Policy(stages=(Stage("final", 21, "final", minimum=Threshold(Decimal(minimum))),))
    accounts = [an_account(a_receivable(due_minor=4_000)), an_account(a_receivable(due_minor=10_000))]

    found = [finding.words for finding in mirror_findings(as_book(policy), accounts, TODAY)]

    assert (
        "no open invoice comes to the minimum of final: the largest open invoices here are of 100.00" in str(found)
    ) is (told)


def test_a_minimum_is_held_against_each_currency() -> None:
    policy = Policy(stages=(Stage("final", 21, "final", minimum=Threshold(Decimal(500), {"JPY": 5_000})),))
    accounts = [an_account(a_receivable(due_minor=4_000), a_receivable(due_minor=6_000, currency="JPY"))]

    assert mirror_findings(as_book(policy), accounts, TODAY) == []


def test_a_tolerance_above_every_open_invoice_is_to_be_weighed() -> None:
    [finding] = mirror_findings(
        as_book(Policy(tolerance=Threshold(Decimal(100)))), [an_account(a_receivable(due_minor=10_000))], TODAY
    )

    assert finding.words.startswith("tolerance lets every open invoice be")


def test_a_policy_reads_as_sentences() -> None:
    stage = Stage("firm", 2, "firm", basis="month_end", channels=("letter", "call"), owner="Ann", deadline_days=7)

    assert policy_sentences(Policy(stages=(stage,)))[0] == (
        "firm: 2 days after the end of the month in which it is due, by letter, else a call, giving 7 days,"
        " in the care of Ann."
    )
    assert policy_sentences(Policy(stages=(stage,)))[-1] == (
        "35 days after the end of the month in which it is due a person decides how to go on."
    )
    assert segment_sentences(PolicyBook(standard=Policy(), segments=(VIP,))) == [
        "vip: groups: VIP -> patient",
        "everybody else -> standard",
    ]


def test_who_pays_early_is_told_where_one_policy_nudges_and_the_other_does_not() -> None:
    early = an_account(a_receivable(due_on=date(2026, 3, 9)), early=EarlyHabit(9, 10, Decimal("0.9")))
    anybody = an_account(a_receivable(due_on=date(2026, 3, 9)), contact_id="other")

    [change] = changes(Policy(nudge_early_payers=True), Policy(), early, anybody)

    assert (change.contact_id, change.before.sends[0]) == (early.contact_id, "2026-03-06 friendly by email: INV-1")
    assert change.after.sends == change.before.sends[1:]


def test_a_policy_with_own_times_is_told_by_the_days_that_change() -> None:
    """The 3rd of March is a Tuesday; the lot lets about half of such customers wait."""
    accounts = [
        an_account(a_receivable(), contact_id=f"c-{number}", own_time=OwnTime(weekday=2, on_weekday=9, days=9))
        for number in range(20)
    ]
    soft = Policy(stages=(Stage("soft", 1, "soft"),))

    found = changes(soft, PolicyBook(standard=soft, best_time=BestTime(1)), *accounts)

    assert 5 <= len(found) <= 15
    assert {change.after.sends[0] for change in found} == {"2026-03-04 soft by email: INV-1"}


def test_a_customer_who_is_pinned_to_a_segment_that_has_gone_is_named() -> None:
    wish = Preference(contact_id=ContactId("customer"), segment="gone")

    [finding] = mirror_findings(as_book(Policy()), [an_account(a_receivable(), preference=wish)], TODAY)

    assert "Example Ltd is pinned to this segment, which the policy does not have" in finding.words
