"""A debt that is given up is booked once, whatever happens on the way, in every ledger.

Faults are those of the wire, so those tests concern the two ledgers that have one.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from conformance import Bench

from connector.read_only import read_only
from connectors.ledger import Forbidden, HalfWritten, Outage, Refused, WriteOffOrder
from connectors.sandbox.documents import Invoice
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault
from state.model import ContactId, InvoiceId, InvoiceStatus

DAY = date(2026, 3, 2)
ACCOUNTS = {"xero": "404", "quickbooks": "2"}
FIRST_WRITE = {"xero": ("/CreditNotes", "PUT"), "quickbooks": ("/creditmemo", "POST")}
SECOND_WRITE = {"xero": ("/Allocations", "PUT"), "quickbooks": ("/payment", "POST")}


over_http = pytest.mark.parametrize("bench", ["xero", "quickbooks"], indirect=True)


def order_for(bench: Bench, number: str, amount_minor: int = 120_00, **changes: Any) -> WriteOffOrder:
    [invoice] = [one for one in bench.pull().values() if one.number == number]
    made = WriteOffOrder(
        key="ABCDEFGHIJKL",
        invoice_id=invoice.id,
        contact_id=invoice.contact_id,
        currency=invoice.currency,
        amount_minor=amount_minor,
        day=DAY,
        words=f"Written off: invoice {number}",
        account=ACCOUNTS[bench.ledger.name],
    )
    return msgspec.structs.replace(made, **changes)


def goes_wrong(bench: Bench, kind: str, write: dict[str, tuple[str, str]]) -> None:
    path, method = write[bench.ledger.name]
    with bench.world.lock:
        raise_fault(bench.world, Fault(bench.ledger.name, kind, 1, path, method))


def booked(bench: Bench) -> list[tuple[str | None, Decimal, Decimal]]:
    """Number, amount and rest of every credit document."""
    return [(credit.number, credit.amount, credit.remaining) for credit in bench.books.credits.values()]


def test_a_write_off_settles_the_invoice_with_a_credit(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)

    bench.ledger.write_off(order, tried=False)

    assert booked(bench) == [("WO-ABCDEFGHIJKL", Decimal("120.00"), Decimal("0.00"))]
    assert document.settled
    assert bench.pull()[document.number].status is InvoiceStatus.PAID


def test_a_write_off_tried_before_is_found_and_not_repeated(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    first = bench.ledger.write_off(order, tried=False)

    again = bench.ledger.write_off(order, tried=True)

    assert again == first
    assert len(booked(bench)) == 1


def test_another_amount_than_is_due_is_refused_before_anything_is_written(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    bench.pay(document, "20.00")

    with pytest.raises(Refused, match="another amount is due"):
        bench.ledger.write_off(order, tried=False)

    assert booked(bench) == []


def test_an_invoice_paid_meanwhile_is_not_written_off(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    bench.pay(document, "120.00")

    with pytest.raises(Refused, match="is paid"):
        bench.ledger.write_off(order, tried=True)

    assert booked(bench) == []


@pytest.mark.parametrize("cents", [1, 7, 29, 12_34, 99_999_99])
def test_every_amount_arrives_to_the_cent(bench: Bench, cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    document = bench.invoice(f"{amount:.2f}")

    bench.ledger.write_off(order_for(bench, document.number, amount_minor=cents), tried=False)

    assert booked(bench) == [("WO-ABCDEFGHIJKL", amount, Decimal("0.00"))]


@over_http
@pytest.mark.parametrize("write", [FIRST_WRITE, SECOND_WRITE], ids=["the document", "its application"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncated"])
def test_an_answer_that_was_lost_is_made_good_by_the_next_attempt(
    bench: Bench, kind: str, write: dict[str, tuple[str, str]]
) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    goes_wrong(bench, kind, write)
    with pytest.raises(Outage):
        bench.ledger.write_off(order, tried=False)

    bench.ledger.write_off(order, tried=True)

    assert booked(bench) == [("WO-ABCDEFGHIJKL", Decimal("120.00"), Decimal("0.00"))]
    assert document.settled


@over_http
def test_what_stands_is_found_when_no_key_is_remembered_any_more(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    goes_wrong(bench, "drop_after", FIRST_WRITE)
    with pytest.raises(Outage):
        bench.ledger.write_off(order, tried=False)
    bench.let_pass(timedelta(minutes=20))

    bench.ledger.write_off(order, tried=True)

    assert len(booked(bench)) == 1
    assert document.settled


@over_http
def test_an_account_that_does_not_exist_is_refused_and_nothing_is_written(bench: Bench) -> None:
    document = bench.invoice("120.00")

    key = "item" if bench.ledger.name == "quickbooks" else "account"
    with pytest.raises(Refused, match=rf"999 \(`{key}` in \[policy\.write_off\]\)"):
        bench.ledger.write_off(order_for(bench, document.number, account="999"), tried=False)

    assert (booked(bench), document.settled) == ([], False)


@over_http
def test_a_document_that_could_not_be_applied_is_told_apart_from_nothing_written(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    goes_wrong(bench, "drop_after", FIRST_WRITE)
    with pytest.raises(Outage):
        bench.ledger.write_off(order, tried=False)
    bench.pay(document, "120.00")

    with pytest.raises(HalfWritten, match="WO-ABCDEFGHIJKL"):
        bench.ledger.write_off(order, tried=True)


@over_http
def test_a_document_that_somebody_voided_is_not_written_again(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    goes_wrong(bench, "drop_after", FIRST_WRITE)
    with pytest.raises(Outage):
        bench.ledger.write_off(order, tried=False)
    [credit] = bench.books.credits.values()
    bench.books.void_credit(credit)

    with pytest.raises(Refused, match="was voided"):
        bench.ledger.write_off(order, tried=True)

    assert len(bench.books.credits) == 1


@over_http
def test_a_closed_period_is_refused(bench: Bench) -> None:
    document = bench.invoice("120.00")
    order = order_for(bench, document.number)
    bench.books.company.closed_until = DAY

    with pytest.raises(Refused):
        bench.ledger.write_off(order, tried=False)

    assert booked(bench) == []


def test_a_read_only_client_writes_nothing_off(bench: Bench) -> None:
    document: Invoice = bench.invoice("120.00")
    order = order_for(bench, document.number)

    with pytest.raises(Forbidden):
        read_only(bench.ledger).write_off(order, tried=False)

    assert booked(bench) == []


def test_an_invoice_that_does_not_exist_is_refused_in_words(bench: Bench) -> None:
    order = order_for(bench, bench.invoice("120.00").number)

    with pytest.raises(Refused, match="does not return"):
        bench.ledger.write_off(
            msgspec.structs.replace(order, invoice_id=InvoiceId(bench.unknown_id), contact_id=ContactId("x")),
            tried=False,
        )
