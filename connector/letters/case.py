"""The file of a case on paper: sections of words and tables under one title, for whoever takes the case over."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import Struct

from connector.letters import shown
from connector.letters.data import Sender, Window
from connector.letters.letter import shown_sender
from connector.letters.typeset import pdf
from connector.letters.words import words_of
from connector.messages.formats import format_day, known_locale


class Sheet(Struct, frozen=True, kw_only=True):
    """A table; its last `right` columns hold amounts. Without rows it is left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: int = 1


class CaseSection(Struct, frozen=True, kw_only=True):
    title: str
    paragraphs: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()


class CasePages(Struct, frozen=True, kw_only=True):
    """The whole document, addressed to `recipient`."""

    sender: Sender
    recipient: tuple[str, ...]
    window: Window
    locale: str
    day: date
    title: str
    reference: str
    sections: tuple[CaseSection, ...]


def case_pdf(pages: CasePages, fonts: Path | None = None) -> bytes:
    """The case as PDF; the same bytes for the same pages and fonts. Raises LetterError."""
    data: dict[str, Any] = {
        "window": pages.window,
        "language": known_locale(pages.locale).language,
        "words": words_of(pages.locale),
        "sender": shown_sender(pages.sender),
        "recipient": shown.names(pages.recipient),
        "reference": shown.name(pages.reference),
        "day": format_day(pages.day, pages.locale),
        "title": shown.name(pages.title),
        "sections": [_section(section) for section in pages.sections],
    }
    return pdf("case.typ", data, pages.day, fonts)


def _section(section: CaseSection) -> dict[str, Any]:
    return {
        "title": shown.name(section.title),
        "paragraphs": shown.paragraphs(section.paragraphs),
        "tables": [
            {"head": list(sheet.head), "right": sheet.right, "rows": _rows(sheet.rows)}
            for sheet in section.sheets
            if sheet.rows
        ],
    }


def _rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[shown.name(cell) for cell in row] for row in rows]
