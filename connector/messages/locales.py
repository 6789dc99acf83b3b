"""Which language a customer reads, and how it writes numbers and dates, as far as the ledger lets us know."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

LANGUAGES = ("en", "de", "fr", "es", "nl")  # that built-in templates are written in
_ENGLISH = Locale("en")
_HOMES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "nl": "nl_NL"}


def language_of(customer_language: str | None, country: str | None, tenant_locale: str) -> str:
    """The language to write to a customer in, such as `de`.

    The customer's own if there are templates in it (`customer_language` is a locale, a code or a name: de-AT, German,
    Deutsch); else the language of its country, where that has one of ours and no more (Belgium, Canada, Luxembourg
    and Switzerland have several); else the tenant's.
    """
    own = _language(customer_language)
    if own in LANGUAGES:
        return own
    spoken = _spoken_in(_territory(country))
    return spoken[0] if len(spoken) == 1 else language_part(tenant_locale)


def language_part(locale: str) -> str:
    """The language of a locale: `de` of de_AT. Of what is no locale, English."""
    try:
        return Locale.parse(locale.replace("-", "_")).language
    except (UnknownLocaleError, ValueError):
        return _ENGLISH.language


def notation(language: str, country: str | None, tenant_locale: str) -> str:
    """The locale of a message in `language` to a customer in `country`, such as de_AT."""
    home = tenant_locale if language == language_part(tenant_locale) else _HOMES.get(language, tenant_locale)
    return customer_locale(home, country)


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


def _language(text: str | None) -> str | None:
    """The code of a language given by code, locale or name."""
    asked = (text or "").strip()
    named = _language_names().get(asked.casefold())
    if named is not None or not asked:
        return named
    try:
        return Locale.parse(asked.replace("-", "_")).language
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    """Our languages by their English names and by their own."""
    locales = [Locale(code) for code in LANGUAGES]
    return {
        name.casefold(): each.language for each in locales for name in (each.english_name, each.display_name) if name
    }


@lru_cache(maxsize=512)
def _spoken_in(territory: str | None) -> tuple[str, ...]:
    """Those of our languages that are official in `territory`, by law or by custom (CLDR)."""
    official = get_official_languages(territory, de_facto=True) if territory else ()
    return tuple(language for language in official if language in LANGUAGES)


def _territory(country: str | None) -> str | None:
    """The alpha-2 code of a country given by code or English name."""
    text = (country or "").strip()
    if len(text) == 2 and text.upper() in _ENGLISH.territories:
        return text.upper()
    return _names().get(text.casefold())


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.casefold(): code for code, name in _ENGLISH.territories.items() if len(code) == 2}
