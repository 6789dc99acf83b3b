"""By which channel a stage reaches a customer, and what happens where none does."""

from datetime import date

import pytest
from msgspec import structs
from unit.dunning.snapshots import a_receivable, an_account, codes, decide_one

from connector.dunning.channels import channel_for, reach
from connector.dunning.policy import Policy, Stage
from state.model import PostalAddress

TODAY = date(2026, 3, 3)
STREET = PostalAddress(lines=("1 High Street",), city="Leeds", postcode="LS1 1AA")


def by(*channels: str) -> Policy:
    return Policy(stages=(Stage("soft", 1, "soft", channels=channels), Stage("firm", 8, "firm")))


def test_the_first_channel_that_works_is_taken() -> None:
    decision = decide_one(
        a_receivable(), TODAY, by("sms", "letter", "email"), addresses=("a@customer.example",), postal=STREET
    )

    assert (decision.action, decision.channel) == ("send", "letter")


def test_a_customer_without_an_address_is_called_where_the_stage_says_so() -> None:
    assert decide_one(a_receivable(), TODAY, by("email", "call"), addresses=()).channel == "call"


def test_what_no_channel_of_the_stage_reaches_is_a_persons_to_mend() -> None:
    decision = decide_one(a_receivable(), TODAY, by("sms"))

    assert (decision.action, codes(decision)) == ("ask_person", ["no_channel"])


def test_a_customer_nothing_reaches_is_listed_before_any_stage_has_come() -> None:
    decision = decide_one(a_receivable(due_on=date(2026, 12, 1)), TODAY, by("sms"), addresses=())

    assert codes(decision) == ["no_address"]


@pytest.mark.parametrize("missing", ["lines", "city", "postcode"])
def test_a_letter_needs_street_town_and_postcode(missing) -> None:
    whole = {"lines": ("1 High Street",), "city": "Leeds", "postcode": "LS1 1AA"}
    account = an_account(postal=PostalAddress(**{**whole, missing: () if missing == "lines" else None}))

    assert "letter" not in reach(account)
    assert "letter" in reach(an_account(postal=STREET))


@pytest.mark.parametrize(("country", "arrives"), [(None, True), ("", True), ("GBR", True), ("Ruritania", False)])
def test_a_letter_needs_a_country_that_is_known_or_none(country, arrives) -> None:
    account = an_account(postal=structs.replace(STREET, country=country))

    assert ("letter" in reach(account)) == arrives


def test_a_channel_the_customer_does_not_want_is_not_taken() -> None:
    account = an_account(phones=("+447700900123",), closed_channels=frozenset({"sms"}))

    assert channel_for(Stage("soft", 1, "soft", channels=("sms", "email")), reach(account)) == "email"
