"""Which country a ledger means: it holds an ISO 3166 code, a name in some language, or anything at all."""

from functools import lru_cache

from babel import Locale

_ENGLISH = Locale("en")
_LANGUAGES = ("en", "de", "fr", "es", "nl")  # those that messages are written in
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # codes that Unicode has beside the countries'
_ALSO = {"uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB"}
_ALSO |= {"usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "holland": "NL", "eire": "IE"}


@lru_cache(maxsize=4096)
def alpha2(text: str | None) -> str | None:
    """The two-letter code of a country given by code or name; None for what is not understood."""
    written = (text or "").strip()
    if len(written) == 2 and written.upper() in _ENGLISH.territories and written.upper() not in _NO_COUNTRIES:
        return written.upper()
    return _ALSO.get(written.casefold()) or _by_name().get(written.casefold())


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code not in _NO_COUNTRIES and not code.isdecimal()
    }
