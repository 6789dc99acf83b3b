"""Segments that nobody can be in under one tenant, though their file is right."""

from decimal import Decimal

import pytest

from connector.dunning.policy import Policy, Threshold
from connector.dunning.segments import PolicyBook, Rules, Segment
from connector.policy_tools.unreachable import unreachable

PATIENT = Policy(name="patient")
XERO = frozenset({"xero"})
DE, DACH = frozenset({"DE"}), frozenset({"DE", "AT", "CH"})


def a_book(*rules: Rules, ledger: str = "quickbooks", policy: Policy = PATIENT) -> PolicyBook:
    segments = tuple(Segment(name=f"s{n}", rules=each, policy=policy) for n, each in enumerate(rules, 1))
    return PolicyBook(standard=Policy(), segments=segments, ledger=ledger)


def told(book: PolicyBook, *others: PolicyBook) -> list[str]:
    return [finding.words for finding in unreachable(book, (book, *others))]


def test_a_segment_of_a_ledger_that_no_tenant_has_is_named_with_both() -> None:
    [words] = told(a_book(Rules(ledgers=XERO)))

    assert "segment s1 can have no customers: it is of the ledger xero" in words
    assert "in another (quickbooks)" in words


def test_a_segment_of_another_tenants_ledger_is_nothing_to_weigh() -> None:
    assert told(a_book(Rules(ledgers=XERO)), a_book(Rules(ledgers=XERO), ledger="xero")) == []


def test_a_tenant_who_does_not_use_the_segment_does_not_count() -> None:
    assert len(told(a_book(Rules(ledgers=XERO)), a_book(ledger="xero"))) == 1


def test_what_stands_behind_a_segment_without_conditions_is_never_reached() -> None:
    second, standard = told(a_book(Rules(), Rules(countries=DE)))

    assert second.startswith("segment s2 can have no customers, because s1 before it takes them all; put it before s1")
    assert "segment s1 has no conditions and takes every customer, so that the sequence standard is never" in standard


def test_a_last_segment_of_everybody_with_the_usual_sequence_changes_nothing() -> None:
    assert told(a_book(Rules(countries=DE), Rules(), policy=Policy())) == []


def test_a_rule_of_the_tenants_own_ledger_is_no_condition() -> None:
    [words] = told(a_book(Rules(ledgers=XERO), Rules(countries=DE), ledger="xero"))

    assert words.startswith("segment s2 can have no customers")


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (Rules(countries=DACH), Rules(countries=DE), True),
        (Rules(countries=DE), Rules(countries=DACH), False),
        (Rules(countries=DACH), Rules(currencies=frozenset({"EUR"})), False),
        (Rules(overdue_at_least=0), Rules(overdue_at_least=30), True),
        (Rules(overdue_at_least=30), Rules(overdue_at_least=0), False),
        (Rules(days_late_less_than=Decimal(9)), Rules(days_late_less_than=Decimal(5)), True),
        (Rules(days_late_less_than=Decimal(5)), Rules(days_late_less_than=Decimal(9)), False),
        (Rules(owes_at_least=Threshold(Decimal(9))), Rules(owes_at_least=Threshold(Decimal(9)), countries=DE), True),
        (Rules(owes_at_least=Threshold(Decimal(9))), Rules(owes_at_least=Threshold(Decimal(5))), False),
        (Rules(owes_at_least=Threshold(Decimal(1000))), Rules(owes_at_least=Threshold(Decimal(2000))), True),
        (Rules(owes_at_least=Threshold(Decimal(9))), Rules(owes_at_least=Threshold(minor={"EUR": 900})), True),
        (Rules(owes_at_least=Threshold(minor={"EUR": 900})), Rules(owes_at_least=Threshold(Decimal(9))), False),
        (Rules(owes_less_than=Threshold(Decimal(9))), Rules(owes_less_than=Threshold(Decimal(5))), True),
        (Rules(owes_less_than=Threshold(Decimal(5))), Rules(owes_less_than=Threshold(Decimal(9))), False),
        (Rules(groups=frozenset({"VIP", "Key"})), Rules(groups=frozenset({"vip"})), True),
    ],
)
def test_a_segment_is_covered_by_a_wider_one_before_it(wide: Rules, narrow: Rules, covered: bool) -> None:
    assert bool(told(a_book(wide, narrow))) is covered


def test_a_segment_of_nobody_but_who_is_never_chased_does_nothing() -> None:
    spared = Policy(name="patient", do_not_chase_groups=frozenset({"VIP"}))

    [words] = told(a_book(Rules(groups=frozenset({"vip"})), policy=spared))

    assert words.startswith("segment s1 is of customers in vip, who are never chased")
    assert told(a_book(Rules(groups=frozenset({"vip", "Key"})), policy=spared)) == []


@pytest.mark.parametrize(("less_than", "silent"), [("4.00", True), ("5.00", True), ("5.02", False)])
def test_a_segment_of_debts_below_the_tolerance_does_nothing(less_than: str, silent: bool) -> None:
    policy = Policy(name="patient", tolerance=Threshold(Decimal(5)))

    words = told(a_book(Rules(owes_less_than=Threshold(Decimal(less_than))), policy=policy))

    assert ["tolerance lets every invoice be" in each for each in words] == [True] * silent


def test_only_the_segments_own_currencies_count_against_the_tolerance() -> None:
    policy = Policy(name="patient", tolerance=Threshold(Decimal(1), {"EUR": 500}))
    below = Threshold(Decimal(4))

    assert told(a_book(Rules(owes_less_than=below), policy=policy)) == []
    assert len(told(a_book(Rules(owes_less_than=below, currencies=frozenset({"EUR"})), policy=policy))) == 1
