"""Which country a ledger means: it holds an ISO 3166 code, a name in some language, or anything at all."""

from functools import lru_cache

from babel import Locale
from babel.core import get_global

_ENGLISH = Locale("en")
_LANGUAGES = ("en", "de", "fr", "es", "nl")  # those that messages are written in
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # codes that Unicode has beside the countries'
_ALSO = {"uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB"}
_ALSO |= {"usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "holland": "NL", "eire": "IE"}


@lru_cache(maxsize=4096)
def alpha2(text: str | None) -> str | None:
    """The two-letter code of a country given by code or name; None for what is not understood.

    QuickBooks writes the three-letter codes of ISO 3166 into its addresses.
    """
    written = (text or "").strip()
    if len(written) == 2 and _is_country(written.upper()):
        return written.upper()
    if len(written) == 3 and (code := _by_three_letters().get(written.upper())):
        return code
    return _ALSO.get(written.casefold()) or _by_name().get(written.casefold())


def _is_country(code: str) -> bool:
    return code in _ENGLISH.territories and code not in _NO_COUNTRIES


@lru_cache(maxsize=1)
def _by_three_letters() -> dict[str, str]:
    """Without the codes of what has fallen apart into several countries."""
    aliases: dict[str, list[str]] = get_global("territory_aliases")  # type: ignore[assignment]  # of this very key
    pairs = ((alias, codes[0]) for alias, codes in aliases.items() if len(codes) == 1)
    return {alias: code for alias, code in pairs if len(alias) == 3 and alias.isalpha() and _is_country(code)}


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code not in _NO_COUNTRIES and not code.isdecimal()
    }
