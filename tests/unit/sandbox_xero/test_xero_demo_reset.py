"""A demo company that is reset is the same organisation with other documents."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from truth.xero_truth import Tenant, connected, peopled_world

from connectors.sandbox.demo_company import reset_demo

KINDS = ("Invoices", "Contacts", "Payments", "CreditNotes", "Overpayments", "Prepayments")
IDS = ("InvoiceID", "ContactID", "PaymentID", "CreditNoteID", "OverpaymentID", "PrepaymentID")


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def ids(xero: Tenant) -> set[str]:
    """Of everything that is listed."""
    lists = [xero.get(f"{kind}?page=1&includeArchived=true")[kind] for kind in KINDS]
    return {document[key] for key, documents in zip(IDS, lists, strict=True) for document in documents}


def invoices(xero: Tenant) -> list[tuple[Any, ...]]:
    shown = xero.get("Invoices?page=1")["Invoices"]
    return sorted((one["InvoiceNumber"], one["Status"], one["AmountDue"], len(one["Payments"])) for one in shown)


def test_every_document_is_there_again_under_another_id(xero: Tenant) -> None:
    ids_before, invoices_before = ids(xero), invoices(xero)

    reset_demo(xero.world, "xero")

    assert invoices(xero) == invoices_before
    assert len(ids(xero)) == len(ids_before)
    assert ids(xero).isdisjoint(ids_before)


def test_no_list_of_changes_mentions_them(xero: Tenant) -> None:
    before = xero.world.clock.now() - timedelta(days=1)

    reset_demo(xero.world, "xero")

    changed = xero.send("GET", "Invoices?page=1", headers={"If-Modified-Since": before.isoformat()}).json()
    assert changed["Invoices"] == []


def test_it_is_the_same_organisation_without_its_notes(xero: Tenant) -> None:
    organisation, notes = xero.get("Organisation")["Organisations"], list(xero.books.notes)

    reset_demo(xero.world, "xero")

    assert xero.get("Organisation")["Organisations"] == organisation
    assert (len(notes), xero.books.notes) == (1, [])
