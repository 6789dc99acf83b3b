"""What every call keeps: patience, tokens, and the truth about what came back."""

import gzip
import json
import threading
from datetime import timedelta
from typing import Any

import pytest

from connectors.ledger import Forbidden, Outage, Reauthorise, RetryLater
from connectors.quickbooks.client import QuickBooksClient
from connectors.quickbooks.decode import envelope
from connectors.transport import ATTEMPTS, CallMeter
from state.clock import ManualClock
from state.model import InvoiceId


@pytest.fixture
def client(server: Any, clock: ManualClock, tokens: Any, meter: CallMeter) -> QuickBooksClient:
    return QuickBooksClient(server.endpoints, "9130350000001", tokens, clock, meter, timeouts=(1, 0.1))


def ask(client: QuickBooksClient) -> dict[str, Any]:
    return client.query("SELECT * FROM Invoice", lambda body: envelope(body, dict[str, Any]))


def test_every_call_names_version_company_and_bearer(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.query())]
    ask(client)
    (request,) = server.seen
    assert request.path == "/v3/company/9130350000001/query"
    assert request.params == {"minorversion": "75"}
    assert request.headers["Authorization"] == "Bearer first"
    assert "gzip" in request.headers["Accept-Encoding"]
    assert request.headers["Content-Type"] == "application/text"


def test_compressed_answers_are_read(client: QuickBooksClient, server: Any, wire: Any) -> None:
    body = gzip.compress(json.dumps(wire.query()).encode())
    server.script = [wire.answer(200, body, {"Content-Encoding": "gzip"})]
    assert ask(client)["QueryResponse"] == {}


def test_a_rejected_token_is_renewed_once_and_the_call_replayed(
    client: QuickBooksClient, server: Any, tokens: Any, wire: Any
) -> None:
    server.script = [wire.answer(401), wire.json(wire.query())]
    ask(client)
    assert tokens.rejected == ["first"]
    assert [request.headers["Authorization"] for request in server.seen] == ["Bearer first", "Bearer second"]


def test_a_token_rejected_twice_ends_the_connection(
    client: QuickBooksClient, server: Any, wire: Any, tokens: Any
) -> None:
    server.otherwise = lambda _: wire.answer(401)
    with pytest.raises(Reauthorise):
        ask(client)
    assert len(server.seen) == 2
    assert tokens.rejected == ["first"]


def test_the_wrong_company_is_forbidden_not_retried(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.fault("3100", kind="AuthorizationFault"), 403)]
    with pytest.raises(Forbidden):
        ask(client)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reads_outlive_an_outage(client: QuickBooksClient, server: Any, wire: Any, status: int) -> None:
    server.script = [wire.answer(status, b"<html>no</html>"), wire.json(wire.query())]
    assert ask(client)["time"] == wire.time


def test_an_endless_outage_is_told_after_a_few_attempts(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(503)
    with pytest.raises(Outage):
        ask(client)
    assert len(server.seen) == ATTEMPTS


def test_a_silent_server_is_an_outage(client: QuickBooksClient, server: Any, wire: Any) -> None:
    for_ever = threading.Event()
    server.otherwise = lambda _: wire.answer(200, b"{}", stall=for_ever)
    with pytest.raises(Outage, match="ReadTimeout"):
        ask(client)
    for_ever.set()


def test_nobody_listening_is_an_outage(client: QuickBooksClient, server: Any) -> None:
    server.close()
    with pytest.raises(Outage, match="ConnectionError"):
        ask(client)


def test_a_body_cut_off_by_the_connection_is_asked_for_again(client: QuickBooksClient, server: Any, wire: Any) -> None:
    whole = wire.json(wire.query(Invoice=[wire.invoice()]))
    server.script = [wire.answer(200, whole.body, cut_after=40), whole]
    assert len(ask(client)["QueryResponse"]["Invoice"]) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b'{"QueryResponse": {"Invoice": [', b'{"QueryResponse": {"Invoice": [{}']
)
def test_a_success_that_is_not_json_is_an_outage(client: QuickBooksClient, server: Any, wire: Any, body: bytes) -> None:
    server.otherwise = lambda _: wire.answer(200, body)
    with pytest.raises(Outage):
        ask(client)


def test_a_fault_hidden_in_a_success_is_found(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.json(wire.fault("9", kind="SystemFault"), 200)
    with pytest.raises(Outage):
        ask(client)


def test_a_customer_called_fault_is_no_fault(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.query(Customer=[wire.customer(DisplayName="Fault")]))]
    assert ask(client)["QueryResponse"]["Customer"]


def test_redirects_are_not_followed(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(302, b"", {"Location": f"{server.address}/elsewhere"})
    with pytest.raises(Outage):
        ask(client)
    assert {request.path for request in server.seen} == {"/v3/company/9130350000001/query"}


def test_a_throttle_is_waited_out(client: QuickBooksClient, server: Any, clock: ManualClock, wire: Any) -> None:
    before = clock.now()
    server.script = [wire.answer(429), wire.json(wire.query())]
    ask(client)
    assert clock.now() - before >= timedelta(seconds=60)


def test_ten_minutes_of_throttling_are_the_months_quota(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(429)
    limits = [limit_of(client) for _ in range(4)]
    assert limits[0] == "minute"
    assert limits[-1] == "month"
    calls = len(server.seen)
    assert limit_of(client) == "month"
    assert len(server.seen) == calls, "a spent quota is not knocked on again at once"


def test_the_months_quota_is_probed_after_an_hour(
    client: QuickBooksClient, server: Any, clock: ManualClock, wire: Any
) -> None:
    server.otherwise = lambda _: wire.answer(429)
    while limit_of(client) != "month":
        pass
    clock.sleep(3601)
    server.otherwise = lambda _: wire.json(wire.query())
    assert ask(client)["time"] == wire.time


def test_calls_are_counted_by_operation_and_every_attempt_counts(
    client: QuickBooksClient, server: Any, meter: CallMeter, wire: Any
) -> None:
    server.script = [wire.answer(503), wire.json(wire.query()), wire.answer(200, b"%PDF-1.7 ...")]
    ask(client)
    client.invoice_pdf("130")
    assert dict(meter.by_operation) == {"query": 2, "invoice/pdf": 1}


def test_a_write_is_attempted_once(client: QuickBooksClient, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(503)
    with pytest.raises(Outage):
        client.create_attachable({"Note": "x"}, "key")
    assert len(server.seen) == 1


def test_the_pace_stays_below_the_limit(client: QuickBooksClient, server: Any, clock: ManualClock, wire: Any) -> None:
    before = clock.now()
    server.otherwise = lambda _: wire.json(wire.query())
    for _ in range(401):
        ask(client)
    assert clock.now() - before >= timedelta(minutes=1)


def test_errors_hold_neither_token_nor_address(client: QuickBooksClient, server: Any) -> None:
    server.close()
    with pytest.raises(Outage) as caught:
        ask(client)
    assert caught.value.__cause__ is None
    assert "first" not in str(caught.value)


def test_an_invoice_link_and_a_document_are_fetched(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [
        wire.json({"Invoice": wire.invoice(InvoiceLink="https://pay.example/i/130"), "time": wire.time}),
        wire.json({"Invoice": wire.invoice(), "time": wire.time}),
        wire.answer(200, b"%PDF-1.7 ..."),
        wire.json(wire.fault("610"), 400),
    ]
    assert ledger.online_invoice_url(InvoiceId("130")) == "https://pay.example/i/130"
    assert ledger.online_invoice_url(InvoiceId("130")) is None
    assert ledger.invoice_pdf(InvoiceId("130")) == b"%PDF-1.7 ..."
    assert ledger.invoice_pdf(InvoiceId("130")) is None
    assert server.seen[0].params["include"] == "invoiceLink"
    assert server.seen[2].headers["Accept"] == "application/pdf"


def test_a_web_page_is_not_taken_for_a_pdf(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.answer(200, b"<html>Sign in</html>")
    with pytest.raises(Outage):
        ledger.invoice_pdf(InvoiceId("130"))


def test_the_bookkeepers_link_needs_no_call(ledger: Any, server: Any) -> None:
    assert ledger.deep_link(InvoiceId("130")) == "https://app.qbo.intuit.com/app/invoice?txnId=130"
    assert server.seen == []


def limit_of(client: QuickBooksClient) -> str:
    with pytest.raises(RetryLater) as caught:
        ask(client)
    return caught.value.limit
