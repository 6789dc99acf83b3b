"""By which channel a stage reaches a customer, and what happens where none does."""

from datetime import date

import pytest
from msgspec import structs
from unit.dunning.snapshots import EVERY_DAY, a_receivable, an_account, codes, decide_one

from connector.dunning.channels import channel_for, reach
from connector.dunning.decide import DecisionPass
from connector.dunning.explain import explain
from connector.dunning.policy import Policy, Stage
from state.model import TEXTS_STOPPED, PostalAddress, RefusedMail

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


@pytest.mark.parametrize(
    ("channel", "missing"),
    [
        ("sms", "no telephone number that can take texts"),
        ("voice", "no telephone number that can be called"),
        ("letter", "no postal address with street, town, postcode and a known country"),
        ("email", "no usable e-mail address"),
    ],
)
def test_what_is_missing_is_named_for_the_channel_of_the_stage(channel: str, missing: str) -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", channels=(channel,)),))

    told = explain(decide_one(a_receivable(), TODAY, policy, addresses=()))

    assert missing in told.summary
    assert missing.removeprefix("no ") in told.next


def test_a_channel_that_the_customer_has_closed_is_not_told_as_missing() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", channels=("email",)),))

    told = explain(decide_one(a_receivable(), TODAY, policy, closed_channels=frozenset({"email"})))

    assert "email is closed" in told.summary
    assert "`dun customer NAME --email`" in told.next


@pytest.mark.parametrize("first", [Stage("soft", 1, "soft", channels=("sms",)), Stage("soft", 60, "soft")])
def test_after_stop_only_the_customers_own_start_is_advised(first: Stage) -> None:
    policy = Policy(stages=(first, Stage("firm", 61, "firm", channels=("sms",))))

    told = explain(
        decide_one(
            a_receivable(),
            TODAY,
            policy,
            addresses=(),
            phones=("+447700900123",),
            closed_channels=frozenset({"sms", TEXTS_STOPPED}),
        )
    )

    assert "the customer has answered STOP to a text" in told.summary
    assert "texted again only when it has answered START itself" in told.next
    assert "--sms" not in told.next
    assert "closed" not in told.summary


@pytest.mark.parametrize(
    ("why", "words"), [("bounced", "bounced on"), ("invalid", "invalid by"), ("complaint", "unwanted on")]
)
def test_an_address_that_takes_no_mail_is_not_told_as_missing(why: str, words: str) -> None:
    refused = RefusedMail(why, date(2026, 2, 27))

    told = explain(decide_one(a_receivable(), TODAY, by("email", "sms"), addresses=(), refused_mail=refused))

    assert words in told.summary
    assert "2026-02-27" in told.summary
    assert "no usable e-mail address" not in told.summary
    assert "no telephone number that can take texts" in told.summary
    assert "another e-mail address" in told.next
    assert "`dun replies allow ADDRESS`" in told.next


def test_a_stage_that_goes_by_e_mail_alone_says_that_the_address_bounced() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft"), Stage("call", 8, "call", channels=("call",))))
    refused = RefusedMail("bounced", date(2026, 2, 27))

    decision = decide_one(a_receivable(), TODAY, policy, addresses=(), refused_mail=refused)

    assert codes(decision) == ["no_channel"]
    assert "bounced on 2026-02-27" in explain(decision).summary


def test_e_mail_that_the_customer_does_not_want_is_not_told_as_bounced() -> None:
    refused, closed = RefusedMail("bounced", date(2026, 2, 27)), frozenset({"email", "sms"})

    told = explain(
        decide_one(
            a_receivable(), TODAY, by("email", "sms"), addresses=(), refused_mail=refused, closed_channels=closed
        )
    )

    assert "bounced" not in told.summary
    assert "allow" not in told.next


def test_two_customers_of_one_situation_are_each_told_what_they_lack() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", channels=("email",)),))
    of_day = DecisionPass(policy, EVERY_DAY, TODAY)
    customers = (
        an_account(a_receivable(), addresses=()),
        an_account(a_receivable(), closed_channels=frozenset({"email"})),
        an_account(a_receivable(), addresses=(), refused_mail=RefusedMail("bounced", date(2026, 2, 27))),
    )

    assert [explain(of_day.decide(each)[0]).summary.partition(": ")[2] for each in customers] == [
        "the ledger has no usable e-mail address of this customer",
        "email is closed, by the customer's wish or because nothing arrives",
        "mail to this customer's address bounced on 2026-02-27, so it is not written to again",
    ]


def test_a_call_without_a_number_gives_way_to_the_fallback_of_the_policy() -> None:
    assert decide_one(a_receivable(), TODAY, by("call", "email")).channel == "email"
    assert decide_one(a_receivable(), TODAY, by("call", "email"), phones=("+442079460123",)).channel == "call"


def test_a_call_without_a_number_and_without_a_fallback_is_still_a_persons_task() -> None:
    assert decide_one(a_receivable(), TODAY, by("call", "letter")).channel == "call"


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


def test_a_letter_needs_no_postcode_where_there_is_none() -> None:
    hong_kong = PostalAddress(lines=("1 Queen's Rd",), city="Hong Kong", country="HK")

    assert "letter" in reach(an_account(postal=hong_kong))


def test_a_channel_the_customer_does_not_want_is_not_taken() -> None:
    account = an_account(phones=("+447700900123",), closed_channels=frozenset({"sms"}))

    assert channel_for(Stage("soft", 1, "soft", channels=("sms", "email")), reach(account)) == "email"


def test_the_advice_is_what_the_next_stage_needs_and_not_what_another_would() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)), Stage("firm", 8, "firm", channels=("voice",))))
    decision = decide_one(a_receivable(), date(2026, 3, 3), policy, addresses=(), country="GB")

    assert decision.reasons[0].parameters == {"channels": "sms"}
    assert "can be called" not in explain(decision).next


def test_a_telephone_field_with_two_numbers_is_told_as_that() -> None:
    policy = Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)),))
    phones = ("07700 900123 / 07700 900124",)
    decision = decide_one(a_receivable(), date(2026, 3, 3), policy, addresses=(), country="GB", phones=phones)

    assert "cannot be read as one number" in explain(decision).summary
