"""What was agreed, as the decision pass gets to see it: by invoice and by customer, with merges followed.

Most customers have agreed nothing, so an invoice without an agreement costs the pass one look into a table.
"""

import sqlite3
from collections.abc import Mapping
from datetime import date

import msgspec
from msgspec import Struct

from state.agreed import DiscountOffer, Dispute, Plan, Preference, Promise
from state.discounts import read_discounts
from state.disputes import read_disputes
from state.families import Families
from state.ids import ContactId, InvoiceId
from state.model import Account, Receivable
from state.plans import read_plans
from state.preferences import living_preferences
from state.promises import read_promises


class InvoiceTerms(Struct):
    """What is agreed about one invoice."""

    promise: Promise | None = None
    dispute: Dispute | None = None
    discount: DiscountOffer | None = None
    past_discount: DiscountOffer | None = None


class Agreements(Struct, frozen=True):
    """Everything agreed that counts on one day."""

    invoices: Mapping[InvoiceId, InvoiceTerms]
    plans: Mapping[ContactId, tuple[Plan, ...]]  # by the contact that lives on after merges
    preferences: Mapping[ContactId, Preference]

    def about_invoice(self, receivable: Receivable) -> Receivable:
        """The receivable with what is agreed about it."""
        terms = self.invoices.get(receivable.invoice_id)
        if terms is None:
            return receivable
        return msgspec.structs.replace(
            receivable,
            promise=terms.promise,
            dispute=terms.dispute,
            disputed_minor=terms.dispute.contested(receivable.due_minor) if terms.dispute else 0,
            discount=terms.discount,
            past_discount=terms.past_discount,
        )

    def about_customer(self, account: Account) -> Account:
        """The account with what is agreed with its customer."""
        plans, preference = self.plans.get(account.contact_id, ()), self.preferences.get(account.contact_id)
        if not plans and preference is None:
            return account
        closed = account.closed_channels | frozenset(preference.opted_out if preference else ())
        return msgspec.structs.replace(account, plans=plans, preference=preference, closed_channels=closed)


def read_agreements(connection: sqlite3.Connection, families: Families, today: date) -> Agreements:
    invoices: dict[InvoiceId, InvoiceTerms] = {}
    for invoice, promise in read_promises(connection).items():
        invoices.setdefault(invoice, InvoiceTerms()).promise = promise
    for invoice, dispute in read_disputes(connection).items():
        invoices.setdefault(invoice, InvoiceTerms()).dispute = dispute
    for invoice, offer in read_discounts(connection).items():
        terms = invoices.setdefault(invoice, InvoiceTerms())
        if offer.until >= today:
            terms.discount = offer
        else:
            terms.past_discount = offer
    return Agreements(invoices, _plans(connection, families), living_preferences(connection, families))


def _plans(connection: sqlite3.Connection, families: Families) -> dict[ContactId, tuple[Plan, ...]]:
    plans: dict[ContactId, tuple[Plan, ...]] = {}
    for plan in read_plans(connection):
        winner = families.winner(plan.contact_id)
        plans[winner] = (*plans.get(winner, ()), plan)
    return plans
