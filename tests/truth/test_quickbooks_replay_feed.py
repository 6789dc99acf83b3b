"""QuickBooks' recorded change feeds, tombstones, attachments and company, through SDK, client and adapter."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from lxml import etree
from truth import quickbooks_xml
from truth.quickbooks_replaying import (
    NOW,
    RUBY,
    VCR,
    bodies,
    invoice,
    money_in,
    pacific,
    xml,
)
from truth.replaying import always, body_of, needs_truth, queried, quickbooks, taped

from connectors.ledger import Outage, Page
from state.model import (
    Allocation,
    Gone,
    InvoiceId,
    InvoiceStatus,
    Note,
)

pytestmark = needs_truth


def fed(answer: Any) -> Page:
    cursor = (datetime.fromisoformat(answer["time"]) - timedelta(days=1)).isoformat()
    with quickbooks(always(json.dumps(answer).encode()), datetime.fromisoformat(answer["time"])) as ledger:
        (page,) = ledger.changes("changes", cursor)
    return page


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("invoice_changes.xml", "invoice"),
        ("payment_changes.xml", "payment"),
        ("credit_memo_changes.xml", "credit"),
        ("customer_changes.xml", "contact"),
    ],
)
def test_recorded_tombstones_bury_these_documents(name: str, kind: Any) -> None:
    assert fed(xml(name)).gone == [Gone(kind, "39", pacific(2014, 12, 8, 19, 36, 24))]


@pytest.mark.parametrize(
    ("name", "entity", "kind", "key"),
    [
        ("invoice_delete_success_response.xml", "Invoice", "invoice", "1"),
        ("payment_delete_success_response.xml", "Payment", "payment", "8748"),
    ],
)
def test_recorded_answers_to_a_deletion_read_as_tombstones_without_a_stamp(
    name: str, entity: str, kind: Any, key: str
) -> None:
    answer = xml(name)
    feed = {"CDCResponse": [{"QueryResponse": [{entity: [answer[entity]]}]}], "time": answer["time"]}
    assert fed(feed).gone == [Gone(kind, key, None)]


def test_the_recorded_deletion_in_json_reads_as_a_tombstone() -> None:
    body = bodies("delete/invoice.yml")[1]
    feed = {"CDCResponse": [{"QueryResponse": [{"Invoice": [body["Invoice"]]}]}], "time": body["time"]}
    assert fed(feed).gone == [Gone("invoice", "266", None)]


def test_the_recorded_change_feed_holds_a_paid_invoice_its_payment_and_a_tombstone() -> None:
    answer = xml("change_data_capture_response.xml")
    known = ("Invoice", "Payment", "CreditMemo", "Customer")
    parts = [part for part in answer["CDCResponse"][0]["QueryResponse"] if any(kind in part for kind in known)]
    page = fed({**answer, "CDCResponse": [{"QueryResponse": parts}]})
    assert page.invoices == [
        invoice(
            "103",
            "1033",
            "10",
            InvoiceStatus.PAID,
            629_10,
            0,
            issued_on=date(2016, 2, 23),
            due_on=date(2016, 3, 24),
            billed_to=("Geeta@Kalapatapu.com",),
            updated_at=pacific(2016, 4, 13, 7, 34, 40, summer=True),
            version="2",
        )
    ]
    assert page.payments == [
        money_in(
            "147",
            "10",
            629_10,
            0,
            paid_on=date(2016, 4, 13),
            entered_at=pacific(2016, 4, 13, 7, 34, 40, summer=True),
            updated_at=pacific(2016, 4, 13, 7, 34, 40, summer=True),
            version="0",
            allocations=(Allocation("payment", "147", InvoiceId("103"), 629_10, date(2016, 4, 13)),),
        )
    ]
    assert page.gone == [Gone("invoice", "65", pacific(2016, 4, 13, 7, 34, 31, summer=True))]
    assert page.rejected == []


def test_a_feed_of_estimates_is_not_taken_for_a_quiet_day() -> None:
    (reply,) = taped(f"{VCR}/cdc/basic.yml")
    with quickbooks(always(reply), NOW) as ledger, pytest.raises(Outage, match="announced 4 rows"):
        list(ledger.changes("changes", "2022-09-02T13:00:00+00:00"))


def test_the_recorded_company_is_this_one() -> None:
    facts = [xml("company_info_query.xml"), xml("preferences_query.xml")]
    items = [{"bId": f"q{n}", "QueryResponse": one["QueryResponse"][0]} for n, one in enumerate(facts)]
    with quickbooks(always(json.dumps({"BatchItemResponse": items}).encode()), NOW) as ledger:
        found = ledger.organisation()
    assert (found.name, found.currency, found.country, found.id) == ("Acme Corp.", "USD", "US", "9130350000001")


def attachments(*rows: Any) -> tuple[Note, ...]:
    with quickbooks(always(queried("2020-09-29T06:38:17.003-07:00", Attachable=list(rows))), NOW) as ledger:
        return ledger.notes(InvoiceId("75"))


def test_recorded_attachments_are_files_and_no_notes() -> None:
    read = bodies("attachment/read_attachment.yml")[0]["Attachable"]
    made = bodies("attachment/create_for_invoice.yml")[0]["AttachableResponse"][0]["Attachable"]
    removed = bodies("attachment/delete_attachment.yml")[0]["Attachable"]
    monkey = xml("attachables.xml")["QueryResponse"][0]["Attachable"][0]
    assert attachments(read, made, removed, monkey) == ()


@pytest.mark.parametrize(
    ("name", "written_at"),
    [
        ("attachable_create_response.xml", pacific(2015, 2, 7, 15, 12, 13)),
        ("upload_create_response.xml", pacific(2015, 2, 12, 8, 56, 11)),
    ],
)
def test_a_recorded_text_is_a_note_once_it_hangs_on_the_invoice(name: str, written_at: datetime) -> None:
    root = etree.fromstring(body_of(f"{RUBY}/{name}"))
    row = quickbooks_xml.as_json(next(root.iter("{*}Attachable")))
    hanging = {**row, "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "75"}}]}
    assert attachments(row) == ()
    assert attachments(hanging) == (Note("A note", written_at, row["Id"]),)


def test_the_recorded_answer_to_a_text_confirms_a_note() -> None:
    with quickbooks(always(json.dumps(xml("attachable_create_response.xml")).encode()), NOW) as ledger:
        ledger.write_note(InvoiceId("75"), "A note", "key")


def test_a_recorded_refusal_inside_a_success_confirms_no_note() -> None:
    (reply,) = taped(f"{VCR}/attachment/error_estimate.yml")
    with quickbooks(always(reply), NOW) as ledger, pytest.raises(Outage, match="may or may not"):
        ledger.write_note(InvoiceId("75"), "A note", "key")


def test_the_pdf_is_what_came() -> None:
    (reply,) = taped(f"{VCR}/get_pdf/invoice.yml")
    with quickbooks(always(reply), NOW) as ledger:
        assert ledger.invoice_pdf(InvoiceId("130")) == b"%PDF-1.4..."
