"""What will happen to one firm, drawn from its seed before anything happens.

Each act carries a number for everything that is still to be chosen when its turn comes, so leaving one act out changes
nothing about the others. That is what makes a failing year shrink to the few acts that matter.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Literal

from msgspec import Struct

from state.model import LedgerName

When = Literal["before", "during", "after"]  # the first cycle of the day

# How often a thing happens to a firm, per day.
PEOPLE: Mapping[str, float] = {
    "issue": 0.45,
    "draft": 0.02,
    "issue_draft": 0.02,
    "pay": 0.28,
    "pay_part": 0.05,
    "overpay": 0.02,
    "prepay": 0.01,
    "credit_note": 0.03,
    "apply_credit": 0.03,
    "take_back": 0.01,
    "payment_bounces": 0.025,
    "void_payment": 0.01,
    "void_invoice": 0.01,
    "delete_invoice": 0.01,
    "void_credit": 0.006,
    "write_off": 0.006,
    "merge": 0.005,
    "move_due_date": 0.03,
    "move_due_date_silently": 0.02,
    "forget_due_date": 0.003,
    "promise": 0.02,
    "schedule": 0.006,
    "dispute": 0.015,
    "settle_dispute": 0.02,
    "new_address": 0.02,
    "lose_address": 0.006,
    "archive": 0.004,
    "reactivate": 0.01,
    "change_currency": 0.004,
    "renumber": 0.006,
    "rename": 0.01,
    "include_others": 0.01,
    "adopt": 0.004,
    "write_note": 0.01,
    "hold_invoice": 0.01,
    "hold_customer": 0.005,
    "release": 0.02,
    "reset": 0.0007,
}
# What happens besides to a firm with a policy of its own.
AGREEMENTS: Mapping[str, float] = {
    "promise_to_pay": 0.12,
    "promise_everything": 0.05,
    "take_promise_back": 0.02,
    "keep_word": 0.06,
    "agree_plan": 0.08,
    "pay_instalment": 0.10,
    "cancel_plan": 0.015,
    "contest": 0.07,
    "settle_contest": 0.06,
    "offer": 0.03,
    "take_offer_back": 0.01,
    "defer": 0.03,
    "let_be": 0.012,
    "chase_again": 0.03,
    "spare": 0.08,
    "allow": 0.03,
    "prefer": 0.02,
    "pin": 0.01,
    "escalate": 0.02,
    "call_made": 0.35,
    "decide": 0.20,
    "handle_reply": 0.20,
    "allow_address": 0.01,
    "say_stop": 0.06,
    "say_start": 0.015,
    "say_something": 0.015,
    "answer_a_mail": 0.04,
    "bounce": 0.12,
    "name_others": 0.15,
    "lose_phone": 0.02,
    "get_phone": 0.03,
    "lose_place": 0.02,
    "move_house": 0.02,
    "join_group": 0.04,
    "leave_group": 0.04,
}
# What people do at the page. Each has its own chance, apart from that of everything else, so that a seed's other acts
# are what they were before there was a page.
AT_THE_PAGE: dict[str, float] = {
    "page_approve": 0.06,
    "page_approve_all": 0.03,
    "page_skip": 0.02,
    "page_edit": 0.04,
    "page_put_off": 0.02,
    "page_hold": 0.02,
    "page_release": 0.03,
    "page_note": 0.01,
    "page_resolve": 0.03,
    "page_trespass": 0.06,
}
AGREEMENTS_AT_THE_PAGE: dict[str, float] = {
    "page_promise": 0.04,
    "page_take_promise_back": 0.01,
    "page_dispute": 0.03,
    "page_settle_dispute": 0.03,
    "page_plan": 0.03,
    "page_cancel_plan": 0.01,
    "page_reply": 0.05,
    "page_task": 0.08,
    "page_decide": 0.05,
    "page_treat": 0.04,
}
BAD_LUCK: Mapping[str, float] = {
    "fault": 0.30,
    "burst": 0.04,
    "outage": 0.006,
    "token_death": 0.004,
    "token_answer_lost": 0.01,
    "crash": 0.13,
    "crash_near_a_send": 0.06,
    "last_minute": 0.15,
    "crash_after_the_carrier_took_it": 0.02,
    "disk_full": 0.015,
    "second_daemon": 0.07,
    "carrier_not_reached": 0.03,
    "carrier_refuses": 0.006,
    "carrier_answer_lost": 0.02,
    "carrier_message_lost": 0.015,
    "carrier_slow": 0.02,
    "garble": 0.025,
    "lag": 0.012,
    "skew_a_little": 0.012,
    "skew_a_lot": 0.004,
    "clock_jumps": 0.02,
    "machine_off": 0.01,
    "machine_off_for_weeks": 0.0012,
}
EVERY_FEATURE = "all"  # how a seed begins in whose firms every second one has a policy with every feature
_FURTHER_BAD_LUCK = {"services_silent": 0.04, "crash_when_a_call_is_listed": 0.03}
_ANY_TIME: tuple[When, ...] = ("before", "before", "before", "during", "after")


class Act(Struct, frozen=True):
    """Something that happens on `day`; `draw` seeds whatever it still has to choose."""

    number: int
    day: int
    when: When
    kind: str
    draw: int


class Traits(Struct, frozen=True):
    """What sort of firm this is."""

    ledger: LedgerName
    zone: str
    approves: bool  # a person lets every reminder go
    daily_cap: int
    crowd: int  # open invoices it rarely exceeds
    page: int  # rows: with the thousand that are asked for in life, no such firm would have a second page
    families: bool
    own_policy: bool  # every feature switched on, else nothing but the necessary


def traits(seed: str) -> Traits:
    """The firm of this seed."""
    draw = Random(f"{seed}/traits")
    ledger: LedgerName = draw.choice(("xero", "quickbooks"))
    zones = {"xero": ("Europe/London", "Pacific/Auckland"), "quickbooks": ("America/New_York", "America/Los_Angeles")}
    return Traits(
        ledger=ledger,
        zone=draw.choice(zones[ledger]),
        approves=draw.random() < 0.2,
        daily_cap=draw.choice((200, 200, 2)),
        crowd=draw.choice((14, 14, 14, 40)),
        page=draw.choice((6, 25)),
        families=ledger == "quickbooks" and draw.random() < 0.5,
        own_policy=seed.startswith(EVERY_FEATURE) and Random(f"{seed}/own policy").random() < 0.5,
    )


def script(seed: str, days: int) -> list[Act]:
    """Every act of `days` days, in the order in which they happen."""
    acts: list[Act] = []
    own_policy = traits(seed).own_policy
    for day in range(days):
        for name, kinds in ((f"{seed}/{day}", _kinds_of_the_day), (f"{seed}/page/{day}", _kinds_at_the_page)):
            draw = Random(name)
            for kind, when in kinds(draw, own_policy=own_policy):
                acts.append(Act(len(acts), day, when, kind, draw.getrandbits(48)))
    return acts


def _kinds_of_the_day(draw: Random, *, own_policy: bool) -> Iterator[tuple[str, When]]:
    for kind, rate in PEOPLE.items():
        if draw.random() < rate:
            yield kind, draw.choice(_ANY_TIME)
    for kind, rate in BAD_LUCK.items():
        if draw.random() < rate:
            yield kind, "before"
    if not own_policy:
        return
    for kind, rate in AGREEMENTS.items():
        if draw.random() < rate:
            yield kind, draw.choice(_ANY_TIME)
    for kind, rate in _FURTHER_BAD_LUCK.items():
        if draw.random() < rate:
            yield kind, "before"


def _kinds_at_the_page(draw: Random, *, own_policy: bool) -> Iterator[tuple[str, When]]:
    for kind, rate in (AT_THE_PAGE | AGREEMENTS_AT_THE_PAGE if own_policy else AT_THE_PAGE).items():
        if draw.random() < rate:
            yield kind, draw.choice(_ANY_TIME)
