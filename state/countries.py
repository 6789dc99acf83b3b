"""Which country a ledger means: it holds an ISO 3166 code, an English name, or anything at all."""

from functools import lru_cache

from babel import Locale

_ENGLISH = Locale("en")


@lru_cache(maxsize=4096)
def alpha2(text: str | None) -> str | None:
    """The two-letter code of a country given by code or English name; None for what is not understood."""
    written = (text or "").strip()
    if len(written) == 2 and written.upper() in _ENGLISH.territories:
        return written.upper()
    return _by_name().get(written.casefold())


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in _ENGLISH.territories.items() if len(code) == 2}
