"""Payments and credits on Xero's wire: what they are called, where they hide, what is left of a deleted one."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from truth.xero_truth import Tenant, connected, peopled_world


@pytest.fixture
def xero() -> Iterator[Tenant]:
    with connected(peopled_world()) as tenant:
        yield tenant


def invoice_of(xero: Tenant, number: str) -> Any:
    return next(one for one in xero.get("Invoices?page=1")["Invoices"] if one["InvoiceNumber"] == number)


def payments(xero: Tenant) -> list[Any]:
    found: list[Any] = xero.get("Payments?page=1")["Payments"]
    return found


def test_a_deleted_payment_stays_in_the_list_with_its_invoice(xero: Tenant) -> None:
    gone = [payment for payment in payments(xero) if payment["Status"] == "DELETED"]
    assert [payment["Amount"] for payment in gone] == [5]
    invoice = xero.get(f"Invoices/{gone[0]['Invoice']['InvoiceID']}")["Invoices"][0]
    assert invoice["Payments"] == []


def test_one_receipt_for_two_invoices_is_a_batch(xero: Tenant) -> None:
    batched = [payment for payment in payments(xero) if "BatchPaymentID" in payment]
    assert sorted(payment["Amount"] for payment in batched) == [20, 30]
    assert len({payment["BatchPaymentID"] for payment in batched}) == 1
    assert batched[0]["BatchPayment"]["TotalAmount"] == 50


def test_a_single_payment_shows_the_batch_where_its_nested_payment_should_be(xero: Tenant) -> None:
    listed = next(payment for payment in payments(xero) if "BatchPaymentID" in payment)
    single = xero.get(f"Payments/{listed['PaymentID']}")["Payments"][0]
    assert [nested["PaymentID"] for nested in single["Invoice"]["Payments"]] == [listed["BatchPaymentID"]]
    in_list = invoice_of(xero, single["Invoice"]["InvoiceNumber"])["Payments"][0]
    assert (in_list["PaymentID"], in_list["BatchPaymentID"]) == (listed["PaymentID"], listed["BatchPaymentID"])


def test_what_a_receipt_leaves_over_is_an_overpayment(xero: Tenant) -> None:
    left = [one for one in xero.get("Overpayments?page=1")["Overpayments"] if one["RemainingCredit"] == 11]
    assert [(one["Type"], one["Status"]) for one in left] == [("RECEIVE-OVERPAYMENT", "AUTHORISED")]
    assert xero.get(f"Overpayments/{left[0]['OverpaymentID']}")["Overpayments"][0]["Total"] == 11


def test_the_overpayment_of_a_deleted_receipt_is_void(xero: Tenant) -> None:
    receipt = next(one for one in xero.books.payments.values() if one.unapplied)
    xero.books.delete_payment(receipt)
    shown = [one for one in xero.get("Overpayments?page=1")["Overpayments"] if one["Status"] == "VOIDED"]
    assert [one["RemainingCredit"] for one in shown] == [0]


def test_open_credit_is_on_the_contact_and_not_on_the_invoice(xero: Tenant) -> None:
    anna = next(one for one in xero.books.customers.values() if one.email)
    before = xero.get("Invoices?page=1")["Invoices"]
    xero.books.credit(anna, Decimal("500.00"), on=xero.world.clock.now().date())
    assert xero.get("Invoices?page=1")["Invoices"] == before
    assert max(one["RemainingCredit"] for one in xero.get("CreditNotes?page=1")["CreditNotes"]) == 500


def test_allocating_a_credit_moves_both_stamps_to_the_same_millisecond(xero: Tenant) -> None:
    note = next(one for one in xero.books.credits.values() if one.kind == "credit_note" and one.remaining)
    invoice = next(one for one in xero.books.invoices.values() if one.due_amount > 50 and one.currency == "GBP")
    xero.world.clock.advance(timedelta(minutes=1))
    xero.books.apply_credit(note, invoice, Decimal("3.00"), on=invoice.issued)
    shown = xero.get(f"CreditNotes/{note.guid}")["CreditNotes"][0]
    assert shown["UpdatedDateUTC"] == invoice_of(xero, invoice.number)["UpdatedDateUTC"]
    assert shown["Allocations"][-1]["Amount"] == 3
    assert shown["Allocations"][-1]["Invoice"]["InvoiceID"] == invoice.guid


def test_an_applied_credit_is_dated_differently_in_lists_and_singly(xero: Tenant) -> None:
    credited = next(one for one in xero.books.invoices.values() if one.settled and one.credited)
    listed = invoice_of(xero, credited.number)
    single = xero.get(f"Invoices/{credited.guid}")["Invoices"][0]
    assert {note["DateString"] for note in listed["CreditNotes"]} == {"2026-02-10T00:00:00", "2026-02-11T00:00:00"}
    assert {note["DateString"] for note in single["CreditNotes"]} == {"2026-02-01T00:00:00"}
    assert listed["FullyPaidOnDate"] != single["FullyPaidOnDate"]


def test_a_single_invoice_without_credit_notes_does_not_mention_them(xero: Tenant) -> None:
    paid = next(one for one in xero.books.invoices.values() if one.settled and not one.credited)
    single = xero.get(f"Invoices/{paid.guid}")["Invoices"][0]
    assert not {"CreditNotes", "AmountCredited"} & set(single)
    assert single["Contact"]["EmailAddress"] == "anna@quill.example"


def test_rates_of_payments_are_often_zero_and_foreign_ones_never(xero: Tenant) -> None:
    rates = {payment["Invoice"]["CurrencyCode"]: set() for payment in payments(xero)}
    for payment in payments(xero):
        rates[payment["Invoice"]["CurrencyCode"]].add(payment["CurrencyRate"])
    assert 0 in rates["GBP"]
    assert rates["EUR"] == {Decimal("1.17")}
