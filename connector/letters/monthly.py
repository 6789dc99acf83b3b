"""The month's page for the firm's owner: the report's own tables, four of them drawn as bars.

The bars are measured here, in thousandths of the longest one, so that the layout reckons nothing.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal

from connector.letters import shown
from connector.letters.typeset import pdf
from connector.messages.formats import format_money, known_locale
from connector.reports.forecast import WEEKS
from connector.reports.month import AGED, DECISIONS, EXPECTED, MONEY, OTHERS, REMINDERS
from connector.reports.table import Cell, Report, Table
from connector.saying.languages import Language
from connector.saying.said import say
from state.money import Money
from state.plain_text import plain

MOST_DECISIONS = 12  # that a page holds beside its charts
MOST_BARS = WEEKS
MOST_OTHERS = 6
_LONGEST = 60  # characters of a name; what is longer would push others off the page
_FULL = 1000


def monthly_pdf(made: Report, firm: str, locale: str, fonts: Path | None = None) -> bytes:
    """One page, in the language of `locale` as far as Dun writes it; the same bytes for the same report.

    Raises LetterError.
    """
    said = Language(locale)
    report = said.report(made)
    tables = {table.name: table for table in report.tables}
    data: dict[str, Any] = {
        "firm": shown.name(firm),
        "title": report.title,
        "language": said.language,
        "words": _own_words(said, len(tables[DECISIONS].rows)),
        "as_of": said(say("as of {day}", day=report.as_of)),
        "formula": report.formula,
        "cannot_know": [plain(sentence) for sentence in report.cannot_know],
        "charts": [_chart(tables[name], locale) for name in (AGED, MONEY, REMINDERS, EXPECTED)],
        "decisions": _small(tables[DECISIONS], MOST_DECISIONS, locale),
        "others": _small(tables[OTHERS], MOST_OTHERS, locale) if OTHERS in tables else None,
    }
    return pdf("monthly.typ", data, report.as_of, fonts, shared=())


def _own_words(said: Language, decisions: int) -> dict[str, str]:
    """What the layout says itself."""
    more = decisions - MOST_DECISIONS
    return {
        "unknown": said(say("Not known.")),
        "cannot_know": said(say("Not known:")),
        "nothing_waits": said(say("Nothing waits for a decision.")),
        "more": said(say("and {n} more; `dun tasks` and `dun replies` list them all", n=more)) if more > 0 else "",
    }


def _small(table: Table, most: int, locale: str) -> dict[str, Any]:
    return {
        "title": table.title,
        "head": [column.title for column in table.columns],
        "rows": [[_words(cell, locale) for cell in row] for row in table.rows[:most]],
    }


def _chart(table: Table, locale: str) -> dict[str, Any]:
    """As the table says that it is drawn; the first column names the bars."""
    [drawn] = table.drawn
    series = [at for at, column in enumerate(table.columns) if column.key in drawn.figures]
    rows = table.rows[:MOST_BARS]
    longest = max((_size(row[at]) for row in rows for at in series), default=Decimal(0))
    return {
        "title": table.title,
        "series": [table.columns[at].title for at in series],
        "groups": [
            {
                "label": _words(row[0], locale),
                "bars": [
                    {"length": _length(_size(row[at]), longest), "label": _words(row[at], locale)} for at in series
                ],
            }
            for row in rows
        ],
    }


def _size(cell: Cell) -> Decimal:
    """Below nought there is nothing to draw; the label says the amount."""
    if isinstance(cell, Money):
        return max(cell.amount, Decimal(0))
    return Decimal(cell) if isinstance(cell, int) else Decimal(0)


def _length(size: Decimal, longest: Decimal) -> int:
    return int(size * _FULL / longest) if longest else 0


def _words(cell: Cell, locale: str) -> str:
    if cell is None:
        return "?"
    if isinstance(cell, Money):
        return format_money(cell, locale)
    if isinstance(cell, str):
        return shown.name(cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…")
    if isinstance(cell, int | Decimal):
        return str(format_decimal(cell, locale=known_locale(locale), decimal_quantization=False))
    return shown.day(cell, locale)
