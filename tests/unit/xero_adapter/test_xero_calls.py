"""What the adapter does on the wire, whatever the SDK would do if it were let."""

from datetime import timedelta

import pytest

from connectors.budget import CallBudget
from connectors.ledger import Forbidden, Outage, Reauthorise, RetryLater
from connectors.transport import CallMeter
from connectors.xero.client import XeroClient
from state.budgets import Budgets

EXPIRED = b'{"Type":null,"Title":"Unauthorized","Status":401,"Detail":"TokenExpired: token expired at 04/24/2026"}'
NO_SCOPE = b'{"Type":null,"Title":"Unauthorized","Status":401,"Detail":"AuthorizationUnsuccessful"}'
NOT_CONNECTED = b'{"Type":null,"Title":"Forbidden","Status":403,"Detail":"AuthenticationUnsuccessful"}'


def test_a_call_carries_token_tenant_and_the_wish_for_gzip(xero, documents, client) -> None:
    xero.says(documents.answer("Invoices", []))
    client.call("invoices", page=1)
    headers = xero.seen[0].headers
    assert headers["authorization"] == "Bearer token-1"
    assert headers["xero-tenant-id"] == documents.tenant
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "gzip"
    assert headers["user-agent"].startswith("dun-connector/")


def test_a_gzipped_answer_is_unpacked(xero, documents, client, gzipped) -> None:
    xero.replies_with(gzipped(documents.wire({"Invoices": []})))
    assert client.call("invoices", page=1) == documents.wire({"Invoices": []})


def test_a_spoilt_gzip_stream_is_an_outage(xero, documents, client) -> None:
    xero.replies_with(documents.reply(b"no gzip at all", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Outage):
        client.call("invoices", page=1)


@pytest.mark.parametrize("fault", ["drop", "hang", "truncate"])
def test_a_call_that_gets_no_whole_answer_is_made_once(xero, documents, client, fault) -> None:
    xero.always(documents.reply(b'{"Invoices":[]}', fault=fault))
    with pytest.raises(Outage):
        client.call("invoices", page=1)
    assert len(xero.seen) == 1


@pytest.mark.parametrize("status", [429, 503, 500])
def test_the_sdk_does_not_retry_or_sleep_on_retry_after(xero, documents, client, status) -> None:
    xero.always(documents.reply(status=status, headers={"Retry-After": "3600"}))
    with pytest.raises((RetryLater, Outage)):
        client.call("invoices", page=1)
    assert len(xero.seen) == 1


def test_a_redirect_is_not_followed(xero, documents, client) -> None:
    xero.always(documents.reply(status=302, headers={"Location": f"{xero.url}/elsewhere"}))
    with pytest.raises(Outage):
        client.call("invoices", page=1)
    assert [seen.path for seen in xero.seen] == ["/api.xro/2.0/Invoices"]


def test_a_server_that_is_not_there_is_an_outage(xero, client) -> None:
    xero.close()
    with pytest.raises(Outage):
        client.call("invoices", page=1)


def test_an_expired_token_is_replaced_once_and_the_call_replayed(xero, documents, client, tokens) -> None:
    xero.replies_with(documents.reply(EXPIRED, status=401)).says({"Invoices": []})
    client.call("invoices", page=1)
    assert [seen.headers["authorization"] for seen in xero.seen] == ["Bearer token-1", "Bearer token-2"]
    assert tokens.rejected == ["token-1"]


def test_a_second_refusal_of_the_token_needs_a_person(xero, documents, client) -> None:
    xero.always(documents.reply(EXPIRED, status=401))
    with pytest.raises(Reauthorise):
        client.read("invoices", bytes, page=1)
    assert len(xero.seen) == 2


def test_a_missing_scope_is_named_and_never_answered_with_a_refresh(xero, documents, client, tokens) -> None:
    xero.always(documents.reply(NO_SCOPE, status=401))
    with pytest.raises(Forbidden, match=r"accounting\.contacts\.read"):
        client.read("contacts", bytes, page=1)
    assert tokens.rejected == []
    assert len(xero.seen) == 1


def test_a_disconnected_organisation_is_forbidden_and_keeps_its_token(xero, documents, client, tokens) -> None:
    xero.always(documents.reply(NOT_CONNECTED, status=403))
    with pytest.raises(Forbidden, match="not connected"):
        client.read("invoices", bytes, page=1)
    assert tokens.rejected == []


def test_a_read_is_repeated_after_an_outage(xero, documents, client) -> None:
    xero.replies_with(documents.reply(fault="drop"), documents.reply(b"offline for maintenance", status=503))
    xero.says({"Invoices": []})
    assert client.read("invoices", len, page=1) > 0
    assert len(xero.seen) == 3


def test_a_read_waits_as_long_as_xero_asks(xero, documents, client, clock) -> None:
    limits = {"Retry-After": "22", "X-Rate-Limit-Problem": "minute"}
    xero.replies_with(documents.reply(status=429, headers=limits)).says({"Invoices": []})
    started = clock.now()
    client.read("invoices", len, page=1)
    assert clock.now() - started >= timedelta(seconds=22)


def test_an_exhausted_day_reaches_the_caller_at_once(xero, documents, client) -> None:
    limits = {"Retry-After": "66975", "X-Rate-Limit-Problem": "day"}
    xero.always(documents.reply(status=429, headers=limits))
    with pytest.raises(RetryLater) as caught:
        client.read("invoices", len, page=1)
    assert (caught.value.limit, caught.value.after) == ("day", timedelta(seconds=66975))
    assert len(xero.seen) == 1


def test_the_rest_of_the_day_is_read_from_answers_and_refusals(xero, documents, tokens, clock) -> None:
    budget = CallBudget(Budgets.in_memory(), clock, owner="xero:t", app="xero-app:a", daily_calls=1000)
    client = XeroClient(xero.endpoints.api, "t", tokens, clock, CallMeter(budget))
    xero.says({"Invoices": []}, **{"X-DayLimit-Remaining": "4984"})
    client.call("invoices", page=1)
    assert budget.left_today(clock.now()).calls == 4984
    xero.replies_with(documents.reply(status=429, headers={"X-DayLimit-Remaining": "0"}))
    with pytest.raises(RetryLater):
        client.call("invoices", page=1)
    assert budget.left_today(clock.now()).calls == 0


def test_every_request_is_counted_by_operation(xero, documents, client, meter) -> None:
    xero.replies_with(documents.reply(EXPIRED, status=401)).says({"Invoices": []}).says({"Contacts": []})
    client.call("invoices", page=1)
    client.call("contacts", page=1)
    assert meter.by_operation == {"invoices": 2, "contacts": 1}


def test_calls_stay_below_sixty_a_minute(xero, documents, client, clock) -> None:
    xero.always(documents.reply(b"{}"))
    started = clock.now()
    for _ in range(120):
        client.call("invoices", page=1)
    assert clock.now() - started >= timedelta(minutes=2)


def test_two_tenants_do_not_share_a_token(xero, documents, client, clock, meter, tokens) -> None:
    other = type(client)(xero.endpoints.api, "another tenant", type(tokens)(), clock, meter)
    tokens.number = 7
    xero.always(documents.reply(b"{}"))
    client.call("invoices", page=1)
    other.call("invoices", page=1)
    client.call("invoices", page=1)
    sent = [seen.headers["authorization"] for seen in xero.seen]
    assert sent == ["Bearer token-7", "Bearer token-1", "Bearer token-7"]


def test_no_error_text_holds_token_tenant_address_or_body(xero, documents, client) -> None:
    xero.always(documents.reply(b'{"Message":"bo@customer.example is unknown"}', status=400))
    with pytest.raises(Exception, match="Xero refused") as caught:
        client.call("contacts", where='EmailAddress=="bo@customer.example"')
    told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert not any(secret in told for secret in ("token-1", documents.tenant, "bo@customer.example"))
