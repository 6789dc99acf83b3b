"""How Xero tells to reach a customer by phone and by post, and in which groups it is."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.xero.decode import CONTACTS
from state.model import Contact, PostalAddress
from state.plain_text import LONGEST_TEXT


@pytest.fixture
def contact(documents: Any) -> Callable[..., Contact]:
    """The record of a contact with these fields."""

    def read(**changed: Any) -> Contact:
        body = documents.wire(documents.answer("Contacts", [documents.contact(**changed)]))
        (record,) = CONTACTS.read(body).records
        return record

    return read


def phone(kind: str, number: Any, area: Any = "", country: Any = "") -> dict[str, Any]:
    return {"PhoneType": kind, "PhoneNumber": number, "PhoneAreaCode": area, "PhoneCountryCode": country}


def address(kind: str, **parts: str) -> dict[str, str]:
    empty = {"City": "", "Region": "", "PostalCode": "", "Country": ""}
    return {"AddressType": kind, **empty, **parts}


MILL_LANE = {"AddressLine1": "12 Mill Lane", "City": "Eastmere", "PostalCode": "ZX4 7QP", "Country": "GB"}


def test_mobiles_come_first_and_a_fax_never(contact) -> None:
    phones = [phone("DDI", "1"), phone("DEFAULT", "2"), phone("FAX", "3"), phone("MOBILE", "4"), phone("OFFICE", "5")]
    assert contact(Phones=phones).phones == ("4", "2", "1", "5")


@pytest.mark.parametrize(
    ("boxes", "written"),
    [
        (("960123", "01632", ""), "01632 960123"),
        (("900123", "7700", "44"), "+44 7700 900123"),
        (("900123", "7700", "+44"), "+44 7700 900123"),
        (("900123", "7700", "0044"), "+44 7700 900123"),
        (("555-0142", "(212)", None), "(212) 555-0142"),
        (("+44 7700 900123", "7700", "44"), "+44 7700 900123"),
        (("0044 7700 900123", "", "44"), "0044 7700 900123"),
        (("900123", "", "UK"), "UK 900123"),
        ((" 07700 900123 ", " ", "0"), "07700 900123"),
    ],
)
def test_the_three_boxes_of_a_number_become_one(contact, boxes, written: str) -> None:
    assert contact(Phones=[phone("MOBILE", *boxes)]).phones == (written,)


@pytest.mark.parametrize("number", ["", "  ", None])
def test_a_code_without_a_number_is_no_number(contact, number) -> None:
    assert contact(Phones=[phone("MOBILE", number, "7700", "44")]).phones == ()


@pytest.mark.parametrize("absent", [..., None, []])
def test_of_what_is_not_there_nothing_is_known(contact, absent) -> None:
    read = contact(Phones=absent, Addresses=absent, ContactGroups=absent)
    assert (read.phones, read.postal, read.groups) == ((), None, ())


def test_the_same_number_in_two_boxes_is_one_number(contact) -> None:
    assert contact(Phones=[phone("MOBILE", "07700 900123"), phone("DEFAULT", "07700 900123")]).phones == (
        "07700 900123",
    )


def test_letters_go_to_the_postal_address(contact) -> None:
    read = contact(Addresses=[address("STREET", AddressLine1="1 Works Road"), address("POBOX", **MILL_LANE)])
    assert read.postal == PostalAddress(lines=("12 Mill Lane",), city="Eastmere", postcode="ZX4 7QP", country="GB")


@pytest.mark.parametrize("postal", [{}, {"Country": "GB"}, {"Region": "Kent"}, {"AddressLine1": "  "}])
def test_where_the_postal_address_is_left_empty_they_go_to_the_street(contact, postal) -> None:
    read = contact(Addresses=[address("POBOX", **postal), address("STREET", **MILL_LANE)])
    assert read.postal is not None
    assert read.postal.lines == ("12 Mill Lane",)


def test_a_box_with_several_lines_is_several_lines(contact) -> None:
    read = contact(Addresses=[address("POBOX", AddressLine1="Unit 4\r\n12 Mill Lane\n", AddressLine3="Rear")])
    assert read.postal is not None
    assert read.postal.lines == ("Unit 4", "12 Mill Lane", "Rear")


def test_a_line_that_repeats_the_name_is_not_part_of_the_address(contact) -> None:
    read = contact(Addresses=[address("POBOX", AddressLine1="A CUSTOMER", AddressLine2="12 Mill Lane")])
    assert read.postal is not None
    assert read.postal.lines == ("12 Mill Lane",)


def test_groups_are_known_by_their_names_and_deleted_ones_are_none(contact) -> None:
    groups = [{"Name": "Trade", "Status": "ACTIVE"}, {"Name": "Old", "Status": "DELETED"}, {"Name": " Key accounts "}]
    assert contact(ContactGroups=groups).groups == ("Trade", "Key accounts")


def test_of_a_megabyte_in_any_box_the_mirror_keeps_the_beginning(contact) -> None:
    huge = "M" * 1_000_000
    cut = "M" * LONGEST_TEXT + "…"

    read = contact(
        Phones=[phone("MOBILE", huge)],
        Addresses=[address("POBOX", AddressLine1=huge, City=huge)],
        ContactGroups=[{"Name": huge}],
    )

    assert read.postal is not None
    assert (read.phones, read.postal.lines, read.postal.city, read.groups) == ((cut,), (cut,), cut, (cut,))


def test_half_a_million_line_ends_in_a_box_make_no_more_lines_than_a_box_is_long(contact) -> None:
    read = contact(Addresses=[address("POBOX", AddressLine1="x\n" * 500_000)])
    assert read.postal is not None
    assert len(read.postal.lines) <= LONGEST_TEXT
