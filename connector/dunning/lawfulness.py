"""What is unlawful or doubtful about a policy, for customers of one country and kind, with the rule that says so.

An error is a policy that asks for what the law does not give, and it is refused. A warning is for a person to weigh:
the rule binds others (debt collectors), leaves room, or depends on the contract. Only rules that could be looked up
are here; a policy without findings has not been found lawful.
"""

from collections.abc import Iterator
from datetime import time
from typing import Literal

from msgspec import Struct

from connector.dunning.calendar import SendingWindow
from connector.dunning.late_terms import EEA, Contract, Law
from connector.dunning.planned import PlannedPolicy, PlannedStage
from connector.dunning.policy import Channel

FindingCode = Literal[
    "charges_before_due",
    "businesses_only",
    "customer_kind_unknown",
    "law_of_another_country",
    "fee_may_be_unfair",
    "fee_not_owed",
    "fee_needs_proof",
    "fee_before_notice",
    "default_not_certain",
    "too_many_messages",
    "too_many_calls",
    "calling_hours",
    "voice_needs_consent",
    "too_short_before_court",
]

_HOME = {"uk": frozenset({"GB"}), "eu": EEA, "de": frozenset({"DE"})}

_WEEK = 7  # days
_MESSAGES_A_WEEK = 3
_CALLS_A_WEEK = 7  # 12 CFR 1006.14(b)(2)(i)
_CALLS = frozenset({"call", "voice"})
_TIMED = frozenset({"call", "voice", "sms", "email"})  # 12 CFR 1006.6(b)(1) is about electronic messages too
_EARLIEST, _LATEST = time(8), time(21)
_DUTCH_NOTICE_DAYS = 15  # fourteen, from the day after the letter has come
_INDIVIDUAL_DAYS, _COMPANY_DAYS = 30, 14  # to answer a letter before a claim in England and Wales


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong or doubtful, about the stage named, else about the policy as a whole."""

    severity: Literal["error", "warning"]
    code: FindingCode
    stage: str | None = None
    what: str
    source: str


def examine(policy: PlannedPolicy) -> tuple[Finding, ...]:
    """Everything found, errors first."""
    found = [
        *_before_due(policy),
        *_kind_of_customer(policy),
        *_another_country(policy),
        *_united_kingdom(policy),
        *_germany(policy),
        *_france(policy),
        *_netherlands(policy),
        *_united_states(policy),
        *_frequency(policy),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity))  # "error" comes before "warning"


def _before_due(policy: PlannedPolicy) -> Iterator[Finding]:
    for stage in policy.stages:
        if stage.charges == "claim" and stage.day <= 0 and policy.terms is not None:
            yield Finding(
                severity="error",
                code="charges_before_due",
                stage=stage.name,
                what="asks for charges before anything is late: they begin on the day after the due date",
                source=policy.terms.source,
            )


def _kind_of_customer(policy: PlannedPolicy) -> Iterator[Finding]:
    terms = policy.terms
    if not isinstance(terms, Law) or terms.points_others is not None or not policy.charging:
        return
    if policy.customers == "consumer":
        for stage in policy.charging:
            yield Finding(
                severity="error",
                code="businesses_only",
                stage=stage.name,
                what="names charges to consumers that only businesses owe",
                source=_scope(terms),
            )
    elif policy.customers == "unknown":
        yield Finding(
            severity="warning",
            code="customer_kind_unknown",
            what="nothing is charged to customers of whom nobody has said that they are businesses",
            source=_scope(terms),
        )


def _scope(law: Law) -> str:
    if law.name == "uk":
        return "Late Payment of Commercial Debts (Interest) Act 1998, s. 2(1)"
    return "Directive 2011/7/EU, Article 2(1)"


def _another_country(policy: PlannedPolicy) -> Iterator[Finding]:
    terms = policy.terms
    if isinstance(terms, Law) and policy.charging and policy.country and policy.country not in _HOME[terms.name]:
        yield Finding(
            severity="warning",
            code="law_of_another_country",
            what=f"customers in {policy.country} owe this only if that law governs the contract",
            source="Late Payment of Commercial Debts (Interest) Act 1998, s. 12"
            if terms.name == "uk"
            else "Regulation (EC) No 593/2008 (Rome I), Articles 3, 4 and 12(1)(c)",
        )


def _united_kingdom(policy: PlannedPolicy) -> Iterator[Finding]:
    if policy.country != "GB":
        return
    if isinstance(policy.terms, Contract) and policy.perhaps_consumers and policy.charging:
        yield Finding(
            severity="warning",
            code="fee_may_be_unfair",
            what="a term by which a consumer pays a disproportionately high sum for being late may not bind",
            source="Consumer Rights Act 2015, s. 62 and Schedule 2, Part 1, paragraph 6",
        )
    days, source = (
        (_INDIVIDUAL_DAYS, "Pre-Action Protocol for Debt Claims (England and Wales): a letter of claim, and 30 days")
        if policy.perhaps_consumers
        else (_COMPANY_DAYS, "Practice Direction Pre-Action Conduct (England and Wales), paragraph 6(b)")
    )
    for stage in policy.stages:
        if stage.announces_court and (stage.deadline_days or 0) < days:
            yield Finding(
                severity="warning",
                code="too_short_before_court",
                stage=stage.name,
                what=f"announces a claim in court, but gives less than {days} days to answer",
                source=source,
            )


def _germany(policy: PlannedPolicy) -> Iterator[Finding]:
    if policy.country != "DE" or not policy.perhaps_consumers or not policy.charging:
        return
    if isinstance(policy.terms, Contract) and policy.terms.flat:
        yield Finding(
            severity="warning",
            code="fee_may_be_unfair",
            what="a flat fee may cover paper and postage of a reminder, not staff, and must let a consumer prove that"
            " the damage was less",
            source="BGB § 309 Nr. 5; BGH, 26 June 2019, VIII ZR 95/18",
        )
    first = policy.charging[0]
    reminded = any(0 < stage.day < first.day for stage in policy.stages)
    if first.charges == "claim" and not reminded:
        yield Finding(
            severity="warning",
            code="default_not_certain",
            stage=first.name,
            what="a consumer owes charges from the due date only if that day was agreed; a day that the invoice alone"
            " names is none, and the default begins with the first reminder",
            source="BGB § 286(1)-(3); BGH, 25 October 2007, III ZR 91/07",
        )


def _france(policy: PlannedPolicy) -> Iterator[Finding]:
    terms = policy.terms
    if policy.country != "FR" or not isinstance(terms, Contract) or not terms.flat:
        return
    for stage in policy.charging:
        if policy.customers == "consumer":
            yield Finding(
                severity="error",
                code="fee_not_owed",
                stage=stage.name,
                what="charges a consumer for being reminded; without a court's title the creditor bears that cost, and"
                " a term that says otherwise is void",
                source="Code des procédures civiles d'exécution, article L. 111-8",
            )
        else:
            yield Finding(
                severity="warning",
                code="fee_needs_proof",
                stage=stage.name,
                what="beyond the 40 euros that businesses owe, the cost of recovery must be shown; from others nothing"
                " can be asked",
                source="Code de commerce, articles L. 441-10 II and D. 441-5; Code des procédures civiles d'exécution,"
                " article L. 111-8",
            )


def _netherlands(policy: PlannedPolicy) -> Iterator[Finding]:
    terms = policy.terms
    if policy.country != "NL" or not isinstance(terms, Contract) or not terms.flat or not policy.perhaps_consumers:
        return
    for stage in policy.charging:
        if stage.charges == "claim" and not _dutch_notice(policy, stage):
            yield Finding(
                severity="error" if policy.customers == "consumer" else "warning",
                code="fee_before_notice",
                stage=stage.name,
                what=f"charges a consumer without an earlier reminder that gave {_DUTCH_NOTICE_DAYS} days and named the"
                " cost",
                source="Burgerlijk Wetboek, article 6:96(6); Hoge Raad, 25 November 2016, ECLI:NL:HR:2016:2704",
            )


def _dutch_notice(policy: PlannedPolicy, fee: PlannedStage) -> bool:
    """Whether the time that an earlier stage gave, and in which it named the cost, has passed when `fee` is sent."""
    return any(
        stage.day > 0
        and stage.charges == "mention"
        and (stage.deadline_days or 0) >= _DUTCH_NOTICE_DAYS
        and stage.day + (stage.deadline_days or 0) < fee.day
        for stage in policy.stages
    )


def _united_states(policy: PlannedPolicy) -> Iterator[Finding]:
    if policy.country != "US":
        return
    for stage in policy.stages:
        if "voice" in stage.channels:
            yield Finding(
                severity="warning",
                code="voice_needs_consent",
                stage=stage.name,
                what="an artificial or recorded voice may call a mobile only with the called party's express consent",
                source="47 U.S.C. § 227(b)(1)(A)(iii)",
            )
    if not policy.perhaps_consumers:
        return
    calls = tuple(stage for stage in policy.stages if _CALLS.intersection(stage.channels))
    if _most_in_a_week(calls) > _CALLS_A_WEEK:
        yield Finding(
            severity="warning",
            code="too_many_calls",
            what="more than seven calls about a debt in seven days; the rule binds debt collectors",
            source="Regulation F, 12 CFR 1006.14(b)(2)",
        )
    timed = sorted({channel for stage in policy.stages for channel in stage.channels if channel in _TIMED})
    early_or_late = [channel for channel in timed if any(map(_asleep, _walls(policy, channel)))]
    if early_or_late:
        yield Finding(
            severity="warning",
            code="calling_hours",
            what=f"calls or messages ({', '.join(early_or_late)}) before 8 or after 21 o'clock where some customers"
            " are; the rule binds debt collectors",
            source="Regulation F, 12 CFR 1006.6(b)(1)",
        )


def _walls(policy: PlannedPolicy, channel: Channel) -> tuple[SendingWindow, ...]:
    """The hours of a channel by the clocks of the customers."""
    return policy.on_their_walls.get(channel, (policy.window,))


def _asleep(window: SendingWindow) -> bool:
    """Whether it has hours of the night; one that closes before it opens goes over midnight."""
    return window.opens < _EARLIEST or window.closes > _LATEST or window.closes <= window.opens


def _frequency(policy: PlannedPolicy) -> Iterator[Finding]:
    source = _harassment(policy)
    if source and _most_in_a_week(policy.stages) > _MESSAGES_A_WEEK:
        yield Finding(
            severity="warning",
            code="too_many_messages",
            what=f"more than {_MESSAGES_A_WEEK} messages in a week; no number is fixed, but persistence can harass",
            source=source,
        )


def _harassment(policy: PlannedPolicy) -> str | None:
    if policy.country == "GB":
        return "Protection from Harassment Act 1997; Ferguson v British Gas Trading Ltd [2009] EWCA Civ 46"
    if policy.country in EEA and policy.perhaps_consumers:
        return "Directive 2005/29/EC, Articles 8 and 9(a); CJEU, 20 July 2017, C-357/16 (Gelvora)"
    return None


def _most_in_a_week(stages: tuple[PlannedStage, ...]) -> int:
    """The most of `stages` that lie within seven days."""
    days = sorted(stage.day for stage in stages)
    return max((sum(first <= day < first + _WEEK for day in days) for first in days), default=0)
