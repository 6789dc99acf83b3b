"""What a policy would have done in the months behind us, by the mirror's own history, before it goes live.

Every customer is taken to have been reachable, and in its country and groups of today, and nobody's reaction to a
message is supposed: money came when it came.
Each message is held against two truths. What the ledger showed that day decides whether it would have been planned;
what had in fact been paid by then says whether it would have met somebody who had paid.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct, structs

from connector.dunning.calendar import Calendar, shift
from connector.dunning.consolidate import CustomerMessagePlan
from connector.dunning.decide import DecisionPass
from connector.dunning.segments import PolicyBook
from connector.policy_tools.early_past import EarlyPast
from state.agreed import Preference
from state.model import (
    Account,
    ContactId,
    ContactStatus,
    InvoiceId,
    PostalAddress,
    Receivable,
    ReminderState,
    StageProgress,
)
from state.past import Past, PastCustomer, PastInvoice

_SOMEWHERE = PostalAddress(lines=("somewhere",), city="somewhere", postcode="0")


class PaidMeanwhile(Struct, frozen=True, kw_only=True):
    """An invoice that a message would have asked for although it had been paid."""

    invoice: str
    paid_on: date
    entered_on: date | None  # from which day on the ledger showed it; None: not yet


class RewoundMessage(Struct, frozen=True, kw_only=True):
    """A message that would have left on day `on`; `paid` are the invoices in it that had been paid by then."""

    on: date
    contact_id: ContactId
    customer: str
    stage: str
    channel: str
    invoices: tuple[str, ...]
    paid: tuple[PaidMeanwhile, ...]


class RewoundCustomer(Struct, frozen=True, kw_only=True):
    """What one customer would have had."""

    contact_id: ContactId
    customer: str
    messages: int
    by_stage: dict[str, int]
    met_a_paid_invoice: int


class Rewound(Struct, frozen=True, kw_only=True):
    """All messages of the time, oldest first."""

    first: date
    last: date
    messages: tuple[RewoundMessage, ...]

    @property
    def by_stage(self) -> dict[str, int]:
        return dict(Counter(message.stage for message in self.messages))

    @property
    def customers(self) -> list[RewoundCustomer]:
        """Most written to first."""
        found: dict[ContactId, list[RewoundMessage]] = {}
        for message in self.messages:
            found.setdefault(message.contact_id, []).append(message)
        return sorted((_customer(each) for each in found.values()), key=lambda each: (-each.messages, each.customer))

    @property
    def in_vain(self) -> list[RewoundMessage]:
        """The messages about at least one invoice that had in fact been paid, the latest first."""
        return [message for message in reversed(self.messages) if message.paid]

    @property
    def met_a_paid_invoice(self) -> int:
        """How many messages are `in_vain`."""
        return len(self.in_vain)


def rewind(past: Past, book: PolicyBook, calendar: Calendar, first: date, last: date) -> Rewound:
    """Live through the days from `first` to `last` (both included) with the invoices of `past`."""
    passes: dict[date, DecisionPass] = {}
    messages: list[RewoundMessage] = []
    everybody = EarlyPast(past.invoices) if book.spares_early_payers else None
    for contact_id, invoices in _by_customer(past.invoices).items():
        known = past.customers.get(contact_id, PastCustomer(contact_id))
        customer = _Customer(contact_id, known, invoices, everybody)
        day = first
        while day <= last:
            of_day = passes.setdefault(day, DecisionPass(book, calendar, day))
            message, day = customer.live(day, of_day, last)
            if message is not None:
                messages.append(message)
    return Rewound(first=first, last=last, messages=tuple(sorted(messages, key=lambda m: (m.on, m.customer))))


def not_replayed(book: PolicyBook, past: Past) -> Iterator[str]:
    """What of `book` and of `past` the replay leaves out, and why, in words."""
    unknown = sum(not part.entered for invoice in past.invoices for part in invoice.money)
    if unknown:
        yield (
            f"Of {unknown:,} payments the ledger does not tell when they were entered: each is taken to have been known"
            " from its own day, so messages that would have met them are not counted."
        )
    if book.best_time is not None:
        days = book.best_time.most_days
        moved = f"perhaps {days} business day{'s' if days > 1 else ''} too early" if days else "on the right day"
        yield (
            "Customers' own times are not replayed, because they are learnt from answers to messages, and the replay"
            f" supposes none: every message stands on the first day on which it may leave, {moved}."
        )
    if book.asks_for_ratings:
        yield "Ratings of the past are not known: nobody is in a segment because of its rating."
    if any(segment.rules.asks_for_history for segment in book.segments):
        yield "Who had paid how is not replayed: nobody is in a segment because of paid_... or days_late_... ."
    if book.trial is not None:
        yield "Nobody is drawn for the control group."


def _customer(messages: Sequence[RewoundMessage]) -> RewoundCustomer:
    return RewoundCustomer(
        contact_id=messages[0].contact_id,
        customer=messages[0].customer,
        messages=len(messages),
        by_stage=dict(Counter(message.stage for message in messages)),
        met_a_paid_invoice=sum(bool(message.paid) for message in messages),
    )


def _by_customer(invoices: Iterable[PastInvoice]) -> dict[ContactId, list[PastInvoice]]:
    found: dict[ContactId, list[PastInvoice]] = {}
    for invoice in invoices:
        found.setdefault(invoice.contact_id, []).append(invoice)
    return found


def _meanwhile(invoice: PastInvoice) -> PaidMeanwhile:
    days = sorted({day for part in invoice.money for day in (part.on, part.known_on)})
    return PaidMeanwhile(
        invoice=invoice.number or invoice.id,
        paid_on=next(day for day in days if invoice.owed_on(day) <= 0),
        entered_on=next((day for day in days if invoice.believed_on(day) <= 0), None),
    )


class _Customer:
    """One customer and what it has been sent so far."""

    def __init__(
        self, contact_id: ContactId, known: PastCustomer, invoices: list[PastInvoice], everybody: EarlyPast | None
    ) -> None:
        self._contact_id = contact_id
        self._known = known
        self._invoices = {invoice.id: invoice for invoice in invoices}
        self._progress: dict[InvoiceId, tuple[StageProgress, ...]] = {}
        self._contacted_on: date | None = None
        self._everybody = everybody
        self._early = EarlyPast(invoices) if everybody is not None else None

    def live(self, day: date, of_day: DecisionPass, last: date) -> tuple[RewoundMessage | None, date]:
        """The message of `day`, if there is one, and the next day on which anything can be different."""
        account = self._account(day)
        decisions = of_day.decide(account)
        plan = of_day.consolidate(account, decisions)
        if plan is not None:
            message = self._sent(plan, day)
            account = structs.replace(self._account(day), last_contacted_on=day)
            decisions = of_day.decide(account)
        else:
            message = None
        announced = [d.next_on for d in decisions if d.next_on is not None and d.next_on > day]
        return message, min([*announced, *self._changes_after(day), shift(last, 1)])

    def _account(self, day: date) -> Account:
        believed = (
            (invoice, invoice.believed_on(day)) for invoice in self._invoices.values() if invoice.issued_on <= day
        )
        return Account(
            contact_id=self._contact_id,
            name=self._known.name,
            status=ContactStatus.ACTIVE,
            country=self._known.country,
            groups=self._known.groups,
            preference=Preference(contact_id=self._contact_id, segment=self._known.segment),
            addresses=("somebody",),
            phones=("+447700900123",),
            postal=_SOMEWHERE,
            last_contacted_on=self._contacted_on,
            early=self._early.habit(day, self._everybody) if self._early and self._everybody else None,
            receivables=tuple(
                Receivable(
                    invoice_id=invoice.id,
                    contact_id=self._contact_id,
                    number=invoice.number,
                    currency=invoice.currency,
                    due_minor=due_minor,
                    due_on=invoice.due_on,
                    progress=self._progress.get(invoice.id, ()),
                )
                for invoice, due_minor in believed
                if due_minor > 0
            ),
        )

    def _sent(self, plan: CustomerMessagePlan, day: date) -> RewoundMessage:
        self._contacted_on = day
        for reminder in plan.reminders:
            key = reminder.receivable.invoice_id
            step = StageProgress(reminder.stage, ReminderState.SENT, day)
            self._progress[key] = (*self._progress.get(key, ()), step)
        invoices = [self._invoices[reminder.receivable.invoice_id] for reminder in plan.reminders]
        return RewoundMessage(
            on=day,
            contact_id=self._contact_id,
            customer=self._known.name,
            stage=plan.tone,
            channel=plan.channel,
            invoices=tuple(invoice.number or invoice.id for invoice in invoices),
            paid=tuple(_meanwhile(invoice) for invoice in invoices if invoice.owed_on(day) <= 0),
        )

    def _changes_after(self, day: date) -> list[date]:
        """Days on which an invoice is issued or the ledger learns of money."""
        days = [invoice.issued_on for invoice in self._invoices.values()]
        days += [part.known_on for invoice in self._invoices.values() for part in invoice.money]
        return [each for each in days if each > day]
