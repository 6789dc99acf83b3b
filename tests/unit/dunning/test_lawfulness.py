"""What a policy may not ask for, and what a person should weigh, by country and kind of customer."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest

from connector.dunning.calendar import SendingWindow
from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, UNITED_KINGDOM, Contract, Law
from connector.dunning.lawfulness import Finding, examine
from connector.dunning.planned import Hours, PlannedPolicy, PlannedStage, planned_for
from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.segments import PolicyBook, Rules, Segment

FLAT = Contract(per_reminder=Threshold(minor={"EUR": 2_50}), with_consumers=True)
INTEREST = Contract(percent=Decimal(5), with_consumers=True)


def a_stage(day: int = 8, **fields: Any) -> PlannedStage:
    return PlannedStage(**{"name": f"day{day}", "day": day, **fields})


def a_policy(*stages: PlannedStage, **fields: Any) -> PlannedPolicy:
    """For businesses in Britain."""
    return PlannedPolicy(**{"stages": stages, "country": "GB", "customers": "business", **fields})


def found(*stages: PlannedStage, **fields: Any) -> list[tuple[str, str, str | None]]:
    return [(f.severity, f.code, f.stage) for f in examine(a_policy(*stages, **fields))]


def test_the_usual_sequence_has_no_findings_anywhere() -> None:
    stages = [a_stage(day) for day in (-3, 1, 8, 21)]

    policies = [
        a_policy(*stages, country=country, customers=customers)
        for country in ("GB", "DE", "FR", "NL", "US", "AU", "")
        for customers in ("business", "consumer", "unknown")
    ]

    assert [examine(policy) for policy in policies] == [()] * 21


def test_charges_by_law_from_businesses_have_no_findings_at_home() -> None:
    claim = a_stage(charges="claim")

    assert found(claim, terms=UNITED_KINGDOM) == []
    assert found(claim, terms=EUROPEAN_UNION, country="NL") == []
    assert found(claim, terms=GERMANY, country="DE") == []


@pytest.mark.parametrize("terms", [UNITED_KINGDOM, INTEREST])
@pytest.mark.parametrize("day", [-3, 0])
def test_charges_before_anything_is_late_are_an_error(terms: Law | Contract, day: int) -> None:
    assert found(a_stage(day, charges="claim"), terms=terms) == [("error", "charges_before_due", f"day{day}")]


def test_charges_may_be_mentioned_before_the_due_date() -> None:
    assert found(a_stage(-3, charges="mention"), terms=UNITED_KINGDOM) == []


@pytest.mark.parametrize("charges", ["mention", "claim"])
@pytest.mark.parametrize(("terms", "country"), [(UNITED_KINGDOM, "GB"), (EUROPEAN_UNION, "FR")])
def test_naming_what_businesses_owe_to_consumers_is_an_error(charges: str, terms: Law, country: str) -> None:
    stages = a_stage(1), a_stage(charges=charges)

    assert found(*stages, terms=terms, country=country, customers="consumer") == [("error", "businesses_only", "day8")]


def test_a_law_for_businesses_is_a_warning_while_nobody_said_who_is_one() -> None:
    claim = a_stage(charges="claim")

    assert found(claim, terms=UNITED_KINGDOM, customers="unknown") == [("warning", "customer_kind_unknown", None)]


@pytest.mark.parametrize(("terms", "country"), [(UNITED_KINGDOM, "FR"), (EUROPEAN_UNION, "GB"), (GERMANY, "AT")])
def test_a_law_used_abroad_is_a_warning(terms: Law, country: str) -> None:
    stages = a_stage(1), a_stage(charges="claim")

    assert found(*stages, terms=terms, country=country) == [("warning", "law_of_another_country", None)]


def test_a_customer_without_a_country_is_nowhere_abroad() -> None:
    assert found(a_stage(charges="claim"), terms=GERMANY, country="") == []


def test_british_consumers_may_find_an_agreed_charge_unfair() -> None:
    claim = a_stage(charges="claim")

    assert found(claim, terms=INTEREST, customers="consumer") == [("warning", "fee_may_be_unfair", None)]


@pytest.mark.parametrize(
    ("customers", "deadline", "codes"),
    [
        ("business", 7, ["too_short_before_court"]),
        ("business", None, ["too_short_before_court"]),
        ("business", 14, []),
        ("consumer", 14, ["too_short_before_court"]),
        ("unknown", 29, ["too_short_before_court"]),
        ("consumer", 30, []),
    ],
)
def test_a_british_letter_before_a_claim_leaves_time_to_answer(
    customers: str, deadline: int | None, codes: list[str]
) -> None:
    stage = a_stage(30, announces_court=True, deadline_days=deadline)

    assert [code for _, code, _ in found(stage, customers=customers)] == codes


def test_a_short_deadline_is_fine_where_no_court_is_announced() -> None:
    assert found(a_stage(21, deadline_days=7), customers="consumer") == []


def test_german_consumers_pay_no_staff_with_a_reminder_fee() -> None:
    stages = a_stage(1), a_stage(charges="claim")

    assert found(*stages, terms=FLAT, country="DE", customers="consumer") == [("warning", "fee_may_be_unfair", None)]
    assert found(*stages, terms=FLAT, country="DE") == []
    assert found(*stages, terms=INTEREST, country="DE", customers="consumer") == []


def test_german_consumers_are_reminded_before_interest_is_asked_for() -> None:
    claim = a_stage(charges="claim")

    assert found(claim, terms=GERMANY, country="DE", customers="consumer") == [
        ("warning", "default_not_certain", "day8")
    ]
    assert found(a_stage(-3), claim, terms=GERMANY, country="DE", customers="consumer") != []
    assert found(a_stage(1), claim, terms=GERMANY, country="DE", customers="consumer") == []
    assert found(claim, terms=GERMANY, country="DE") == []


def test_french_consumers_do_not_pay_for_being_reminded() -> None:
    stages = a_stage(1), a_stage(charges="claim")

    assert found(*stages, terms=FLAT, country="FR", customers="consumer") == [("error", "fee_not_owed", "day8")]
    assert found(*stages, terms=FLAT, country="FR") == [("warning", "fee_needs_proof", "day8")]
    assert found(*stages, terms=INTEREST, country="FR", customers="consumer") == []


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (a_stage(1), ["fee_before_notice"]),
        (a_stage(1, deadline_days=14, charges="mention"), ["fee_before_notice"]),
        (a_stage(1, deadline_days=15), ["fee_before_notice"]),  # it must name the cost
        (a_stage(-3, deadline_days=15, charges="mention"), ["fee_before_notice"]),  # and come after the due date
        (a_stage(1, deadline_days=15, charges="mention"), []),
        (a_stage(5, deadline_days=15, charges="mention"), ["fee_before_notice"]),  # and have run out
    ],
)
def test_dutch_consumers_get_fourteen_days_before_a_fee(notice: PlannedStage, expected: list[str]) -> None:
    fee = a_stage(20, charges="claim")

    findings = found(notice, fee, terms=FLAT, country="NL", customers="consumer")

    assert findings == [("error", code, "day20") for code in expected]


def test_dutch_businesses_need_no_such_notice() -> None:
    assert found(a_stage(20, charges="claim"), terms=FLAT, country="NL") == []


def test_dutch_customers_of_unknown_kind_are_a_warning() -> None:
    findings = found(a_stage(20, charges="claim"), terms=FLAT, country="NL", customers="unknown")

    assert findings == [("warning", "fee_before_notice", "day20")]


def test_a_voice_that_calls_americans_needs_their_consent() -> None:
    assert found(a_stage(channels=("email", "voice")), country="US") == [("warning", "voice_needs_consent", "day8")]
    assert found(a_stage(channels=("call",)), country="US") == []


def test_more_than_seven_calls_a_week_are_too_many_in_america() -> None:
    calls = [a_stage(day, channels=("call",)) for day in range(1, 9)]

    assert found(*calls[:7], country="US", customers="consumer") == []
    assert found(*calls, country="US") == []
    assert [
        code for _, code, _ in found(*calls[:7], a_stage(7, channels=("call",)), country="US", customers="unknown")
    ] == ["too_many_calls"]


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [(8, 21, []), (7, 21, ["calling_hours"]), (8, 22, ["calling_hours"]), (9, 17, [])],
)
def test_american_consumers_sleep_from_21_to_8(opens: int, closes: int, expected: list[str]) -> None:
    window = SendingWindow(time(opens), time(closes))

    assert [c for _, c, _ in found(a_stage(), country="US", customers="consumer", window=window)] == expected
    assert found(a_stage(), country="US", window=window) == []


@pytest.mark.parametrize(("channel", "expected"), [("email", ["calling_hours"]), ("voice", ["voice_needs_consent"])])
def test_what_leaves_by_the_firms_clock_comes_when_it_comes(channel: str, expected: list[str]) -> None:
    """At nine in London it is one o'clock in Los Angeles."""
    walls = {"email": (SendingWindow(time(9), time(17)), SendingWindow(time(17), time(1)))}
    stage = a_stage(channels=(channel,))

    assert [c for _, c, _ in found(stage, country="US", customers="consumer", on_their_walls=walls)] == expected


def test_a_letter_may_be_posted_at_any_hour() -> None:
    window = SendingWindow(time(0), time(23))

    assert found(a_stage(channels=("letter",)), country="US", customers="consumer", window=window) == []


@pytest.mark.parametrize(
    ("country", "customers", "expected"),
    [
        ("GB", "business", ["too_many_messages"]),
        ("IE", "consumer", ["too_many_messages"]),
        ("IE", "unknown", ["too_many_messages"]),
        ("IE", "business", []),
        ("AU", "consumer", []),
    ],
)
def test_more_than_three_messages_in_a_week_may_be_harassment(
    country: str, customers: str, expected: list[str]
) -> None:
    stages = [a_stage(day) for day in (1, 3, 5, 7)]

    assert [code for _, code, _ in found(*stages, country=country, customers=customers)] == expected


def test_four_messages_in_eight_days_are_not_in_one_week() -> None:
    assert found(*(a_stage(day) for day in (1, 3, 5, 8))) == []


def test_errors_come_before_warnings() -> None:
    stages = [a_stage(day, charges="claim") for day in (1, 2, 3, 4)]

    findings = found(*stages, terms=UNITED_KINGDOM, customers="consumer")

    assert [severity for severity, _, _ in findings] == ["error"] * 4 + ["warning"]


def test_each_finding_names_the_rule_it_is_about() -> None:
    policies = [
        a_policy(
            *(a_stage(day, charges="claim", channels=("voice",), announces_court=True) for day in range(12)),
            country=country,
            customers=customers,
            terms=terms,
            window=SendingWindow(time(1), time(23)),
        )
        for country in ("GB", "DE", "FR", "NL", "US")
        for customers in ("business", "consumer", "unknown")
        for terms in (UNITED_KINGDOM, EUROPEAN_UNION, GERMANY, FLAT)
    ]
    findings: list[Finding] = [finding for policy in policies for finding in examine(policy)]

    assert findings
    assert all(finding.source and finding.what for finding in findings)


def test_a_policy_is_planned_for_each_country_that_a_segment_names() -> None:
    claiming = Policy(
        name="firm",
        stages=(
            Stage("first", 1, "soft"),
            Stage("last", 9, "final", channels=("letter", "call"), deadline_days=7, charges="claim"),
        ),
    )
    abroad = Segment(name="abroad", rules=Rules(countries=frozenset({"NL", "FR"})), policy=claiming)
    large = Segment(name="large", rules=Rules(owes_at_least=Threshold(Decimal(9))), policy=claiming)
    window = SendingWindow(time(8), time(18))

    plans = list(
        planned_for(
            PolicyBook(standard=Policy(), segments=(abroad, large)), "DE", "business", FLAT, lambda _: Hours(window, {})
        )
    )

    assert [(name, plan.country) for name, plan in plans] == [
        ("abroad", "FR"),
        ("abroad", "NL"),
        ("large", "DE"),
        ("standard", "DE"),
    ]
    assert plans[0][1] == PlannedPolicy(
        stages=(
            PlannedStage(name="first", day=1),
            PlannedStage(name="last", day=9, channels=("letter", "call"), deadline_days=7, charges="claim"),
        ),
        country="FR",
        customers="business",
        terms=FLAT,
        window=window,
    )
    assert [[finding.code for finding in examine(plan)] for _, plan in plans] == [["fee_needs_proof"], [], [], []]


def test_the_default_policy_has_no_findings() -> None:
    plans = planned_for(PolicyBook(standard=Policy()), "GB", "unknown", None, lambda _: Hours(SendingWindow(), {}))

    assert [examine(plan) for _, plan in plans] == [()]
