"""The coming days of one tenant in plain rows: what goes, what is held, what could not be read."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from connector.dunning.explain import explain, sentence
from connector.dunning.forecast import Foresight, Held, PlannedSend, Spared
from connector.tenant import Tenant
from state.model import Account, TenantSlug
from state.money import Money


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
    invoices: tuple[str, ...]
    asks: tuple[str, ...]


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
    held: tuple[HeldInvoice, ...]
    spared: tuple[SparedInvoice, ...]
    unreadable: tuple[str, ...]


def outlook(tenant: Tenant, days: int) -> Outlook:
    """What the next `days` days bring if nobody pays, oldest first. Reads the mirror; asks nobody."""
    sends: list[Send] = []
    held: list[HeldInvoice] = []
    spared: list[SparedInvoice] = []
    foresight = Foresight(tenant.settings.book, tenant.calendar)
    for account in tenant.accounts():
        foreseen = foresight.preview(account, tenant.today, days)
        sends += [_send(account, planned) for planned in foreseen.sends]
        held += [_held(account, each) for each in foreseen.held]
        spared += [_spared(account, each) for each in foreseen.spared]
    return Outlook(
        tenant=tenant.slug,
        mode=tenant.settings.mode,
        read_only=tenant.settings.read_only,
        waits_for_approval=tuple(_let_go_by_hand(tenant)),
        business_day=tenant.today,
        sends=tuple(sorted(sends, key=lambda send: (send.on, send.customer))),
        held=tuple(sorted(held, key=lambda each: (each.since, each.customer, each.invoice))),
        spared=tuple(sorted(spared, key=lambda each: (each.on, each.customer, each.invoice))),
        unreadable=tuple(f"{r.entity} {r.id or 'without id'}: {r.reason}" for r in tenant.store.mirror.quarantined()),
    )


def _let_go_by_hand(tenant: Tenant) -> Iterator[str]:
    book, mode = tenant.settings.book, tenant.settings.mode
    for stage in dict.fromkeys(stage.name for policy in book.policies for stage in policy.stages):
        if book.mode_of(stage, mode) == "approve":
            yield stage


def _send(account: Account, planned: PlannedSend) -> Send:
    return Send(
        on=planned.on,
        customer=account.name,
        contact_id=account.contact_id,
        stage=planned.plan.tone,
        channel=planned.plan.channel,
        owner=planned.plan.stage.owner,
        segment=planned.segment,
        time=sentence(planned.time) if planned.time is not None else "",
        invoices=tuple(r.receivable.number or r.receivable.invoice_id for r in planned.plan.reminders),
        asks=tuple(str(Money(group.ask_minor, group.currency)) for group in planned.plan.groups),
    )


def _held(account: Account, held: Held) -> HeldInvoice:
    receivable, words = held.decision.receivable, explain(held.decision)
    return HeldInvoice(
        invoice=receivable.number or receivable.invoice_id,
        invoice_id=receivable.invoice_id,
        customer=account.name,
        amount=str(Money(receivable.due_minor, receivable.currency)),
        since=held.since,
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
