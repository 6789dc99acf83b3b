"""What QuickBooks' words mean, and which of them are too few."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.quickbooks import mapping
from connectors.quickbooks.mapping import Unreadable
from connectors.quickbooks.wire import CreditMemoRow, CustomerRow, InvoiceRow, PaymentRow
from state.addresses import usable_addresses
from state.model import Allocation, Contact, ContactStatus, Credit, CreditKind, DocumentStatus, Invoice, Payment
from state.model import InvoiceStatus as Status
from state.plain_text import LONGEST_TEXT


def no_home() -> str | None:
    return None


def usd_only() -> str | None:
    return "USD"


def decoded(record: dict[str, Any], shape: type) -> Any:
    return msgspec.json.decode(json.dumps(record), type=shape)


def invoice(record: dict[str, Any]) -> Invoice:
    return mapping.invoice(decoded(record, InvoiceRow), no_home)


def payment(record: dict[str, Any]) -> Payment:
    return mapping.payment(decoded(record, PaymentRow), no_home)


def credit(record: dict[str, Any]) -> Credit:
    return mapping.credit_memo(decoded(record, CreditMemoRow), no_home)


def customer(record: dict[str, Any]) -> Contact:
    return mapping.customer(decoded(record, CustomerRow), no_home)


def test_an_open_invoice_keeps_amounts_days_and_stamp(wire: Any) -> None:
    read = invoice(wire.invoice(SyncToken="3"))
    assert (read.status, read.total_minor, read.due_minor, read.currency) == (Status.OPEN, 36207, 23900, "USD")
    assert (read.issued_on, read.due_on) == (date(2026, 1, 15), date(2026, 2, 14))
    assert read.updated_at == datetime(2026, 1, 15, 17, 30, tzinfo=UTC)
    assert (read.number, read.contact_id, read.version, read.allocations) == ("INV-130", "7", "3", None)


def test_nothing_left_to_pay_is_paid(wire: Any) -> None:
    assert invoice(wire.invoice(Balance=0)).status is Status.PAID


def test_a_void_invoice_is_not_paid(wire: Any) -> None:
    voided = wire.invoice(TotalAmt=0, Balance=0, PrivateNote="Voided - duplicate of 129", SyncToken="1")
    assert invoice(voided).status is Status.VOID


def test_a_free_invoice_is_not_void(wire: Any) -> None:
    assert invoice(wire.invoice(TotalAmt=0, Balance=0, PrivateNote="sample, no charge")).status is Status.PAID


def test_a_note_that_begins_with_voided_does_not_void_an_open_invoice(wire: Any) -> None:
    assert invoice(wire.invoice(PrivateNote="Voided the first cheque")).status is Status.OPEN


def test_the_newer_status_field_voids_too(wire: Any) -> None:
    assert invoice(wire.invoice(TotalAmt=0, Balance=0, invoiceStatus="VOIDED")).status is Status.VOID


@pytest.mark.parametrize("field", ["Id", "SyncToken", "MetaData", "TotalAmt", "Balance", "CustomerRef"])
def test_an_invoice_without_what_must_be_known_is_refused(wire: Any, field: str) -> None:
    with pytest.raises(Unreadable, match=field):
        invoice(wire.invoice(**{field: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"Balance": -1},
        {"Balance": 10.005},
        {"Balance": "NaN"},
        {"Balance": "Infinity"},
        {"TotalAmt": 1e30, "Balance": -1},
        {"CurrencyRef": {"value": "XXQ"}},
        {"CustomerRef": {"name": "Nobody"}},
        {"CustomerRef": {"value": ""}},
    ],
)
def test_an_invoice_that_contradicts_itself_is_refused(wire: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        invoice(wire.invoice(**changes))


def test_amounts_are_exact(wire: Any) -> None:
    text = json.dumps(wire.invoice()).replace("239.0", "0.10").replace("362.07", "90071992547409.91")
    read = mapping.invoice(msgspec.json.decode(text, type=InvoiceRow), no_home)
    assert (read.due_minor, read.total_minor) == (10, 9007199254740991)


def test_a_currency_without_cents_has_none(wire: Any) -> None:
    yen = wire.invoice(CurrencyRef={"value": "JPY"}, TotalAmt=5000, Balance=1200)
    assert invoice(yen).due_minor == 1200


def test_a_missing_currency_is_the_companys_only_one(wire: Any) -> None:
    row = decoded(wire.invoice(CurrencyRef=None), InvoiceRow)
    assert mapping.invoice(row, usd_only).currency == "USD"


def test_a_missing_currency_among_several_is_refused(wire: Any) -> None:
    with pytest.raises(Unreadable, match="CurrencyRef"):
        invoice(wire.invoice(CurrencyRef=None))


@pytest.mark.parametrize("changes", [{"EInvoiceStatus": "Disputed"}, {"invoiceStatus": "DISPUTED"}])
def test_a_dispute_is_seen_in_either_field(wire: Any, changes: dict[str, Any]) -> None:
    assert invoice(wire.invoice(**changes)).disputed


def test_a_scheduled_payment_is_seen(wire: Any) -> None:
    assert invoice(wire.invoice(ScheduledPaymentId="ca1f")).payment_scheduled
    assert not invoice(wire.invoice()).payment_scheduled


@pytest.mark.parametrize("field", ["a@x.example", "a@x.example, b@x.example;c@x.example", "Ann <a@x.example>"])
def test_an_address_field_is_handed_on_as_it_was_typed(wire: Any, field: str) -> None:
    assert invoice(wire.invoice(BillEmail={"Address": field})).billed_to == (field,)


@pytest.mark.parametrize("email", [{"Address": ""}, {}])
def test_an_empty_address_field_is_no_address(wire: Any, email: dict[str, str]) -> None:
    assert invoice(wire.invoice(BillEmail=email)).billed_to == ()


def test_a_customer_is_a_contact(wire: Any) -> None:
    record = wire.customer(PrimaryEmailAddr={"Address": "a@x.example, b@x.example"}, ParentRef={"value": "3"})
    read = customer(record)
    assert (read.email, read.cc, read.parent_id) == ("a@x.example, b@x.example", (), "3")
    assert (read.name, read.first_name, read.country) == ("Harbour Kiosk", "Rosa", "USA")


@pytest.mark.parametrize(
    ("changes", "owes"),
    [
        ({"Balance": 119.5, "CurrencyRef": {"value": "USD"}}, (11950, "USD")),
        ({"Balance": -20, "CurrencyRef": {"value": "USD"}}, (-2000, "USD")),
        ({"Balance": 119.5, "CurrencyRef": {"value": "USD"}, "BillWithParent": False}, (11950, "USD")),
        ({"Balance": 119.5, "CurrencyRef": {"value": "USD"}, "BillWithParent": True}, (None, "USD")),
        ({"Balance": 119.5}, (None, None)),
        ({"CurrencyRef": {"value": "USD"}}, (None, "USD")),
    ],
)
def test_what_a_customer_owes_is_known_with_its_currency_or_not_at_all(
    wire: Any, changes: dict[str, Any], owes: tuple[int | None, str | None]
) -> None:
    read = customer(wire.customer(**changes))
    assert (read.owes_minor, read.currency) == owes


def test_a_customer_whose_balance_is_no_amount_of_its_currency_is_refused(wire: Any) -> None:
    with pytest.raises(Unreadable):
        customer(wire.customer(Balance=119.505, CurrencyRef={"value": "USD"}))


def test_an_inactive_customer_is_archived(wire: Any) -> None:
    assert customer(wire.customer(Active=False)).status is ContactStatus.ARCHIVED


def test_a_customer_without_an_address_is_still_a_contact(wire: Any) -> None:
    assert customer(wire.customer(PrimaryEmailAddr=None, BillAddr=None, GivenName=None)).email is None


@pytest.mark.parametrize("changes", [{"Active": None}, {"DisplayName": None, "FullyQualifiedName": None}])
def test_a_customer_of_unknown_standing_is_refused(wire: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        customer(wire.customer(**changes))


def test_a_payment_is_put_against_its_invoices(wire: Any) -> None:
    read = payment(
        wire.payment(
            TotalAmt=150, UnappliedAmt=10, Line=[wire.line("100.00", Invoice="1"), wire.line("40.00", Invoice="2")]
        )
    )
    assert [(part.source, part.source_id, part.invoice_id, part.amount_minor) for part in read.allocations] == [
        ("payment", "210", "1", 10000),
        ("payment", "210", "2", 4000),
    ]
    assert (read.amount_minor, read.unapplied_minor, read.status) == (15000, 1000, DocumentStatus.VALID)


def test_an_applied_credit_memo_is_named_as_the_source(wire: Any) -> None:
    lines = [wire.line("40.00", Invoice="1"), wire.line("40.00", CreditMemo="310")]
    (part,) = payment(wire.payment(TotalAmt=0, Line=lines)).allocations
    assert part == Allocation("credit_note", "310", "1", 4000, date(2026, 2, 20))


def parts(lines: list[Any], wire: Any, **changes: Any) -> set[tuple[str, str, str, int]]:
    read = payment(wire.payment(Line=lines, **changes))
    return {(one.source, one.source_id, one.invoice_id, one.amount_minor) for one in read.allocations}


def test_credit_and_money_for_one_invoice_are_told_apart(wire: Any) -> None:
    lines = [wire.line("100.00", Invoice="1"), wire.line("30.00", CreditMemo="310")]
    assert parts(lines, wire, TotalAmt=70) == {
        ("credit_note", "310", "1", 3000),
        ("payment", "210", "1", 7000),
    }


def test_one_memo_over_several_invoices_is_their_source(wire: Any) -> None:
    lines = [wire.line("10.00", Invoice="1"), wire.line("20.00", Invoice="2"), wire.line("30.00", CreditMemo="310")]
    assert parts(lines, wire, TotalAmt=0) == {("credit_note", "310", "1", 1000), ("credit_note", "310", "2", 2000)}


def test_memos_and_invoices_pair_by_an_amount_nobody_else_has(wire: Any) -> None:
    lines = [
        wire.line("10.00", Invoice="1"),
        wire.line("20.00", Invoice="2"),
        wire.line("10.00", CreditMemo="310"),
        wire.line("20.00", CreditMemo="311"),
    ]
    assert parts(lines, wire, TotalAmt=0) == {("credit_note", "310", "1", 1000), ("credit_note", "311", "2", 2000)}


def test_memos_that_do_not_pair_leave_the_payment_as_source(wire: Any) -> None:
    lines = [
        wire.line("10.00", Invoice="1"),
        wire.line("20.00", Invoice="2"),
        wire.line("15.00", CreditMemo="310"),
        wire.line("15.00", CreditMemo="311"),
    ]
    assert parts(lines, wire, TotalAmt=0) == {("payment", "210", "1", 1000), ("payment", "210", "2", 2000)}


def test_lines_for_other_documents_pay_no_invoice(wire: Any) -> None:
    lines = [wire.line("10.00", JournalEntry="9"), {"Amount": 5.0}]
    assert parts(lines, wire) == set()


def test_two_lines_for_one_invoice_are_one_allocation(wire: Any) -> None:
    assert parts([wire.line("10.00", Invoice="1"), wire.line("5.00", Invoice="1")], wire) == {
        ("payment", "210", "1", 1500)
    }


@pytest.mark.parametrize(
    "line",
    [
        {"LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]},
        {"Amount": 5.0, "LinkedTxn": [{"TxnId": "1"}]},
        {"Amount": 5.0, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}, {"TxnId": "2", "TxnType": "Invoice"}]},
        {"Amount": 5.001, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]},
    ],
)
def test_a_payment_line_in_doubt_is_refused(wire: Any, line: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        payment(wire.payment(Line=[line]))


@pytest.mark.parametrize("field", ["TotalAmt", "UnappliedAmt", "CustomerRef", "Id", "MetaData"])
def test_a_payment_without_what_must_be_known_is_refused(wire: Any, field: str) -> None:
    with pytest.raises(Unreadable, match=field):
        payment(wire.payment(**{field: None}))


def test_a_void_payment_is_void(wire: Any) -> None:
    record = wire.payment(TotalAmt=0, UnappliedAmt=0, PrivateNote="Voided", Line=[])
    assert payment(record).status is DocumentStatus.VOID


def test_applying_a_credit_is_not_a_void_payment(wire: Any) -> None:
    lines = [wire.line("40.00", Invoice="1"), wire.line("40.00", CreditMemo="310")]
    record = wire.payment(TotalAmt=0, PrivateNote="Voided cheque replaced by credit", Line=lines)
    assert payment(record).status is DocumentStatus.VALID


def test_a_payment_says_when_it_was_entered(wire: Any) -> None:
    stamps = {"CreateTime": "2026-01-15T09:30:00-08:00", "LastUpdatedTime": "2026-03-03T09:30:00-08:00"}
    assert payment(wire.payment(MetaData=stamps)).entered_at == datetime(2026, 1, 15, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize("created", [{}, {"CreateTime": "0001-01-01T00:00:00+14:00"}])
def test_nobody_knows_when_a_payment_without_a_usable_stamp_was_entered(wire: Any, created: dict[str, str]) -> None:
    stamps = {"LastUpdatedTime": "2026-03-03T09:30:00-08:00", **created}
    assert payment(wire.payment(MetaData=stamps)).entered_at is None


def test_the_rest_of_a_payment_is_a_credit(wire: Any) -> None:
    rest = mapping.unapplied(payment(wire.payment(UnappliedAmt=10)))
    assert (rest.kind, rest.id, rest.remaining_minor) == (CreditKind.UNAPPLIED_PAYMENT, "210", 1000)


def test_a_payment_without_a_rest_is_no_credit(wire: Any) -> None:
    assert mapping.unapplied(payment(wire.payment())) is None


def test_a_credit_memo_keeps_what_remains(wire: Any) -> None:
    read = credit(wire.credit_memo())
    assert (read.kind, read.remaining_minor, read.total_minor) == (CreditKind.CREDIT_NOTE, 4000, 10000)
    assert read.remaining.amount == Decimal(40)


def test_balance_stands_in_for_a_missing_remaining_credit(wire: Any) -> None:
    assert credit(wire.credit_memo(RemainingCredit=None, Balance=12.5)).remaining_minor == 1250


@pytest.mark.parametrize("changes", [{"RemainingCredit": None, "Balance": None}, {"TotalAmt": None}])
def test_a_credit_memo_of_unknown_worth_is_refused(wire: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        credit(wire.credit_memo(**changes))


def test_a_void_credit_memo_is_void(wire: Any) -> None:
    record = wire.credit_memo(TotalAmt=0, RemainingCredit=0, Balance=0, PrivateNote="Voided")
    assert credit(record).status is DocumentStatus.VOID


def test_of_a_megabyte_in_any_field_people_fill_in_the_mirror_keeps_the_beginning(wire: Any) -> None:
    huge = "M" * 1_000_000
    cut = "M" * LONGEST_TEXT + "…"

    read = invoice(wire.invoice(DocNumber=huge, BillEmail={"Address": huge}))
    known = customer(wire.customer(DisplayName=huge, GivenName=huge))

    assert (read.number, read.billed_to, known.name, known.first_name) == (cut, (cut,), cut, cut)


def test_no_address_is_taken_from_a_field_that_was_cut(wire: Any) -> None:
    read = customer(wire.customer(PrimaryEmailAddr={"Address": "bo@buyer.example, " * 60_000}))

    assert (len(read.email or ""), usable_addresses(read.email)) == (LONGEST_TEXT + 1, ())
