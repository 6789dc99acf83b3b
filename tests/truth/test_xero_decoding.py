"""The Xero adapter against payloads nobody here invented: recordings of Xero's servers and its specification.

They are not part of this repository. DUN_TRUTH_DIR says where they are; without them these tests are skipped.
"""

import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import responses
import yaml

from connectors.ledger import Forbidden, NotConnected, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.xero import notes
from connectors.xero.answers import Answer, classify
from connectors.xero.customer_copy import read_url
from connectors.xero.decode import (
    CONTACTS,
    CREDIT_NOTES,
    INVOICE_SUMMARIES,
    INVOICES,
    OVERPAYMENTS,
    PREPAYMENTS,
    Document,
    Sheet,
)
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.oauth import XeroApp, XeroOAuth
from connectors.xero.organisation import read_organisation
from connectors.xero.zones import IANA
from state.clock import ManualClock
from state.model import CreditKind, DocumentStatus, InvoiceStatus, TokenSet

REPOSITORY = Path(__file__).resolve().parents[2]
TRUTH = Path(os.environ.get("DUN_TRUTH_DIR") or REPOSITORY.parent / "shared" / "truth") / "xero"

pytestmark = pytest.mark.skipif(
    not TRUTH.is_dir(), reason="NO TRUTH: the Xero adapter was not compared with recordings; set DUN_TRUTH_DIR"
)

EXAMPLES = TRUTH / "samples" / "oas-examples"


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


def whole(document: Document, name: str) -> Sheet:
    """The sheet of an example, of which nothing may be rejected."""
    sheet = document.read(example(name))
    assert sheet.rejected == []
    assert sheet.rows > 0
    return sheet


def recording(name: str) -> Answer:
    """The answer of a VCR cassette, written by the Ruby or the Python library."""
    cassette = yaml.load((TRUTH / "samples" / name).read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - strings only
    interaction = (cassette.get("http_interactions") or cassette.get("interactions"))[0]
    response = interaction["response"]
    headers = {name: values[0] for name, values in response["headers"].items()}
    return Answer.of(int(response["status"]["code"]), headers, response["body"]["string"].encode())


@pytest.fixture
def oauth() -> XeroOAuth:
    app = XeroApp(client_id="app", client_secret="secret", redirect_uri="http://localhost:9/callback")
    return XeroOAuth(app, XeroEndpoints(), ManualClock(datetime(2026, 4, 24, tzinfo=UTC)))


@responses.activate
def test_the_recorded_refresh_gives_tokens(oauth) -> None:
    answer = recording("xero-python/test_token_api_refresh_token.yaml")
    responses.post(XeroEndpoints().token, body=answer.body, status=answer.status)
    moment = datetime(2026, 4, 24, tzinfo=UTC)
    tokens = oauth.refresh(TokenSet(access_token="old", refresh_token="old", expires_at=moment))
    assert (tokens.access_token, tokens.refresh_token) == ("xero-access-token", "xero-refresh-token")
    assert tokens.expires_at == datetime(2026, 4, 24, 0, 30, tzinfo=UTC)
    assert "offline_access" in tokens.scope.split()


@responses.activate
@pytest.mark.parametrize("name", ["xeroizer/connections.json", "xero-node/connectionsResponse.json"])
def test_recorded_connections_name_their_tenants(oauth, name) -> None:
    body = (TRUTH / "samples" / name).read_bytes()
    responses.get(XeroEndpoints().connections, body=body)
    assert [connection.tenant_id for connection in oauth.connections("token")] == [
        connection["tenantId"] for connection in json.loads(body)
    ]


def test_the_specifications_invoices_are_understood() -> None:
    sheet = whole(INVOICES, "get_-Invoices_200")
    sent = json.loads(example("get_-Invoices_200"))["Invoices"]
    sales = [row for row in sent if row["Type"] == "ACCREC"]
    assert [invoice.id for invoice in sheet.records] == [row["InvoiceID"] for row in sales]
    assert [invoice.number for invoice in sheet.records] == [row["InvoiceNumber"] or None for row in sales]
    assert sheet.rows == len(sent)


def test_a_paid_invoice_of_the_specification_carries_its_payment() -> None:
    (invoice,) = whole(INVOICES, "get_-Invoices-InvoiceID_200").records
    assert (invoice.status, invoice.due_minor) == (InvoiceStatus.PAID, 0)
    assert [(part.source, part.amount_minor) for part in invoice.allocations] == [("payment", 14806276)]


def test_an_answer_to_a_put_is_understood_as_well() -> None:
    (invoice,) = whole(INVOICE_SUMMARIES, "put_-Invoices_200").records
    assert (invoice.status, invoice.currency, invoice.due_minor) == (InvoiceStatus.OPEN, "NZD", 4000)
    assert (invoice.issued_on, invoice.due_on) == (date(2019, 3, 11), date(2018, 12, 10))
    assert invoice.updated_at == datetime(2019, 3, 11, 17, 58, 46, 117000, tzinfo=UTC)


@pytest.mark.parametrize("name", ["get_-Contacts_200", "get_-Contacts-ContactID_200"])
def test_the_specifications_contacts_are_understood(name) -> None:
    sheet = whole(CONTACTS, name)
    sent = json.loads(example(name))["Contacts"]
    assert [contact.name for contact in sheet.records] == [row["Name"] for row in sent]
    assert [contact.email for contact in sheet.records] == [row["EmailAddress"] for row in sent]


def test_the_person_who_wants_mail_is_copied() -> None:
    (contact,) = whole(CONTACTS, "get_-Contacts-ContactID_200").records
    assert len(contact.cc) == 1


@pytest.mark.parametrize(
    ("document", "name", "key", "ours", "kind"),
    [
        (CREDIT_NOTES, "get_-CreditNotes_200", "CreditNotes", "ACCRECCREDIT", CreditKind.CREDIT_NOTE),
        (OVERPAYMENTS, "get_-Overpayments_200", "Overpayments", "RECEIVE-OVERPAYMENT", CreditKind.OVERPAYMENT),
        (PREPAYMENTS, "get_-Prepayments_200", "Prepayments", "RECEIVE-PREPAYMENT", CreditKind.PREPAYMENT),
    ],
)
def test_the_specifications_credit_is_understood_and_only_customers_is_kept(document, name, key, ours, kind) -> None:
    sheet = whole(document, name)
    sent = [row for row in json.loads(example(name))[key] if row["Type"] == ours]
    assert [credit.remaining_minor for credit in sheet.records] == [
        round(row["RemainingCredit"] * 100) if row["Status"] == "AUTHORISED" else 0 for row in sent
    ]
    assert {(credit.kind, credit.status) for credit in sheet.records} == {(kind, DocumentStatus.VALID)}


def test_the_lists_of_the_specification_say_how_long_they_are() -> None:
    for document, name in (
        (INVOICES, "get_-Invoices_200"),
        (CONTACTS, "get_-Contacts_200"),
        (CREDIT_NOTES, "get_-CreditNotes_200"),
        (OVERPAYMENTS, "get_-Overpayments_200"),
        (PREPAYMENTS, "get_-Prepayments_200"),
    ):
        sheet = document.read(example(name))
        assert sheet.paging is not None, name
        assert (sheet.full, sheet.pages) == (False, 1), name
        assert sheet.answered_at is not None, name


def test_the_specifications_history_is_read_newest_first() -> None:
    history = notes.read_history(example("shared_HistoryRetrieved"))
    assert [note.written_at for note in history] == sorted((note.written_at for note in history), reverse=True)
    assert all(note.text for note in history)


def test_the_specifications_answer_to_a_note_confirms_it() -> None:
    notes.confirm(example("shared_HistoryRecordCreated"))


def test_the_specifications_online_invoice_has_an_address() -> None:
    assert read_url(example("get_-Invoices-InvoiceID-OnlineInvoice_200")).startswith("https://")


def test_the_specifications_organisation_is_understood() -> None:
    organisation = read_organisation(example("get_-Organisation_200"), "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b")
    assert (organisation.currency, organisation.zone, organisation.demo) == ("NZD", "Pacific/Auckland", False)


def test_the_recorded_organisation_is_its_own_tenant() -> None:
    (connection,) = json.loads(recording("xero-python/test_get_connections.yaml").body)
    answer = recording("xero-python/test_get_organisations.yaml")
    assert classify(answer, "organisation") is None
    organisation = read_organisation(answer.body, connection["tenantId"])
    assert (organisation.country, organisation.zone, organisation.demo) == ("NZ", "Pacific/Auckland", True)
    assert answer.number("x-daylimit-remaining") == 4983


def test_every_zone_of_the_specification_is_known() -> None:
    specification = (TRUTH / "openapi" / "xero_accounting.yaml").read_text()
    listed = specification.partition("description: Timezone specifications")[2].partition("PaymentTerm:")[0]
    zones = re.findall(r"- (\S+)", listed)
    assert len(zones) > 130
    assert set(zones) <= set(IANA)


def test_the_recorded_limit_asks_to_wait_22_seconds() -> None:
    answer = recording("xpm_ruby/rate_limit_exceeded.yml")
    error = classify(answer, "invoices")
    assert isinstance(error, RetryLater)
    assert (error.limit, error.after.total_seconds()) == ("minute", 22)
    assert answer.number("x-daylimit-remaining") == 4539


@pytest.mark.parametrize(
    ("name", "family"), [("xpm_ruby/bad_token.yml", Reauthorise), ("xpm_ruby/bad_tenant.yml", NotConnected)]
)
def test_the_recorded_refusals_of_the_gateway_have_their_family(name, family) -> None:
    assert type(classify(recording(name), "invoices")) is family


@pytest.mark.parametrize(
    ("name", "status", "family"),
    [
        ("xeroizer/expired_oauth2_token.json", 401, Reauthorise),
        ("xeroizer/invalid_oauth2_request_token.json", 401, Reauthorise),
        ("xeroizer/invalid_tenant_header.json", 403, NotConnected),
        ("xeroizer/rate_limit_exceeded", 503, RetryLater),
        ("xeroizer/api_exception.xml", 400, Refused),
        ("pyxero/bad_request_text.xml", 400, Refused),
        ("pyxero/not_implemented_text.xml", 501, Refused),
    ],
)
def test_recorded_error_bodies_have_their_family(name, status, family) -> None:
    body = (TRUTH / "samples" / name).read_bytes()
    assert type(classify(Answer.of(status, {}, body), "invoices")) is family


def test_the_error_bodies_collected_by_pyxero_have_the_family_of_their_status() -> None:
    families = {
        400: Refused,
        401: Reauthorise,
        403: Forbidden,
        404: NotFound,
        429: RetryLater,
        500: Outage,
        501: Refused,
    }
    for case in json.loads((TRUTH / "samples" / "pyxero" / "error_bodies.json").read_bytes()):
        error = classify(Answer.of(case["status"], {}, case["body"].encode()), "invoices")
        limited = "rate%20limit" in case["body"]
        expected = RetryLater if limited else families.get(case["status"], Outage)
        assert type(error) is expected, case["test"]
