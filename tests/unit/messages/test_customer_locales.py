"""The words follow the customer's language or country, the notation its country, and both the tenant where unknown."""

import pytest

from connector.messages.formats import format_money
from connector.messages.locales import customer_locale, language_of, language_part, notation
from state.money import Money


@pytest.mark.parametrize(
    ("tenant", "country", "expected"),
    [
        ("en_GB", "DE", "en_DE"),
        ("en_GB", "de", "en_DE"),
        ("en_GB", "Germany", "en_DE"),
        ("en_US", "United Kingdom", "en_GB"),
        ("de_DE", "Austria", "de_AT"),
        ("en_GB", None, "en_GB"),
        ("en_GB", "", "en_GB"),
        ("en_GB", "Middle-earth", "en_GB"),
        ("en_GB", "Brazil", "en_GB"),  # English has no notation of its own there
    ],
)
def test_the_locale_joins_the_tenants_language_with_the_customers_country(
    tenant: str, country: str | None, expected: str
) -> None:
    assert customer_locale(tenant, country) == expected


def test_a_german_customer_of_an_english_firm_reads_amounts_the_german_way() -> None:
    assert "1.234,50" in format_money(Money(123450, "EUR"), customer_locale("en_GB", "Germany"))


@pytest.mark.parametrize(
    ("own", "country", "tenant", "expected"),
    [
        ("de", "FR", "en_GB", "de"),  # the customer's own word comes first
        ("de-AT", None, "en_GB", "de"),
        ("German", None, "en_GB", "de"),
        ("Français", None, "en_GB", "fr"),
        ("ESPAÑOL", None, "en_GB", "es"),
        ("it", "DE", "en_GB", "de"),  # no templates in it: the country decides
        ("gibberish!", "DE", "en_GB", "de"),
        (None, "Germany", "en_GB", "de"),
        (None, "AT", "en_GB", "de"),
        (None, "FR", "en_GB", "fr"),
        (None, "Mexico", "en_GB", "es"),
        (None, "NL", "en_GB", "nl"),
        (None, "IE", "de_DE", "en"),
        (None, "US", "de_DE", "en"),
        (None, "Belgium", "en_GB", "en"),  # several of ours: the tenant's, unless the customer says
        (None, "BE", "nl_BE", "nl"),
        ("fr", "BE", "nl_BE", "fr"),
        (None, "CH", "de_CH", "de"),
        (None, "LU", "fr_FR", "fr"),
        (None, "CA", "en_GB", "en"),
        (None, "Italy", "es_ES", "es"),  # none of ours
        (None, "Middle-earth", "fr_FR", "fr"),
        (None, None, "nl_NL", "nl"),
        ("", "", "en_GB", "en"),
        (None, None, "sv_SE", "sv"),
        (None, None, "nonsense!", "en"),
    ],
)
def test_the_language_is_the_customers_else_its_countrys_else_the_tenants(own, country, tenant, expected) -> None:
    assert language_of(own, country, tenant) == expected


@pytest.mark.parametrize(
    ("language", "country", "tenant", "expected"),
    [
        ("de", "AT", "en_GB", "de_AT"),
        ("de", None, "en_GB", "de_DE"),
        ("de", None, "de_AT", "de_AT"),
        ("en", "DE", "en_GB", "en_DE"),
        ("fr", "CH", "de_CH", "fr_CH"),
        ("es", "Mexico", "en_GB", "es_MX"),
        ("nl", "BE", "en_GB", "nl_BE"),
    ],
)
def test_the_notation_joins_the_language_of_the_words_with_the_country(language, country, tenant, expected) -> None:
    assert notation(language, country, tenant) == expected


def test_the_language_of_no_locale_is_english() -> None:
    assert language_part("../etc") == "en"
