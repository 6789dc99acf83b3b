"""How QuickBooks tells to reach a customer by phone and by post."""

import json
from typing import Any

import msgspec
import pytest

from connectors.quickbooks import mapping
from connectors.quickbooks.wire import CustomerRow
from state.model import Contact, PostalAddress
from state.plain_text import LONGEST_TEXT


def customer(record: dict[str, Any]) -> Contact:
    return mapping.customer(msgspec.json.decode(json.dumps(record), type=CustomerRow), lambda: None)


def number(written: str | None) -> dict[str, str | None]:
    return {"FreeFormNumber": written}


def test_mobiles_come_first_and_a_fax_never(wire: Any) -> None:
    record = wire.customer(
        AlternatePhone=number("3"), Fax=number("9"), Mobile=number(" (646) 555-0101 "), PrimaryPhone=number("2")
    )
    assert customer(record).phones == ("(646) 555-0101", "2", "3")


@pytest.mark.parametrize("empty", [{}, number(""), number("  "), number(None)])
def test_an_empty_box_is_no_number(wire: Any, empty: dict[str, Any]) -> None:
    assert customer(wire.customer(Mobile=empty, PrimaryPhone=empty)).phones == ()


def test_letters_go_to_the_billing_address(wire: Any) -> None:
    place = {
        "Id": "8",
        "Line1": "Harbour Kiosk",
        "Line2": "Unit 4",
        "Line3": "12 Mill Lane",
        "City": "Bayview",
        "CountrySubDivisionCode": "CA",
        "PostalCode": "00412",
        "Country": "USA",
    }
    read = customer(wire.customer(BillAddr=place, ShipAddr={"Line1": "Elsewhere"}))
    assert read.postal == PostalAddress(
        lines=("Unit 4", "12 Mill Lane"), city="Bayview", region="CA", postcode="00412", country="USA"
    )


@pytest.mark.parametrize("place", [None, {"Id": "8"}, {"Country": "USA"}, {"CountrySubDivisionCode": "CA"}])
def test_without_a_line_a_town_or_a_postcode_there_is_no_address(wire: Any, place: dict[str, str] | None) -> None:
    assert customer(wire.customer(BillAddr=place)).postal is None


def test_of_a_megabyte_in_any_box_the_mirror_keeps_the_beginning(wire: Any) -> None:
    huge = "M" * 1_000_000
    cut = "M" * LONGEST_TEXT + "…"

    read = customer(wire.customer(Mobile=number(huge), BillAddr={"Line1": huge, "PostalCode": huge}))

    assert read.postal is not None
    assert (read.phones, read.postal.lines, read.postal.postcode) == ((cut,), (cut,), cut)
