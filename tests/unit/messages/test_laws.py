"""The directive on late payment in the customer's language, and not at all where it is no law."""

import pytest

from connector.dunning.late_terms import EUROPEAN_UNION, GERMANY, UNITED_KINGDOM, Contract
from connector.messages.laws import law_for, law_in
from connector.messages.locales import LANGUAGES

DIRECTIVE = EUROPEAN_UNION.source


@pytest.mark.parametrize(
    ("language", "named"),
    [
        ("de", "Richtlinie 2011/7/EU, Artikel 2, 3 und 6"),
        ("fr", "directive 2011/7/UE, articles 2, 3 et 6"),
        ("es", "Directiva 2011/7/UE, artículos 2, 3 y 6"),
        ("nl", "Richtlijn 2011/7/EU, artikelen 2, 3 en 6"),
        ("en", "Directive 2011/7/EU, Articles 2, 3 and 6"),
        ("ja", "Directive 2011/7/EU, Articles 2, 3 and 6"),
    ],
)
def test_the_directive_has_its_name_in_each_language(language: str, named: str) -> None:
    assert law_in(language, DIRECTIVE) == named


@pytest.mark.parametrize("source", [GERMANY.source, UNITED_KINGDOM.source, ""])
def test_an_act_of_one_country_keeps_its_name(source: str) -> None:
    assert (law_in("fr", source), law_for("CH", source)) == (source, source)


def test_the_contract_has_a_word_in_each_language_and_is_one_everywhere() -> None:
    words = {law_in(language, law_for("CH", Contract().source)) for language in LANGUAGES}

    assert len(words) == len(LANGUAGES)
    assert "the contract" in words


@pytest.mark.parametrize(
    ("country", "named"),
    [
        *(("CH", False), ("Switzerland", False), ("GBR", False), ("US", False)),
        *(("DE", True), ("NO", True), (None, True), ("nowhere", True)),
    ],
)
def test_the_directive_is_named_where_it_is_law_or_nobody_knows_the_country(country: str | None, named: bool) -> None:
    assert bool(law_for(country, DIRECTIVE)) is named
