"""Mishaps look from the other end of the wire exactly as they would in production."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.faults import clear_faults, due_fault, raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.signposts import CREDENTIALS
from connectors.sandbox.world import Fault, World

MAIL = {
    "personalizations": [{"to": [{"email": "accounts@fernbridge-joinery.example"}]}],
    "from": {"email": "us@example.com"},
    "subject": "Invoice INV-1",
    "content": [{"type": "text/plain", "value": "x" * 2000}],
}
KEY = {"Authorization": f"Bearer {CREDENTIALS['sendgrid']['api_key']}"}


def send_mail(sandbox: RunningSandbox) -> requests.Response:
    return requests.post(f"{sandbox.url}/v3/mail/send", json=MAIL, headers=KEY, timeout=5)


def company_info(sandbox: RunningSandbox) -> requests.Response:
    return requests.get(f"{sandbox.url}/.well-known/openid_configuration/", timeout=5)


def test_dropped_before_nothing_has_happened(sandbox: RunningSandbox, world: World) -> None:
    raise_fault(world, Fault("sendgrid", "drop_before"))
    with pytest.raises(requests.ConnectionError):
        send_mail(sandbox)
    assert world.messages == []
    assert send_mail(sandbox).status_code == 202


@pytest.mark.parametrize("kind", ["drop_after"])
def test_dropped_after_it_has_happened_and_the_sender_does_not_know(
    sandbox: RunningSandbox, world: World, kind: str
) -> None:
    raise_fault(world, Fault("sendgrid", kind))
    with pytest.raises(requests.ConnectionError):
        send_mail(sandbox)
    assert [message.acknowledged for message in world.messages] == [False]


def test_a_truncated_answer_ends_before_its_length(sandbox: RunningSandbox, world: World) -> None:
    raise_fault(world, Fault("quickbooks", "truncated"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        company_info(sandbox)


def test_a_slow_answer_is_complete_and_outlasts_an_impatient_client(sandbox: RunningSandbox, world: World) -> None:
    raise_fault(world, Fault("quickbooks", "slow", seconds=0.3))
    with pytest.raises(requests.Timeout):
        requests.get(f"{sandbox.url}/.well-known/openid_configuration/", timeout=0.05)
    raise_fault(world, Fault("quickbooks", "slow", seconds=0.01))
    assert company_info(sandbox).json()["issuer"]


def test_a_gateway_page_is_html_with_502(sandbox: RunningSandbox, world: World) -> None:
    raise_fault(world, Fault("quickbooks", "html"))
    answer = company_info(sandbox)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (502, "text/html")


def test_an_empty_answer_claims_success(sandbox: RunningSandbox, world: World) -> None:
    raise_fault(world, Fault("quickbooks", "empty"))
    answer = company_info(sandbox)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("face", "kind", "status"),
    [("sendgrid", "503", 503), ("sendgrid", "429", 429), ("quickbooks", "500", 500), ("sendgrid", "nonsense", 501)],
)
def test_other_kinds_are_the_services_own_words(
    sandbox: RunningSandbox, world: World, face: str, kind: str, status: int
) -> None:
    raise_fault(world, Fault(face, kind))
    answer = send_mail(sandbox) if face == "sendgrid" else company_info(sandbox)
    assert answer.status_code == status


def test_a_fault_is_used_up_by_the_calls_it_matches_and_by_no_others(world: World) -> None:
    raise_fault(world, Fault("xero", "500", times=2, path="/Invoices", method="GET"))
    assert due_fault(world, "quickbooks", "GET", "/Invoices") is None
    assert due_fault(world, "xero", "PUT", "/Invoices/1/History") is None
    assert due_fault(world, "xero", "GET", "/Contacts") is None
    assert [due_fault(world, "xero", "GET", "/Invoices") is not None for _ in range(3)] == [True, True, False]


def test_stale_reads_show_the_books_of_before_and_writes_pass_them_by(
    books: Books, world: World, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice = invoice_for(customer, "10.00")
    raise_fault(world, Fault("xero", "stale"))
    books.void_invoice(invoice)
    assert world.lagging["xero"].invoices[invoice.id].state == "open"
    assert world.lagging["xero"].clock is world.clock
    assert due_fault(world, "xero", "PUT", "/Invoices/1/History") is None
    assert due_fault(world, "xero", "GET", "/Invoices") is not None
    clear_faults(world)
    assert world.lagging == {}


def test_a_batch_of_questions_may_be_stale_and_a_batch_with_a_write_never_is(world: World) -> None:
    raise_fault(world, Fault("quickbooks", "stale", times=9))
    path = "/v3/company/1/batch"
    assert due_fault(world, "quickbooks", "POST", path, b'{"BatchItemRequest":[{"Query":"select"}]}') is not None
    assert due_fault(world, "quickbooks", "POST", path, b'{"BatchItemRequest":[{"operation":"create"}]}') is None


def test_a_stale_answer_over_http_is_as_of_the_fault(
    sandbox: RunningSandbox, world: World, books: Books, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice = invoice_for(customer, "10.00", number="INV-7")
    headers = _xero_access(sandbox, books.company.guid)
    raise_fault(world, Fault("xero", "stale", path="/Invoices"))
    books.void_invoice(invoice)
    statuses = [_xero_status(sandbox, headers, invoice.guid) for _ in range(2)]
    assert statuses == ["AUTHORISED", "VOIDED"]


def test_requests_do_not_touch_the_books_while_another_thread_does(
    sandbox: RunningSandbox, world: World, customer: Customer
) -> None:
    with world.lock, pytest.raises(requests.Timeout):
        requests.get(f"{sandbox.url}/_books/xero/customers", timeout=0.2)
    assert requests.get(f"{sandbox.url}/_books/xero/customers", timeout=5).json()[0]["name"] == customer.name


def test_calls_are_counted_by_face_and_template(sandbox: RunningSandbox, world: World) -> None:
    requests.get(f"{sandbox.url}/v3/company/123/invoice/7", timeout=5)
    raise_fault(world, Fault("sendgrid", "drop_before"))
    with pytest.raises(requests.ConnectionError):
        send_mail(sandbox)
    assert dict(world.calls["sendgrid"]) == {"POST /v3/mail/send": 1}
    assert dict(world.calls["quickbooks"]) == {"GET /v3/company/{realm}/invoice/{id}": 1}


def test_answers_carry_the_virtual_date(sandbox: RunningSandbox, world: World) -> None:
    world.clock.advance(timedelta(days=1))
    assert company_info(sandbox).headers["date"] == "Tue, 03 Mar 2026 08:00:00 GMT"


def _xero_access(sandbox: RunningSandbox, tenant: str) -> dict[str, str]:
    """A custom connection needs no person."""
    form = {"grant_type": "client_credentials", "scope": "accounting.invoices.read"}
    app = ("app", "secret")
    answer = requests.post(f"{sandbox.url}/connect/token", data=form, auth=app, timeout=5)
    bearer = answer.json()["access_token"]
    return {"Authorization": f"Bearer {bearer}", "xero-tenant-id": tenant, "Accept": "application/json"}


def _xero_status(sandbox: RunningSandbox, headers: dict[str, str], guid: str) -> str:
    url = f"{sandbox.url}/api.xro/2.0/Invoices?IDs={guid}&page=1"
    status: str = requests.get(url, headers=headers, timeout=5).json()["Invoices"][0]["Status"]
    return status
