"""Charges that a person lets into the ledger: proposed from the reckoning, approved by name, written once.

Until then a charge is words in a message. In the ledger it is a document that somebody owes, so nothing gets there
without a person, nothing on the figures of yesterday, and nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from connector.agreements.subject import AtHand, living_contact, money
from connector.charging import Reckoned, law_named, reckon
from connector.config.settings import TenantSettings
from connector.dunning.interest import Refused as Uncharged
from connector.holding import with_others
from connector.letters.words import words_of
from connector.messages.formats import format_day
from connector.messages.locales import language_of, notation
from connector.people import same_person
from connector.tenant import Tenant
from connectors.ledger import ChargeLine, LedgerError, NewCharge, Refused
from state.charges import ChargeRecord, ProposedCharge
from state.clock import business_day
from state.model import Contact, Invoice, InvoiceStatus
from state.store import TenantStore

KEYS_FORGOTTEN = timedelta(minutes=10)  # after which a look finds whatever an earlier attempt has left
NO_DRAFTS = (
    "QuickBooks has no drafts: the charges would be owed as soon as they are there, and be chased like any invoice."
    " If that is meant, say --as-issued"
)
_CHARGEABLE = (InvoiceStatus.OPEN, InvoiceStatus.PAID)


class ChargeError(Exception):
    """What was asked for cannot be charged as it stands; nothing was changed. `str()` says why."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one charge. `words` say why it is not in the ledger."""

    charge: ChargeRecord
    result: Literal["raised", "waiting", "refused"]
    document_id: str | None = None
    words: str | None = None


def propose(hand: AtHand, settings: TenantSettings, person: str) -> ChargeRecord:
    """Propose what the invoice at hand has borne up to today and the ledger does not have. Raises ChargeError."""
    _may_raise(settings)
    store = hand.store
    invoice = next(iter(store.mirror.find_invoice(hand.target.id)), None)
    if invoice is None or invoice.status not in _CHARGEABLE:
        raise ChargeError(f"{hand.target.words} is neither open nor paid, so it bears no charges")
    if elsewhere := with_others(store, invoice.id):
        raise ChargeError(f"{hand.target.words} {elsewhere} (the case claims its charges already)")
    if pending := [each for each in store.charges.pending() if each.charge.invoice_id == invoice.id]:
        raise ChargeError(f"{hand.target.words}: charges up to {pending[0].charge.up_to} are proposed already")
    found = reckon(settings, store, invoice, living_contact(store, invoice.contact_id), hand.today)
    if isinstance(found, Uncharged):
        raise ChargeError(f"{hand.target.words}: {found.words}")
    if found is None or not (unwritten := found.without_drafts()).total_minor:
        raise ChargeError(f"{hand.target.words}: there is nothing to charge up to {hand.today}")
    with store.transaction():
        made = store.charges.propose(_proposal(invoice, unwritten), person, hand.now)
        details = {"id": made.id, "total_minor": made.charge.total_minor, "currency": made.charge.currency}
        store.audit.record(person, "charge proposed", "invoice", invoice.id, details, hand.now)
    return made


def named(store: TenantStore, texts: Sequence[str]) -> list[ChargeRecord]:
    """The pending charges on invoices of these numbers or ids. ChargeError if one of them has none."""
    pending, found = store.charges.pending(), []
    for text in texts:
        hits = [each for each in pending if text.casefold() in _names(each)]
        if len(hits) != 1:
            why = "more than one charge waits" if hits else "no charge waits"
            raise ChargeError(f"{why} on {text!r}; `dun charges list` shows what there is")
        found += hits
    return list({each.id: each for each in found}.values())


def waits(store: TenantStore, texts: Sequence[str]) -> bool:
    """Whether charges wait on an invoice of one of these numbers or ids."""
    wanted = {text.casefold() for text in texts}
    return any(not wanted.isdisjoint(_names(each)) for each in store.charges.pending())


def approve(tenant: Tenant, chosen: Sequence[ChargeRecord], person: str, *, as_issued: bool) -> list[Outcome]:
    """Let charges into the ledger. What it could not take now stays approved; approving it again tries again."""
    _may_raise(tenant.settings)
    if tenant.settings.ledger == "quickbooks" and not as_issued:
        raise ChargeError(NO_DRAFTS)
    if words := nowhere_to_book(tenant.settings):
        raise ChargeError(words)
    if tenant.settings.charges.four_eyes:
        _refuse_proposer(chosen, person)
    return [_approve(tenant, each, person, _place(tenant.settings)) for each in chosen]


def nowhere_to_book(settings: TenantSettings) -> str | None:
    """What is missing before a charge can be approved, in words."""
    if _place(settings):
        return None
    key = "account" if settings.ledger == "xero" else "item"
    return f"it is not configured where {settings.slug} books charges; set {key} in [charges]"


def _place(settings: TenantSettings) -> str:
    return settings.charges.account if settings.ledger == "xero" else settings.charges.item


def refuse(store: TenantStore, chosen: Sequence[ChargeRecord], person: str, at: datetime) -> None:
    """They are not raised. ChargeError for one that may be in the ledger already: approving it again tells."""
    if tried := [each for each in chosen if each.tried_at is not None]:
        raise ChargeError(
            f"the charge on {tried[0].charge.number} may be in the ledger: it was tried. `dun charges approve` looks"
        )
    with store.transaction():
        for each in chosen:
            store.charges.refuse(each.id, f"refused by {person}", at)
            store.audit.record(person, "charge refused", "invoice", each.charge.invoice_id, {"id": each.id}, at)


def _may_raise(settings: TenantSettings) -> None:
    if settings.read_only:
        raise ChargeError(f"{settings.slug} is read-only (read_only = true), so no charges are raised in its ledger")


def _refuse_proposer(chosen: Sequence[ChargeRecord], person: str) -> None:
    own = [each for each in chosen if each.state == "proposed" and same_person(each.proposed_by, person)]
    if own:
        numbers = ", ".join(each.charge.number for each in own)
        raise ChargeError(
            f"the charges on {numbers} were proposed by {own[0].proposed_by}, and four_eyes in [charges] wants somebody"
            " else to approve them; nothing was changed"
        )


def _names(record: ChargeRecord) -> set[str]:
    return {record.charge.number.casefold(), record.charge.invoice_id.casefold(), record.id.casefold()}


def _proposal(invoice: Invoice, found: Reckoned) -> ProposedCharge:
    return ProposedCharge(
        invoice_id=invoice.id,
        number=invoice.number or invoice.id,
        up_to=found.charges.as_of,
        currency=invoice.currency,
        interest_minor=found.interest_minor,
        fixed_minor=found.fixed_minor,
        source=found.charges.source,
    )


def _approve(tenant: Tenant, record: ChargeRecord, person: str, account: str) -> Outcome:
    store, now = tenant.store, tenant.clock.now()
    if record.state == "proposed":
        with store.transaction():
            store.charges.approve(record.id, person, now)
            details = {
                "id": record.id,
                "total_minor": record.charge.total_minor,
                "currency": record.charge.currency,
                "proposed_by": record.proposed_by,
            }
            store.audit.record(person, "charge approved", "invoice", record.charge.invoice_id, details, now)
    [approved] = [each for each in store.charges.of_invoice(record.charge.invoice_id) if each.id == record.id]
    try:
        return _raise(tenant, approved, account)
    except LedgerError as error:
        store.charges.failed(record.id, str(error))
        return Outcome(charge=approved, result="waiting", words=str(error))


def _raise(tenant: Tenant, record: ChargeRecord, account: str) -> Outcome:
    store, reading = tenant.store, tenant.ledger.read_invoices([record.charge.invoice_id])
    if reading.rejected:
        return Outcome(charge=record, result="waiting", words="the ledger sent the invoice in a form nobody can read")
    live = reading.found.get(record.charge.invoice_id)
    if words := _no_longer(tenant, record, live):
        return _refused(tenant, record, words) if record.tried_at is None else _doubtful(record, words)
    contact = store.mirror.contact(live.contact_id) if live is not None else None
    if contact is None:
        return Outcome(charge=record, result="waiting", words="its customer is not in the mirror; run `dun sync`")
    tried_at = tenant.clock.now()
    store.charges.tried(record.id, tried_at)
    try:
        document_id = tenant.ledger.raise_charge(_new_charge(tenant, record, contact, account))
    except Refused as error:
        if record.tried_at is None or tried_at - record.tried_at > KEYS_FORGOTTEN:
            return _refused(tenant, record, str(error))
        raise
    store.charges.raised(record.id, document_id, tenant.clock.now())
    return Outcome(charge=record, result="raised", document_id=document_id)


def _refused(tenant: Tenant, record: ChargeRecord, words: str) -> Outcome:
    tenant.store.charges.refuse(record.id, words, tenant.clock.now())
    return Outcome(charge=record, result="refused", words=words)


def _doubtful(record: ChargeRecord, words: str) -> Outcome:
    """It was tried while it still stood, so it may be there: only a person can tell now."""
    return Outcome(charge=record, result="waiting", words=f"{words}; look in the ledger for {mark_of(record)}")


def mark_of(record: ChargeRecord) -> str:
    """What identifies the document in the ledger."""
    return f"[dun-charge:{record.id}]"


def _no_longer(tenant: Tenant, record: ChargeRecord, live: Invoice | None) -> str | None:
    """Why the charge does not stand on the invoice as it is now; None if it does."""
    if live is None or live.status not in _CHARGEABLE:
        return "the invoice is neither open nor paid any more"
    if elsewhere := with_others(tenant.store, live.id):
        return f"the invoice {elsewhere} (the case claims its charges already)"
    if record.tried_at is not None:  # then it counts among what is raised, and cannot be compared with itself
        return None
    found = reckon(
        tenant.settings, tenant.store, live, living_contact(tenant.store, live.contact_id), record.charge.up_to
    )
    owed_minor = found.without_drafts().total_minor if isinstance(found, Reckoned) else 0
    if owed_minor < record.charge.total_minor:
        less = money(owed_minor, record.charge.currency)
        return f"by now only {less} are owed up to {record.charge.up_to}; propose it again"
    return None


def _new_charge(tenant: Tenant, record: ChargeRecord, contact: Contact, account: str) -> NewCharge:
    """The same for every attempt, as the ledgers want it: by what was proposed and when it was approved."""
    charge, approved_at = record.charge, record.approved_at or record.proposed_at
    language = language_of(tenant.store.preferences.of(contact.id).language, contact.country, tenant.settings.locale)
    locale = notation(language, contact.country, tenant.settings.locale)
    words = words_of(locale)
    law = law_named(tenant, contact, charge.source)
    facts = {"number": charge.number, "day": format_day(charge.up_to, locale), "law": f" ({law})" if law else ""}
    lines = [
        ChargeLine(words[key].format(**facts), minor)
        for key, minor in (("charged_interest", charge.interest_minor), ("charged_fixed", charge.fixed_minor))
        if minor
    ]
    return NewCharge(
        mark=mark_of(record),
        key=f"dun-charge-{record.id}",
        contact_id=contact.id,
        currency=charge.currency,
        day=business_day(approved_at, tenant.zone),
        lines=tuple(lines),
        account=account,
    )
