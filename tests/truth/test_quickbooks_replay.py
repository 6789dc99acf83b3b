"""QuickBooks' recordings, through SDK, client and adapter: each record is what its reader says it is.

The expected rows were written by hand from the recordings. A test that fails here asks who is wrong, connector or row.
Recordings in XML are read in the JSON notation of the same records (`quickbooks_xml`).
"""

import json
from datetime import date

import pytest
from lxml import etree
from truth import quickbooks_xml
from truth.quickbooks_replaying import (
    NOW,
    RUBY,
    VCR,
    as_pulled,
    bodies,
    customer,
    first_pull,
    invoice,
    money_in,
    pacific,
    xml,
)
from truth.replaying import body_of, needs_truth, queried, quickbooks, taped

from connectors.ledger import KnownCredits, Outage
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
    Payment,
    PostalAddress,
)

pytestmark = needs_truth
AMY_266 = invoice(
    "266",
    "1043",
    "1",
    InvoiceStatus.OPEN,
    100_00,
    100_00,
    issued_on=date(2020, 9, 29),
    due_on=date(2020, 10, 29),
    updated_at=pacific(2020, 9, 29, 5, 58, 7, summer=True),
    version="0",
)
AMY_264 = invoice(
    "264",
    "1041",
    "1",
    InvoiceStatus.OPEN,
    100_00,
    100_00,
    issued_on=date(2020, 9, 29),
    due_on=date(2020, 10, 29),
    updated_at=pacific(2020, 9, 29, 4, 46, 6, summer=True),
    version="0",
)
AMY_264_VOID = invoice(
    "264",
    "1041",
    "1",
    InvoiceStatus.VOID,
    0,
    0,
    issued_on=date(2020, 9, 29),
    due_on=date(2020, 10, 29),
    updated_at=pacific(2022, 9, 2, 5, 58, 56, summer=True),
    version="1",
)
TAPED_INVOICES = [
    ("create/invoice.yml", 0, AMY_266),
    ("delete/invoice.yml", 0, AMY_266),
    ("void/invoice.yml", 0, AMY_264),
    ("void/invoice.yml", 1, AMY_264_VOID),
]


@pytest.mark.parametrize(("name", "turn", "expected"), TAPED_INVOICES)
def test_recorded_invoices_become_these_rows(name: str, turn: int, expected: Invoice) -> None:
    body = bodies(name)[turn]
    assert as_pulled("Invoice", body["Invoice"], body["time"]).invoices == [expected]


DOLL = {"issued_on": date(2013, 11, 15), "due_on": date(2013, 11, 30), "updated_at": pacific(2013, 11, 15, 15, 22, 43)}
XML_INVOICES = [
    ("invoices.xml", invoice("1", "1001", "2", InvoiceStatus.OPEN, 50_00, 50_00, version="0", **DOLL)),
    ("fetch_invoice_by_id.xml", invoice("1", "1001", "2", InvoiceStatus.OPEN, 50_00, 50_00, version="2", **DOLL)),
    # Written by hand for a library: a real void has nothing due (see the recorded one above), this one has.
    (
        "invoice_void_success_response.xml",
        invoice("1", "1001", "2", InvoiceStatus.OPEN, 50_00, 50_00, version="0", **DOLL),
    ),
    (
        "invoice_send.xml",
        invoice(
            "1",
            "1001",
            "1",
            InvoiceStatus.OPEN,
            50_00,
            50_00,
            issued_on=date(2015, 2, 28),
            due_on=date(2015, 3, 30),
            billed_to=("test@intuit.com",),
            updated_at=pacific(2015, 2, 24, 18, 28, 34),
            version="0",
        ),
    ),
]


@pytest.mark.parametrize(("name", "expected"), XML_INVOICES)
def test_recorded_xml_invoices_become_these_rows(name: str, expected: Invoice) -> None:
    answer = xml(name)
    row = answer["Invoice"] if "Invoice" in answer else answer["QueryResponse"][0]["Invoice"][0]
    assert as_pulled("Invoice", row, answer["time"]).invoices == [expected]


JULY = {"paid_on": date(2013, 7, 11), "entered_at": pacific(2013, 7, 11, 17, 51, 41, summer=True)}
UNAPPLIED = money_in(
    "8748", "25342", 40_00, 40_00, updated_at=pacific(2013, 7, 11, 17, 51, 43, summer=True), version="1", **JULY
)
VOID_PAYMENT = money_in(
    "8748",
    "25342",
    0,
    0,
    status=DocumentStatus.VOID,
    updated_at=pacific(2013, 7, 11, 17, 51, 42, summer=True),
    version="0",
    **JULY,
)
APPLIED = money_in(
    "83",
    "3",
    2_400_00,
    0,
    paid_on=date(2016, 9, 16),
    entered_at=pacific(2017, 7, 17, 14, 26, 54, summer=True),
    updated_at=pacific(2017, 7, 17, 14, 26, 54, summer=True),
    version="0",
    allocations=(Allocation("payment", "83", InvoiceId("68"), 2_400_00, date(2016, 9, 16)),),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("payments.xml", UNAPPLIED),
        ("payment_by_id.xml", UNAPPLIED),
        ("payment_void_response_success.xml", VOID_PAYMENT),
        ("payment_with_line_extras.xml", APPLIED),
    ],
)
def test_recorded_payments_become_these_rows(name: str, expected: Payment) -> None:
    root = etree.fromstring(body_of(f"{RUBY}/{name}"))
    row = quickbooks_xml.as_json(next(root.iter("{*}Payment")))
    answered = "2017-07-17T14:26:55-07:00"  # one of them does not say when, another says a time before its own stamp
    assert as_pulled("Payment", row, answered).payments == [expected]


def test_the_unapplied_payment_is_credit_in_hand() -> None:
    answer = xml("payments.xml")
    row = answer["QueryResponse"][0]["Payment"][0] | {"CurrencyRef": {"value": "USD"}}

    def reply(request: Request) -> Reply:
        items = json.loads(request.body)["BatchItemRequest"]
        parts = [{"Payment": [row], "maxResults": 1} if "FROM Payment" in item["Query"] else {} for item in items]
        found = [{"bId": item["bId"], "QueryResponse": part} for item, part in zip(items, parts, strict=True)]
        return Reply(json.dumps({"BatchItemResponse": found, "time": answer["time"]}).encode())

    with quickbooks(reply, NOW) as ledger:
        reading = ledger.open_credits(KnownCredits())
    assert [(one.kind, one.contact_id, one.remaining_minor) for one in reading.credits] == [
        (CreditKind.UNAPPLIED_PAYMENT, "25342", 40_00)
    ]


def test_the_recorded_credit_memo_becomes_this_row() -> None:
    answer = xml("fetch_credit_memo.xml")
    assert as_pulled("CreditMemo", answer["CreditMemo"], answer["time"]).credits == [
        Credit(
            id=CreditId("52"),
            kind=CreditKind.CREDIT_NOTE,
            contact_id=ContactId("2"),
            number="R3454653464",
            status=DocumentStatus.VALID,
            currency="BRL",
            total_minor=10_00,
            remaining_minor=10_00,
            dated_on=date(2013, 12, 17),
            updated_at=pacific(2013, 12, 17, 11, 54, 50),
            version="0",
        )
    ]


DUKES = customer(
    "5",
    "Dukes Basketball Camp",
    "1",
    pacific(2016, 8, 27, 1, 37, 57, summer=True),
    email="Dukes_bball@intuit.com",
    first_name="Peter",
    phones=("(520) 420-5638",),
    postal=PostalAddress(lines=("25 Court St.",), city="Tucson", postcode="85719", region="AZ", country=None),
)
DOE = customer("68", "Doe2, Jane", "0", pacific(2020, 9, 29, 4, 48, 37, summer=True))
MOE = customer("68", "Jack Moe", "1", pacific(2020, 9, 29, 6, 0, 7, summer=True), phones=("(415) 444-1234",))


@pytest.mark.parametrize(
    ("name", "turn", "expected"),
    [("get/id.yml", 0, DUKES), ("update/customer.yml", 0, DOE), ("update/customer.yml", 1, MOE)],
)
def test_recorded_customers_become_these_rows(name: str, turn: int, expected: Contact) -> None:
    body = bodies(name)[turn]
    assert as_pulled("Customer", body["Customer"], body["time"]).contacts == [expected]


def test_the_recorded_deleted_customer_is_archived() -> None:
    answer = xml("deleted_customer.xml")
    assert as_pulled("Customer", answer["Customer"], answer["time"]).contacts == [
        customer(
            "1",
            "Thrifty Meats (deleted)",
            "4",
            pacific(2013, 11, 16, 11, 33, 57),
            status=ContactStatus.ARCHIVED,
            email="info@thriftymeats.com",
            first_name="John",
            country="USA",
            phones=("(831) 330-1234", "(415) 555-1212", "OtherWhat"),
            postal=PostalAddress(
                lines=("123 Swift St.",), city="Santa Cruz", postcode="95060", region="CA", country="USA"
            ),
            owes_minor=None,  # a company with one currency does not name it
            currency=None,
        )
    ]


def test_the_recorded_page_of_all_customers_holds_41_and_who_belongs_to_whom() -> None:
    page_of_41 = taped(f"{VCR}/all/customers.yml")[1].body
    pages = first_pull({"Customer": page_of_41}, "2020-09-29T06:03:53.438-07:00")
    contacts = {one.id: one for page in pages for one in page.contacts}
    assert (len(contacts), sum(len(page.rejected) for page in pages)) == (41, 0)
    parents = {key: one.parent_id for key, one in contacts.items() if one.parent_id}
    assert parents == {"64": "62", "8": "7", "9": "7", "23": "22"}
    assert contacts[ContactId("14")] == customer(
        "14",
        "Kate Whelan",
        "0",
        pacific(2015, 10, 1, 17, 8, 2, summer=True),
        email="Kate@Whelan.com",
        first_name="Kate",
        country="USA",
        phones=("(650) 554-8822",),
        postal=PostalAddress(lines=("45 First St.",), city="Menlo Park", postcode="94304", region="CA", country="USA"),
    )
    assert {one.status for one in contacts.values()} == {ContactStatus.ACTIVE}


@pytest.mark.parametrize(("turn", "expected"), [(1, ["5", "6"]), (2, ["7", "8"]), (3, ["9", "10"]), (4, [])])
def test_recorded_pages_by_id_hold_these_customers(turn: int, expected: list[str]) -> None:
    page = taped(f"{VCR}/all/alt_select.yml")[turn].body
    pages = first_pull({"Customer": page}, "2020-09-29T06:04:50.776-07:00")
    assert [one.id for each in pages for one in each.contacts] == expected


def test_the_customers_in_xml_are_five_and_one_is_a_job() -> None:
    answer = xml("customers.xml")
    rows = answer["QueryResponse"][0]["Customer"]
    pages = first_pull({"Customer": queried(answer["time"], Customer=rows)}, answer["time"])
    assert [(one.id, one.name, one.parent_id, one.email) for page in pages for one in page.contacts] == [
        ("3", "Acme Enterprises", None, None),
        ("4", "Little Acme, Inc.", "3", None),
        ("5", "CodyTest", None, None),
        ("2", "Sunset Bakery", None, None),
        ("1", "Thrifty Meats", None, "info@thriftymeats.com"),
    ]


VENDORS = ["all/vendors_by_5.yml", "get/inactive_vendors.yml", "misc/ampersand.yml"]


@pytest.mark.parametrize("name", VENDORS)
def test_rows_of_a_kind_that_nobody_asked_for_are_not_taken_for_an_empty_list(name: str) -> None:
    page = next(reply.body for reply in taped(f"{VCR}/{name}") if b'"Vendor"' in reply.body)
    with pytest.raises(Outage, match="announced"):
        first_pull({"Customer": page}, "2020-09-29T06:03:53.438-07:00")
