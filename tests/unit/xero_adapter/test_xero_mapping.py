"""What one document of Xero's means, and which ones are not understood."""

from datetime import UTC, date, datetime

import pytest

from connectors.xero.decode import (
    CONTACTS,
    CREDIT_NOTES,
    INVOICE_SUMMARIES,
    INVOICES,
    OVERPAYMENTS,
    PREPAYMENTS,
)
from state.addresses import usable_addresses
from state.model import ContactStatus, CreditKind, DocumentStatus, InvoiceStatus
from state.plain_text import LONGEST_TEXT


@pytest.fixture
def read_one(documents):
    """Read one document; the record, None if it was ignored, or the reason why it was rejected."""

    def read(document, key, row):
        sheet = document.read(documents.wire(documents.answer(key, [row])))
        return sheet.rejected[0].reason if sheet.rejected else next(iter(sheet.records), None)

    return read


@pytest.fixture
def invoice(documents, read_one):
    return lambda **changed: read_one(INVOICES, "Invoices", documents.invoice(**changed))


@pytest.fixture
def contact(documents, read_one):
    return lambda **changed: read_one(CONTACTS, "Contacts", documents.contact(**changed))


@pytest.fixture
def credit_note(documents, read_one):
    return lambda **changed: read_one(CREDIT_NOTES, "CreditNotes", documents.credit_note(**changed))


def test_an_open_invoice_is_read_in_full(documents, invoice) -> None:
    read = invoice(Reference="PO 7")
    assert (read.id, read.number, read.contact_id) == (documents.guid(1), "INV-0001", documents.guid(501))
    assert (read.status, read.currency) == (InvoiceStatus.OPEN, "NZD")
    assert (read.total_minor, read.due_minor) == (10825, 10000)
    assert (read.issued_on, read.due_on, read.expected_on) == (date(2026, 2, 16), date(2026, 3, 1), None)
    assert read.reference == "PO 7"
    assert read.updated_at == datetime(2026, 4, 24, 12, 0, 1, 663000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status", "due"),
    [
        ("DRAFT", InvoiceStatus.DRAFT, 10000),
        ("SUBMITTED", InvoiceStatus.DRAFT, 10000),
        ("AUTHORISED", InvoiceStatus.OPEN, 10000),
        ("PAID", InvoiceStatus.PAID, 0),
        ("VOIDED", InvoiceStatus.VOID, 0),
        ("DELETED", InvoiceStatus.DELETED, 0),
    ],
)
def test_the_status_counts_before_the_amount_due(invoice, word, status, due) -> None:
    read = invoice(Status=word, AmountDue=100.0)
    assert (read.status, read.due_minor) == (status, due)


def test_an_approved_invoice_with_nothing_due_is_paid(invoice) -> None:
    assert invoice(AmountDue=0.0).status is InvoiceStatus.PAID


def test_a_void_invoice_needs_no_amount_due(invoice) -> None:
    assert invoice(Status="VOIDED", AmountDue=...).due_minor == 0


def test_a_bill_is_none_of_our_business(invoice) -> None:
    assert invoice(Type="ACCPAY") is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Status": "FORGIVEN"}, "Status 'FORGIVEN' is unknown"),
        ({"Type": "ACCNEW"}, "Type 'ACCNEW' is unknown"),
        ({"CurrencyCode": "XBT"}, "unknown currency 'XBT'"),
        ({"CurrencyCode": ""}, "unknown currency ''"),
        ({"AmountDue": ...}, "AmountDue is missing"),
        ({"AmountDue": None}, "AmountDue is missing"),
        ({"AmountDue": -1.0}, "AmountDue is negative"),
        ({"AmountDue": 108.26}, "AmountDue is more than Total"),
        ({"AmountDue": 99.999}, "finer than the minor unit"),
        ({"CurrencyCode": "JPY"}, "finer than the minor unit"),
        ({"Total": 1e15, "AmountDue": 1e15}, "too large"),
        ({"DueDate": "2026-03-01T00:00:00"}, "not a date as Xero writes it"),
        ({"DueDate": "/Date(99999999999999999999+0000)/"}, "beyond the calendar"),
        ({"DueDate": "/Date(9999999999999999+0000)/"}, "beyond the calendar"),
        ({"UpdatedDateUTC": ...}, "missing required field `UpdatedDateUTC`"),
        ({"InvoiceID": ...}, "missing required field `InvoiceID`"),
        ({"Contact": ...}, "missing required field `Contact`"),
        ({"Contact": {}}, "missing required field `ContactID`"),
        ({"Total": "a lot"}, "Invalid decimal string"),
        ({"Total": True}, "got `bool`"),
        ({"Status": None}, "got `null`"),
        ({"Payments": [{"PaymentID": "p", "Amount": 0.001}]}, "finer than the minor unit"),
    ],
)
def test_what_is_not_understood_is_rejected_with_its_reason(invoice, changed, reason) -> None:
    assert reason in invoice(**changed)


@pytest.mark.parametrize("absent", [..., None])
def test_an_absent_due_date_is_unknown(invoice, absent) -> None:
    assert invoice(DueDate=absent).due_on is None


def test_a_promise_to_pay_is_the_expected_day(documents, invoice) -> None:
    promised = documents.date(datetime(2026, 5, 4, tzinfo=UTC))
    assert invoice(ExpectedPaymentDate=promised).expected_on == date(2026, 5, 4)


def test_a_day_is_never_moved_by_a_zone(invoice) -> None:
    assert invoice(DueDate="/Date(1772323200000+1300)/").due_on == date(2026, 3, 1)


def test_a_day_before_the_epoch_is_a_day(invoice) -> None:
    assert invoice(Date="/Date(-86400000+0000)/").issued_on == date(1969, 12, 31)


@pytest.mark.parametrize("amount", ["100.00", 100, 100.0])
def test_an_amount_is_exact_however_it_is_written(invoice, amount) -> None:
    assert invoice(AmountDue=amount).due_minor == 10000


def test_yen_have_no_minor_unit_and_dinars_have_three_digits(invoice) -> None:
    assert invoice(CurrencyCode="JPY", Total=500, AmountDue=500.0, Payments=[]).due_minor == 500
    assert invoice(CurrencyCode="KWD", Total=1.25, AmountDue=1.125, Payments=[]).due_minor == 1125


def test_an_empty_number_or_reference_is_none(invoice) -> None:
    read = invoice(InvoiceNumber="", Reference="")
    assert (read.number, read.reference) == (None, None)


def test_everything_put_against_an_invoice_is_an_allocation(documents, invoice) -> None:
    applied = {"AppliedAmount": 5.0, "Date": documents.date(datetime(2026, 3, 3, tzinfo=UTC))}
    read = invoice(
        CreditNotes=[{"CreditNoteID": "c", **applied}],
        Overpayments=[{"OverpaymentID": "o", **applied}],
        Prepayments=[{"PrepaymentID": "p", **applied}],
    )
    assert [(a.source, a.source_id, a.amount_minor, a.applied_on) for a in read.allocations] == [
        ("payment", documents.guid(901), 825, date(2026, 3, 2)),
        ("credit_note", "c", 500, date(2026, 3, 3)),
        ("overpayment", "o", 500, date(2026, 3, 3)),
        ("prepayment", "p", 500, date(2026, 3, 3)),
    ]
    assert {a.invoice_id for a in read.allocations} == {read.id}


def test_lists_that_xero_leaves_out_are_empty(invoice) -> None:
    assert invoice(Payments=..., CreditNotes=..., Overpayments=..., Prepayments=...).allocations == ()


@pytest.mark.parametrize(
    "changed", [{"CreditNotes": [{"CreditNoteID": "c"}]}, {"Payments": [{"PaymentID": "p"}]}], ids=str
)
def test_an_allocation_without_an_amount_makes_them_unknown(invoice, changed) -> None:
    assert invoice(**changed).allocations is None


def test_a_summary_does_not_tell_the_allocations(documents, read_one) -> None:
    summary = read_one(INVOICE_SUMMARIES, "Invoices", documents.invoice(Payments=...))
    assert summary.allocations is None
    assert summary.due_minor == 10000


def test_a_contact_is_read_with_the_persons_who_want_mail(documents, contact) -> None:
    read = contact()
    assert (read.id, read.name, read.status) == (documents.guid(501), "A customer", ContactStatus.ACTIVE)
    assert (read.email, read.cc) == ("accounts@customer.example", ("bo@customer.example",))
    assert (read.first_name, read.country, read.merged_into) == ("Ada", "New Zealand", None)


@pytest.mark.parametrize("absent", [..., None, "", "  "])
def test_a_contact_without_an_address_has_none(contact, absent) -> None:
    assert contact(EmailAddress=absent).email is None


@pytest.mark.parametrize("word", ["ARCHIVED", "GDPRREQUEST"])
def test_a_contact_that_is_put_away_is_archived(contact, word) -> None:
    assert contact(ContactStatus=word).status is ContactStatus.ARCHIVED


def test_a_merged_contact_names_the_one_that_remains(documents, contact) -> None:
    read = contact(ContactStatus="ARCHIVED", MergedToContactID=documents.guid(502))
    assert read.merged_into == documents.guid(502)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ContactStatus": "ASLEEP"}, "ContactStatus 'ASLEEP' is unknown"),
        ({"ContactStatus": ...}, "missing required field `ContactStatus`"),
        ({"Name": " "}, "Name is empty"),
        ({"ContactPersons": [{"IncludeInEmails": "yes"}]}, "Expected `bool | null`"),
    ],
)
def test_a_contact_that_is_not_understood_is_rejected(contact, changed, reason) -> None:
    assert reason in contact(**changed)


def test_a_credit_note_has_what_remains_of_it(documents, credit_note) -> None:
    read = credit_note()
    assert (read.id, read.kind, read.number) == (documents.guid(1), CreditKind.CREDIT_NOTE, "CN-0001")
    assert (read.status, read.total_minor, read.remaining_minor) == (DocumentStatus.VALID, 3450, 3250)
    assert (read.contact_id, read.dated_on) == (documents.guid(501), date(2026, 3, 5))


@pytest.mark.parametrize(
    ("word", "status"),
    [("PAID", DocumentStatus.VALID), ("VOIDED", DocumentStatus.VOID), ("DELETED", DocumentStatus.DELETED)],
)
def test_a_settled_credit_has_nothing_left_whatever_it_says(credit_note, word, status) -> None:
    read = credit_note(Status=word, RemainingCredit=32.5)
    assert (read.status, read.remaining_minor) == (status, 0)


@pytest.mark.parametrize("changed", [{"Type": "ACCPAYCREDIT"}, {"Status": "DRAFT"}, {"Status": "SUBMITTED"}], ids=str)
def test_suppliers_credit_and_drafts_are_ignored(credit_note, changed) -> None:
    assert credit_note(**changed) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"Type": "ACCNEWCREDIT"}, "Type 'ACCNEWCREDIT' is unknown"),
        ({"Status": "HALF"}, "Status 'HALF' is unknown"),
        ({"RemainingCredit": ...}, "RemainingCredit is missing"),
        ({"RemainingCredit": -0.01}, "RemainingCredit is negative"),
        ({"CurrencyCode": "???"}, "unknown currency"),
    ],
)
def test_a_credit_that_is_not_understood_is_rejected(credit_note, changed, reason) -> None:
    assert reason in credit_note(**changed)


def test_a_credit_note_without_a_number_has_none(credit_note) -> None:
    assert credit_note(CreditNoteNumber=...).number is None


@pytest.mark.parametrize(
    ("kind", "ours"),
    [("RECEIVE-OVERPAYMENT", True), ("AROVERPAYMENT", True), ("SPEND-OVERPAYMENT", False)],
)
def test_only_customers_overpayments_count(documents, read_one, kind, ours) -> None:
    read = read_one(OVERPAYMENTS, "Overpayments", documents.overpayment(Type=kind))
    assert (read is not None) is ours
    assert read is None or read.kind is CreditKind.OVERPAYMENT


@pytest.mark.parametrize(
    ("kind", "ours"),
    [("RECEIVE-PREPAYMENT", True), ("ARPREPAYMENT", True), ("SPEND-PREPAYMENT", False), ("APPREPAYMENT", False)],
)
def test_only_customers_prepayments_count(documents, read_one, kind, ours) -> None:
    read = read_one(PREPAYMENTS, "Prepayments", documents.prepayment(Type=kind))
    assert (read is not None) is ours
    assert read is None or read.kind is CreditKind.PREPAYMENT


def test_of_a_megabyte_in_any_field_people_fill_in_the_mirror_keeps_the_beginning(invoice, contact) -> None:
    huge = "M" * 1_000_000
    cut = "M" * LONGEST_TEXT + "…"

    read, customer = invoice(InvoiceNumber=huge, Reference=huge), contact(Name=huge, FirstName=huge)

    assert (read.number, read.reference, customer.name, customer.first_name) == (cut, cut, cut, cut)


def test_no_address_is_taken_from_a_field_that_was_cut(contact) -> None:
    read = contact(EmailAddress="bo@buyer.example, " * 60_000)

    assert (len(read.email), usable_addresses(read.email)) == (LONGEST_TEXT + 1, ())
