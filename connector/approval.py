"""What waits for a person's yes, found by what people call it.

Approving is the last thing a person does before a customer hears from the firm, so names are taken literally: nothing
is approved, or skipped, while one of them is unknown or could mean two things. A yes stands for what was looked at: the
customer, the amounts, and the words, be they the usual ones or a person's.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from connector.agreements.subject import money
from connector.config.settings import TenantSettings
from connector.dunning.plan_steps import is_instalment
from connector.holding import TargetError
from connector.leaving import Leaving, leaving
from connector.wiring import Installation
from state.in_hand import InHand
from state.model import ContactId, InvoiceId, Reminder, ReminderId, ReminderState, TenantSlug
from state.stage_names import stage_of
from state.store import TenantStore

# A reminder, what is due, the words somebody gave it (0: the usual ones), and its customer's credit.
Seen = tuple[str, str, int, str]


class ChangedMeanwhile(TargetError):
    """What was to be approved is not what was looked at any more; nothing was approved."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A planned reminder that nobody has approved yet."""

    tenant: TenantSlug
    reminder_id: ReminderId
    invoice_id: str
    invoice: str  # its number, or its id if it has none
    customer_id: str
    customer: str
    stage: str
    due: str
    planned_for: date
    why: str  # edited: a person's words go; edit_dropped: those fitted no more; else empty
    edit: int  # id of a person's words; 0: the usual ones go
    credit: str  # what its customer's family has in hand, and is deducted from what is asked for; empty: nothing

    @property
    def seen(self) -> Seen:
        return self.reminder_id, self.due, self.edit, self.credit


def credit_text(credits: Mapping[str, int]) -> str:
    """Of a customer's credit: currency -> minor units."""
    return ", ".join(money(minor, currency) for currency, minor in sorted(credits.items()))


def mark(shown: Iterable[Seen]) -> str:
    """Stands for reminders, what each asks for and in whose words: a yes counts for exactly what was looked at."""
    return hashlib.sha256("\n".join(" ".join(map(str, each)) for each in sorted(shown)).encode()).hexdigest()


def check_stages(installation: Installation, slugs: Sequence[TenantSlug], stages: Sequence[str]) -> None:
    """Refuse a stage that no policy has and nothing that is planned is of, with those there are; raises TargetError."""
    known = dict.fromkeys(name for slug in slugs for name in installation.config.tenant(slug).book.stages)
    unknown = [stage for stage in stages if stage_of(stage) not in known and not is_instalment(stage)]
    if unknown:
        raise TargetError(f"the policy has no stage {unknown[0]!r}; there are: {', '.join(known)}")


def waiting(
    installation: Installation,
    slugs: Sequence[TenantSlug],
    stages: Sequence[str] = (),
    customers: Sequence[str] = (),
) -> list[Waiting]:
    """Everything that waits for approval, tenant by tenant. What is on hold does not: its time comes after the hold.

    With `stages` or `customers` (names or ids), only what is of one of them.
    """
    found = []
    for slug in slugs:
        settings = installation.config.tenant(slug)
        if settings.mode == "off":
            continue
        with installation.store(slug) as store:
            held = {hold.target for hold in store.holds.active(settings.today_at(installation.clock.now()))}
            dropped, edits = store.edits.unanswered(), store.edits.by_reminder()
            asking = [r for r in store.reminders.planned() if _asks(settings, r, held, dropped)]
            in_hand = store.in_hand({each.contact_id for each in asking})
            found += [_waiting(slug, store, each, dropped, edits.get(each.id, 0), in_hand) for each in asking]
    return [each for each in found if _is_of(each, stages, customers)]


def approved(installation: Installation, slugs: Sequence[TenantSlug]) -> list[Waiting]:
    """Everything that somebody has approved and that has not left, tenant by tenant."""
    found = []
    for slug in slugs:
        with installation.store(slug) as store:
            edits, nobody = store.edits.by_reminder(), frozenset[ReminderId]()
            let_go = [reminder for reminder in store.reminders.planned() if reminder.approved]
            in_hand = store.in_hand({each.contact_id for each in let_go})
            found += [_waiting(slug, store, each, nobody, edits.get(each.id, 0), in_hand) for each in let_go]
    return found


def _is_of(each: Waiting, stages: Sequence[str], customers: Sequence[str]) -> bool:
    return (not stages or not {each.stage, stage_of(each.stage)}.isdisjoint(stages)) and (
        not customers or not {each.customer, each.customer_id}.isdisjoint(customers)
    )


def _asks(settings: TenantSettings, reminder: Reminder, held: set[str], dropped: frozenset[ReminderId]) -> bool:
    asked = reminder.id in dropped or settings.book.mode_of(reminder.stage, settings.mode) == "approve"
    return asked and not reminder.approved and held.isdisjoint(("*", reminder.contact_id, reminder.invoice_id))


def named(everything: Sequence[Waiting], texts: Sequence[str], does: str = "waits for approval") -> list[Waiting]:
    """Those of `everything` under the invoice numbers or ids `texts`. TargetError names each text that is not clear.

    `does`: what all of them do, in words.
    """
    found = {text: [each for each in everything if text in (each.invoice, each.invoice_id)] for text in texts}
    unclear = [_unclear(text, hits, does) for text, hits in found.items()]
    if problems := [problem for problem in unclear if problem]:
        raise TargetError("; ".join(problems) + ". Nothing was changed; `dun approve` lists what waits")
    return list({each.reminder_id: each for hits in found.values() for each in hits}.values())


def approve(installation: Installation, chosen: Sequence[Waiting], person: str) -> int:
    """Let the reminders go with the next cycle; how many there were.

    Raises ChangedMeanwhile if one of them waits for more or less than in `chosen`, or in other words.
    """
    now, approved = installation.clock.now(), 0
    for slug in dict.fromkeys(each.tenant for each in chosen):
        with installation.store(slug) as store, store.transaction():
            edits, in_hand = store.edits.by_reminder(), store.in_hand({each.customer_id for each in chosen})
            for each in (each for each in chosen if each.tenant == slug):
                words, credit = edits.get(each.reminder_id, 0), credit_text(in_hand.of(each.customer_id))
                _check_as_seen(store, each, words, credit)
                if store.reminders.approve([each.reminder_id], person, now):
                    details = {"stage": each.stage, "reminder": each.reminder_id, "due": each.due}
                    store.audit.record(person, "approve", "invoice", each.invoice_id, details, now)
                    approved += 1
    return approved


def take_back(installation: Installation, slug: TenantSlug, ids: Sequence[ReminderId], person: str) -> int:
    """Approvals that nothing has come of yet hold no more; how many there were. What has left stays sent."""
    now = installation.clock.now()
    with installation.store(slug) as store, store.transaction():
        return len(end_approvals(store, ids, f"taken back by {person}", person, now))


def end_approvals(
    store: TenantStore, ids: Iterable[ReminderId], reason: str, person: str, now: datetime
) -> list[ReminderId]:
    """Within a transaction: what was approved of `ids` and has not left waits again. The trail says by whom."""
    taken = store.reminders.take_back(ids, reason, now)
    for reminder in filter(None, map(store.reminders.get, taken)):
        details = {"stage": reminder.stage, "reminder": reminder.id, "reason": reason}
        store.audit.record(person, "approval taken back", "invoice", reminder.invoice_id, details, now)
    return taken


def skip(installation: Installation, chosen: Sequence[Waiting], reason: str, person: str) -> int:
    """Pass the reminders' stages over, for `reason`; how many there were. The next stage comes at its own time."""
    now, skipped = installation.clock.now(), 0
    for slug in dict.fromkeys(each.tenant for each in chosen):
        with installation.store(slug) as store, store.transaction():
            for each in (each for each in chosen if each.tenant == slug):
                if store.reminders.skip([each.reminder_id], f"skipped by {person}: {reason}", now):
                    details = {"stage": each.stage, "reminder": each.reminder_id, "reason": reason}
                    store.audit.record(person, "skip", "invoice", each.invoice_id, details, now)
                    skipped += 1
    return skipped


def texts(installation: Installation, chosen: Sequence[Waiting]) -> Iterator[tuple[TenantSlug, Leaving]]:
    """The messages that leave if all of `chosen` are let go, as they would leave now."""
    for slug in dict.fromkeys(each.tenant for each in chosen):
        ids = {each.reminder_id for each in chosen if each.tenant == slug}
        contacts = {ContactId(each.customer_id) for each in chosen if each.tenant == slug}
        with installation.tenant(slug) as tenant:
            for message in leaving(tenant, contacts, also=ids, enclosed="links"):
                if not ids.isdisjoint(reminder.id for reminder in message.reminders):
                    yield slug, message


def _unclear(text: str, hits: Sequence[Waiting], does: str) -> str | None:
    if not hits:
        return f"nothing {does} for invoice {text!r}"
    if len({each.invoice_id for each in hits}) > 1:
        return f"{text!r} is not clear: {', '.join(f'{h.customer} of {h.tenant}' for h in hits)}; use --tenant or ids"
    return None


def _check_as_seen(store: TenantStore, each: Waiting, edit: int, credit: str) -> None:
    """ChangedMeanwhile if the reminder still waits, but not as it did."""
    reminder, invoice = store.reminders.get(each.reminder_id), store.mirror.invoice(InvoiceId(each.invoice_id))
    if reminder is None or reminder.state is not ReminderState.PLANNED:
        return
    is_seen = (reminder.contact_id, str(invoice.due) if invoice else "") == (each.customer_id, each.due)
    if not is_seen or (edit, credit) != (each.edit, each.credit):
        raise ChangedMeanwhile(
            f"the message about invoice {each.invoice} of {each.tenant} has changed since you looked;"
            " nothing was approved; look again: `dun approve --show`"
        )


def _waiting(
    slug: TenantSlug,
    store: TenantStore,
    reminder: Reminder,
    dropped: frozenset[ReminderId],
    edit: int,
    in_hand: InHand,
) -> Waiting:
    invoice = store.mirror.invoice(reminder.invoice_id)
    contact = store.mirror.contact(reminder.contact_id)
    return Waiting(
        tenant=slug,
        reminder_id=reminder.id,
        invoice_id=reminder.invoice_id,
        invoice=(invoice.number if invoice else None) or reminder.invoice_id,
        customer_id=reminder.contact_id,
        customer=contact.name if contact else reminder.contact_id,
        stage=reminder.stage,
        due=money(invoice.due_minor, invoice.currency) if invoice else "",
        planned_for=reminder.planned_for,
        why="edit_dropped" if reminder.id in dropped else "edited" if edit else "",
        edit=edit,
        credit=credit_text(in_hand.of(reminder.contact_id)),
    )
