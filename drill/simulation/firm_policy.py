"""What a firm with a policy of its own has configured: every feature that changes whom is asked, when, by which way.

Half of the firms have nothing but the necessary, as always; the others draw theirs here from their seed. Days rise
over all sequences of a firm, so that whoever changes from one to the other can be followed by days alone.
"""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from random import Random
from typing import Literal

from connector.config.charges import Charging
from connector.config.letters import LetterheadSection
from connector.config.phone import NumbersSection
from connector.config.public_holidays import is_public_holiday
from connector.config.settings import TenantSettings
from connector.dunning.calendar import Calendar, Spell
from connector.dunning.late_terms import UNITED_KINGDOM, Contract, Terms
from connector.dunning.policy import Policy, Stage, Threshold
from connector.dunning.reference_rates import Rate, Rates
from connector.dunning.segments import Rules, Segment
from drill.simulation.script import Traits

Credit = Literal["reduce", "hold", "ignore"]
OUR_NUMBER = "+442079460000"
PER_INVOICE = Decimal(5)
PERCENT = Decimal(8)
BASE_RATE = Decimal("3.75")
GROUP = "Key accounts"
_REGIONS = {"Europe/London": "GB", "Pacific/Auckland": "NZ"}


def with_policy(settings: TenantSettings, firm: Traits, seed: str) -> TenantSettings:
    """`settings` as a firm has them that uses everything."""
    draw = Random(f"{seed}/policy")
    gap = draw.choice((3, 4, 6))
    credit: Credit = draw.choice(("reduce", "hold", "ignore"))
    usual = Policy(
        minimum_gap_days=gap,
        credit=credit,
        plan_broken=draw.choice(("ask", "resume")),
        plan_tolerance_days=draw.choice((2, 9)),
    )
    return replace(
        settings,
        policy=replace_policy(usual, "standard", _standard(draw), handover_days=50),
        segments=_segments(usual, draw),
        calendar=_calendar(firm, draw),
        window_of_customer=draw.random() < 0.4,
        spread_minutes=draw.choice((0, 40)),
        charges=Charging(terms=_terms(settings, draw), customers="business", rates=_rates()),
        note_agreements=draw.random() < 0.6,
        phone=NumbersSection(text_from=OUR_NUMBER, call_from=OUR_NUMBER, monthly_cap="900000"),
        letterhead=LetterheadSection(
            name="Firm", street=("1 High Street",), city="Eastmere", postcode="ZX4 7QP", country="GB"
        ),
    )


def replace_policy(usual: Policy, name: str, stages: tuple[Stage, ...], handover_days: int) -> Policy:
    return Policy(
        name=name,
        stages=stages,
        handover_days=handover_days,
        minimum_gap_days=usual.minimum_gap_days,
        credit=usual.credit,
        plan_broken=usual.plan_broken,
        plan_tolerance_days=usual.plan_tolerance_days,
    )


def _standard(draw: Random) -> tuple[Stage, ...]:
    """By post and telephone towards the end; one stage that a person lets go, one that is sent again."""
    return (
        Stage("friendly", -3, "friendly", recipients="billed_to"),
        Stage("soft", draw.choice((1, 2)), "soft", channels=draw.choice((("email", "sms"), ("sms", "email")))),
        Stage("soft-2", 7, "soft", channels=("email", "sms", "voice")),
        Stage("firm", 14, "firm", channels=("sms", "letter", "email"), charges="mention", minimum=_small()),
        Stage("phone", 21, "firm", channels=("call",), owner="ada", blocks=draw.random() < 0.6),
        Stage(
            *("final", 30, "final"),
            channels=("letter", "email", "call"),
            recipients="escalation",
            deadline_days=7,
            mode=draw.choice(("approve", "auto", None)),
            charges=draw.choice(("claim", "mention")),
        ),
        Stage("final-2", 40, "final", channels=("letter", "email"), deadline_days=7, charges="claim"),
    )


def _segments(usual: Policy, draw: Random) -> tuple[Segment, ...]:
    """Whom the bookkeeper has put into a group; who owes much; whose oldest debt is old."""
    key = (
        Stage("key-soft", 5, "soft", recipients="primary"),
        Stage("key-call", 16, "firm", channels=("call",), owner="ada", blocks=False),
        Stage("key-final", 33, "final", channels=("email", "letter"), deadline_days=10),
    )
    large = (
        Stage("large-friendly", -2, "friendly"),
        Stage("large-soft", 3, "soft", channels=("voice", "email")),
        Stage("large-firm", 9, "firm", channels=("letter", "email"), charges="claim"),
        Stage("large-final", 24, "final", deadline_days=7, charges="claim"),
    )
    month = (
        Stage("month-soft", 2, "soft", basis="month_end", channels=("email", "letter")),
        Stage("month-firm", 12, "firm", basis="month_end", channels=("sms", "email")),
        Stage("month-final", 26, "final", basis="month_end", channels=("letter", "email", "call"), deadline_days=7),
    )
    much, old = Threshold(Decimal(draw.choice((2_000, 3_000)))), draw.choice((35, 60))
    segments = [
        Segment(
            name="key",
            rules=Rules(groups=frozenset({GROUP.upper()})),
            policy=replace_policy(usual, "key", key, handover_days=45),
        ),
        Segment(
            name="large",
            rules=Rules(owes_at_least=much, overdue_less_than=old),
            policy=replace_policy(usual, "large", large, handover_days=40),
        ),
        Segment(
            name="month",
            rules=Rules(countries=frozenset({"NL", "FR"})),
            policy=replace_policy(usual, "month", month, handover_days=70),
        ),
    ]
    return tuple(segment for segment in segments if draw.random() < 0.8)


def _small() -> Threshold:
    return Threshold(Decimal(20))


def _calendar(firm: Traits, draw: Random) -> Calendar:
    quiet = (Spell(date(2026, 2, 9), date(2026, 2, 12)), Spell(date(2025, 12, 24), date(2026, 1, 6), yearly=True))
    return Calendar(
        quiet=quiet if draw.random() < 0.6 else (),
        closed_days=frozenset({date(2026, 3, 11)}),
        region=_REGIONS.get(firm.zone, "US"),
        customers_too=draw.random() < 0.4,
        public_holidays=is_public_holiday,
    )


def _terms(settings: TenantSettings, draw: Random) -> Terms:
    by_contract = Contract(percent=PERCENT, per_invoice=Threshold(PER_INVOICE))
    return UNITED_KINGDOM if settings.ledger == "xero" and draw.random() < 0.3 else by_contract


def _rates() -> Rates:
    return Rates({"bank_of_england": (Rate(date(2020, 1, 1), date(2030, 12, 31), BASE_RATE),)})


WINDOW_TIMES = (time(3), time(9, 30), time(15), time(23))  # of a day on which every customer's hours come
