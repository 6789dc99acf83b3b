"""The tables about asking for money: the sequence, further sequences, and whose customers go through which."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from connector.config.section import OPTIONAL, Section
from connector.config.values import Amounts, CountryCode, CurrencyCode, Number, refusal
from connector.config.write_off import WriteOffSection
from connector.dunning.policy import DEFAULT_STAGES, Channel

STAGE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
SEQUENCE_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"

SequenceName = Annotated[str, StringConstraints(pattern=SEQUENCE_PATTERN)]


def _each_once(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    twice = next((each for each in channels if channels.count(each) > 1), None)
    if twice is not None:
        raise refusal(f"names {twice} twice", "name each channel once, in the order in which they are tried")
    return channels


class StageSection(Section):
    """A step of the sequence."""

    name: Annotated[str, StringConstraints(pattern=STAGE_PATTERN)] = Field(
        description="what the stage is called in lists, notes and history", examples=["soft"]
    )
    offset_days: int = Field(ge=-365, le=3650, description="days after the due date; negative: before it", examples=[1])
    after: Literal["due", "month_end", "previous"] = Field(
        default="due",
        description="what offset_days counts from: the due date, the end of its month, or the stage before",
    )
    template: str = Field(
        default="", description="the wording: friendly, soft, firm, final or collection; empty: as the name"
    )
    channels: Annotated[tuple[Channel, ...], Field(strict=False, min_length=1), AfterValidator(_each_once)] = Field(
        default=("email",),
        description="email, sms, voice, letter, call: the first by which the customer can be reached is taken",
    )
    owner: str = Field(
        default="", max_length=120, description="who is responsible; calls of this stage stand on this person's list"
    )
    sender: Literal["normal", "escalated"] = Field(
        default="normal", description="who writes: from, or escalated_from in [sending]"
    )
    recipients: Literal["everybody", "primary", "escalation", "billed_to"] = Field(
        default="everybody",
        description="to whom: the customer and all persons included in its e-mails, the customer alone, its escalation"
        " contact, or whoever got the invoice",
    )
    minimum: Amounts = Field(
        default={},
        description="an invoice owing less passes this stage by; amounts per currency",
        examples=[{"default": "50.00"}],
        json_schema_extra=OPTIONAL,
    )
    deadline_days: int = Field(
        default=0,
        ge=0,
        le=365,
        description="days the message gives the customer, moved to a business day; 0: none, but 7 for a final notice",
    )
    repeat_days: int = Field(default=0, ge=0, le=365, description="sent again after so many days; 0: not again")
    repeat_times: int = Field(default=1, ge=1, le=24, description="how many times it is sent again, with repeat_days")
    mode: Literal["", "off", "approve", "auto"] = Field(
        default="", description="who lets this stage go; empty: as the tenant's mode, off: the stage is left out"
    )
    blocks: bool = Field(
        default=True, description="of a call: whether the next stage waits until its outcome is written down"
    )
    charges: Literal["none", "mention", "claim"] = Field(
        default="none",
        description="interest and compensation: not a word, as what the law allows, or asked for as well",
    )


_DEFAULT_STAGES = tuple(
    StageSection(name=s.name, offset_days=s.offset_days, template=s.template) for s in DEFAULT_STAGES
)


class SequenceSection(Section):
    """A further sequence. Keys that are left out are as in [policy]; `stages` must be given."""

    minimum_gap_days: int | None = Field(default=None, ge=1, le=90, description="as in [policy]")
    tolerance: Amounts | None = Field(default=None, description="as in [policy]")
    handover_days: int | None = Field(default=None, ge=1, le=3650, description="as in [policy]")
    credit: Literal["reduce", "hold", "ignore"] | None = Field(default=None, description="as in [policy]")
    nudge_early_payers: bool | None = Field(default=None, description="as in [policy]")
    stages: Annotated[tuple[StageSection, ...], Field(strict=False, min_length=1)] = Field(
        description="the sequence, in order"
    )


class SegmentSection(Section):
    """Customers who go through another sequence. The first segment all of whose rules hold is taken; a rule that is
    left out does not matter, and what the ledger does not say fulfils no rule."""

    name: SequenceName = Field(description="what the segment is called in lists", examples=["vip"])
    sequence: SequenceName = Field(
        description="one of [policy.sequences], or standard: that of [policy]", examples=["vip"]
    )
    tenants: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(), description="only customers of these tenants", examples=[["acme"]]
    )
    ledgers: Annotated[tuple[Literal["xero", "quickbooks"], ...], Field(strict=False)] = Field(
        default=(), description="only customers in these ledgers"
    )
    countries: Annotated[tuple[CountryCode, ...], Field(strict=False)] = Field(
        default=(), description="only customers in these countries", examples=[["DE", "AT"]]
    )
    currencies: Annotated[tuple[CurrencyCode, ...], Field(strict=False)] = Field(
        default=(), description="only customers all of whose debts are in these currencies", examples=[["EUR"]]
    )
    groups: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="only customers in one of these contact groups (Xero) or customer types (QuickBooks)",
        examples=[["VIP"]],
    )
    owes_at_least: Amounts = Field(default={}, description="only who owes as much, in some currency")
    owes_less_than: Amounts = Field(default={}, description="only who owes less, in every currency")
    overdue_at_least: int | None = Field(
        default=None, ge=-3650, le=36500, description="only whose oldest invoice is so many days past its due date"
    )
    overdue_less_than: int | None = Field(default=None, ge=-3650, le=36500, description="only whose is less")
    paid_at_least: int | None = Field(default=None, ge=0, description="only who has paid so many invoices before")
    paid_less_than: int | None = Field(default=None, ge=0, description="only who has paid fewer")
    days_late_at_least: Number | None = Field(
        default=None, description="only who pays so many days late on average", examples=["10"]
    )
    days_late_less_than: Number | None = Field(default=None, description="only who pays less late")
    rating: Annotated[tuple[Literal["A", "B", "C", "D", "E", "F"], ...], Field(strict=False)] = Field(
        default=(), description="only whose payer rating is one of these", examples=[["D", "E", "F"]]
    )


class ControlGroupSection(Section):
    """A control group, to learn what reminding changes: a share of small, good payers first hear of an invoice later.
    Off unless `share_percent` is set. Only ordinary first messages wait: nothing with a deadline or charges, no letter
    and no call, and nothing of customers with an agreement, a hold or a dispute."""

    share_percent: int = Field(
        default=0, ge=0, le=50, description="how many of a hundred such customers; 0: none, no trial"
    )
    start_days: int = Field(
        default=7, ge=1, le=30, description="days after the due date when they first hear of an invoice"
    )
    below: Amounts = Field(default={"default": "500.00"}, description="only who owes less, in every currency")
    paid_at_least: int = Field(default=5, ge=2, description="only who has paid so many invoices before")
    days_late_less_than: Number = Field(default="5", description="only who pays less late on average", examples=["5"])


class BestTimeSection(Section):
    """Messages at each customer's own time: the weekday and hour at which it pays and answers. Off unless `on` is set.
    Half of them leave at the usual time all the same, to see whether it helps; where it does not, it ends by itself."""

    on: bool = Field(default=False, description="whether messages may wait for the customer's own time")
    most_days: int = Field(
        default=1,
        ge=0,
        le=2,
        description="business days that a message may wait for the customer's weekday; 0: only for its hour",
    )


class PolicySection(Section):
    """When the firm asks for its money. Stages after the due date are never skipped and never sent two at once."""

    minimum_gap_days: int = Field(
        default=4,
        ge=1,
        le=90,
        description="days between two messages to the same customer, over all its invoices and channels",
    )
    tolerance: Amounts = Field(
        default={"default": "1.00"},
        description='owing this or less is not asked for; per currency, such as { default = "1.00", JPY = "100" }',
    )
    handover_days: int = Field(
        default=35,
        ge=1,
        le=3650,
        description="days after which a person decides how to go on; counted as the last stage's are",
    )
    credit: Literal["reduce", "hold", "ignore"] = Field(
        default="reduce",
        description="what credit that no invoice has taken does: reduce what is asked, hold the asking, or nothing",
    )
    nudge_early_payers: bool = Field(
        default=False,
        description="whether customers who pay early are reminded before the due date all the same",
    )
    do_not_chase_groups: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="contact groups (Xero) or customer types (QuickBooks) whose customers are never chased",
        examples=[["Friends of the house"]],
    )
    plan_tolerance_days: int = Field(
        default=3,
        ge=0,
        le=90,
        description="days to pay an instalment of a plan after its day, and after its reminder; later, the plan breaks",
    )
    plan_broken: Literal["ask", "resume"] = Field(
        default="ask",
        description="what follows: a person is asked, or the sequence goes on at once with its next stage",
    )
    note_agreements: bool = Field(
        default=False,
        description="whether promises, disputes, plans and what became of them are noted in the ledger's history",
    )
    stages: Annotated[tuple[StageSection, ...], Field(strict=False, min_length=1)] = Field(
        default=_DEFAULT_STAGES,
        description="the sequence, in order; the four stages below are the default",
    )
    sequences: dict[SequenceName, SequenceSection] = Field(
        default_factory=dict, description="further sequences by name", json_schema_extra=OPTIONAL
    )
    segments: Annotated[tuple[SegmentSection, ...], Field(strict=False)] = Field(
        default=(), description="whose customers go through a further sequence", json_schema_extra=OPTIONAL
    )
    control_group: ControlGroupSection = Field(default_factory=ControlGroupSection)
    best_time: BestTimeSection = Field(default_factory=BestTimeSection)
    write_off: WriteOffSection = Field(default_factory=WriteOffSection)
