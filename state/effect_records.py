"""What is known of reminders that left, as the reports take it; read from the tenant's file by `state.effects`."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from state.ids import InvoiceId, MessageId, ReminderId

Outcome = Literal["paid", "open", "unknown"]
Cause = Literal["entered_later", "shown_as_owed", "shown_later"]

LONGEST_WINDOW = 14  # days after a message for which what follows is looked at


class Kind(Struct, frozen=True):
    """Messages that are told together. `stage` is the message's: the highest among its invoices'."""

    stage: str
    template: str | None  # None: from before this was written down
    channel: str  # email, sms, voice, letter or call


class MessagesSent(Struct, frozen=True, kw_only=True):
    """What became of the messages of one kind. Of those in none of the states of delivery nobody has told."""

    kind: Kind
    sent: int
    delivered: int
    partly_delivered: int
    undelivered: int
    complained: int  # said to be unwanted; also delivered
    replied: int  # by a person
    old_enough: int  # sent LONGEST_WINDOW days ago or more
    responded: int  # of these: answered by a person or by the payment of one of its invoices, within LONGEST_WINDOW


class RemindersSent(Struct, frozen=True, kw_only=True):
    """How many reminders (one invoice in one message) have gone the same way."""

    kind: Kind
    outcome: Outcome  # unknown: settled by something else than dated payments, void, gone, or settled and back again
    days: int | None  # from the message's business day to the payment that settled it; below zero: before it
    age: int  # days since it was sent, LONGEST_WINDOW at most
    reminders: int
    false_chases: int
    same_day: int  # of the others: a payment bears the message's own day, and nobody knows which was first
    unproven: int  # nobody knows whether they were false: the invoice's total is less now than what was asked for


class FalseChase(Struct, frozen=True, kw_only=True):
    """A reminder of money that had come before it, by the payment's own day."""

    reminder_id: ReminderId
    message_id: MessageId
    invoice_id: InvoiceId
    number: str | None
    customer: str
    country: str | None  # the customer's, as the ledger has it
    language: str | None  # that is to be used with the customer, where somebody said so
    stage: str
    channel: str
    sent_on: date
    read_at: datetime  # the live read before it, which showed the money as owed
    currency: str
    minor: int  # how much of what was asked had come
    paid_on: date
    surfaced_at: datetime | None  # the ledger's stamp of the payment
    shown_by: datetime  # when the invoice last changed: by then the ledger showed the payment on it
    cause: Cause


class Effects(Struct, frozen=True, kw_only=True):
    """Of the messages that left on the days from `first` to `last`, as known on `today`."""

    first: date
    last: date
    today: date
    messages: tuple[MessagesSent, ...]  # the kind that was used first comes first
    reminders: tuple[RemindersSent, ...]
    false_chases: tuple[FalseChase, ...]
    sent: int
    notes: int  # in the ledger about them
    invoices: int  # that were asked for
    dry: int  # messages left out: written into a folder only
    restored: int  # messages left out: known from the ledger's notes alone
    unsure: int  # messages of which nobody knows whether they left
