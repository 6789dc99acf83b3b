"""The fixed words of letters, statements and case files in the languages that Dun writes."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from connector.messages.formats import known_locale

FALLBACK_LANGUAGE = "en"


def words_of(locale: str) -> Mapping[str, str]:
    """The words in the language of `locale`; in English if Dun does not write that one."""
    return _in_language("words.toml", locale)


def case_words_of(locale: str) -> Mapping[str, str]:
    """As `words_of`: those of the file of a case."""
    return _in_language("case_words.toml", locale)


def _in_language(file: str, locale: str) -> Mapping[str, str]:
    by_language = _words(file)
    return by_language.get(known_locale(locale).language, by_language[FALLBACK_LANGUAGE])


@lru_cache(maxsize=2)
def _words(file: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((resources.files("connector.letters") / file).read_text(encoding="utf-8"))
