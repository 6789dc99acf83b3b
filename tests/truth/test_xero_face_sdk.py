"""Whether Xero's own Python client, unmodified and with its own deserialiser, reads what the sandbox serves."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from truth.xero_truth import Tenant, connected, peopled_world
from xero_python.accounting import AccountingApi, HistoryRecord, HistoryRecords
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import HTTPStatusException, NotFoundException
from xero_python.identity import IdentityApi


@pytest.fixture(scope="module")
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


@pytest.fixture(scope="module")
def client(xero: Tenant) -> ApiClient:
    token = OAuth2Token(client_id="app-1", client_secret="unused")
    client = ApiClient(Configuration(oauth2_token=token), pool_threads=1)
    client.configuration.oauth2_token = token
    held = {
        "access_token": xero.access,
        "expires_in": 1800,
        "token_type": "Bearer",
        "scope": ["accounting.invoices"],
        "expires_at": 4_000_000_000,
        "refresh_token": "unused",
    }
    client.oauth2_token_getter(lambda: held)
    client.oauth2_token_saver(held.update)
    return client


@pytest.fixture(scope="module")
def api(client: ApiClient, xero: Tenant) -> AccountingApi:
    return AccountingApi(client, base_url=f"{xero.url}/api.xro/2.0")


@pytest.mark.parametrize(
    ("call", "collection", "more"),
    [
        ("get_invoices", "invoices", {"page": 1}),
        ("get_invoices", "invoices", {}),
        ("get_invoices", "invoices", {"summary_only": True}),
        ("get_invoices", "invoices", {"statuses": ["AUTHORISED"], "where": 'Type=="ACCREC"', "page_size": 2}),
        ("get_contacts", "contacts", {"page": 1, "include_archived": True}),
        ("get_contacts", "contacts", {}),
        ("get_payments", "payments", {"page": 1}),
        ("get_credit_notes", "credit_notes", {"page": 1}),
        ("get_overpayments", "overpayments", {"page": 1}),
        ("get_prepayments", "prepayments", {"page": 1}),
        ("get_organisations", "organisations", {}),
        ("get_invoice_reminders", "invoice_reminders", {}),
    ],
)
def test_the_sdk_reads_every_list(
    api: AccountingApi, xero: Tenant, call: str, collection: str, more: dict[str, Any]
) -> None:
    assert getattr(getattr(api, call)(xero.tenant, **more), collection)


@pytest.mark.parametrize(
    ("many", "one", "collection", "identity"),
    [
        ("get_invoices", "get_invoice", "invoices", "invoice_id"),
        ("get_contacts", "get_contact", "contacts", "contact_id"),
        ("get_payments", "get_payment", "payments", "payment_id"),
        ("get_credit_notes", "get_credit_note", "credit_notes", "credit_note_id"),
        ("get_overpayments", "get_overpayment", "overpayments", "overpayment_id"),
        ("get_prepayments", "get_prepayment", "prepayments", "prepayment_id"),
    ],
)
def test_the_sdk_reads_every_single_document(
    api: AccountingApi, xero: Tenant, many: str, one: str, collection: str, identity: str
) -> None:
    for listed in getattr(getattr(api, many)(xero.tenant, page=1), collection):
        wanted = getattr(listed, identity)
        read = getattr(getattr(api, one)(xero.tenant, wanted), collection)
        assert [getattr(document, identity) for document in read] == [wanted]


def test_the_sdk_reads_amounts_dates_and_stamps_as_the_books_have_them(api: AccountingApi, xero: Tenant) -> None:
    for invoice in api.get_invoices(xero.tenant, page=1).invoices:
        truth = xero.books.by_guid[invoice.invoice_id]
        assert invoice.total == truth.total
        assert isinstance(invoice.total, Decimal)
        assert (invoice.date, invoice.due_date) == (truth.issued, truth.due)
        milliseconds = truth.updated.microsecond // 1_000 * 1_000
        assert invoice.updated_date_utc == truth.updated.replace(microsecond=milliseconds)


def test_the_sdk_asks_for_what_has_changed(api: AccountingApi, xero: Tenant) -> None:
    nothing_new = xero.world.clock.now().replace(tzinfo=None, microsecond=0)
    assert api.get_invoices(xero.tenant, page=1, if_modified_since=nothing_new).invoices == []
    assert api.get_invoices(xero.tenant, page=1, if_modified_since=datetime(2026, 3, 1)).invoices  # noqa: DTZ001


def test_the_sdk_asks_for_named_invoices(api: AccountingApi, xero: Tenant) -> None:
    wanted = [invoice.guid for invoice in xero.books.invoices.values()][:3]
    found = api.get_invoices(xero.tenant, i_ds=wanted, page=1).invoices
    assert {invoice.invoice_id for invoice in found} == set(wanted)


def test_fifty_two_named_invoices_fit_into_a_request_and_fifty_three_do_not(api: AccountingApi, xero: Tenant) -> None:
    wanted = [next(iter(xero.books.invoices.values())).guid] * 53
    assert len(api.get_invoices(xero.tenant, i_ds=wanted[:52], page=1).invoices) == 1
    with pytest.raises(NotFoundException):
        api.get_invoices(xero.tenant, i_ds=wanted, page=1)


def test_the_sdk_writes_and_reads_notes(api: AccountingApi, xero: Tenant) -> None:
    invoice = next(invoice for invoice in xero.books.invoices.values() if not invoice.bill).guid
    note = HistoryRecords(history_records=[HistoryRecord(details="Second reminder sent [dun:1]")])
    written = api.create_invoice_history(xero.tenant, invoice, note, idempotency_key="k-1").history_records
    assert [record.details for record in written] == ["Second reminder sent [dun:1]"]
    newest = api.get_invoice_history(xero.tenant, invoice).history_records[0]
    assert (newest.details, newest.changes, newest.user) == (
        "Second reminder sent [dun:1]",
        "Note",
        "System Generated",
    )


def test_the_sdk_reads_online_invoices_and_pdfs(api: AccountingApi, xero: Tenant) -> None:
    invoice = next(invoice for invoice in xero.books.invoices.values() if invoice.state == "open" and not invoice.bill)
    links = api.get_online_invoice(xero.tenant, invoice.guid).online_invoices
    assert links[0].online_invoice_url.startswith("https://in.xero.com/")
    with open(api.get_invoice_as_pdf(xero.tenant, invoice.guid), "rb") as file:  # noqa: PTH123
        assert file.read().startswith(b"%PDF-")


def test_the_sdk_reads_the_connections(client: ApiClient, xero: Tenant) -> None:
    connections = IdentityApi(client, base_url=xero.url).get_connections()
    assert [(one.tenant_id, one.tenant_type, one.tenant_name) for one in connections] == [
        (xero.tenant, "ORGANISATION", xero.books.company.name)
    ]


def test_the_sdk_raises_for_another_organisation(api: AccountingApi) -> None:
    with pytest.raises(HTTPStatusException) as caught:
        api.get_organisations("00000000-0000-0000-0000-000000000000")
    assert caught.value.status == 403
