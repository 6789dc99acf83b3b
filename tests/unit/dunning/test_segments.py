"""Whose customers go through which sequence, and what becomes of a customer who changes it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from unit.dunning.snapshots import EVERY_DAY, a_receivable, an_account, codes, sent

from connector.dunning.decide import DecisionPass
from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.segments import PolicyBook, Rules, Segment, in_words
from state.model import PayerHistory

TODAY = date(2026, 3, 10)
PATIENT = Policy(name="patient", stages=(Stage("soft", 7, "soft"), Stage("firm", 30, "firm")), handover_days=90)


@dataclass(frozen=True)
class Book:
    """A book with one segment, and the question whether a customer is in it."""

    rules: Rules

    def takes(self, *receivables, **account) -> bool:
        book = PolicyBook(
            standard=Policy(), segments=(Segment(name="few", rules=self.rules, policy=PATIENT),), ledger="xero"
        )
        return book.choose(an_account(*(receivables or (a_receivable(),)), **account), TODAY).segment == "few"


def test_a_segment_without_rules_takes_everybody() -> None:
    assert Book(Rules()).takes()


def test_every_rule_must_hold() -> None:
    rules = Book(Rules(countries=frozenset({"DE"}), groups=frozenset({"VIP"})))

    assert rules.takes(country="Germany", groups=("vip ", "wholesale"))
    assert not rules.takes(country="Germany")
    assert not rules.takes(groups=("VIP",))


@pytest.mark.parametrize(
    "rules",
    [
        Rules(countries=frozenset({"GB"})),
        Rules(groups=frozenset({"VIP"})),
        Rules(paid_less_than=3),
        Rules(days_late_less_than=Decimal(30)),
        Rules(ledgers=frozenset({"quickbooks"})),
    ],
)
def test_what_is_not_known_fulfils_no_rule(rules) -> None:
    assert not Book(rules).takes()


def test_an_amount_is_what_the_customer_owes_in_one_currency() -> None:
    big = Book(Rules(owes_at_least=Threshold(minor={"GBP": 1_000_00, "EUR": 1_000_00})))

    assert big.takes(a_receivable("a"), a_receivable("b", due_minor=400_00))
    assert not big.takes(a_receivable("a"), a_receivable("b", due_minor=600_00, currency="EUR"))


def test_an_amount_in_one_currency_says_nothing_of_another() -> None:
    big = Book(Rules(owes_at_least=Threshold(minor={"EUR": 1_000_00})))

    assert not big.takes(a_receivable("a"))
    assert big.takes(a_receivable("a"), a_receivable("b", due_minor=1_000_00, currency="EUR"))


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (Threshold(minor={"EUR": 1_000_00}), "owes_at_least: 1,000.00 EUR"),
        (Threshold(Decimal("2000.00")), "owes_at_least: 2000.00 of any currency"),
        (Threshold(Decimal(50), {"JPY": 9_000}), "owes_at_least: 9,000 JPY, 50 of any other currency"),
    ],
)
def test_an_amount_is_told_with_its_currency(threshold: Threshold, words: str) -> None:
    assert list(in_words(Rules(owes_at_least=threshold))) == [words]


def test_a_currency_without_known_units_is_neither_much_nor_little() -> None:
    strange = a_receivable(currency="XYZ")

    assert not Book(Rules(owes_at_least=Threshold(Decimal(0)))).takes(strange)
    assert not Book(Rules(owes_less_than=Threshold(Decimal(10**6)))).takes(strange)


@pytest.mark.parametrize(("due_on", "taken"), [(date(2026, 2, 8), True), (date(2026, 2, 9), False), (None, False)])
def test_age_counts_from_the_oldest_due_date(due_on, taken) -> None:
    old = Book(Rules(overdue_at_least=30))

    assert old.takes(a_receivable("a", due_on=date(2026, 3, 9)), a_receivable("b", due_on=due_on)) is taken


def test_habits_count_once_there_is_a_history() -> None:
    slow = Book(Rules(paid_at_least=3, days_late_at_least=Decimal(10)))
    history = PayerHistory(paid=3, late=3, mean_days_late=Decimal("10.5"), first_invoiced_on=None)

    assert slow.takes(history=history)
    assert not slow.takes(history=PayerHistory(paid=2, late=2, mean_days_late=Decimal(40), first_invoiced_on=None))


def test_the_first_segment_that_matches_wins_and_says_why() -> None:
    book = PolicyBook(
        standard=Policy(),
        segments=(
            Segment(name="old", rules=Rules(overdue_at_least=30), policy=PATIENT),
            Segment(name="vip", rules=Rules(groups=frozenset({"VIP"})), policy=PATIENT),
            Segment(name="all", rules=Rules(), policy=PATIENT),
        ),
    )
    chosen = book.choose(an_account(a_receivable(), groups=("VIP",)), TODAY)

    assert (chosen.segment, chosen.why) == ("vip", ("groups: VIP",))


# -- changing sequences ---------------------------------------------------------------------------------------------


def decide_in(policy: Policy, today: date, *progress) -> tuple[str | None, str, list[str]]:
    book = PolicyBook(standard=Policy(), segments=(Segment(name="now", rules=Rules(), policy=policy),))
    account = an_account(a_receivable(due_on=date(2026, 3, 2), progress=progress))
    [decision] = DecisionPass(book, EVERY_DAY, today).decide(account)
    return decision.stage, decision.action, codes(decision)


def test_a_stage_sent_under_another_sequence_is_not_an_unknown_one() -> None:
    stage, action, reasons = decide_in(PATIENT, date(2026, 3, 12), sent("friendly", date(2026, 2, 27)))

    assert (stage, action, reasons) == ("soft", "send", ["stage_due"])


def test_what_lies_before_a_stage_sent_under_another_sequence_has_passed() -> None:
    other = Policy(name="other", stages=(Stage("first", 5, "soft"), Stage("second", 20, "firm")), handover_days=60)

    stage, _, _ = decide_in(other, date(2026, 3, 24), sent("firm", date(2026, 3, 10)))

    assert stage == "second"


def test_a_stage_that_goes_no_more_is_still_known() -> None:
    retired = Policy(name="now", stages=PATIENT.stages, retired=(Stage("courtesy", -3, "friendly"),), handover_days=90)

    assert decide_in(retired, date(2026, 3, 9), sent("courtesy", date(2026, 2, 27)))[1] == "send"
    assert decide_in(PATIENT, date(2026, 3, 9), sent("courtesy", date(2026, 2, 27)))[2] == ["policy_changed"]


def test_where_two_sequences_disagree_about_a_stage_a_person_lets_it_go() -> None:
    careful = Policy(name="careful", stages=(Stage("soft", 7, "soft", mode="approve"),))
    book = PolicyBook(
        standard=Policy(stages=(Stage("soft", 1, "soft", mode="auto"), Stage("firm", 8, "firm", mode="auto"))),
        segments=(Segment(name="few", rules=Rules(), policy=careful),),
    )

    assert [book.mode_of("soft", "auto"), book.mode_of("firm", "approve")] == ["approve", "auto"]
    assert book.mode_of("firm", "off") == "off"


def test_a_channel_that_only_the_second_of_two_stages_of_one_name_takes_is_known() -> None:
    by_post = Policy(name="post", stages=(Stage("soft", 7, "soft", channels=("letter", "sms")),))
    book = PolicyBook(standard=Policy(), segments=(Segment(name="few", rules=Rules(), policy=by_post),))

    assert book.channels == {"email", "letter", "sms"}
