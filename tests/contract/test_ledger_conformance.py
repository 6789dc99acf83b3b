"""One suite for every ledger: in memory, Xero through the sandbox, QuickBooks through the sandbox.

Whatever holds here holds for everything above `Ledger`. Documents are told apart by invoice number, because each
ledger names them in its own way.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from conformance import Bench

from connectors.ledger import KnownCredits, LedgerError
from connectors.sandbox.documents import Line
from state.model import ContactStatus, InvoiceStatus

ISSUED = date(2026, 2, 2)


def test_the_organisation_names_the_company_and_its_currency(bench: Bench) -> None:
    organisation = bench.ledger.organisation()

    assert (organisation.name, organisation.currency) == (bench.books.company.name, bench.books.company.currency)


def test_a_first_pull_brings_every_sales_invoice(bench: Bench) -> None:
    numbers = {bench.invoice(f"{amount}.00").number for amount in range(100, 130)}

    assert set(bench.pull()) >= numbers


def test_an_open_invoice_arrives_with_what_is_due_when_and_from_whom(bench: Bench) -> None:
    document = bench.invoice("250.10")

    invoice = bench.pull()[document.number]

    assert (invoice.status, invoice.due_minor, invoice.total_minor) == (InvoiceStatus.OPEN, 25010, 25010)
    assert (invoice.due_on, invoice.issued_on) == (document.due, document.issued)
    assert bench.contacts()[invoice.contact_id].name == bench.customer.name


def test_a_second_pull_without_changes_moves_the_cursor_and_loses_nothing(bench: Bench) -> None:
    document = bench.invoice("10.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    bench.pull()
    bench.let_pass(timedelta(hours=1))

    assert document.number not in bench.pull()


def test_a_payment_in_full_makes_the_invoice_paid(bench: Bench) -> None:
    document = bench.invoice("80.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    bench.pay(document, "80.00")

    assert bench.pull()[document.number].status is InvoiceStatus.PAID


def test_a_part_payment_leaves_the_rest_due(bench: Bench) -> None:
    document = bench.invoice("80.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    bench.pay(document, "30.00")

    invoice = bench.pull()[document.number]

    assert (invoice.status, invoice.due_minor) == (InvoiceStatus.OPEN, 5000)


def test_a_deleted_payment_makes_the_invoice_due_again(bench: Bench) -> None:
    document = bench.invoice("80.00")
    payment = bench.pay(document, "80.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    bench.books.delete_payment(payment)

    assert bench.pull()[document.number].due_minor == 8000


def test_an_applied_credit_note_reduces_what_is_due(bench: Bench) -> None:
    document = bench.invoice("80.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    credit = bench.books.credit(bench.customer, Decimal("50.00"), on=ISSUED)
    bench.books.apply_credit(credit, document, Decimal("50.00"), on=ISSUED)

    assert bench.pull()[document.number].due_minor == 3000


def test_a_void_invoice_is_void_and_not_paid(bench: Bench) -> None:
    document = bench.invoice("80.00")
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    bench.books.void_invoice(document)

    invoice = bench.pull()[document.number]

    assert (invoice.status, invoice.due_minor) == (InvoiceStatus.VOID, 0)


def test_a_deleted_invoice_is_reported(bench: Bench) -> None:
    document = bench.invoice("80.00")
    invoice_id = bench.pull()[document.number].id
    bench.let_pass(timedelta(hours=1))
    bench.books.delete_invoice(document)

    assert invoice_id in bench.pull_ended()


def test_a_draft_is_never_open(bench: Bench) -> None:
    document = bench.books.add_invoice(bench.customer, [line("5.00")], issued=ISSUED, state="draft")

    found = bench.pull().get(document.number)

    assert found is None or found.status is InvoiceStatus.DRAFT


def test_a_purchase_bill_never_arrives(bench: Bench) -> None:
    bill = bench.books.add_invoice(bench.customer, [line("5.00")], issued=ISSUED, bill=True)

    assert bill.number not in bench.pull()


def test_the_comparison_lists_exactly_what_is_open(bench: Bench) -> None:
    still_open, paid = bench.invoice("1.00"), bench.invoice("2.00")
    bench.pay(paid, "2.00")

    listed = {invoice.number for page in bench.ledger.open_invoices() for invoice in page.invoices}

    assert still_open.number in listed
    assert paid.number not in listed


def test_a_live_read_of_many_invoices_returns_each_of_them(bench: Bench) -> None:
    documents = [bench.invoice(f"{amount}.50") for amount in range(1, 121)]
    pulled = bench.pull()

    reading = bench.ledger.read_invoices([pulled[d.number].id for d in documents])

    assert sorted(i.due_minor for i in reading.found.values()) == [amount * 100 + 50 for amount in range(1, 121)]


def test_a_live_read_sees_a_payment_made_a_moment_ago(bench: Bench) -> None:
    document = bench.invoice("80.00")
    invoice_id = bench.pull()[document.number].id
    bench.pay(document, "80.00")

    assert bench.ledger.read_invoices([invoice_id]).found[invoice_id].status is InvoiceStatus.PAID


def test_an_invoice_that_does_not_exist_is_absent_from_a_live_read(bench: Bench) -> None:
    known = bench.pulled("1.00")

    reading = bench.ledger.read_invoices([known, bench.unknown_id])

    assert set(reading.found) == {known}


def test_reading_nothing_asks_nothing(bench: Bench) -> None:
    assert bench.ledger.read_invoices([]).found == {}
    assert bench.ledger.read_contacts([]).found == {}


def test_contacts_arrive_with_their_address(bench: Bench) -> None:
    bench.invoice("1.00")
    contact_id = next(iter(bench.pull().values())).contact_id

    contact = bench.ledger.read_contacts([contact_id]).found[contact_id]

    assert (contact.name, contact.email, contact.status) == (
        bench.customer.name,
        bench.customer.email,
        ContactStatus.ACTIVE,
    )


def test_an_archived_customer_is_not_active(bench: Bench) -> None:
    bench.invoice("1.00")
    contact_id = next(iter(bench.pull().values())).contact_id
    bench.books.edit_customer(bench.customer, archived=True)

    assert bench.ledger.read_contacts([contact_id]).found[contact_id].status is ContactStatus.ARCHIVED


def test_unapplied_credit_is_found_wherever_the_ledger_keeps_it(bench: Bench) -> None:
    bench.books.credit(bench.customer, Decimal("70.00"), on=ISSUED)
    bench.books.credit(bench.customer, Decimal("5.00"), on=ISSUED, kind="overpayment")

    credits = bench.ledger.open_credits(KnownCredits()).credits

    assert sum(credit.remaining_minor for credit in credits) == 7500


def test_credit_that_was_applied_is_no_longer_open(bench: Bench) -> None:
    document = bench.invoice("70.00")
    credit = bench.books.credit(bench.customer, Decimal("70.00"), on=ISSUED)
    bench.books.apply_credit(credit, document, Decimal("70.00"), on=ISSUED)

    assert sum(c.remaining_minor for c in bench.ledger.open_credits(KnownCredits()).credits) == 0


def test_a_note_can_be_read_back_by_its_marker(bench: Bench) -> None:
    invoice_id = bench.pulled("1.00")

    bench.ledger.write_note(invoice_id, "Reminder sent. [dun:abc123]", key="dun-abc123")

    assert any("[dun:abc123]" in note.text for note in bench.ledger.notes(invoice_id))


def test_the_same_note_key_never_writes_twice(bench: Bench) -> None:
    invoice_id = bench.pulled("1.00")
    for _ in range(3):
        bench.ledger.write_note(invoice_id, "Reminder sent. [dun:abc123]", key="dun-abc123")

    assert sum("[dun:abc123]" in note.text for note in bench.ledger.notes(invoice_id)) == 1


def test_notes_of_one_invoice_do_not_show_on_another(bench: Bench) -> None:
    first, second = bench.invoice("1.00"), bench.invoice("2.00")
    pulled = bench.pull()
    bench.ledger.write_note(pulled[first.number].id, "one [dun:a]", key="dun-a")

    assert not any("[dun:a]" in note.text for note in bench.ledger.notes(pulled[second.number].id))


def test_a_note_on_an_invoice_that_does_not_exist_is_an_error_in_words(bench: Bench) -> None:
    with pytest.raises(LedgerError) as caught:
        bench.ledger.write_note(bench.unknown_id, "text [dun:x]", key="dun-x")
    assert str(caught.value)


def test_an_invoice_has_a_pdf(bench: Bench) -> None:
    invoice_id = bench.pulled("1.00")

    pdf = bench.ledger.invoice_pdf(invoice_id)

    assert pdf is not None
    assert pdf.startswith(b"%PDF")


def test_an_invoice_has_a_link_for_paying_online(bench: Bench) -> None:
    invoice_id = bench.pulled("1.00")

    url = bench.ledger.online_invoice_url(invoice_id)

    assert url is None or url.startswith(("https://", "http://127.0.0.1"))


def test_a_hundred_changes_in_one_second_all_arrive(bench: Bench) -> None:
    bench.pull()
    bench.let_pass(timedelta(hours=1))
    numbers = {bench.invoice(f"{amount}.00").number for amount in range(1, 101)}

    assert set(bench.pull()) >= numbers


def test_several_currencies_keep_their_own(bench: Bench) -> None:
    foreign = bench.books.add_customer("Overseas Trading", email="accounts@overseas.example", currency="EUR")
    document = bench.books.add_invoice(foreign, [line("12.34")], issued=ISSUED)

    invoice = bench.pull()[document.number]

    assert (invoice.currency, invoice.due_minor) == ("EUR", 1234)


def line(amount: str) -> Line:
    return Line("Work", Decimal(1), Decimal(amount))
