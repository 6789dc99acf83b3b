"""The fixed words of letters and statements in the languages that Dun writes."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from connector.messages.formats import known_locale

FALLBACK_LANGUAGE = "en"


def words_of(locale: str) -> Mapping[str, str]:
    """The words in the language of `locale`; in English if Dun does not write that one."""
    by_language = _words()
    return by_language.get(known_locale(locale).language, by_language[FALLBACK_LANGUAGE])


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((resources.files("connector.letters") / "words.toml").read_text(encoding="utf-8"))
