"""What followed messages for which the lot was drawn between two times, as the report takes it (`state.timings`)."""

from datetime import date
from typing import Literal

from msgspec import Struct

from state.ids import ContactId, InvoiceId


class TimingDraw(Struct, frozen=True, kw_only=True):
    """What the lot said of one message, by its foremost invoice, stage and round."""

    invoice_id: InvoiceId
    stage: str
    round: int
    contact_id: ContactId
    own: bool
    free_on: date  # from which day on it could have gone
    chosen_on: date  # the day of the customer's own time
    hour: int | None  # by the customer's clock


class TimingOutcome(Struct, frozen=True, kw_only=True):
    """How many messages have gone the same way. `age` and `days` count from the day on which they could have gone."""

    own: bool
    outcome: Literal["paid", "open", "unknown"]  # of the foremost invoice, as in `state.effect_records`
    days: int | None  # until it was paid
    age: int
    messages: int
    sent: int  # of these


class TimingEnd(Struct, frozen=True):
    """Own times were given up on a day, and why, in words."""

    on: date
    reason: str
