"""The work list as people read it, and writing down what came of a task."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from connector.agreements.disputes import open_dispute
from connector.agreements.promises import make_promises
from connector.agreements.subject import AgreementError, AtHand
from connector.dunning.reasons import ReasonCode, reasons_from_json
from connector.holding import Target, customer_target, invoice_target
from connector.saying.names import name
from connector.saying.said import Said, all_of, say, sum_of
from connector.ways_out.ends import amount, invoices_of
from state.agreed import Dispute, Plan, PlanState
from state.model import Contact, ContactId, InvoiceId, InvoiceStatus, TenantSlug
from state.phones import callable_of
from state.store import TenantStore
from state.tasks import Task

JobKind = Literal["call", "decision", "delivery", "dispute", "late_payment", "plan", "text"]
Outcome = Literal["spoke", "promise", "dispute", "no_answer", "wrong_number", "paid_says", "other"]
_OF_AGREEMENT = re.compile(r"(.+-)?(dispute|plan)-\d+", re.IGNORECASE)
SAYS_PAID = "says_it_has_paid"  # reason of the hold
DAYS_TO_SHOW = 7  # in which the payment of somebody who says it has paid should have come


class Item(Struct, frozen=True, kw_only=True):
    """An invoice that a task is about and on which something is due."""

    invoice_id: InvoiceId
    number: str | None
    due: str
    due_on: date | None


class Job(Struct, frozen=True, kw_only=True):
    """One task with the names people know. `contact_id` and `id` are as in the tenant's file.

    An open dispute and a broken plan are no tasks of their own there: they go by `acme-dispute-3` and `acme-plan-2`,
    since each tenant counts its own, and leave the list with what they are about.
    """

    tenant: TenantSlug
    id: str
    kind: JobKind
    owner: str
    since: datetime
    customer: str
    contact_id: str
    phone: str | None
    stage: str | None
    items: tuple[Item, ...]
    script: str
    state: Literal["open", "done"]
    outcome: str | None
    note: str | None
    closed_at: datetime | None
    closed_by: str | None


def jobs(store: TenantStore, slug: TenantSlug, owner: str | None, kind: JobKind | None, *, done: bool) -> list[Job]:
    """The tenant's open tasks, with `done` all of them, oldest first. An owner's list has also what is everybody's."""
    tasks = store.tasks.all() if done else store.tasks.open_ones()
    found = [*(_job(store, slug, task) for task in tasks), *of_agreements(store, slug)]
    return sorted(
        (job for job in found if (owner is None or job.owner in ("", owner)) and kind in (None, job.kind)),
        key=lambda job: job.since,
    )


def find_task(store: TenantStore, text: str) -> Task | None:
    """The task with this id, upper or lower case. AgreementError for what is an agreement's and ends with it."""
    if _OF_AGREEMENT.fullmatch(text):
        raise AgreementError(
            say(
                "a dispute ends with `dun dispute INVOICE --settle OUTCOME`, a broken plan with a new one or `dun plan"
                " cancel`; it then leaves the list by itself"
            )
        )
    return store.tasks.get(text.upper())


def finish(
    hand: AtHand, task: Task, outcome: Outcome, note: str, promised: date | None, sum_promised: str | None, person: str
) -> str:
    """Write down how a task ended; what follows from it, in words. AgreementError if it cannot have ended so."""
    if task.state == "done":
        raise AgreementError(_done(task))
    if task.new.kind == "decision":
        raise AgreementError(say("a decision is taken with `dun decide`; it then leaves the list by itself"))
    if (outcome == "promise") != (promised is not None) or (sum_promised and promised is None):
        raise AgreementError(say("a promise needs its day, and its amount if it is a part of what is due"))
    words = _follow(hand, task, outcome, note, promised, sum_promised, person)
    if not hand.store.tasks.close(task.id, outcome, note, person, hand.now):
        raise AgreementError(say("somebody else has just written down how it ended; `dun tasks --all` shows it"))
    details = {"task": task.id, "kind": task.new.kind, "outcome": outcome, "note": note}
    hand.store.audit.record(person, "task done", hand.target.scope, hand.target.id, details, hand.now)
    return words


def _done(task: Task) -> Said:
    return say(
        "the task was done on {day} by {who}: {outcome}",
        day=task.closed_at.date() if task.closed_at else "?",
        who=str(task.closed_by),
        outcome=name(str(task.outcome)),
    )


def target_of(store: TenantStore, slug: TenantSlug, task: Task) -> Target:
    """The invoice the task is about; its customer where it is about several."""
    about = invoices_of(store, task)
    if len(about) == 1:
        invoice = store.mirror.invoice(about[0])
        number = invoice.number if invoice else None
        return invoice_target(slug, about[0], number)
    contact = store.mirror.contact(task.new.contact_id)
    return customer_target(slug, task.new.contact_id, contact.name if contact else say("the customer"))


def _follow(
    hand: AtHand, task: Task, outcome: Outcome, note: str, promised: date | None, sum_promised: str | None, person: str
) -> str:
    if promised is not None:
        made = make_promises(hand, promised, sum_promised, None, note, person)
        sums = all_of(sum_of(each.amount_minor, each.currency) for each in made)
        return say("nothing is asked for until the end of {day}, by which {sums} was promised", day=promised, sums=sums)
    if outcome == "dispute":
        return _dispute(hand, task, note, person)
    if outcome == "paid_says":
        until = hand.today + timedelta(days=DAYS_TO_SHOW)
        for item in _items(hand.store, task):
            hand.store.holds.place("invoice", item.invoice_id, SAYS_PAID, until, note, hand.now, person)
        return say("nothing is asked for until the end of {day}; the payment should have come by then", day=until)
    if task.new.kind == "late_payment" or not _items(hand.store, task):
        return say("nothing changes by it")
    return say("the sequence goes on")


def _dispute(hand: AtHand, task: Task, note: str, person: str) -> str:
    items = [item for item in _items(hand.store, task) if hand.store.disputes.about(item.invoice_id) is None]
    if not items:
        raise AgreementError(say("nothing is due on it that is not disputed already"))
    for item in items:
        about = invoice_target(hand.target.tenant, item.invoice_id, item.number)
        open_dispute(replace(hand, target=about), note, None, person, person)
    numbers = ", ".join(item.number or item.invoice_id for item in items)
    return say("disputed: {numbers}; {who} sees to it, `dun dispute --settle` ends it", numbers=numbers, who=person)


def _items(store: TenantStore, task: Task) -> tuple[Item, ...]:
    return _owed(store, invoices_of(store, task))


def _owed(store: TenantStore, keys: Iterable[InvoiceId]) -> tuple[Item, ...]:
    found = map(store.mirror.invoice, keys)
    return tuple(
        Item(
            invoice_id=invoice.id,
            number=invoice.number,
            due=amount(invoice.due_minor, invoice.currency),
            due_on=invoice.due_on,
        )
        for invoice in found
        if invoice is not None and invoice.status is InvoiceStatus.OPEN and invoice.due_minor > 0
    )


def _job(store: TenantStore, slug: TenantSlug, task: Task) -> Job:
    contact = store.mirror.contact(task.new.contact_id)
    return Job(
        tenant=slug,
        id=task.id,
        kind=task.new.kind,
        owner=task.new.owner,
        since=task.opened_at,
        customer=contact.name if contact else task.new.contact_id,
        contact_id=task.new.contact_id,
        phone=_phone(task, contact),
        stage=task.new.stage,
        items=_items(store, task),
        script=task.new.script,
        state=task.state,
        outcome=task.outcome,
        note=task.note,
        closed_at=task.closed_at,
        closed_by=task.closed_by,
    )


def _phone(task: Task, contact: Contact | None) -> str | None:
    """The number of a call; of a message that did not arrive the number by which somebody can ask for an address."""
    if task.new.kind != "delivery" or contact is None:
        return task.new.phone
    return callable_of(contact.phones, contact.country)


def of_agreements(store: TenantStore, slug: TenantSlug) -> Iterator[Job]:
    """Open disputes, and plans whose breach the policy leaves to a person."""
    for dispute in store.disputes.standing():
        invoice = store.mirror.invoice(dispute.invoice_id)
        owed = _owed(store, [dispute.invoice_id])
        if invoice is not None and owed:
            key = f"{slug}-dispute-{dispute.id}"
            yield _waiting(
                store, slug, "dispute", key, invoice.contact_id, dispute.owner, dispute.opened_at, owed, _why(dispute)
            )
    for plan in store.plans.standing():
        owed = _owed(store, [share.invoice_id for share in plan.shares if _breach_waits(store, share.invoice_id)])
        if plan.state is PlanState.BROKEN and plan.settled_at is not None and owed:
            owner = store.preferences.of(plan.contact_id).owner or plan.made_by
            key = f"{slug}-plan-{plan.id}"
            yield _waiting(store, slug, "plan", key, plan.contact_id, owner, plan.settled_at, owed, _breach(plan))


def _breach_waits(store: TenantStore, invoice_id: InvoiceId) -> bool:
    decided = store.decisions.for_invoice(invoice_id)
    return decided is not None and any(r.code is ReasonCode.PLAN_BROKEN for r in reasons_from_json(decided.reasons))


def _why(dispute: Dispute) -> str:
    if dispute.amount_minor is None:
        return say("disputed: {reason}", reason=dispute.reason)
    part = sum_of(dispute.contested(dispute.amount_minor), dispute.currency)
    if not dispute.credited_minor:
        return say("{part} of it disputed: {reason}", part=part, reason=dispute.reason)
    credited = sum_of(dispute.credited_minor, dispute.currency)
    return say(
        "{part} of it still disputed, after credit notes of {credited}: {reason}",
        part=part,
        credited=credited,
        reason=dispute.reason,
    )


def _breach(plan: Plan) -> str:
    return say(
        "the plan of {n} instalments over {amount} is broken: make a new one, or `dun plan cancel` and the sequence"
        " goes on",
        n=len(plan.instalments),
        amount=sum_of(plan.baseline_minor, plan.currency),
    )


def _waiting(
    store: TenantStore,
    slug: TenantSlug,
    kind: JobKind,
    key: str,
    contact_id: ContactId,
    owner: str,
    since: datetime,
    items: tuple[Item, ...],
    words: str,
) -> Job:
    contact = store.mirror.contact(contact_id)
    return Job(
        tenant=slug,
        id=key,
        kind=kind,
        owner=owner,
        since=since,
        customer=contact.name if contact else contact_id,
        contact_id=contact_id,
        phone=None,
        stage=None,
        items=items,
        script=words,
        state="open",
        outcome=None,
        note=None,
        closed_at=None,
        closed_by=None,
    )
