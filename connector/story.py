"""The story of one invoice: what is due, what is decided today and why, what was sent, and what comes next."""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from connector.agreed_words import agreed_in_words
from connector.agreements.subject import living_contact, money
from connector.charging import reckon
from connector.circumstances import circumstances
from connector.dunning.decide import DecisionPass
from connector.dunning.explain import Explanation, explain
from connector.dunning.interest import Refused
from connector.dunning.policy import Policy
from connector.dunning.rates_known import rates_used
from connector.dunning.reasons import Action, Decision
from connector.keeping_back import Obstacle, obstacles
from connector.saying.said import say
from connector.telephone_hours import telephone_hours
from connector.tenant import Tenant
from state.model import Invoice, InvoiceStatus
from state.money import Money
from state.stage_names import stage_of

_ENDED = {
    InvoiceStatus.PAID: say("nothing is due on it any more"),
    InvoiceStatus.VOID: say("it was voided in the ledger"),
    InvoiceStatus.DELETED: say("it was deleted in the ledger"),
    InvoiceStatus.GONE: say("the ledger no longer returns it and does not say why"),
    InvoiceStatus.DRAFT: say("it has not been issued"),
}


class Step(Struct, frozen=True, kw_only=True):
    """One reminder of the invoice and how far it came."""

    stage: str
    channel: str
    round: int
    state: str
    planned_for: date
    sent_at: datetime | None
    reason: str | None
    delivery: str | None  # delivered, partly_delivered, undelivered or under_way; None: no carrier has told
    task: str | None  # the open task about its not having arrived


class InvoiceStory(Struct, frozen=True, kw_only=True):
    tenant: str
    id: str
    number: str | None
    customer: str
    status: str
    due: str
    due_on: date | None
    updated_at: datetime
    credits: tuple[str, ...]
    action: str
    reasons: tuple[str, ...]  # machine-readable codes
    summary: str
    because: tuple[str, ...]
    next: str
    segment: str | None  # whose sequence its customer goes through today, and why; None: nothing is decided
    channel: str | None  # by which the stage that comes next goes
    hours: str  # between which it may leave, where the customer's zone is not plain; empty: as the window says
    charges: str | None  # what that stage says about being late, or why it cannot be reckoned
    happened: tuple[str, ...]  # what keeps it, since when, by whom, and the command that goes on from there
    agreed: tuple[str, ...]  # promises, disputes, plans and wishes, in words
    reminders: tuple[Step, ...]
    link: str | None


def stories(tenant: Tenant, text: str) -> Iterator[InvoiceStory]:
    """The story of every invoice whose number or id is `text`."""
    for invoice in tenant.store.mirror.find_invoice(text):
        yield _story(tenant, invoice)


def _story(tenant: Tenant, invoice: Invoice) -> InvoiceStory:
    store = tenant.store
    contact = store.mirror.contact(invoice.contact_id)
    today = _today(tenant, invoice)
    return InvoiceStory(
        tenant=tenant.slug,
        id=invoice.id,
        number=invoice.number,
        customer=contact.name if contact else f"unknown customer {invoice.contact_id}",
        status=invoice.status,
        due=money(invoice.due_minor, invoice.currency),
        due_on=invoice.due_on,
        updated_at=invoice.updated_at,
        credits=tuple(
            money(credit.remaining_minor, credit.currency) for credit in store.mirror.open_credits(invoice.contact_id)
        ),
        action=today.action,
        reasons=today.reasons,
        summary=today.words.summary,
        because=today.words.because,
        next=today.words.next,
        segment=today.segment,
        channel=today.channel,
        hours=telephone_hours(tenant, invoice.contact_id, today.channel, today.next_on or tenant.today),
        charges=today.charges,
        happened=tuple(circumstances(tenant, invoice)),
        agreed=today.agreed,
        reminders=tuple(_steps(tenant, invoice)),
        link=tenant.ledger.deep_link(invoice.id),
    )


class _Today(Struct, frozen=True):
    """Today's decision about an invoice."""

    action: str
    reasons: tuple[str, ...]
    words: Explanation
    segment: str | None = None
    channel: str | None = None
    next_on: date | None = None
    agreed: tuple[str, ...] = ()
    charges: str | None = None


def _today(tenant: Tenant, invoice: Invoice) -> _Today:
    """Today's decision, taken afresh: what was stored may be of an earlier day."""
    if invoice.status is not InvoiceStatus.OPEN:
        words = _ENDED[invoice.status]
        explanation = Explanation(say("not chased: {why}", why=words), (words,), say("nothing, unless it reopens"))
        return _Today("skip", (invoice.status,), explanation)
    decisions = DecisionPass(tenant.settings.book, tenant.calendar, tenant.today)
    for account in tenant.accounts():
        if all(receivable.invoice_id != invoice.id for receivable in account.receivables):
            continue
        decision = next(each for each in decisions.decide(account) if each.invoice_id == invoice.id)
        chosen = decisions.chosen(account)
        told = explain(decision)
        if decision.action is Action.SEND and (kept := obstacles(tenant, [account.contact_id])):
            told = _kept_back(decision, told, kept[account.contact_id])
        return _Today(
            decision.action,
            tuple(reason.code for reason in decision.reasons),
            told,
            f"{chosen.segment} ({'; '.join(chosen.why)})" if chosen.why else chosen.segment,
            decision.channel,
            decision.next_on,
            tuple(agreed_in_words(account, invoice.id)),
            _charges(tenant, invoice, chosen.policy, decision),
        )
    words = say("nothing is due on it")
    explanation = Explanation(say("not chased: {why}", why=words), (words,), say("nothing, unless that changes"))
    return _Today("skip", ("nothing_due",), explanation)


def _kept_back(decision: Decision, words: Explanation, obstacle: Obstacle) -> Explanation:
    """A message that is due and cannot leave is not told as if it would."""
    summary = f"the {stage_of(decision.stage or '')} reminder is due and cannot leave: {obstacle.words}"
    return Explanation(summary, (obstacle.words, *words.because), obstacle.mend)


def _charges(tenant: Tenant, invoice: Invoice, policy: Policy, decision: Decision) -> str | None:
    """What the stage that comes next says about paying late, on its day and by the mirror."""
    come_to = stage_of(decision.stage or "")
    stage = next((stage for stage in policy.stages if stage.name == come_to), None)
    if stage is None or stage.charges == "none":
        return None
    day = decision.next_on or tenant.today
    found = reckon(tenant.settings, tenant.store, invoice, living_contact(tenant.store, invoice.contact_id), day)
    if found is None:
        return None
    if isinstance(found, Refused):
        waits = stage.charges == "claim" and found.code != "not_business"
        return f"{found.words}; {stage.name} {'waits' if waits else 'goes without them'}"
    verb = "claims" if stage.charges == "claim" else "mentions"
    interest, fixed = (Money(minor, invoice.currency) for minor in (found.interest_minor, found.fixed_minor))
    parts = [f"{interest} of interest up to {day}"] if found.interest_minor or not found.fixed_minor else []
    parts += [f"{fixed} fixed"] if found.fixed_minor else []
    said = f"{stage.name} {verb} {' and '.join(parts)}, by {found.charges.source}"
    terms = tenant.settings.charges
    return "; ".join((said, *rates_used(terms.terms, terms.rates, found.charges)))


def _steps(tenant: Tenant, invoice: Invoice) -> Iterator[Step]:
    reminders = tenant.store.reminders.for_invoice(invoice.id)
    fates = tenant.store.deliveries.fates([each.message_id for each in reminders if each.message_id is not None])
    tasks = {
        task.new.message_id: task.id
        for task in tenant.store.tasks.of_invoice(invoice.id)
        if task.new.kind == "delivery" and task.state == "open"
    }
    for reminder in reminders:
        fate = None if reminder.message_id is None else fates.get(reminder.message_id)
        yield Step(
            stage=reminder.stage,
            channel=reminder.channel,
            round=reminder.round,
            state=reminder.state,
            planned_for=reminder.planned_for,
            sent_at=reminder.sent_at,
            reason=reminder.reason,
            delivery=None if fate is None else fate.state,
            task=tasks.get(reminder.message_id) if reminder.message_id is not None else None,
        )
