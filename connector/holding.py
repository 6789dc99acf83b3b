"""What a hold is about: an invoice, a customer, or a whole tenant, found by what people call it."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from connector.saying.said import Said, listed, say
from state.model import ContactId, Hold, InvoiceId, TenantSlug
from state.store import TenantStore

if TYPE_CHECKING:
    from connector.wiring import Installation

_AGREED = frozenset(("promise", "deferral", "payment_plan"))  # reasons of holds that tell of a customer's word


_FARTHEST = timedelta(days=3653)  # ten years: what is silenced for longer is a slip of the pen, or given up


class TargetError(Exception):
    """What was named cannot be found, or is not the only one of its name."""


class Target(Struct, frozen=True):
    """Exactly one thing to hold or release."""

    tenant: TenantSlug
    scope: Literal["invoice", "contact", "tenant"]
    id: str
    words: str


def find_target(
    installation: "Installation", slug: str | None, invoice: str | None, customer: str | None, *, everything: bool
) -> Target:
    """The one thing named. Raises TargetError if nothing or several things answer to the name."""
    if sum((invoice is not None, customer is not None, everything)) != 1:
        raise TargetError(say("name one thing: an invoice, --customer NAME, or --everything with --tenant"))
    if everything:
        if slug is None:
            raise TargetError(say("--everything needs --tenant"))
        known = installation.config.tenant(slug).slug
        return Target(known, "tenant", "*", say("everything of {tenant}", tenant=known))
    found = [t for each in _slugs(installation, slug) for t in _in_tenant(installation, each, invoice, customer)]
    name = invoice or customer
    if not found:
        raise TargetError(
            say("{name} is not in the mirror; `dun sync` brings new invoices and customers", name=repr(name))
        )
    if len(found) > 1:
        several = listed(target.words for target in found)
        raise TargetError(
            say("{name} is not clear: {several}; add --tenant or use the id", name=repr(name), several=several)
        )
    return found[0]


def hold_target(
    installation: "Installation",
    target: Target,
    *,
    reason: str,
    until: date | None,
    note: str | None,
    owner: str,
    person: str,
) -> Hold:
    """Place the hold, up to and including `until`. Raises TargetError if that day is over where the tenant lives, or
    more than ten years away.

    `owner` has to see to it, `person` places it. What was agreed with a customer about an invoice that an agency or a
    court has is refused too: they go on asking.
    """
    now = installation.clock.now()
    today = installation.config.tenant(target.tenant).today_at(now)
    if until is not None and until < today:
        raise TargetError(
            say(
                "the hold would have ended on {until} already; today is {today} for {tenant}",
                until=until,
                today=today,
                tenant=target.tenant,
            )
        )
    if until is not None and too_far(until, today):
        raise TargetError(
            say(
                "the hold would end on {until}, which is more than ten years away; without a last day it stands until"
                " released",
                until=until,
            )
        )
    with installation.store(target.tenant) as store, store.transaction():
        if target.scope == "invoice" and reason in _AGREED and (elsewhere := with_others(store, InvoiceId(target.id))):
            raise TargetError(say("{target} {elsewhere}", target=target.words, elsewhere=elsewhere))
        placed = store.holds.place(target.scope, target.id, reason, until, note, now, owner)
        store.audit.record(person, "hold", target.scope, target.id, placed, now)
        return placed


def too_far(day: date, today: date) -> bool:
    """Whether nobody can mean `day` when a debt is to be paid, or asked for again."""
    return day - today > _FARTHEST


def with_others(store: TenantStore, invoice: InvoiceId) -> Said | None:
    """In words, who has the invoice and how it comes back; None if nobody has."""
    out = store.handovers.of_invoice(invoice)
    if out is None:
        return None
    return say("is with {whom}; take it back first: dun handover --return", whom=out.handed_to)


_ENDS_OTHERWISE = {
    "handed_over": say("an agency or a court has it; `dun handover --return INVOICE` takes it back"),
    "write_off": say("it is to be written off; `dun write-off refuse INVOICE` asks for it again"),
    "forgotten": say("a forgotten customer is not asked again"),
}


class Released(Struct, frozen=True):
    """The holds that a release has ended; and why the target stays held all the same, None if it does not."""

    ended: list[Hold]
    stays: str | None


def release_target(installation: "Installation", target: Target, person: str) -> Released:
    """End all holds on the target that a release may end. Raises TargetError if there are only others."""
    now = installation.clock.now()
    with installation.store(target.tenant) as store, store.transaction():
        standing = store.holds.unreleased(target.scope, target.id)
        ended = [each for each in standing if store.holds.release_one(each.id, now, person)]
        others = [_ENDS_OTHERWISE[each.reason] for each in standing if each not in ended]
        if others and not ended:
            raise TargetError(say("{target} stays held: {why}", target=target.words, why=others[-1]))
        if ended:
            store.audit.record(person, "release", target.scope, target.id, {"holds": len(ended)}, now)
        return Released(ended, others[-1] if others else None)


def release_hold(installation: "Installation", slug: TenantSlug, key: int, person: str) -> list[Hold]:
    """End this hold and leave those of others; it, or nothing if somebody else was faster."""
    now = installation.clock.now()
    with installation.store(slug) as store, store.transaction():
        ended = store.holds.release_one(key, now, person)
        if ended is None:
            return []
        store.audit.record(person, "release", ended.scope, ended.target, {"holds": 1, "hold": ended.id}, now)
        return [ended]


def hold_again(installation: "Installation", slug: TenantSlug, keys: Iterable[int], person: str) -> int:
    """What a release has ended stands again, as new holds that say the same; how many. Not beyond a last day."""
    now = installation.clock.now()
    today, placed = installation.config.tenant(slug).today_at(now), 0
    with installation.store(slug) as store, store.transaction():
        for hold in filter(None, map(store.holds.ended, keys)):
            if hold.until is None or hold.until >= today:
                again = store.holds.place(hold.scope, hold.target, hold.reason, hold.until, hold.note, now, hold.owner)
                store.audit.record(person, "hold", hold.scope, hold.target, again, now)
                placed += 1
    return placed


def _slugs(installation: "Installation", slug: str | None) -> list[TenantSlug]:
    if slug is not None:
        return [installation.config.tenant(slug).slug]
    return [tenant.slug for tenant in installation.registry.tenants() if tenant.slug in installation.config.tenants]


def _in_tenant(
    installation: "Installation", slug: TenantSlug, invoice: str | None, customer: str | None
) -> list[Target]:
    with installation.store(slug) as store:
        if invoice is not None:
            found = store.mirror.find_invoice(invoice)
            return [invoice_target(slug, each.id, each.number) for each in found]
        return [customer_target(slug, each.id, each.name) for each in store.mirror.find_contact(customer or "")]


def invoice_target(slug: TenantSlug, key: InvoiceId, number: str | None) -> Target:
    return Target(slug, "invoice", key, say("invoice {number} of {tenant}", number=number or key, tenant=slug))


def customer_target(slug: TenantSlug, key: ContactId, name: str) -> Target:
    return Target(slug, "contact", key, say("{customer} of {tenant}", customer=name, tenant=slug))
