"""Xero's recordings and published examples, through SDK, client and adapter: each record is what its reader says it is.

The expected rows were written by hand from the recordings. A test that fails here asks who is wrong, connector or row.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from truth.replaying import always, body_of, needs_truth, taped, xero

from connectors.ledger import (
    BadData,
    KnownCredits,
)
from drill.fuzzing.loopback import Reply, Request
from state.model import (
    Allocation,
    Contact,
    ContactId,
    ContactStatus,
    Credit,
    CreditId,
    CreditKind,
    DocumentStatus,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    Note,
    PostalAddress,
)

pytestmark = needs_truth
NOW = datetime(2019, 3, 14, tzinfo=UTC)
BARNEY, LIAM = "a3675fc4-f8dd-4f03-ba5b-f1870566bcd7", "430fa14a-f945-44d3-9f97-5df5e28441b8"
SAMPLES = "xero/samples"


def example(name: str) -> Any:
    return json.loads(body_of(f"{SAMPLES}/oas-examples/{name}.json"))


def utc(*parts: int, ms: int) -> datetime:
    return datetime(*parts, ms * 1000, tzinfo=UTC)  # type: ignore[arg-type,misc]


def sale(key: str, number: str, contact: str, status: InvoiceStatus, **facts: Any) -> Invoice:
    usual = {"reference": None, "currency": "NZD", "allocations": (), "rate": Decimal(1)}
    return Invoice(id=InvoiceId(key), number=number, contact_id=ContactId(contact), status=status, **(usual | facts))


VOIDED = sale(
    "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2",
    "INV-0001",
    BARNEY,
    InvoiceStatus.VOID,
    total_minor=40_00,
    due_minor=0,
    issued_on=date(2018, 10, 20),
    due_on=date(2018, 12, 30),
    reference="Red Fish, Blue Fish",
    updated_at=utc(2018, 11, 2, 16, 31, 30, ms=160),
    version="/Date(1541176290160+0000)/",
)
PAID = sale(
    "046d8a6d-1ae1-4b4d-9340-5601bdf41b87",
    "INV-0002",
    BARNEY,
    InvoiceStatus.PAID,
    total_minor=46_00,
    due_minor=0,
    issued_on=date(2018, 10, 20),
    due_on=date(2018, 12, 30),
    reference="Red Fish, Blue Fish",
    updated_at=utc(2018, 11, 2, 16, 36, 32, ms=690),
    version="/Date(1541176592690+0000)/",
    allocations=(
        Allocation(
            "payment",
            "99ea7f6b-c513-4066-bc27-b7c65dcd76c2",
            InvoiceId("046d8a6d-1ae1-4b4d-9340-5601bdf41b87"),
            46_00,
            date(2018, 11, 29),
        ),
    ),
)
OPEN = sale(
    "7ef31b20-de17-4312-8382-412f869b1510",
    "INV-0003",
    BARNEY,
    InvoiceStatus.OPEN,
    total_minor=115_00,
    due_minor=115_00,
    issued_on=date(2018, 11, 2),
    due_on=date(2018, 11, 7),
    updated_at=utc(2018, 11, 2, 16, 37, 28, ms=927),
    version="/Date(1541176648927+0000)/",
)
GUITARS = sale(
    "a03ffcd2-5d91-4c7e-b483-318584e9e439",
    "INV-0006",
    LIAM,
    InvoiceStatus.PAID,
    total_minor=148_062_76,
    due_minor=0,
    issued_on=date(2019, 3, 7),
    due_on=date(2019, 3, 13),
    reference="Tour",
    updated_at=utc(2019, 3, 7, 17, 59, 28, ms=133),
    version="/Date(1551981568133+0000)/",
    allocations=(
        Allocation(
            "payment",
            "38928000-e9a0-420c-8884-f624bab2a351",
            InvoiceId("a03ffcd2-5d91-4c7e-b483-318584e9e439"),
            148_062_76,
            date(2019, 3, 19),
        ),
    ),
)
TIRES = sale(
    "ed255415-e141-4150-aab7-89c3bbbb851c",
    "INV-0007",
    LIAM,
    InvoiceStatus.OPEN,
    total_minor=40_00,
    due_minor=40_00,
    issued_on=date(2019, 3, 11),
    due_on=date(2018, 12, 10),
    reference="Website Design",
    updated_at=utc(2019, 3, 11, 17, 58, 46, ms=117),
    version="/Date(1552327126117+0000)/",
)
PART_PAID = sale(
    "c7c37b83-ac95-45ea-88ba-8ad83a5f22fe",
    "INV-0004",
    BARNEY,
    InvoiceStatus.OPEN,
    total_minor=230_00,
    due_minor=229_00,
    issued_on=date(2018, 10, 10),
    due_on=date(2018, 10, 18),
    updated_at=utc(2019, 3, 12, 23, 10, 38, ms=623),
    version="/Date(1552432238623+0000)/",
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("get_-Invoices_200", [VOIDED, PAID, OPEN]),
        ("get_-Invoices-InvoiceID_200", [GUITARS]),
        ("put_-Invoices_200", [TIRES]),
    ],
)
def test_pages_of_invoices_become_these_rows(name: str, expected: list[Invoice]) -> None:
    with xero(always(body_of(f"{SAMPLES}/oas-examples/{name}.json")), NOW) as ledger:
        (page,) = ledger.changes("invoices", None)
    assert (page.invoices, page.rejected) == (expected, [])


@pytest.mark.parametrize(
    ("name", "expected"), [("get_-Payments-PaymentID_200", PAID), ("put_-Payments_200", PART_PAID)]
)
def test_the_invoice_inside_a_payment_becomes_this_row(name: str, expected: Invoice) -> None:
    answer = example(name)
    invoices = [payment["Invoice"] for payment in answer["Payments"]]
    body = json.dumps({"DateTimeUTC": answer["DateTimeUTC"], "Invoices": invoices}).encode()
    with xero(always(body), NOW) as ledger:
        (page,) = ledger.changes("invoices", None)
    assert (page.invoices, page.rejected) == ([expected], [])


def test_the_cursor_of_a_page_is_when_xero_answered() -> None:
    with xero(always(body_of(f"{SAMPLES}/oas-examples/get_-Invoices_200.json")), NOW) as ledger:
        (page,) = ledger.changes("invoices", None)
    assert page.cursor == "2019-03-11T17:53:36.230000+00:00"


def person(key: str, name: str, email: str, first_name: str, **facts: Any) -> Contact:
    active = ContactStatus.ACTIVE
    return Contact(id=ContactId(key), name=name, email=email, first_name=first_name, status=active, **facts)


KATHERINE = person(
    "5cc8cf28-567e-4d43-b287-687cfcaec47c",
    "Katherine Warren",
    "kat.warren@clampett.com",
    "Katherine",
    country="United States",
    phones=("(626) 847-1294",),
    postal=PostalAddress(lines=(), city="Palo Alto", postcode="94020", region="CA", country="United States"),
    updated_at=utc(2017, 8, 21, 20, 49, 4, ms=227),
    version="/Date(1503348544227+0000)/",
)
LISA = person(
    "3ec601ad-eddc-4ccb-a8ac-736e88293b1b",
    "Lisa Parker",
    "lparker@parkerandco.com",
    "Lisa",
    country="United States",
    phones=("(510) 266-3583",),
    postal=PostalAddress(lines=(), city="Anchorage", postcode="99501", region="AK", country="United States"),
    updated_at=utc(2017, 8, 21, 20, 49, 6, ms=760),
    version="/Date(1503348546760+0000)/",
)
ACME = person(
    "8138a266-fb42-49b2-a104-014b7045753d",
    "Acme Parts Co.",
    "bk@krave.co",
    "Blake",
    cc=("sue.johnson@krave.com",),
    phones=("+3 234 999-44", "+1 604 408-0914", "+4 345 489-44493"),  # mobile, default, direct; never the fax
    postal=PostalAddress(
        lines=("1234 Fake Street",), city="Vancouver", postcode="V6B 2T4", region="British Columbia", country=None
    ),
    updated_at=utc(2019, 3, 1, 17, 2, 57, ms=193),
    version="/Date(1551459777193+0000)/",
)


@pytest.mark.parametrize(
    ("name", "expected"), [("get_-Contacts_200", [KATHERINE, LISA]), ("get_-Contacts-ContactID_200", [ACME])]
)
def test_contacts_become_these_rows(name: str, expected: list[Contact]) -> None:
    with xero(always(body_of(f"{SAMPLES}/oas-examples/{name}.json")), NOW) as ledger:
        reading = ledger.read_contacts([one.id for one in expected])
    assert (list(reading.found.values()), reading.rejected) == (expected, ())


def rest(
    key: str, kind: CreditKind, contact: str, total: int, left: int, day: date, stamp: datetime, **more: Any
) -> Credit:
    milliseconds = round(stamp.timestamp() * 1000)
    return Credit(
        id=CreditId(key),
        kind=kind,
        contact_id=ContactId(contact),
        status=DocumentStatus.VALID,
        currency="NZD",
        total_minor=total,
        remaining_minor=left,
        dated_on=day,
        updated_at=stamp,
        version=f"/Date({milliseconds}+0000)/",
        **({"number": None} | more),
    )


LUKE = "be392c72-c121-4f83-9512-03ac71e54c20"
OVER, MARCH_13 = CreditKind.OVERPAYMENT, date(2019, 3, 13)
CREDITS = (
    rest(
        "249f15fa-f2a7-4acc-8769-0984103f2225",
        CreditKind.CREDIT_NOTE,
        LIAM,
        34_50,
        32_50,
        date(2019, 3, 5),
        utc(2019, 3, 5, 18, 59, 6, ms=157),
        number="CN-0005",
    ),
    rest(
        "2a8bda49-8908-473b-8bcf-1f90990460eb", OVER, LIAM, 20_00, 20_00, MARCH_13, utc(2019, 3, 12, 22, 9, 28, ms=250)
    ),
    rest(
        "0859adbc-ea00-40cd-a877-258cf8644975", OVER, LIAM, 20_00, 20_00, MARCH_13, utc(2019, 3, 12, 22, 14, 2, ms=190)
    ),
    rest(
        "687b877f-634a-415d-92b2-74e62977de30", OVER, LIAM, 20_00, 20_00, MARCH_13, utc(2019, 3, 12, 22, 15, 50, ms=730)
    ),
    rest(
        "ce0cddef-cf5a-4e59-b638-f225679115a7",
        CreditKind.PREPAYMENT,
        LUKE,
        3_450_00,
        3_450_00,
        MARCH_13,
        utc(2019, 3, 13, 14, 59, 47, ms=730),
        number="INV-0011",
    ),
)


def test_open_credit_becomes_these_rows_and_suppliers_is_left_out() -> None:
    names = {"CreditNotes": "get_-CreditNotes_200", "Overpayments": "get_-Overpayments_200"}
    names["Prepayments"] = "get_-Prepayments_200"

    def answer(request: Request) -> Reply:
        return Reply(body_of(f"{SAMPLES}/oas-examples/{names[request.path.rsplit('/', 1)[1]]}.json"))

    with xero(answer, NOW) as ledger:
        reading = ledger.open_credits(KnownCredits())
    assert (reading.credits, reading.rejected) == (CREDITS, ())


def test_the_history_becomes_these_notes() -> None:
    with xero(always(body_of(f"{SAMPLES}/oas-examples/shared_HistoryRetrieved.json")), NOW) as ledger:
        notes = ledger.notes(InvoiceId("i"))
    assert notes == (
        Note(
            "Attached the file sample2.jpg through the Xero API using Xero API Partner",
            utc(2018, 11, 8, 15, 1, 21, ms=470),
        ),
        Note(
            "Bank transfer from Business Wells Fargo to My Savings on November 12, 2016 for 20.00.",
            utc(2016, 10, 17, 20, 46, 1, ms=173),
        ),
    )


def test_a_note_is_written_when_xero_answers_like_this() -> None:
    with xero(always(body_of(f"{SAMPLES}/oas-examples/shared_HistoryRecordCreated.json")), NOW) as ledger:
        ledger.write_note(InvoiceId("i"), "Hello World", "key")


def test_the_online_invoice_is_at_this_address() -> None:
    body = body_of(f"{SAMPLES}/oas-examples/get_-Invoices-InvoiceID-OnlineInvoice_200.json")
    with xero(always(body), NOW) as ledger:
        url = ledger.online_invoice_url(InvoiceId("i"))
    assert url == "https://in.xero.com/bCWCCfytGdTXoJam9HENWlQt07G6zcDaj4gQojHu"


@pytest.mark.parametrize(
    "name", ["xero-python/test_get_organisations.yaml", "xero-python/test_call_api_get_organisations.yaml"]
)
def test_the_recorded_organisation_is_this_one(name: str) -> None:
    (reply,) = taped(f"{SAMPLES}/{name}")
    with xero(always(reply), NOW, tenant="a46fcb6f-2773-40c4-a119-8aa08bca1e8e") as ledger:
        found = ledger.organisation()
    assert (found.name, found.currency, found.zone, found.country, found.short_code, found.demo) == (
        "Demo Company (NZ)",
        "NZD",
        "Pacific/Auckland",
        "NZ",
        "!1lqVQ",
        True,
    )


def test_an_organisation_in_the_words_of_an_sdk_is_not_one_of_xeros() -> None:
    body = body_of(f"{SAMPLES}/xero-node/getOrganisationResponse.json")
    with xero(always(body), NOW) as ledger, pytest.raises(BadData):
        ledger.organisation()
