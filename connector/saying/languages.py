"""What Dun says in English, said in the language of a reader: one catalogue a language, by the English words.

A catalogue is a folder of files, one for each thing that is spoken of. English needs none. That none of the others
lacks a sentence is held by a test, so nobody reads half a page in each of two languages.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from msgspec.structs import replace

from connector.messages.formats import format_money, known_locale
from connector.messages.locales import LANGUAGES
from connector.reports.table import Cell, Report, Table
from connector.saying.said import Month, Said, Value, filled
from state.money import Money

ENGLISH = "en"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Mapping[str, str]:
    """English words to those in `language`; empty for English and for languages that Dun does not write."""
    if language == ENGLISH or language not in LANGUAGES:
        return {}
    folder = resources.files("connector.saying") / "words" / language
    files = [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    return {words: said for each in files for words, said in each.items()}


class Language:
    """Says what is English in the language of a locale such as de_AT, and writes numbers and days as there."""

    def __init__(self, locale: str) -> None:
        self._locale = known_locale(locale)
        self._catalogue = catalogue(self._locale.language)
        self.language = self._locale.language if self._catalogue else ENGLISH

    def __call__(self, text: str) -> str:
        """`text` in this language. What is not a Said is looked up as it is, and left where it is not ours."""
        if isinstance(text, Said):
            return filled(self._catalogue.get(text.words, text.words), text.values, self._written)
        return self._catalogue.get(text, text)

    def report(self, report: Report) -> Report:
        """The report for people who read this language. Of its cells only what Dun says itself changes."""
        return replace(
            report,
            title=self(report.title),
            tables=tuple(map(self._table, report.tables)),
            formula=self(report.formula),
            cannot_know=tuple(map(self, report.cannot_know)),
        )

    def _table(self, table: Table) -> Table:
        columns = tuple(replace(column, title=self(column.title)) for column in table.columns)
        rows = tuple(tuple(map(self._cell, row)) for row in table.rows)
        return replace(table, title=self(table.title), columns=columns, rows=rows)

    def _cell(self, cell: Cell) -> Cell:
        return self(cell) if isinstance(cell, Said) else cell

    def _written(self, value: Value) -> str:
        if isinstance(value, str):
            return self(value) if isinstance(value, Said) else value
        if isinstance(value, Month):
            return str(format_skeleton("yMMMM", value.day, locale=self._locale))
        if isinstance(value, date):
            return str(format_date(value, "medium", locale=self._locale))
        if isinstance(value, Money):
            return format_money(value, str(self._locale))
        return str(format_decimal(value, locale=self._locale))
