"""The new part of a reply, above what it quotes, for the list that a person reads.

This decides nothing: where it cuts too much or too little the person looks into the mailbox. So it cuts only at marks
that mail programs write, in the languages they write them in, and keeps everything if that would leave nothing.
"""

import re
from collections.abc import Iterable

from state.plain_text import plain

NEW_TEXT_LIMIT = 4_000
_MOST_LINES = 400
_INTRODUCTION = re.compile(
    r"^\s*(?:On|Am|Le|El|Op|Il|Den|Em)\b.{5,250}\b(?:wrote|schrieb|a écrit|escribió|schreef|ha scritto|skrev|escreveu)"
    r"\b.{0,120}:\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^\s*(?:-{2,}\s*(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine|Mensaje original|"
    r"Oorspronkelijk bericht|Forwarded message|Weitergeleitete Nachricht)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:From|Von|De|Van|Da|Fra)\s*:\*?\s*\S", re.IGNORECASE)
_SENT = re.compile(
    r"^\s*\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Fecha|Verzonden|Inviato|Sendt)\s*:\*?\s*\S", re.IGNORECASE
)


def new_text(text: str) -> str:
    """Plain lines, `NEW_TEXT_LIMIT` characters at most; without quoted text where anything else is left."""
    lines = [plain(line).rstrip() for line in text.splitlines()[:_MOST_LINES]]
    fresh = _joined(line for line in lines[: _beginning_of_quotation(lines)] if not line.lstrip().startswith(">"))
    kept = fresh or _joined(lines)
    return kept if len(kept) <= NEW_TEXT_LIMIT else f"{kept[:NEW_TEXT_LIMIT].rstrip()}…"


def _beginning_of_quotation(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        two = f"{line} {lines[number + 1]}" if number + 1 < len(lines) else line  # introductions are often folded
        if _SEPARATOR.match(line) or _INTRODUCTION.match(line) or _INTRODUCTION.match(two):
            return number
        if _FROM.match(line) and any(_SENT.match(after) for after in lines[number + 1 : number + 4]):
            return number
    return len(lines)


def _joined(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
