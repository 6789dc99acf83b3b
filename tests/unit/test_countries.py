"""Countries as people write them into ledgers, in any of the languages that Dun writes."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from state.countries import alpha2
from state.model import PostalAddress
from state.postal import missing_parts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("de", "DE"), (" Germany ", "DE"), ("Deutschland", "DE"), ("ALLEMAGNE", "DE"),
        ("UK", "GB"), ("England", "GB"), ("United Kingdom", "GB"), ("USA", "US"), ("Schweiz", "CH"), ("Suisse", "CH"),
        ("España", "ES"), ("Holland", "NL"), ("Duitsland", "DE"), ("GBR", "GB"), ("deu", "DE"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(text, code) -> None:
    assert alpha2(text) == code


@pytest.mark.parametrize("text", [None, "", " ", "Freedonia", "EU", "ZZ", "001", "150", "SUN", "x" * 1_000_000])
def test_what_is_no_country_is_none(text) -> None:
    assert alpha2(text) is None


@given(st.text())
def test_any_text_is_two_letters_or_none(text) -> None:
    code = alpha2(text)
    assert code is None or (code in Locale("en").territories and len(code) == 2)


def test_no_name_means_two_countries() -> None:
    for language in ("en", "de", "fr", "es", "nl"):
        for code, name in Locale(language).territories.items():
            if alpha2(code) == code:
                assert alpha2(name) == code


@pytest.mark.parametrize(
    ("postal", "missing"),
    [
        (PostalAddress(lines=(), country="DE"), ("street", "town", "postcode")),
        (PostalAddress(lines=("x",), city="y", postcode="z"), ()),
        (PostalAddress(lines=("x",), city="y", country="UAE"), ("postcode",)),
        (PostalAddress(lines=("x",), city="y", country="AE"), ()),
        (PostalAddress(lines=("x",), country="Hong Kong SAR China"), ()),
    ],
)
def test_what_an_address_lacks_depends_on_its_country(postal, missing) -> None:
    assert missing_parts(postal) == missing
