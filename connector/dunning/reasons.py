"""The vocabulary of decisions: what is done about an invoice today, and why, in words a machine can keep.

Every code and action has a heading in docs/reference/decisions.md. Codes are stored with each decision and read by
people's SQL, so they are never renamed. Parameters are plain: dates as ISO text, money as minor units next to their
currency; they name fixed days, not "3 days ago", so that an unchanged situation is an unchanged row.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

import msgspec
from msgspec import Struct

from connector.dunning.agreements import PlanPosition
from state.model import InvoiceId, Receivable


class Action(StrEnum):
    SEND = "send"  # this stage, today
    WAIT = "wait"  # until `next_on`, then it is decided again
    SKIP = "skip"  # there is nothing to ask for
    STOP = "stop"  # somebody or something forbids it; no end is known
    ASK_PERSON = "ask_person"  # only a person can go on from here


class ReasonCode(StrEnum):
    # the sequence
    STAGE_DUE = "stage_due"
    STAGE_NOT_DUE = "stage_not_due"
    KEEPS_DISTANCE = "keeps_distance"
    CONTROL_GROUP = "control_group"
    PAYS_EARLY = "pays_early"
    OWN_TIME = "own_time"
    USUAL_TIME = "usual_time"
    OWN_TIME_GIVEN_UP = "own_time_given_up"
    MINIMUM_GAP = "minimum_gap"
    CLOSED_DAY = "closed_day"
    HANDOVER_NOT_DUE = "handover_not_due"
    END_OF_SEQUENCE = "end_of_sequence"
    POLICY_CHANGED = "policy_changed"
    PROMISE_BROKEN = "promise_broken"
    AFTER_BROKEN_PLAN = "after_broken_plan"
    CALL_PENDING = "call_pending"
    SENT_AGAIN = "sent_again"
    NOT_ARRIVED = "not_arrived"
    INSTALMENT_DUE = "instalment_due"
    INSTALMENT_REMINDED = "instalment_reminded"
    PLAN_KEPT = "plan_kept"
    PLAN_BROKEN = "plan_broken"
    # how an earlier attempt ended
    SEND_UNDER_WAY = "send_under_way"
    SEND_FAILED = "send_failed"
    SEND_UNKNOWN = "send_unknown"
    # what forbids asking
    UNREADABLE = "unreadable"
    CUSTOMER_UNREADABLE = "customer_unreadable"
    CUSTOMER_ARCHIVED = "customer_archived"
    DISPUTED = "disputed"
    NO_DUE_DATE = "no_due_date"
    HELD = "held"
    PROMISED = "promised"
    PAYMENT_SCHEDULED = "payment_scheduled"
    BELOW_TOLERANCE = "below_tolerance"
    DISCOUNT_TAKEN = "discount_taken"
    NO_ADDRESS = "no_address"
    NO_CHANNEL = "no_channel"
    DO_NOT_CHASE = "do_not_chase"
    GROUP_NOT_CHASED = "group_not_chased"
    # credit
    COVERED_BY_CREDIT = "covered_by_credit"
    ACCOUNT_COVERED_BY_CREDIT = "account_covered_by_credit"


class Reason(Struct, frozen=True, array_like=True):
    """A code and its parameters; as JSON `[code, {parameter: value}]`."""

    code: ReasonCode
    parameters: dict[str, str | int] = {}


def because(code: ReasonCode, **parameters: str | int | date | None) -> Reason:
    """A reason; dates become ISO text and unknown parameters are left out."""
    return Reason(
        code,
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in parameters.items()
            if value is not None
        },
    )


def reasons_from_json(text: str) -> tuple[Reason, ...]:
    """The reasons of a stored DecisionRow; msgspec.DecodeError if it is not one of ours."""
    return msgspec.json.decode(text, type=tuple[Reason, ...])


class Timed(Struct, frozen=True, kw_only=True):
    """A message for which the customer has a time of its own, and whether the lot lets it go then.

    The lot is drawn for the message's foremost invoice, stage and round.
    """

    own: bool  # False: it leaves at the usual time, for comparison
    invoice_id: InvoiceId
    stage: str
    round: int
    free_on: date  # from which day on it could have gone
    on: date  # the day chosen for it
    weekday: int | None  # 0: Monday; None: no day is better than others
    hour: int | None  # by the customer's clock; None: no hour is
    zone: str  # IANA, of that clock


@dataclass(frozen=True)
class Outcome:
    """What is decided, without saying about which invoice: thousands of invoices share one of these.

    `chaseable` says that nothing forbids asking; only the sequence and the calendar decide when.
    """

    action: Action
    reasons: tuple[Reason, ...]
    stage: str | None = None
    next_on: date | None = None
    chaseable: bool = False
    channel: str | None = None  # of `stage`: email, sms, voice, letter or call
    plan: PlanPosition | None = None  # what is sent asks for an instalment of it
    free_on: date | None = None  # of what is sent: from which day on it could have been; None: it is urgent
    last_on: date | None = None  # of a courtesy that is sent: the last day on which it can be
    timed: Timed | None = None  # None: the customer has no time of its own

    @cached_property
    def reasons_json(self) -> str:
        return msgspec.json.encode(self.reasons).decode()


class Decision(Struct, frozen=True, gc=False):
    """What is decided about one invoice today."""

    receivable: Receivable
    outcome: Outcome

    @property
    def invoice_id(self) -> InvoiceId:
        return self.receivable.invoice_id

    @property
    def action(self) -> Action:
        return self.outcome.action

    @property
    def stage(self) -> str | None:
        return self.outcome.stage

    @property
    def channel(self) -> str | None:
        return self.outcome.channel

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.outcome.reasons

    @property
    def next_on(self) -> date | None:
        return self.outcome.next_on
