"""Who did what, tenant by tenant, with the names people know instead of ids."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from connector.agreements.subject import living_contact
from connector.holding import TargetError
from connector.saying.said import say
from connector.wiring import Installation
from state.audit import AuditEntry
from state.model import ContactId, InvoiceId, TenantSlug
from state.store import TenantStore


class Deed(Struct, frozen=True, kw_only=True):
    """One entry of a tenant's trail. `about`: invoice number, customer's name, or everything."""

    tenant: TenantSlug
    about: str
    entry: AuditEntry


def deeds(
    installation: Installation, slugs: Sequence[TenantSlug], since: datetime | None, customer: str | None, limit: int
) -> list[Deed]:
    """The latest `limit` of all tenants together, the latest first. TargetError if no tenant knows the customer."""
    found, known = [], customer is None
    for slug in slugs:
        with installation.store(slug) as store:
            contacts = [None] if customer is None else _contacts(store, customer)
            known = known or bool(contacts)
            for contact in contacts:
                entries = store.audit.entries(since, contact, limit)
                found += [Deed(tenant=slug, about=_about(store, each), entry=each) for each in entries]
    if not known:
        raise TargetError(
            say("{name} is not in the mirror; `dun sync` brings new invoices and customers", name=repr(customer))
        )
    return sorted(found, key=lambda deed: deed.entry.at, reverse=True)[:limit]


def _contacts(store: TenantStore, customer: str) -> list[ContactId | None]:
    """By living contact; entries of the contacts merged into it are under their own ids."""
    named = [contact.id for contact in store.mirror.find_contact(customer)]
    return list(dict.fromkeys([*named, *(living_contact(store, each) for each in named)]))


def _about(store: TenantStore, entry: AuditEntry) -> str:
    if entry.scope == "tenant":
        return "everything"
    if entry.scope == "invoice":
        invoice = store.mirror.invoice(InvoiceId(entry.target))
        return (invoice.number if invoice else None) or entry.target
    contact = store.mirror.contact(ContactId(entry.target))
    return contact.name if contact else entry.target
