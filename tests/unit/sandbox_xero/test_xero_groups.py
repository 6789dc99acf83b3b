"""Contact groups on the wire: names with the contact, members with the group, and nothing in a list without pages."""

import pytest
from truth.xero_truth import Tenant, connected, empty_world


@pytest.fixture
def xero():
    world = empty_world()
    books = world.companies["xero"]
    books.add_customer("Acorn", groups=("Trade", "Key accounts"), mobile="+44 7700 900123", phone="01632 960456")
    books.add_customer("Bramble", groups=("Trade",))
    books.add_customer("Clover")
    with connected(world) as tenant:
        yield tenant


def named(xero: Tenant, asked: str) -> dict[str, list[str]]:
    contacts = xero.get(f"Contacts?{asked}")["Contacts"]
    return {one["Name"]: [group["Name"] for group in one["ContactGroups"]] for one in contacts}


def test_a_page_tells_the_groups_of_each_contact(xero: Tenant) -> None:
    assert named(xero, "page=1") == {"Acorn": ["Trade", "Key accounts"], "Bramble": ["Trade"], "Clover": []}


def test_a_list_without_pages_shows_empty_ones(xero: Tenant) -> None:
    assert named(xero, "") == {"Acorn": [], "Bramble": [], "Clover": []}


def test_a_summary_does_not_speak_of_groups(xero: Tenant) -> None:
    assert all("ContactGroups" not in one for one in xero.get("Contacts?page=1&summaryOnly=true")["Contacts"])


def test_a_single_contact_tells_its_groups_under_the_ids_of_the_list(xero: Tenant) -> None:
    listed = {group["Name"]: group["ContactGroupID"] for group in xero.get("ContactGroups")["ContactGroups"]}
    acorn = xero.get("Contacts?page=1")["Contacts"][0]["ContactID"]
    (contact,) = xero.get(f"Contacts/{acorn}")["Contacts"]
    assert {group["Name"]: group["ContactGroupID"] for group in contact["ContactGroups"]} == listed


def test_the_list_of_groups_names_no_member_and_each_group_all_of_them(xero: Tenant) -> None:
    key_accounts, trade = xero.get("ContactGroups")["ContactGroups"]
    assert (key_accounts["Contacts"], trade["Contacts"]) == ([], [])
    (found,) = xero.get(f"ContactGroups/{trade['ContactGroupID']}")["ContactGroups"]
    assert [contact["Name"] for contact in found["Contacts"]] == ["Acorn", "Bramble"]


def test_a_group_that_nobody_knows_is_not_found(xero: Tenant) -> None:
    assert xero.send("GET", "ContactGroups/00000000-0000-4000-8000-000000000001").status_code == 404


def test_numbers_are_laid_into_their_boxes(xero: Tenant) -> None:
    phones = {one["PhoneType"]: one for one in xero.get("Contacts?page=1")["Contacts"][0]["Phones"]}
    boxes = ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber")
    assert [phones["MOBILE"][box] for box in boxes] == ["44", "7700", "900123"]
    assert [phones["DEFAULT"][box] for box in boxes] == ["", "01632", "960456"]
    assert [phones["FAX"][box] for box in boxes] == ["", "", ""]
