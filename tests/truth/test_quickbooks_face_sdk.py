"""Do Intuit's own Python clients, unmodified, read everything the sandbox serves?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef, Ref
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.payment import Payment
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.term import Term
from truth.quickbooks_truth import REDIRECT, Wire, connected, consent, furnished, work


class OwnSession(requests.Session):
    """What the client needs instead of OAuth2Session: a token to send."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.access_token = token


def client_of(wire: Wire) -> QuickBooks:
    client = QuickBooks(company_id=wire.books.company.realm, minorversion=75)
    client.session = OwnSession(wire.token)
    client.api_url_v3 = f"{wire.base}/v3"
    return client


@pytest.fixture
def wire() -> Iterator[Wire]:
    with connected(furnished()) as served:
        yield served


@pytest.fixture
def client(wire: Wire) -> QuickBooks:
    return client_of(wire)


@pytest.mark.parametrize("kind", [Invoice, Payment, CreditMemo, Customer, Term, Attachable, CompanyInfo])
def test_the_sdk_lists_every_entity(client: QuickBooks, kind: type) -> None:
    rows = kind.all(max_results=1000, qb=client)
    assert rows
    assert all(isinstance(row, kind) and row.Id for row in rows)


def test_the_sdk_pages_through_all_invoices(wire: Wire, client: QuickBooks) -> None:
    customer = wire.books.customers[1]
    for _ in range(250):
        wire.books.add_invoice(customer, work("1.00"), issued=date(2026, 1, 1))
    seen: list[str] = []
    while page := Invoice.all(order_by="Id", start_position=len(seen) + 1, max_results=100, qb=client):
        seen += [row.Id for row in page]
    assert len(seen) == len(set(seen)) == Invoice.count(qb=client)


def test_the_sdk_filters_by_number_and_finds_names_with_apostrophes(wire: Wire, client: QuickBooks) -> None:
    wire.books.add_customer("O'Hara \\ Sons")
    assert [row.TotalAmt for row in Invoice.filter(DocNumber="1001", qb=client)] == [258.12]
    assert Customer.query(r"SELECT * FROM Customer WHERE DisplayName = 'O\'Hara \\ Sons'", qb=client)[0].Active is True
    assert {row.Id for row in Customer.choose(["1", "2"], qb=client)} == {"1", "2"}


def test_the_sdk_reads_an_invoice_by_id_with_its_lines(client: QuickBooks) -> None:
    invoice = Invoice.get("6", qb=client)
    assert invoice.DocNumber == "1001"
    assert invoice.Line[0].SalesItemLineDetail.UnitPrice == 239
    assert invoice.BillEmail.Address == "till@bramble.example"
    assert invoice.CustomerRef.name == "Bramble Bakery"


def test_the_sdk_sees_which_payment_settled_which_invoice(client: QuickBooks) -> None:
    payment = next(row for row in Payment.all(qb=client) if row.TotalAmt == 150)
    paid = [(line.LinkedTxn[0].TxnType, line.Amount) for line in payment.Line]
    assert paid == [("Invoice", 100), ("Invoice", 30.25)]
    assert payment.UnappliedAmt == 19.75


def test_the_sdk_downloads_the_pdf(client: QuickBooks) -> None:
    assert Invoice.get("6", qb=client).download_pdf(qb=client).startswith(b"%PDF")


def test_the_sdk_reads_changes_and_tombstones(wire: Wire, client: QuickBooks) -> None:
    since = "2026-03-01T00:00:00+00:00"
    changed = change_data_capture([Invoice, Payment, CreditMemo, Customer], since, qb=client)
    assert len(changed.Invoice) == 9
    dead = [row.Id for row in changed.Payment if getattr(row, "status", None) == "Deleted"]
    assert dead == [str(p.id) for p in wire.books.payments.values() if p.deleted]


def test_the_sdk_asks_in_local_time_and_is_read_as_pacific(wire: Wire, client: QuickBooks) -> None:
    """The trap: a UTC datetime loses its zone in the SDK, so eight hours of changes are missed in winter."""
    wire.world.clock.advance(timedelta(minutes=30))
    wire.books.edit_invoice(wire.books.invoices[6], private_note="changed")
    just_before = wire.world.clock.now() - timedelta(minutes=5)
    assert not hasattr(change_data_capture([Invoice], just_before, qb=client), "Invoice")
    with_offset = just_before.astimezone(UTC).isoformat(timespec="seconds")
    assert [row.Id for row in change_data_capture([Invoice], with_offset, qb=client).Invoice] == ["6"]


def test_the_sdk_hangs_a_note_on_an_invoice(wire: Wire, client: QuickBooks) -> None:
    note = Attachable()
    note.Note = "[dunning] step 2"
    link = AttachableRef()
    link.EntityRef = Ref()
    link.EntityRef.type, link.EntityRef.value = "Invoice", "6"
    note.AttachableRef.append(link)
    saved = note.save(qb=client)
    assert Attachable.get(saved.Id, qb=client).Note == "[dunning] step 2"
    assert [kept.text for kept in wire.books.notes if kept.invoice_id == 6] == ["[dunning] step 2"]
    saved.delete(qb=client)
    assert [kept for kept in wire.books.notes if kept.invoice_id == 6] == []


def test_the_sdk_repeats_a_create_safely_with_a_request_id(wire: Wire, client: QuickBooks) -> None:
    body = '{"Note": "once", "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "6"}}]}'
    first = client.create_object("Attachable", body, request_id="r-1")
    assert client.create_object("Attachable", body, request_id="r-1") == first
    assert len([note for note in wire.books.notes if note.text == "once"]) == 1


def test_the_sdk_batches_creates_and_deletes_with_faults_apart(client: QuickBooks) -> None:
    good, bad = Attachable(), Attachable()
    good.Note, bad.Note = "fine", "x" * 2001
    done = batch_create([good, bad], qb=client)
    assert [note.Note for note in done.successes] == ["fine"]
    assert [fault.Error[0].code for fault in done.faults] == ["2050"]
    assert batch_delete(done.successes, qb=client).faults == []


def test_the_sdk_voids_an_invoice_and_a_payment(wire: Wire, client: QuickBooks) -> None:
    invoice = Invoice.get("6", qb=client)
    voided = invoice.void(qb=client)["Invoice"]
    assert (voided["Balance"], voided["PrivateNote"]) == (0, "Voided - call")
    payment = next(row for row in Payment.all(qb=client) if row.TotalAmt == 150)
    assert payment.void(qb=client)["Payment"]["TotalAmt"] == 0
    assert all(invoice.paid == 0 for invoice in wire.books.invoices.values())


def test_the_sdk_raises_its_own_errors(client: QuickBooks) -> None:
    with pytest.raises(ObjectNotFoundException):
        Invoice.get("999999", qb=client)
    with pytest.raises(ValidationException):
        Invoice.where("PrivateNote = 'x'", qb=client)
    stale = Invoice.get("6", qb=client)
    stale.SyncToken = "77"
    with pytest.raises(QuickbooksException) as refusal:
        stale.void(qb=client)
    assert refusal.value.error_code == 5010


def test_the_sdk_knows_an_expired_token(wire: Wire, client: QuickBooks) -> None:
    wire.world.clock.advance(timedelta(seconds=3600))
    with pytest.raises(AuthorizationException):
        Invoice.all(qb=client)


def test_with_use_decimal_the_sdk_gets_exact_money(wire: Wire, client: QuickBooks) -> None:
    client.use_decimal = True
    assert Invoice.get("6", qb=client).TotalAmt == Decimal("258.12")


@pytest.mark.parametrize("document", ["openid_configuration", "openid_sandbox_configuration"])
def test_intuitlib_goes_through_consent_refresh_and_revocation(wire: Wire, document: str) -> None:
    discovery = f"{wire.base}/.well-known/{document}/"
    auth = AuthClient("app", "secret", REDIRECT, discovery, state_token="opaque")
    page = requests.get(auth.get_authorization_url([Scopes.ACCOUNTING]), timeout=5)
    assert "Connect" in page.text
    asked = {key: value[0] for key, value in parse_qs(urlsplit(page.url).query).items()}
    callback = consent(wire.base, **asked)
    assert list(callback) == ["code", "state", "realmId"]
    auth.get_bearer_token(callback["code"], realm_id=callback["realmId"])
    assert (auth.expires_in, auth.x_refresh_token_expires_in) == (3600, 8726400)
    kept = auth.refresh_token
    auth.refresh()
    assert auth.refresh_token == kept
    assert auth.revoke() is True
    with pytest.raises(AuthClientError) as refusal:
        auth.refresh()
    assert refusal.value.status_code == 400


def test_intuitlib_shows_the_five_years_only_when_the_header_asks(wire: Wire) -> None:
    auth = AuthClient(
        "app", "secret", REDIRECT, f"{wire.base}/.well-known/openid_configuration/", refresh_token=wire.refresh_token
    )
    auth.refresh()
    assert not hasattr(auth, "x_refresh_token_hard_expires_in")
    auth.headers["x-include-refresh-token-hard-expires-in"] = "true"
    auth.refresh()
    assert auth.x_refresh_token_hard_expires_in == 5 * 365 * 86400


def test_the_sdk_refreshes_with_intuitlib_and_reads_on(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    discovery = f"{wire.base}/.well-known/openid_configuration/"
    auth = AuthClient("app", "secret", REDIRECT, discovery, refresh_token=wire.refresh_token)
    client = QuickBooks(
        auth_client=auth, refresh_token=wire.refresh_token, company_id=wire.books.company.realm, minorversion=75
    )
    client.api_url_v3 = f"{wire.base}/v3"
    assert Preferences.get(qb=client).CurrencyPrefs.HomeCurrency.value == "USD"
    assert CompanyInfo.get(wire.books.company.realm, qb=client).CompanyName == "Acorn Joinery"
    assert datetime.fromisoformat(Invoice.get("6", qb=client).MetaData.CreateTime).utcoffset() == timedelta(hours=-8)
