"""The lines in the window are those that the post of the destination wants; half an address is refused."""

import pytest
from hostile_people import NAMES, commanding
from hypothesis import given
from hypothesis import strategies as st

from connector.letters.addresses import IncompleteAddress, address_block
from state.model import PostalAddress


def postal(city="München", postcode="80331", country="DE", region=None, lines=("Hauptstraße 12",)) -> PostalAddress:
    return PostalAddress(lines=lines, city=city, postcode=postcode, region=region, country=country)


def block(address: PostalAddress | None, name="Muster GmbH", home="DE", locale="de_DE") -> tuple[str, ...]:
    return address_block(name, address, home=home, locale=locale)


def test_a_letter_at_home_names_no_country() -> None:
    assert block(postal()) == ("Muster GmbH", "Hauptstraße 12", "80331 München")


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (postal("London", "ec1a 1bb", "United Kingdom"), ("London", "EC1A 1BB", "VEREINIGTES KÖNIGREICH")),
        (postal("Amsterdam", "1012 ab", "NL"), ("1012 AB  Amsterdam", "NIEDERLANDE")),
        (postal("Springfield", "62701", "USA", "IL"), ("Springfield IL 62701", "VEREINIGTE STAATEN")),
        (postal("Roma", "00144", "IT", "RM"), ("00144 Roma RM", "ITALIEN")),
        (postal("Wien", "1010", "Österreich"), ("1010 Wien", "ÖSTERREICH")),
        (postal("Dublin", None, "IE", "Co. Dublin"), ("Dublin", "Co. Dublin", "IRLAND")),
        (postal("Madrid", "28013", "ES", "Madrid"), ("28013 Madrid", "SPANIEN")),
        (postal(None, None, "HK"), ("SONDERVERWALTUNGSREGION HONGKONG",)),
    ],
)
def test_town_and_postcode_stand_as_the_destination_has_them(address, lines) -> None:
    assert block(address)[2:] == lines


def test_the_country_is_named_in_the_senders_language() -> None:
    assert block(postal(), home="GB", locale="en_GB")[-1] == "GERMANY"


@pytest.mark.parametrize("country", [None, "", "  "])
def test_an_address_without_a_country_lies_in_the_senders(country) -> None:
    assert block(postal(country=country)) == block(postal())


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (None, "no postal address"),
        (postal(postcode=None), "no postcode"),
        (postal(city=" "), "no town"),
        (postal(lines=()), "no street"),
        (postal(lines=("\u202e", "")), "no street"),
        (postal(city=None, postcode=""), "no town and no postcode"),
        (postal(country="Freedonia"), "country"),
        (postal(country="EU"), "country"),
        (postal(lines=("1", "2", "3", "4")), "3 lines"),
    ],
)
def test_half_an_address_is_refused_with_what_it_lacks(address, reason) -> None:
    with pytest.raises(IncompleteAddress, match=reason) as caught:
        block(address)
    assert "Hauptstraße" not in str(caught.value)


def test_a_customer_without_a_name_gets_no_letter() -> None:
    with pytest.raises(IncompleteAddress, match="no name"):
        block(postal(), name=" \n ")


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_a_hostile_address_is_harmless_lines_or_refused(hostile) -> None:
    text = hostile.text
    try:
        lines = block(postal(text, text, "DE", text, (text,)), name=text)
    except IncompleteAddress:
        return
    assert len(lines) <= 4
    assert not any(commanding(line.removesuffix("\N{LEFT-TO-RIGHT MARK}")) for line in lines)
    assert max(map(len, lines)) <= 150


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=5))
def test_any_address_has_name_street_and_town_or_is_refused(name, city, postcode, lines) -> None:
    try:
        shown = block(postal(city, postcode, "DE", None, tuple(lines)), name=name)
    except IncompleteAddress:
        return
    assert len(shown) >= 3
    assert all(line.strip() for line in shown)
