"""How a customer writes numbers and dates, as far as the ledger lets us know.

The language stays the tenant's, because the templates are written in it; the notation follows the customer's country.
"""

from functools import lru_cache

from babel import Locale, UnknownLocaleError

_ENGLISH = Locale("en")


@lru_cache(maxsize=1024)
def customer_locale(tenant_locale: str, country: str | None) -> str:
    """A locale such as `en_DE`: the tenant's language as it is written in the customer's country.

    `country` is what the ledger holds: an ISO 3166 code, an English name, or anything at all. What is not understood
    leaves the tenant's own locale.
    """
    territory = _territory(country)
    if territory is None:
        return tenant_locale
    try:
        return str(Locale.parse(f"{Locale.parse(tenant_locale).language}_{territory}"))
    except (UnknownLocaleError, ValueError):
        return tenant_locale


def _territory(country: str | None) -> str | None:
    """The alpha-2 code of a country given by code or English name."""
    text = (country or "").strip()
    if len(text) == 2 and text.upper() in _ENGLISH.territories:
        return text.upper()
    return _names().get(text.casefold())


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): code for code, name in _ENGLISH.territories.items() if len(code) == 2}
