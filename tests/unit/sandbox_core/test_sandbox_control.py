"""The control API drives everything from outside, over real HTTP."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sandbox_apps import XeroApp

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import Fault, World


@pytest.fixture
def invoice(customer: Customer, invoice_for: Callable[..., Invoice]) -> Invoice:
    return invoice_for(customer, "120.00", number="INV-00012")


def test_the_clock_is_read_and_moved(control: Any) -> None:
    assert control.get("clock") == {"now": "2026-03-02T08:00:00+00:00", "running": False}
    assert control.post("clock", advance_days=1.5)["now"] == "2026-03-03T20:00:00+00:00"
    assert control.post("clock", advance_seconds=30)["now"] == "2026-03-03T20:00:30+00:00"
    assert control.post("clock", set="2026-04-01T09:00:00+02:00")["now"] == "2026-04-01T07:00:00+00:00"
    assert control.post("clock", running=True)["running"] is True
    assert control.post("clock", running=False)["running"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"set": "2026-04-01T09:00:00"}, 400),
        ({"set": "2020-01-01T00:00:00Z"}, 409),
        ({"advance_days": -1}, 409),
        ({"forward": 1}, 400),
    ],
)
def test_the_clock_refuses_in_words(control: Any, body: dict[str, Any], status: int) -> None:
    code, words = control.refusal("clock", **body)
    assert (code, bool(words)) == (status, True)


def test_companies_are_listed_with_the_ids_their_ledgers_use(control: Any, books: Books) -> None:
    xero, quickbooks = control.get("companies")
    assert (xero["company"], xero["id"], xero["currency"]) == ("xero", books.company.guid, "GBP")
    assert (quickbooks["id"], quickbooks["zone"]) == ("9341453000000002", "America/New_York")


def test_a_company_must_be_named_when_there_are_two(control: Any) -> None:
    assert control.refusal("customers", name="X")[0] == 400
    assert control.refusal("sage/customers", name="X")[0] == 404
    assert control.post("customers?company=xero", name="X")["currency"] == "GBP"
    assert control.post("quickbooks/customers", name="Y")["currency"] == "USD"


def test_a_customer_is_entered_edited_and_merged(control: Any) -> None:
    first = control.post("xero/customers", name="First", email="first@example.com", cc=["two@example.com"])
    control.post("xero/customers", name="Second")
    assert control.post("xero/customers/Second", email=None, archived=True)["archived"] is True
    winner = control.post("xero/customers/Second/merge", into=str(first["id"]))
    assert winner["name"] == "First"
    assert control.get("xero/customers/Second")["merged_into"] == first["id"]
    assert control.refusal("xero/customers/First/merge", into="First")[0] == 400


def test_where_a_customer_is_and_its_groups_are_entered_and_changed(control: Any, books: Books) -> None:
    facts = {"mobile": "07700 900123", "street": "Unit 4\n12 Mill Lane", "postcode": "ZX4 7QP", "groups": ["Trade"]}
    made = control.post("xero/customers", name="First", **facts)
    assert {name: made[name] for name in facts} == facts
    stamp = books.customers[made["id"]].updated
    books.clock.advance(timedelta(hours=1))
    moved = control.post("xero/customers/First", silently=True, groups=["Wholesale"], mobile=None, city="Saltwick")
    assert (moved["groups"], moved["mobile"], moved["city"]) == (["Wholesale"], None, "Saltwick")
    assert books.customers[made["id"]].updated == stamp


def test_an_invoice_is_written_edited_and_ended(control: Any, customer: Customer) -> None:
    made = control.post("xero/invoices", customer=customer.name, amount="99.95", number="N-1", issued="2026-02-01")
    assert (made["due_amount"], made["due"], made["state"]) == ("99.95", "2026-03-03", "open")
    assert control.post("xero/invoices/N-1", amount="50.00", due=None)["due"] is None
    assert control.post("xero/invoices/N-1/dispute")["disputed"] is True
    assert control.post("xero/invoices/N-1/promise", on="2026-03-09")["expected"] == "2026-03-09"
    assert control.post("xero/invoices/N-1/void")["state"] == "void"
    lines = [{"unit_price": "10.00", "quantity": "3", "tax": "6.00"}]
    assert control.post("xero/invoices", customer=str(customer.id), lines=lines, number="N-2")["total"] == "36.00"
    assert control.post("xero/invoices/N-2/write-off")["credited"] == "36.00"
    control.post("xero/invoices", customer=customer.guid, amount=5, number="N-3")
    assert control.post("xero/invoices/N-3/delete")["state"] == "deleted"


def test_only_in_quickbooks_a_journal_writes_off(control: Any, customer: Customer) -> None:
    control.post("xero/invoices", customer=customer.name, amount="36.00", number="N-1")
    assert control.refusal("xero/invoices/N-1/write-off", kind="journal")[0] == 400
    assert control.refusal("xero/credits", customer=customer.name, amount="36.00", kind="journal")[0] == 400
    client = control.post("quickbooks/customers", name="Client")
    control.post("quickbooks/invoices", customer=str(client["id"]), amount="36.00", deposit="6.00", number="N-2")
    assert control.post("quickbooks/invoices/N-2/write-off", kind="journal")["credited"] == "30.00"


def test_invoices_are_listed_by_state_customer_and_page(
    control: Any, books: Books, invoice: Invoice, invoice_for: Callable[..., Invoice]
) -> None:
    other = books.add_customer("Other")
    books.void_invoice(invoice_for(other, "1.00"))
    assert [i["number"] for i in control.get("xero/invoices", open="true")] == ["INV-00012"]
    assert len(control.get("xero/invoices", state="void")) == 1
    assert len(control.get("xero/invoices", customer="Other")) == 1
    assert len(control.get("xero/invoices", limit="1", offset="1")) == 1


def test_money_comes_in_part_in_full_and_over(control: Any, invoice: Invoice) -> None:
    control.post("xero/payments", invoice="INV-00012", amount="20.00")
    assert control.get("xero/invoices/INV-00012")["due_amount"] == "100.00"
    payment = control.post("xero/payments", invoice="INV-00012", amount="130.00")
    assert payment["amount"] == "100.00"  # Xero keeps the rest as an overpayment of its own
    assert [(c["kind"], c["remaining"]) for c in control.get("xero/credits")] == [("overpayment", "30.00")]
    assert control.post(f"xero/payments/{payment['id']}/delete")["deleted"] is True
    assert control.get("xero/invoices/INV-00012")["due_amount"] == "100.00"


def test_quickbooks_keeps_what_is_too_much_unapplied_and_applies_it_later(control: Any) -> None:
    control.post("quickbooks/customers", name="Q")
    for number, amount in (("1", "50.00"), ("2", "30.00")):
        control.post("quickbooks/invoices", customer="Q", amount=amount, number=number)
    payment = control.post("quickbooks/payments", invoice="1", amount="70.00")
    assert payment["unapplied"] == "20.00"
    key = payment["id"]
    assert control.post(f"quickbooks/payments/{key}/apply", invoice="2")["unapplied"] == "0.00"
    assert control.get("quickbooks/invoices/2")["due_amount"] == "10.00"
    assert control.post(f"quickbooks/payments/{key}/void")["void"] is True


def test_a_payment_may_be_for_several_invoices_or_none(control: Any, customer: Customer, invoice: Invoice) -> None:
    against = {"INV-00012": "15.00"}
    made = control.post("xero/payments", customer=customer.name, amount="40.00", against=against)
    assert made["unapplied"] == "25.00"
    assert control.post("xero/payments", customer=customer.name, amount="1.00")["allocations"] == []
    assert control.refusal("xero/payments", amount="1.00")[0] == 400


def test_credit_is_written_applied_and_voided(control: Any, customer: Customer, invoice: Invoice) -> None:
    open_credit = control.post("xero/credits", customer=customer.name, amount="30.00")
    number = open_credit["number"]
    assert control.post(f"xero/credits/{number}/apply", invoice="INV-00012", amount="10.00")["remaining"] == "20.00"
    assert control.refusal(f"xero/credits/{number}/void")[0] == 409
    prepaid = control.post("xero/credits", customer=customer.name, amount="5.00", kind="prepayment")
    assert control.post(f"xero/credits/{prepaid['id']}/void")["void"] is True
    assert control.post("xero/credits", apply_to="INV-00012", amount="200.00")["remaining"] == "90.00"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("xero/invoices/NONE/void", {}, 404),
        ("xero/payments", {"invoice": "INV-00012", "amount": "nonsense"}, 400),
        ("xero/payments", {"invoice": "INV-00012", "amount": "-1"}, 409),
        ("xero/payments", {"invoice": "INV-00012", "sum": "1"}, 400),
        ("xero/invoices", {"customer": "Nobody", "amount": "1"}, 404),
        ("xero/invoices", {"customer": "Fernbridge Joinery Ltd"}, 400),
        ("live", {"days": 0}, 400),
        ("faults", {"face": "xero", "kind": "500", "times": 0}, 400),
        ("tokens/revoke", {"service": "sendgrid"}, 400),
        ("reset", {}, 400),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    control: Any, invoice: Invoice, path: str, body: dict[str, Any], status: int
) -> None:
    code, words = control.refusal(path, **body)
    assert (code, bool(words)) == (status, True)


def test_a_paid_invoice_cannot_be_voided(control: Any, invoice: Invoice) -> None:
    control.post("xero/payments", invoice="INV-00012")
    assert control.refusal("xero/invoices/INV-00012/void") == (
        409,
        "an invoice with payments or credits applied cannot be voided",
    )


def test_faults_and_switches_are_set_listed_and_taken_back(control: Any, world: World) -> None:
    assert control.post("faults", face="xero", kind="500", times=2)[0]["times"] == 2
    assert control.delete("faults") == []
    control.post("switches", **{"xero.ims": "inclusive", "rate_limits": False})
    assert (world.switch("xero.ims", "exclusive"), world.rate_limits) == ("inclusive", False)
    assert control.post("switches", **{"xero.ims": None, "rate_limits": None}) == {"rate_limits": True}


def test_messages_notes_calls_and_truth_are_told(
    control: Any, sandbox: RunningSandbox, books: Books, customer: Customer, invoice: Invoice
) -> None:
    mail = {
        "personalizations": [{"to": [{"email": customer.email}]}],
        "from": {"email": "us@example.com"},
        "subject": "About INV-00012",
        "content": [{"type": "text/plain", "value": "Please pay."}],
    }
    requests.post(f"{sandbox.url}/v3/mail/send", json=mail, headers={"Authorization": "Bearer SG.x"}, timeout=5)
    books.add_note(invoice, "Reminder sent [dun:a1]")
    assert control.get("messages", mentioning="INV-00012")[0]["mentions"][0]["verdict"] == "owed"
    assert control.get("messages", to="nobody@example.com") == []
    assert control.get("notes", invoice="INV-00012")[0]["text"] == "Reminder sent [dun:a1]"
    assert control.get("quickbooks/notes") == []
    assert control.get("calls") == {"sendgrid": {"total": 1, "endpoints": {"POST /v3/mail/send": 1}}}
    said = control.get("truth")
    assert (said["messages"], said["chased_paid"], said["reminders_without_note"]) == (1, 0, 0)
    assert control.delete("messages") == {"messages": 0}
    assert control.delete("calls") == {}


def custom_connection(sandbox: RunningSandbox) -> dict[str, str]:
    """Access to Xero without a person."""
    form = {"grant_type": "client_credentials", "scope": "accounting.invoices.read accounting.settings.read"}
    answer = requests.post(f"{sandbox.url}/connect/token", data=form, auth=("app", "secret"), timeout=5)
    return {"Authorization": f"Bearer {answer.json()['access_token']}", "Accept": "application/json"}


def quickbooks_tokens(sandbox: RunningSandbox, **form: str) -> requests.Response:
    url = f"{sandbox.url}/oauth2/v1/tokens/bearer"
    return requests.post(url, data=form, auth=("app", "secret"), timeout=5)


def quickbooks_consent(sandbox: RunningSandbox, realm: str) -> dict[str, Any]:
    """What a person's consent brings: tokens."""
    back = "http://localhost:8484/callback"
    asked = {"client_id": "app", "redirect_uri": back, "response_type": "code", "state": "s", "decision": "connect"}
    scope = "com.intuit.quickbooks.accounting"
    consent = requests.post(
        f"{sandbox.url}/connect/oauth2", data=asked | {"scope": scope, "realm": realm}, allow_redirects=False, timeout=5
    )
    code = parse_qs(urlsplit(consent.headers["location"]).query)["code"][0]
    tokens = quickbooks_tokens(sandbox, grant_type="authorization_code", code=code, redirect_uri=back)
    answer: dict[str, Any] = tokens.json()
    return answer


def test_expired_access_works_again_after_a_refresh(control: Any, sandbox: RunningSandbox) -> None:
    tokens = quickbooks_consent(sandbox, "9341453000000002")
    url = f"{sandbox.url}/v3/company/9341453000000002/companyinfo/9341453000000002"
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert requests.get(url, headers=bearer, timeout=5).status_code == 200
    control.post("tokens/expire", service="quickbooks")
    assert requests.get(url, headers=bearer, timeout=5).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    bearer = {"Authorization": f"Bearer {quickbooks_tokens(sandbox, **refresh).json()['access_token']}"}
    assert requests.get(url, headers=bearer, timeout=5).status_code == 200


def test_revoked_access_is_dead_until_somebody_consents_again(control: Any, sandbox: RunningSandbox) -> None:
    tokens = quickbooks_consent(sandbox, "9341453000000002")
    control.post("tokens/revoke", service="quickbooks")
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert quickbooks_tokens(sandbox, **refresh).json()["error"] == "invalid_grant"
    tokens = quickbooks_consent(sandbox, "9341453000000002")
    assert quickbooks_tokens(sandbox, **refresh | {"refresh_token": tokens["refresh_token"]}).status_code == 200


def test_revoked_access_to_xero_is_refused_in_its_words(control: Any, sandbox: RunningSandbox, world: World) -> None:
    headers, url = custom_connection(sandbox), f"{sandbox.url}/api.xro/2.0/Organisation"
    assert requests.get(url, headers=headers, timeout=5).status_code == 200
    control.post("tokens/revoke", service="xero")
    answer = requests.get(url, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthenticationUnsuccessful")
    assert requests.get(url, headers=custom_connection(sandbox), timeout=5).status_code == 200
    assert world.cut_off == {}


def test_a_sixth_call_at_once_is_too_many_for_an_organisation(sandbox: RunningSandbox, world: World) -> None:
    headers, url = custom_connection(sandbox), f"{sandbox.url}/api.xro/2.0/Organisation"
    raise_fault(world, Fault("xero", "slow", times=5, seconds=0.5))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: requests.get(url, headers=headers, timeout=5), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (refused.headers["X-Rate-Limit-Problem"], refused.content) == ("concurrent", b"")


@pytest.fixture
def seeded() -> Iterator[RunningSandbox]:
    world = build_world("control", datetime(2026, 3, 2, 7, tzinfo=UTC), ("xero",))
    with RunningSandbox(world) as running:
        yield running


def test_a_seeded_world_lives_on_and_starts_again(seeded: RunningSandbox) -> None:
    url = f"{seeded.url}/_books"
    before = requests.get(f"{url}/companies", timeout=5).json()
    told = requests.post(f"{url}/live", json={"days": 3}, timeout=20).json()
    assert [day["at"][:10] for day in told] == ["2026-03-03", "2026-03-04", "2026-03-05"]
    assert sum(len(day["happened"]["xero"]) for day in told) > 5
    again = requests.post(f"{url}/reset", timeout=60).json()
    assert (again["companies"], again["now"]) == (before, "2026-03-02T07:00:00+00:00")
    assert requests.post(f"{url}/reset", json={"seed": "other"}, timeout=60).json()["companies"] != before


def test_a_fault_can_be_about_one_company_only(peopled: RunningSandbox, firms: World) -> None:
    url = f"{peopled.url}/_books/faults"
    wish = {"face": "xero", "kind": "500", "company": "xero-2"}
    assert requests.post(url, json=wish, timeout=5).json()[0]["company"] == "xero-2"
    apps = {key: XeroApp.connected(peopled.url, firms.companies[key].company) for key in ("xero", "xero-2")}
    assert [apps[key].call().status_code for key in ("xero", "xero-2", "xero-2")] == [200, 500, 200]
    assert requests.post(url, json=wish | {"company": "xero-9"}, timeout=5).status_code == 404
