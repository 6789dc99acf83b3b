"""Text from ledgers and templates as a page may show it: short enough, harmless, and able to break into lines.

Nothing of it is ever read as a program: it travels to the typesetter as data, and it leaves it as glyphs.
"""

import re
from collections.abc import Iterable
from datetime import date

from babel.dates import format_date

from connector.messages.context import InvoiceLine
from connector.messages.formats import known_locale
from connectors.channels.headers import NAME_LIMIT, one_line
from state.plain_text import contained, plain

MOST_PARAGRAPHS = 100
_PARAGRAPH_LIMIT = 5000  # characters; a page has some 3000
_LONG_WORD = re.compile(r"\S{21,}")  # would run out of its column
_PIECE = re.compile(r"\S{12}(?=\S)")
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"


def name(text: str) -> str:
    """A name, number or address line: one line that breaks where it must."""
    return _breakable(contained(one_line(text, NAME_LIMIT)))


def names(texts: Iterable[str]) -> list[str]:
    return [shown for text in texts if (shown := name(text))]


def paragraphs(texts: Iterable[str]) -> list[list[str]]:
    """Each paragraph as its lines."""
    return [_lines(text[:_PARAGRAPH_LIMIT]) for text in list(texts)[:MOST_PARAGRAPHS] if text.strip()]


def number(line: InvoiceLine, absent: str) -> str:
    return name(line.number or "") or absent


def day(value: date | None, locale: str) -> str:
    """As tables have it, such as 1 Aug 2026; empty for an unknown one."""
    return "" if value is None else str(format_date(value, format="medium", locale=known_locale(locale)))


def _lines(text: str) -> list[str]:
    return [_breakable(" ".join(plain(line).split())) for line in text.strip().split("\n")]


def _breakable(text: str) -> str:
    return _LONG_WORD.sub(lambda word: _PIECE.sub(rf"\g<0>{_MAY_BREAK}", word[0]), text)
