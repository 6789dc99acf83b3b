"""The coming days of one tenant in plain rows: what goes, what is held, what could not be read."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial

from msgspec import Struct, structs

from connector.agreements.subject import money
from connector.charging import ChargesUnknown, charges_of, rate_doubts, together
from connector.dunning.capped_forecast import capped
from connector.dunning.explain import explain, sentence
from connector.dunning.forecast import Held, PlannedSend, Spared
from connector.keeping_back import Obstacle, cap_spent, obstacles
from connector.messages.facts import Charge
from connector.phone_costs import month_of
from connector.telephone_hours import telephone_hours
from connector.tenant import Tenant
from state.model import Account, ContactId, InvoiceId, TenantSlug
from state.money import Money, totals


class Send(Struct, frozen=True, kw_only=True):
    """A message that goes on day `on` if nothing is paid until then. Amounts are written out with their currency."""

    on: date
    customer: str
    contact_id: str
    stage: str
    channel: str
    owner: str  # who is responsible for the stage; empty: nobody is named
    segment: str  # whose sequence it is; standard: of no segment
    time: str  # what is said of the customer's own time, in words; empty: it has none
    hours: str  # between which a text or call may leave, where the customer's zone is not plain; empty: as usual
    invoices: tuple[str, ...]
    asks: tuple[str, ...]  # with the charges it claims
    charges: tuple[str, ...] = ()  # what it says about being late, up to that day
    problem: str | None = None  # why it cannot leave as things stand, and how it will
    put_off_from: date | None = None  # its own day, where the daily cap puts it off


class HeldInvoice(Struct, frozen=True, kw_only=True):
    invoice: str
    invoice_id: str
    customer: str
    amount: str
    since: date
    action: str
    reasons: tuple[str, ...]  # machine-readable codes
    why: str
    next: str


class SparedInvoice(Struct, frozen=True, kw_only=True):
    """Of which the customer is not reminded before the due date, though the sequence would on day `on`."""

    invoice: str
    customer: str
    on: date
    why: str


class Outlook(Struct, frozen=True, kw_only=True):
    tenant: TenantSlug
    mode: str
    read_only: bool
    waits_for_approval: tuple[str, ...]  # the stages that a person lets go
    business_day: date
    sends: tuple[Send, ...]
    put_off: tuple[Send, ...]  # by the daily cap, beyond the last day; `on` is its own day
    daily_cap: int
    rates: tuple[str, ...]  # what is to be known about the reference rate of the charges
    held: tuple[HeldInvoice, ...]
    spared: tuple[SparedInvoice, ...]
    unreadable: tuple[str, ...]


def outlook(tenant: Tenant, days: int) -> Outlook:
    """What the next `days` days bring if nobody pays, oldest first. Reads the mirror; asks nobody."""
    sends: list[Send] = []
    put_off: list[Send] = []
    held: list[HeldInvoice] = []
    spared: list[SparedInvoice] = []
    book, today = tenant.settings.book, tenant.today
    since = tenant.store.decisions.since()
    room = partial(room_on, tenant, tenant.settings.daily_cap)
    for account, foreseen in capped(tenant.accounts(), book, tenant.calendar, today, days, room):
        sends += [_send(tenant, account, planned) for planned in foreseen.sends]
        put_off += [_send(tenant, account, foreseen.put_off)] if foreseen.put_off else []
        held += [_held(account, each, since if each.since == today else {}) for each in foreseen.held]
        spared += [_spared(account, each) for each in foreseen.spared]
    sends = _with_obstacles(tenant, sends)
    return Outlook(
        tenant=tenant.slug,
        mode=tenant.settings.mode,
        read_only=tenant.settings.read_only,
        waits_for_approval=tuple(_let_go_by_hand(tenant)),
        business_day=tenant.today,
        put_off=tuple(sorted(put_off, key=lambda send: (send.on, send.customer))),
        daily_cap=tenant.settings.daily_cap,
        rates=tuple(rate_doubts(tenant.settings, tenant.today)),
        sends=tuple(sorted(sends, key=lambda send: (send.on, send.customer))),
        held=tuple(sorted(held, key=lambda each: (each.since, each.customer, each.invoice))),
        spared=tuple(sorted(spared, key=lambda each: (each.on, each.customer, each.invoice))),
        unreadable=tuple(
            f"{r.entity} {r.name or r.id or 'without id'}: {r.reason}" for r in tenant.store.mirror.quarantined()
        ),
    )


def _with_obstacles(tenant: Tenant, sends: list[Send]) -> list[Send]:
    """Today's are written, to see whether they can be; of later ones the month's cap may be known to be spent."""
    today = [ContactId(send.contact_id) for send in sends if send.on == tenant.today]
    found = obstacles(tenant, today) if today else {}
    spent = cap_spent(tenant.store, tenant.settings.phone, tenant.today)
    return [_with_obstacle(tenant, send, found, spent) for send in sends]


def _with_obstacle(tenant: Tenant, send: Send, found: Mapping[ContactId, Obstacle], spent: Obstacle | None) -> Send:
    obstacle = found.get(ContactId(send.contact_id)) if send.on == tenant.today else None
    if obstacle is None and send.channel in ("sms", "voice") and month_of(send.on) == month_of(tenant.today):
        obstacle = spent
    if obstacle is None or send.problem is not None:
        return send
    return structs.replace(send, problem=f"{obstacle.words}; {obstacle.mend}")


def _let_go_by_hand(tenant: Tenant) -> Iterator[str]:
    book, mode = tenant.settings.book, tenant.settings.mode
    for stage in dict.fromkeys(stage.name for policy in book.policies for stage in policy.stages):
        if book.mode_of(stage, mode) == "approve":
            yield stage


def room_on(tenant: Tenant, daily_cap: int, day: date) -> int:
    """How many messages may still leave on `day`, approved or not, where no more than `daily_cap` do."""
    gone = tenant.store.reminders.messages_on(day, tenant.zone) if day == tenant.today else 0
    return max(daily_cap - gone, 0)


def _charges(tenant: Tenant, planned: PlannedSend) -> tuple[Charge, ...]:
    """As the message will say them, reckoned from the mirror up to its day. Raises ChargesUnknown."""
    plan, mirror = planned.plan, tenant.store.mirror
    contact = mirror.contact(plan.contact_id)
    if plan.stage.charges == "none" or contact is None:
        return ()
    keys = [each.receivable.invoice_id for group in plan.groups if group.ask_minor > 0 for each in group.reminders]
    invoices = [invoice for key in keys if (invoice := mirror.invoice(key)) is not None]
    return together(
        charge for invoice in invoices for charge in charges_of(tenant, plan.stage, invoice, contact, planned.on)
    )


def _send(tenant: Tenant, account: Account, planned: PlannedSend) -> Send:
    problem: str | None = None
    charges: tuple[Charge, ...] = ()
    try:
        charges = _charges(tenant, planned)
    except ChargesUnknown as error:
        problem = str(error)
    claimed = totals(charge.amount for charge in charges if charge.claimed)
    asks = [Money(group.ask_minor, group.currency) for group in planned.plan.groups]
    return Send(
        on=planned.on,
        customer=account.name,
        contact_id=account.contact_id,
        stage=planned.plan.tone,
        channel=planned.plan.channel,
        owner=planned.plan.stage.owner,
        segment=planned.segment,
        time=sentence(planned.time) if planned.time is not None else "",
        hours=telephone_hours(tenant, account.contact_id, planned.plan.channel, planned.on),
        invoices=tuple(r.receivable.number or r.receivable.invoice_id for r in planned.plan.reminders),
        asks=tuple(str(ask + claimed.get(ask.currency, Money(0, ask.currency))) for ask in asks),
        charges=tuple(f"{each.amount} {each.kind}{'' if each.claimed else ', mentioned'}" for each in charges),
        problem=problem,
        put_off_from=planned.put_off_from,
    )


def _held(account: Account, held: Held, since: Mapping[tuple[InvoiceId, str], date]) -> HeldInvoice:
    """With the day on which what holds it today began, as far as earlier cycles have decided the same."""
    receivable, words = held.decision.receivable, explain(held.decision)
    return HeldInvoice(
        invoice=receivable.number or receivable.invoice_id,
        invoice_id=receivable.invoice_id,
        customer=account.name,
        amount=money(receivable.due_minor, receivable.currency),
        since=since.get((receivable.invoice_id, held.decision.reasons[0].code), held.since),
        action=held.decision.action,
        reasons=tuple(reason.code for reason in held.decision.reasons),
        why="; ".join(words.because),
        next=words.next,
    )


def _spared(account: Account, spared: Spared) -> SparedInvoice:
    receivable = spared.decision.receivable
    return SparedInvoice(
        invoice=receivable.number or receivable.invoice_id,
        customer=account.name,
        on=spared.on,
        why=sentence(spared.reason),
    )
