"""What waits for a person's yes, found by what people call it.

Approving is the last thing a person does before a customer hears from the firm, so names are taken literally: nothing
is approved, or skipped, while one of them is unknown or could mean two things. A yes stands for what was looked at, as
`connector.terms` has it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from connector.agreements.subject import money
from connector.asked import Deducting
from connector.config.settings import TenantSettings
from connector.dunning.plan_steps import is_instalment
from connector.holding import TargetError
from connector.leaving import Leaving, leaving
from connector.on_their_way import on_their_way
from connector.saying.said import listed, say
from connector.seen import Seen
from connector.terms import ASPECTS, Aspect, aspect_in_words, end_approvals, ended_for, given_terms, terms_of
from connector.wiring import Installation
from state.arrivals import Sum
from state.in_hand import InHand
from state.model import ContactId, Reminder, ReminderId, TenantSlug
from state.planned_facts import PlannedFacts
from state.stage_names import stage_of
from state.store import TenantStore
from state.terms import Terms


class ChangedMeanwhile(TargetError):
    """What was to be approved is not what was looked at any more; nothing was approved. `aspects`: what has changed."""

    def __init__(self, words: str, aspects: Sequence[Aspect] = ()) -> None:
        super().__init__(words)
        self.aspects = tuple(aspects)


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
    approval_ended: str  # why an approval was taken back, as a code; empty: none was, or it was given again
    edit: int  # id of a person's words; 0: the usual ones go
    credit: str  # what its customer's family has in hand, and is deducted from what is asked for; empty: nothing
    asked: str  # what is left to ask for, where each family's credit is deducted once from all that is listed
    deducted: str  # of the credit, from this one; empty: nothing
    disputed: str  # of what is due; empty: nothing
    terms: Terms

    @property
    def seen(self) -> Seen:
        return Seen(self.reminder_id, self.due, self.credit, self.terms)


def sums_text(sums: Iterable[Sum]) -> str:
    return ", ".join(money(*each) for each in sums)


def credit_text(credits: Mapping[str, int]) -> str:
    """Of a customer's credit: currency -> minor units."""
    return sums_text((minor, currency) for currency, minor in sorted(credits.items()))


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
    """Everything that waits for approval, tenant by tenant. What is held does not: its time comes after that.

    With `stages` or `customers` (names or ids), only what is of one of them.
    """
    found: list[Waiting] = []
    for slug in slugs:
        settings = installation.config.tenant(slug)
        if settings.mode == "off":
            continue
        with installation.store(slug) as store:
            today = settings.today_at(installation.clock.now())
            held = {hold.target for hold in store.holds.active(today)}
            dropped = store.edits.unanswered()
            going = on_their_way(store.planned_facts(today), today)
            asking = [r for r in store.reminders.planned() if r.id in going and _asks(settings, r, held, dropped)]
            found += _shown(settings, store, asking, dropped, today)
    return [each for each in found if _is_of(each, stages, customers)]


def approved(installation: Installation, slugs: Sequence[TenantSlug]) -> list[Waiting]:
    """Everything that somebody has approved and that has not left, tenant by tenant."""
    found: list[Waiting] = []
    for slug in slugs:
        settings = installation.config.tenant(slug)
        with installation.store(slug) as store:
            let_go = [reminder for reminder in store.reminders.planned() if reminder.approved]
            found += _shown(settings, store, let_go, frozenset(), settings.today_at(installation.clock.now()))
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

    Raises ChangedMeanwhile if one of them would not go as it stands in `chosen`.
    """
    return sum(
        _approve(installation, slug, [each for each in chosen if each.tenant == slug], person)
        for slug in dict.fromkeys(each.tenant for each in chosen)
    )


def _approve(installation: Installation, slug: TenantSlug, chosen: Sequence[Waiting], person: str) -> int:
    """Those of one tenant, all or none of them."""
    settings, now, done = installation.config.tenant(slug), installation.clock.now(), 0
    today = settings.today_at(now)
    with installation.store(slug) as store, store.transaction():
        planned = {each.reminder_id: each for each in store.planned_facts(today)}
        terms = terms_of(settings, planned.values(), today)
        in_hand = store.in_hand({each.customer_id for each in chosen})
        for each in chosen:
            if each.reminder_id in planned:
                _check_as_seen(each, planned[each.reminder_id], terms[each.reminder_id], in_hand)
        given = given_terms(store, settings, {each.reminder_id for each in chosen}, today)
        for each in chosen:
            if store.reminders.approve([each.reminder_id], person, now, given):
                details = {"stage": each.stage, "reminder": each.reminder_id, "due": each.due}
                store.audit.record(person, "approve", "invoice", each.invoice_id, details, now)
                done += 1
    return done


def take_back(installation: Installation, slug: TenantSlug, ids: Sequence[ReminderId], person: str) -> int:
    """Approvals that nothing has come of yet hold no more; how many there were. What has left stays sent."""
    now = installation.clock.now()
    with installation.store(slug) as store, store.transaction():
        return len(end_approvals(store, ids, f"taken back by {person}", person, now))


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


def _check_as_seen(each: Waiting, facts: PlannedFacts, terms: Terms, in_hand: InHand) -> None:
    """ChangedMeanwhile if the reminder still waits, but not as it did."""
    credit = credit_text(in_hand.of(facts.contact_id))
    now = Seen(facts.reminder_id, money(*facts.due), credit, terms)
    changed = [aspect for aspect in ASPECTS if each.seen.of(aspect) != now.of(aspect)]
    if facts.contact_id != each.customer_id:
        changed = ["addressees"]
    if changed:
        raise ChangedMeanwhile(
            say(
                "the message about invoice {number} of {tenant} has changed since you looked ({what}); nothing was"
                " approved; look again: `dun approve --show`",
                number=each.invoice,
                tenant=each.tenant,
                what=listed(map(aspect_in_words, changed)),
            ),
            changed,
        )


def _shown(
    settings: TenantSettings,
    store: TenantStore,
    reminders: Sequence[Reminder],
    dropped: frozenset[ReminderId],
    today: date,
) -> Iterator[Waiting]:
    facts = {each.reminder_id: each for each in store.planned_facts(today)}
    terms = terms_of(settings, facts.values(), today)
    in_hand = store.in_hand({each.contact_id for each in reminders})
    deducting = Deducting(settings, in_hand)
    for reminder in (each for each in reminders if each.id in facts):
        now = facts[reminder.id]
        invoice = store.mirror.invoice(reminder.invoice_id)
        asked = deducting.asked([now])
        yield Waiting(
            tenant=settings.slug,
            reminder_id=reminder.id,
            invoice_id=reminder.invoice_id,
            invoice=(invoice.number if invoice else None) or reminder.invoice_id,
            customer_id=reminder.contact_id,
            customer=now.customer,
            stage=reminder.stage,
            due=money(*now.due),
            planned_for=reminder.planned_for,
            why="edit_dropped" if reminder.id in dropped else "edited" if now.words else "",
            approval_ended=reminder.reason if reminder.reason and ended_for(reminder.reason) else "",
            edit=now.words,
            credit=credit_text(in_hand.of(reminder.contact_id)),
            asked=sums_text(asked.ask),
            deducted=sums_text(asked.credit),
            disputed=sums_text(asked.disputed),
            terms=terms[reminder.id],
        )
