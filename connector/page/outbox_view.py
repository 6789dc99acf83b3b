"""What the outbox shows: a card for each customer from stored rows, and one message at a time as it will leave.

The list decides nothing and writes no message, so it is quick however much is planned; the message is written by the
very function that writes those that leave.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from connector.asked import Asked, Deducting
from connector.config.settings import TenantSettings
from connector.editing import ask_again
from connector.leaving import Leaving, leaving
from connector.on_their_way import on_their_way
from connector.page.morning import let_go_by_hand, seen
from connector.page.words import Words
from connector.saying.said import listed
from connector.seen import Seen, mark
from connector.tenant import Tenant
from connector.terms import Aspect, aspect_in_words, ended_for, terms_of
from connectors.channels.channel import Message
from connectors.ledger import LedgerError
from state.arrivals import Sum
from state.model import ContactId, ReminderId
from state.morning import Planned
from state.outbox import Outbox
from state.store import TenantStore

PAGE = 50  # cards


class Card(Struct, frozen=True, kw_only=True):
    """One customer's reminders that have not left. `waits`: a person has to let them go; else they go by themselves."""

    contact_id: str
    customer: str
    waits: bool
    reminders: tuple[Planned, ...]
    asked: Asked
    seen: tuple[Seen, ...]
    mark: str  # of exactly these reminders, amounts and words

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.stage for each in self.reminders))

    @property
    def why(self) -> tuple[str, ...]:
        """Why they are still here, as codes; not what `ended` tells."""
        reasons = (each.reason for each in self.reminders if each.reason)
        return tuple(dict.fromkeys(reason for reason in reasons if not ended_for(reason)))

    @property
    def ended(self) -> tuple[Aspect, ...]:
        """What has changed since an approval that was taken back for it."""
        found = (ended_for(each.reason) for each in self.reminders)
        return tuple(dict.fromkeys(aspect for aspect in found if aspect is not None))

    @property
    def edited(self) -> bool:
        """Whether a person's words go, or some of them."""
        return any(each.edit for each in self.reminders)

    @property
    def approved(self) -> str:
        """Those to which somebody has said yes, as a form has them."""
        return " ".join(each.reminder_id for each in self.reminders if each.approved)

    @property
    def ids(self) -> tuple[ReminderId, ...]:
        return tuple(ReminderId(each.reminder_id) for each in self.reminders)

    def only(self, reminders: tuple[Planned, ...]) -> "Card":
        """The card of these of its reminders; what it asks for is told of all of them."""
        kept = {each.reminder_id for each in reminders}
        return _card(self.waits, reminders, self.asked, [each for each in self.seen if each.reminder_id in kept])

    @property
    def place(self) -> tuple[str, str, bool]:
        """Cards stand by name; of one customer, what waits comes first."""
        return self.customer.casefold(), self.contact_id, not self.waits


class DebtLine(Struct, frozen=True, kw_only=True):
    """The proof of one invoice in a message: what the ledger said is due on it, and when it was last changed there."""

    invoice_id: str
    invoice: str
    stage: str
    due_on: date | None
    due: Sum
    disputed: Sum | None
    changed_at: datetime


class AskedIn(Struct, frozen=True):
    """What a message asks for in one currency: the total, less unapplied credit."""

    total: Sum
    credit: Sum | None
    ask: Sum


class Letter(Struct, frozen=True, kw_only=True):
    """A message as it would leave now, or why it cannot (`problem`)."""

    contact_id: str
    customer: str
    reminders: tuple[ReminderId, ...]
    invoice_id: str  # of its first invoice, by which commands find it
    waits: bool
    edited: bool
    message: Message | None
    to: tuple[str, ...]
    lines: tuple[DebtLine, ...]
    asked: tuple[AskedIn, ...]
    cost: Decimal
    basis: str
    problem: str | None
    with_link: bool  # False: the ledger could not be asked for the link to pay


def aspects_told(words: Words, aspects: Iterable[Aspect]) -> str:
    """What has changed, in the reader's language."""
    return words.said(listed(map(aspect_in_words, aspects)))


def cards(settings: TenantSettings, outbox: Outbox) -> list[Card]:
    """All cards of what may leave, in their order; nothing while the tenant's mode is off."""
    if settings.mode == "off" or "*" in outbox.held:
        return []
    by_hand = let_go_by_hand(settings, {each.stage for each in outbox.planned})
    going = on_their_way(outbox.facts, outbox.today)
    grouped: dict[tuple[str, bool], list[Planned]] = {}
    for each in outbox.planned:
        if each.reminder_id in going and outbox.held.isdisjoint((each.contact_id, each.invoice_id)):
            waits = not each.approved and (each.stage in by_hand or each.reminder_id in outbox.dropped)
            grouped.setdefault((each.contact_id, waits), []).append(each)
    terms = terms_of(settings, outbox.facts, outbox.today)
    deducting, found = Deducting(settings, outbox.in_hand), []
    for (_, waits), planned in sorted(grouped.items(), key=lambda each: not each[0][1]):
        shown = [seen(each, outbox.in_hand, terms) for each in planned]
        found.append(_card(waits, planned, deducting.asked(planned), shown))
    return sorted(found, key=lambda card: card.place)


def following(found: Sequence[Card], contact_id: str, customer: str) -> Card | None:
    """The next card after this customer's that waits, from the first again after the last; None if nothing waits."""
    waiting = [card for card in found if card.waits and card.contact_id != contact_id]
    here = (customer.casefold(), contact_id, True)
    return next((card for card in waiting if card.place > here), waiting[0] if waiting else None)


def preceding(found: Sequence[Card], contact_id: str, customer: str) -> Card | None:
    """As `following`, the other way round."""
    waiting = [card for card in found if card.waits and card.contact_id != contact_id]
    here = (customer.casefold(), contact_id, False)
    before = [card for card in waiting if card.place < here]
    return before[-1] if before else waiting[-1] if waiting else None


def page_of(found: Sequence[Card], after: str) -> tuple[Sequence[Card], str]:
    """The cards behind the one called `after`, and the name of the last of them if there are more."""
    names = [name_of(card) for card in found]
    start = names.index(after) + 1 if after in names else 0
    end = start + PAGE
    return found[start:end], names[end - 1] if end < len(found) else ""


def name_of(card: Card) -> str:
    return f"{card.contact_id}{'' if card.waits else ' alone'}"


def letter_to(tenant: Tenant, contact_id: ContactId, waiting: Collection[ReminderId]) -> Letter | None:
    """The message to this customer with all of `waiting` in it, as it would leave now; None if there is none.

    A person's words that do not fit any more are dropped, so that what is shown is what would really leave.
    """
    found, linked = _written(tenant, contact_id, waiting)
    if found is not None and found.dropped:
        ask_again(tenant, found.dropped)
        found, linked = _written(tenant, contact_id, waiting)
    return None if found is None else _letter(tenant, found, with_link=linked)


def _written(tenant: Tenant, contact_id: ContactId, waiting: Collection[ReminderId]) -> tuple[Leaving | None, bool]:
    """With the link to pay; where the ledger cannot be asked for it, without, so that a page can always be shown."""
    try:
        return next(leaving(tenant, {contact_id}, also=waiting, enclosed="links"), None), True
    except LedgerError:
        return next(leaving(tenant, {contact_id}, also=waiting), None), False


def _card(waits: bool, planned: Sequence[Planned], asked: Asked, shown: Sequence[Seen]) -> Card:
    return Card(
        contact_id=planned[0].contact_id,
        customer=planned[0].customer,
        waits=waits,
        reminders=tuple(planned),
        asked=asked,
        seen=tuple(shown),
        mark=mark(shown),
    )


def _letter(tenant: Tenant, found: Leaving, *, with_link: bool) -> Letter:
    outgoing, ids = found.outgoing, tuple(reminder.id for reminder in found.reminders)
    message = outgoing.message if outgoing else None
    return Letter(
        contact_id=found.account.contact_id,
        customer=found.account.name,
        reminders=ids,
        invoice_id=found.reminders[0].invoice_id,
        waits=found.waits,
        edited=bool(tenant.store.edits.in_force(ids)),
        message=message,
        to=_recipients(message) if message else (),
        lines=tuple(_lines(tenant.store, found)),
        asked=tuple(_asked(*group) for group in _groups(found)),
        cost=outgoing.cost if outgoing else Decimal(0),
        basis=outgoing.basis if outgoing else "",
        problem=found.problem,
        with_link=with_link,
    )


def _lines(store: TenantStore, found: Leaving) -> Iterable[DebtLine]:
    for planned, reminder in zip(found.plan.reminders, found.reminders, strict=True):
        invoice = store.mirror.invoice(reminder.invoice_id)
        if invoice is None:
            continue
        disputed = planned.receivable.disputed_minor
        yield DebtLine(
            invoice_id=invoice.id,
            invoice=invoice.number or invoice.id,
            stage=planned.stage,
            due_on=invoice.due_on,
            due=(invoice.due_minor, invoice.currency),
            disputed=(disputed, invoice.currency) if disputed else None,
            changed_at=invoice.updated_at,
        )


def _groups(found: Leaving) -> list[tuple[str, int, int, int]]:
    return [(each.currency, each.total_minor, each.credit_minor, each.ask_minor) for each in found.plan.groups]


def _asked(currency: str, total: int, credit: int, ask: int) -> AskedIn:
    return AskedIn((total, currency), (credit, currency) if credit else None, (ask, currency))


def _recipients(message: Message) -> tuple[str, ...]:
    """Whom it goes to, in the words of its kind."""
    if message.kind == "email":
        return tuple(address.email for address in (*message.to, *message.cc))
    if message.postal is not None:
        postal = message.postal
        return (", ".join(filter(None, (message.customer, *postal.lines, postal.postcode, postal.city))),)
    return (message.phone,) if message.phone else ()
