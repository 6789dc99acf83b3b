"""Agreements to keep: about the one open invoice of `unit.state.examples`, unless a test says otherwise."""

from datetime import date, timedelta
from typing import Any

from unit.state.examples import AT, TODAY, a_contact, an_invoice

from state.agreed import Dispute, Instalment, Plan, Promise, Share
from state.model import ContactId, InvoiceId
from state.store import TenantStore

ONE = InvoiceId("inv-1")
CUSTOMER = ContactId("customer")
FRIDAY = TODAY + timedelta(days=3)


def a_mirror(store: TenantStore) -> None:
    """600.00 GBP are due from the customer."""
    store.mirror.save_contacts([a_contact()])
    store.mirror.save_invoices([an_invoice()])


def promised(store: TenantStore, **fields: Any) -> Promise:
    """250.00 GBP of the invoice by Friday."""
    return store.promises.make(
        **{
            "target": ONE,
            "contact": None,
            "promised_on": FRIDAY,
            "amount_minor": 250_00,
            "currency": "GBP",
            "shares": [Share(ONE, 600_00)],
            "note": None,
            "by": "ada",
            "at": AT,
            **fields,
        }
    )


def planned_parts(*amounts: int, first: date = FRIDAY) -> list[Instalment]:
    """A week between each."""
    return [Instalment(n, first + timedelta(days=7 * (n - 1)), minor) for n, minor in enumerate(amounts, start=1)]


def plan_made(store: TenantStore, *amounts: int, invoice: InvoiceId = ONE) -> Plan:
    """600.00 GBP in the given parts, from Friday."""
    parts = planned_parts(*(amounts or (400_00, 200_00)))
    return store.plans.make(CUSTOMER, "GBP", [Share(invoice, 600_00)], parts, "ada", AT)


def disputed(store: TenantStore, amount_minor: int | None = None) -> Dispute:
    return store.disputes.open(ONE, "two boxes were broken", "ada", amount_minor, "GBP", "grace", AT)
