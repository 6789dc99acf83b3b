"""One bad record costs itself and never its page, whatever is wrong with it."""

import json
from typing import Any

import pytest

from connectors.ledger import BadData
from connectors.quickbooks.decode import ChangesAnswer, decode_page, decode_rows, envelope
from state.model import Rejected


def page_of(wire: Any, entity: str, *rows: Any, **changes: Any) -> Any:
    return decode_page(json.dumps({**wire.query(**{entity: list(rows)}), **changes}).encode(), lambda: "USD").page


def only_rejected(page: Any) -> Rejected:
    [bad] = page.rejected
    return bad


@pytest.mark.parametrize("field", ["DocNumber", "CustomerMemo", "PrivateNote"])
@pytest.mark.parametrize("half", [chr(0xD83D), chr(0xDE00), 2 * chr(0xD83D)])
def test_half_a_character_costs_nothing_but_itself(wire: Any, field: str, half: str) -> None:
    page = page_of(wire, "Invoice", wire.invoice("1"), wire.invoice("2", **{field: f"thanks {half}"}))
    assert ([one.id for one in page.invoices], page.rejected) == (["1", "2"], [])


def test_half_a_character_in_the_change_feed_costs_nothing_but_itself(wire: Any) -> None:
    body = json.dumps(wire.changes(Customer=[wire.customer("7", DisplayName="Kiosk \ud83d")])).encode()
    [response] = envelope(body, ChangesAnswer).responses
    [customer] = decode_rows(response.parts()[0], lambda: "USD").page.contacts
    assert customer.name == "Kiosk \ufffd"


@pytest.mark.parametrize("amount", [1e20, 99999999999999999999, 90071992547409.93])
def test_an_amount_that_the_mirror_cannot_hold_costs_its_invoice(wire: Any, amount: float) -> None:
    page = page_of(wire, "Invoice", wire.invoice("1"), wire.invoice("2", TotalAmt=amount, Balance=amount))
    assert [one.id for one in page.invoices] == ["1"]
    assert "too large" in only_rejected(page).reason


def test_a_record_that_cannot_be_read_keeps_its_name(wire: Any) -> None:
    invoice = page_of(wire, "Invoice", wire.invoice("2", TotalAmt=None))
    customer = page_of(wire, "Customer", wire.customer("7", DisplayName="Kiosk", MetaData=None))

    assert (only_rejected(invoice).name, only_rejected(customer).name) == ("INV-2", "Kiosk")


def test_an_allocation_that_the_mirror_cannot_hold_costs_its_payment(wire: Any) -> None:
    page = page_of(wire, "Payment", wire.payment("1"), wire.payment("2", Line=[wire.line("1e20", Invoice="130")]))
    assert [one.id for one in page.payments] == ["1"]
    assert "too large" in only_rejected(page).reason


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59-07:00", "0001-01-01T00:00:00+02:00"])
@pytest.mark.parametrize("status", [None, "Deleted"])
def test_a_stamp_beyond_the_calendar_costs_its_record(wire: Any, stamp: str, status: str | None) -> None:
    odd = wire.invoice("2", MetaData={"LastUpdatedTime": stamp}, status=status)
    page = page_of(wire, "Invoice", wire.invoice("1"), odd)
    assert [one.id for one in page.invoices] == ["1"]
    assert only_rejected(page).id == "2"


def test_a_stamp_beyond_the_calendar_is_no_place_to_go_on_from(wire: Any) -> None:
    odd = wire.invoice("2", MetaData={"LastUpdatedTime": "9999-12-31T23:59:59-07:00"})
    decoded = decode_page(json.dumps(wire.query(Invoice=[odd])).encode(), lambda: "USD")
    assert decoded.marks == [("2", None)]


def test_a_ledger_whose_clock_is_beyond_the_calendar_is_not_believed(wire: Any) -> None:
    with pytest.raises(BadData):
        page_of(wire, "Invoice", wire.invoice("1"), time="9999-12-31T23:59:59-07:00")


def test_a_flood_of_rows_that_are_no_documents_is_not_looked_at_one_by_one(wire: Any) -> None:
    with pytest.raises(BadData, match="10,001 rows at once"):
        page_of(wire, "Invoice", *[{}] * 10_001)
