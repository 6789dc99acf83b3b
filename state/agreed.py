"""What was agreed with a customer, or is known of it, that no ledger keeps: records as in `state.model`, and as pure.

Each names who made it and when. Amounts are minor units of the currency beside them; days count in the tenant's zone.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from state.ids import ContactId, InvoiceId

CustomerKind = Literal["business", "consumer"]


class PromiseState(StrEnum):
    OPEN = "open"  # until the end of the promised day
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"  # by a person, or because nothing is left that could be paid


class PlanState(StrEnum):
    ACTIVE = "active"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class Share(Struct, frozen=True):
    """One invoice under an agreement, and what was due on it when the agreement was made."""

    invoice_id: InvoiceId
    baseline_minor: int
    round: int = 1  # of the invoice: a promise is of one round, a plan goes on through bounced payments


class Promise(Struct, frozen=True, kw_only=True):
    """A customer says: this much by the end of that day. Kept when what was due has fallen by at least as much."""

    id: int
    invoice_id: InvoiceId | None  # exactly one of the two is known
    contact_id: ContactId | None
    promised_on: date
    amount_minor: int
    currency: str
    baseline_minor: int  # due when it was made; the sum of `shares`
    made_at: datetime
    made_by: str
    note: str | None
    state: PromiseState
    settled_at: datetime | None
    shares: tuple[Share, ...]


class Instalment(Struct, frozen=True):
    """One part of a payment plan. Numbers count from 1."""

    number: int
    due_on: date
    amount_minor: int


class Plan(Struct, frozen=True, kw_only=True):
    """Invoices of one customer paid by instalments that sum to the balance, to the cent."""

    id: int
    contact_id: ContactId
    currency: str
    state: PlanState
    baseline_minor: int
    made_at: datetime
    made_by: str
    settled_at: datetime | None
    shares: tuple[Share, ...]  # the invoices, the oldest due first
    instalments: tuple[Instalment, ...]  # by number, which is by day


class Dispute(Struct, frozen=True, kw_only=True):
    """A customer contests an invoice, or a part of it. Open until somebody says what came of it."""

    id: int
    invoice_id: InvoiceId
    reason: str
    owner: str
    amount_minor: int | None  # None: the whole invoice
    currency: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    credited_minor: int = 0  # what credit notes have taken off the invoice since it began, and so off the disputed part

    def contested(self, due_minor: int) -> int:
        """How much of what is due it contests still."""
        if self.amount_minor is None:
            return due_minor
        return min(max(self.amount_minor - self.credited_minor, 0), due_minor)


class DiscountOffer(Struct, frozen=True, kw_only=True):
    """Less to pay for whoever pays up to and including `until`: either a percentage or a fixed amount."""

    id: int
    invoice_id: InvoiceId
    percent_hundredths: int | None  # 250 is 2.5 %
    amount_minor: int | None
    currency: str
    until: date
    made_at: datetime
    made_by: str
    paid_in_time_minor: int = 0  # put against the invoice since it was made, up to and including `until`
    paid_since_minor: int = 0  # in all


class Preference(Struct, frozen=True, kw_only=True):
    """How one customer is to be treated, whatever the policy says. Absent fields leave it to the policy."""

    contact_id: ContactId
    do_not_chase: str | None = None  # why
    owner: str | None = None  # whom the customer belongs to; always known where `do_not_chase` is
    language: str | None = None  # two letters, perhaps with a country: de, de-CH
    kind: CustomerKind | None = None
    escalation_name: str | None = None
    escalation_email: str | None = None
    channel: str | None = None  # preferred
    opted_out: tuple[str, ...] = ()  # channels that are never used
    segment: str | None = None  # pinned, whatever the rules say
