"""Telephone numbers in Xero's three boxes: people fill them in as they like, and no digit gets lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth.xero_truth import connected, empty_world

from connectors.sandbox.xero.contacts import _boxes
from connectors.xero.mapping import _number
from connectors.xero.wire import Phone

WRITTEN = {
    "+44 7700 900123": ("44", "7700", "900123"),
    "+447700900123": ("", "", "+447700900123"),
    "+44 7700900123": ("44", "", "7700900123"),
    "07700900123": ("", "", "07700900123"),
    "01632 960456": ("", "01632", "960456"),
    "(212) 555 0100": ("", "(212)", "555 0100"),
    "+1-212-555-0100": ("", "", "+1-212-555-0100"),
    "+44(0)7700 900123": ("", "", "+44(0)7700 900123"),
    "01632960456789 ext. 5": ("", "", "01632960456789 ext. 5"),
    "": ("", "", ""),
}


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, str]]:
    """The boxes of each customer's mobile number, as they come over the wire, by what was written."""
    world = empty_world()
    for written in WRITTEN:
        world.companies["xero"].add_customer(f"Customer of {written}", mobile=written or None)
    with connected(world) as tenant:
        contacts = tenant.get("Contacts?page=1")["Contacts"]
    return {one["Name"].removeprefix("Customer of").strip(): mobile(one["Phones"]) for one in contacts}


def mobile(phones: list[dict[str, str]]) -> dict[str, str]:
    return next(box for box in phones if box["PhoneType"] == "MOBILE")


@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_without_groups_stands_whole_in_the_box_for_the_number(
    shown: dict[str, dict[str, str]], written: str
) -> None:
    box = shown[written]

    assert (box["PhoneCountryCode"], box["PhoneAreaCode"], box["PhoneNumber"]) == WRITTEN[written]


@given(st.text("+0123456789 ()-/", min_size=1, max_size=50))
def test_no_digit_is_lost_between_the_books_and_the_mirror(written: str) -> None:
    country, area, number = _boxes(written)
    read = _number(Phone(PhoneType="MOBILE", PhoneNumber=number, PhoneAreaCode=area, PhoneCountryCode=country)) or ""

    assert len(country) <= 20
    assert len(area) <= 10
    assert digits(read).lstrip("0") == digits(written).lstrip("0")


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
