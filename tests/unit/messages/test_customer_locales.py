"""The notation follows the customer's country, the language the tenant's templates."""

import pytest

from connector.messages.formats import format_money
from connector.messages.locales import customer_locale
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
