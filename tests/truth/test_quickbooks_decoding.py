"""Recorded answers of QuickBooks, read by the adapter: our idea of the wire against what was on it."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from connectors.ledger import Forbidden, LedgerError, NotFound, Outage, Reauthorise, Refused, RetryLater
from connectors.quickbooks import batch, mapping
from connectors.quickbooks.decode import ChangesAnswer, QueryAnswer, decode_rows, envelope
from connectors.quickbooks.faults import PoisonedQuery, classify, read_fault
from connectors.quickbooks.oauth import _Tokens
from connectors.quickbooks.wire import AttachableRow, InvoiceRow
from state.model import ContactStatus, InvoiceStatus

ROOT = Path(__file__).resolve().parents[2]
TRUTH = Path(os.environ.get("DUN_TRUTH_DIR", ROOT.parent / "shared" / "truth")) / "quickbooks"
VCR = TRUTH / "minimul-qbo_api" / "vcr"
RUBY = TRUTH / "ruckus-quickbooks-ruby" / "fixtures"

pytestmark = pytest.mark.skipif(
    not TRUTH.is_dir(), reason=f"NOT VERIFIED against recordings: no {TRUTH.name} folder; set DUN_TRUTH_DIR"
)


def recorded(name: str) -> list[tuple[int, bytes]]:
    """Status and body of each answer on a cassette."""
    cassette = yaml.safe_load((VCR / name).read_text(encoding="utf-8"))
    return [
        (answer["response"]["status"]["code"], answer["response"]["body"]["string"].encode())
        for answer in cassette["http_interactions"]
    ]


def never_asked() -> str | None:
    pytest.fail("recordings carry their currency")


def read_invoice(body: bytes) -> Any:
    row = msgspec.convert(json.loads(body)["Invoice"], InvoiceRow, strict=False)
    return mapping.invoice(row, never_asked)


def test_an_invoice_is_open_until_it_is_voided() -> None:
    (_, before), (_, after) = recorded("void/invoice.yml")
    open_one, void_one = read_invoice(before), read_invoice(after)
    assert (open_one.status, open_one.due_minor, open_one.total_minor) == (InvoiceStatus.OPEN, 10000, 10000)
    assert (void_one.status, void_one.due_minor) == (InvoiceStatus.VOID, 0)
    assert void_one.due_on == open_one.due_on == date(2020, 10, 29)
    assert (open_one.version, void_one.version) == ("0", "1")
    assert void_one.updated_at == datetime(2022, 9, 2, 12, 58, 56, tzinfo=UTC)


def test_a_created_invoice_is_open() -> None:
    ((_, body),) = recorded("create/invoice.yml")
    assert read_invoice(body).status is InvoiceStatus.OPEN


def test_a_deleted_invoice_is_a_tombstone() -> None:
    (_, _before), (_, body) = recorded("delete/invoice.yml")
    rows = msgspec.Raw(json.dumps({"Invoice": [json.loads(body)["Invoice"]]}).encode())
    page = decode_rows(rows, never_asked).page
    assert [(one.entity, one.id) for one in page.gone] == [("invoice", "266")]
    assert page.invoices == []


def test_the_change_feed_is_understood() -> None:
    ((_, body),) = recorded("cdc/basic.yml")
    answer = envelope(body, ChangesAnswer)
    assert answer.time == datetime(2020, 9, 29, 15, 2, 53, 512000, tzinfo=UTC)
    (response,) = answer.responses
    assert len(response.parts()) == 1


def test_estimates_of_the_feed_read_as_documents_without_a_balance() -> None:
    """The recorded rows have the common fields of invoices but no Balance: absent, so refused, never taken for paid."""
    ((_, body),) = recorded("cdc/basic.yml")
    rows = body.replace(b'"Estimate":[', b'"Invoice":[')
    (part,) = envelope(rows, ChangesAnswer).responses[0].parts()
    decoded = decode_rows(part, never_asked)
    assert decoded.page.invoices == []
    assert len(decoded.page.rejected) == len(decoded.marks) == 4
    assert {one.reason for one in decoded.page.rejected} == {"Balance is absent"}
    assert all(one.contact_id and one.id for one in decoded.page.rejected)


@pytest.mark.parametrize("name", ["all/customers.yml", "all/alt_select.yml"])
def test_pages_of_customers_are_read_whole(name: str) -> None:
    seen = 0
    for _, body in recorded(name):
        decoded = decode_rows(envelope(body, QueryAnswer).query_response, never_asked)
        assert decoded.page.rejected == []
        assert all(one.status is ContactStatus.ACTIVE and one.name for one in decoded.page.contacts)
        seen += len(decoded.page.contacts)
    assert seen >= 6


def test_a_page_past_the_end_is_empty() -> None:
    *_, (_, body) = recorded("all/alt_select.yml")
    assert decode_rows(envelope(body, QueryAnswer).query_response, never_asked).marks == []


def test_a_batch_holds_success_and_faults_side_by_side() -> None:
    ((_, body),) = recorded("batch/basic.yml")
    items = {item["bId"]: item for item in json.loads(body)["BatchItemResponse"]}
    for item, family in {"bid2": NotFound, "bid3": Refused}.items():
        with pytest.raises(family):
            batch._verdicts(json.dumps({"BatchItemResponse": [items[item]]}).encode())
    assert set(batch._verdicts(json.dumps({"BatchItemResponse": [items["bid4"]]}).encode())) == {"bid4"}


@pytest.mark.parametrize(
    ("name", "families"),
    [
        ("error/401.yml", [Reauthorise]),
        ("error/400_json.yml", [Refused]),
        ("error/validation.yml", [Refused]),
        ("error/500.yml", [Refused, Refused]),
    ],
)
def test_recorded_errors_say_what_to_do(name: str, families: list[type[LedgerError]]) -> None:
    errors = [type(classify(status, read_fault(body))) for status, body in recorded(name) if status != 200]
    assert errors == families


@pytest.mark.parametrize(
    ("name", "status", "family"),
    [
        ("throttle_exceeded_error.xml", 403, RetryLater),
        ("too_many_requests_error.xml", 429, RetryLater),
        ("generic_error.xml", 500, Outage),
        ("query_validation_error.xml", 400, Refused),
    ],
)
def test_recorded_xml_errors_say_what_to_do(name: str, status: int, family: type[LedgerError]) -> None:
    assert type(classify(status, read_fault((RUBY / name).read_bytes()))) is family


QUOTED = [Reauthorise, Forbidden, Outage, Forbidden, Reauthorise, PoisonedQuery, Refused, RetryLater, Outage]


def test_errors_quoted_in_public_threads_say_what_to_do() -> None:
    _of_the_token_endpoint, *quoted = json.loads((TRUTH / "errors-from-issues.json").read_text(encoding="utf-8"))
    assert [type(classify(one["http"], read_fault(as_bytes(one["body"])))) for one in quoted] == QUOTED


def as_bytes(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def test_a_recorded_attachment_belongs_to_its_invoice() -> None:
    ((_, body),) = recorded("attachment/read_attachment.yml")
    row = msgspec.convert(json.loads(body)["Attachable"], AttachableRow)
    assert [(link.entity_ref.type, link.entity_ref.value) for link in row.attachable_ref] == [("Invoice", "75")]
    assert row.note is None


@pytest.mark.parametrize("name", ["success_token_response.json", "success_refreshtoken_response.json"])
def test_recorded_token_answers_are_understood(name: str) -> None:
    text = (TRUTH / "intuit-dotnet-oauth" / name).read_text(encoding="utf-8-sig")
    tokens = msgspec.json.decode(text, type=_Tokens)
    assert (tokens.expires_in, tokens.x_refresh_token_expires_in) == (3600, 15552000)
    assert tokens.access_token
    assert tokens.refresh_token
