"""Everything that the terms of planned reminders depend on, from rows that are stored already, read at one moment.

Nothing is decided and no message is written for it, so that a page of many reminders may ask.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, date
from typing import Any

import msgspec
from msgspec import Struct

from state.addresses import deliverable
from state.agreed import DiscountOffer, Dispute, Plan, Preference, Promise
from state.agreements import Agreements, InvoiceTerms, read_agreements
from state.columns import read_list
from state.database import snapshot
from state.deliveries import read_suppressed
from state.documents import read_postal
from state.edits import read_in_force
from state.families import read_families
from state.in_hand import read_credits
from state.model import ContactId, InvoiceId, PostalAddress, RefusedMail, ReminderId
from state.numbers_in_use import dead_numbers, in_use
from state.receivables import written_to
from state.terms import Terms

_PLANNED = """
    SELECT reminder.id, reminder.invoice_id, reminder.contact_id, reminder.stage, reminder.channel, reminder.approved,
        reminder.reason, reminder.approved_minor, reminder.approved_contact, reminder.terms,
        (decision.action IS 'send' AND decision.stage IS reminder.stage)
            OR (json_extract(decision.reasons, '$[0][0]') = 'held' AND json_array_length(decision.reasons) = 1),
        invoice.currency, invoice.due_minor, invoice.disputed, invoice.billed_to,
        contact.name, contact.email, contact.cc, contact.country, contact.phones, contact.postal
    FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id LEFT JOIN contact ON contact.id = reminder.contact_id
        LEFT JOIN decision ON decision.invoice_id = reminder.invoice_id
    WHERE reminder.state = 'planned' AND (reminder.approved = 1 OR reminder.terms IS NOT NULL OR NOT ?)
    ORDER BY reminder.planned_for, reminder.rowid
"""


class PlannedFacts(Struct, frozen=True, kw_only=True):
    """One planned reminder, what was approved of it, and all that its terms depend on."""

    reminder_id: ReminderId
    invoice_id: InvoiceId
    contact_id: ContactId
    stage: str
    channel: str
    approved: bool
    reason: str
    approved_minor: int | None
    approved_contact: ContactId | None
    terms: Terms | None  # those of the last approval; None: there was none, or it is older than terms are kept
    decided: bool  # the last pass wants exactly this sent, or names a hold as all that is against it
    words: int
    head: ContactId  # of the customer's family
    credit_minor: int  # of the family, in the invoice's currency
    currency: str
    due_minor: int
    disputed: bool  # by the ledger's mark, all of it
    dispute: Dispute | None
    disputed_minor: int
    customer: str
    addresses: tuple[str, ...]  # those that take mail, here and below
    copied: tuple[str, ...]
    billed_to: tuple[str, ...]
    escalation: tuple[str, ...]
    country: str | None
    phones: tuple[str, ...]
    postal: PostalAddress | None
    preference: Preference | None
    promise: Promise | None
    plan: Plan | None
    discount: DiscountOffer | None

    @property
    def due(self) -> tuple[int, str]:
        """Minor units, and their currency."""
        return self.due_minor, self.currency


def read_planned_facts(
    connection: sqlite3.Connection, today: date, *, once_approved: bool = False
) -> tuple[PlannedFacts, ...]:
    """Of everything that is planned, the first planned first; agreements as they stand on `today`.

    With `once_approved`, only of what is approved, or was under terms that are kept.
    """
    with snapshot(connection):
        families, suppressed = read_families(connection), read_suppressed(connection, UTC)
        around = _Around(
            agreements=read_agreements(connection, families, today),
            credits=read_credits(connection, families),
            suppressed=suppressed,
            dead_numbers=dead_numbers(suppressed),
            words=read_in_force(connection),
        )
        return tuple(
            _facts(around, families.top(row[2]), row) for row in connection.execute(_PLANNED, (once_approved,))
        )


class _Around(Struct, frozen=True):
    agreements: Agreements
    credits: Mapping[ContactId, dict[str, int]]
    suppressed: Mapping[str, RefusedMail]
    dead_numbers: Mapping[str, RefusedMail]
    words: Mapping[ReminderId, int]


def _facts(around: _Around, head: ContactId, row: tuple[Any, ...]) -> PlannedFacts:
    key, invoice, contact, stage, channel, approved, reason, approved_minor, approved_contact, terms, *rest = row
    decided, currency, due, marked, billed_to, name, email, copied, country, phones, postal = rest
    agreed = around.agreements.invoices.get(invoice, InvoiceTerms())
    preference = around.agreements.preferences.get(contact)
    escalation = preference.escalation_email if preference is not None else None
    return PlannedFacts(
        reminder_id=key,
        invoice_id=invoice,
        contact_id=contact,
        stage=stage,
        channel=channel,
        approved=bool(approved),
        reason=reason or "",
        approved_minor=approved_minor,
        approved_contact=approved_contact,
        terms=None if terms is None else msgspec.json.decode(terms, type=Terms),
        decided=bool(decided),
        words=around.words.get(key, 0),
        head=head,
        credit_minor=around.credits.get(head, {}).get(currency, 0),
        currency=currency,
        due_minor=due,
        disputed=marked == 1,
        dispute=agreed.dispute,
        disputed_minor=agreed.dispute.contested(due) if agreed.dispute else 0,
        customer=name or contact,
        addresses=written_to(email, copied or "[]", [billed_to], around.suppressed)[0],
        copied=deliverable(read_list(copied or "[]"), around.suppressed),
        billed_to=deliverable(read_list(billed_to), around.suppressed),
        escalation=deliverable((escalation,) if escalation else (), around.suppressed),
        country=country,
        phones=in_use(read_list(phones or "[]"), country, around.dead_numbers)[0],
        postal=read_postal(postal),
        preference=preference,
        promise=agreed.promise,
        plan=next(_plans_about(around.agreements, contact, invoice), None),
        discount=agreed.discount,
    )


def _plans_about(agreements: Agreements, contact: ContactId, invoice: InvoiceId) -> Iterator[Plan]:
    for plan in agreements.plans.get(contact, ()):
        if any(share.invoice_id == invoice for share in plan.shares):
            yield plan
