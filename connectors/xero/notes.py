"""Notes in an invoice's history. They can never be removed, so the answer to a write is read with suspicion."""

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, Outage, Refused
from connectors.xero.dates import instant
from state.model import Note


class _Line(Struct, kw_only=True):
    Details: str | None = None
    Changes: str | None = None
    DateUTC: str | None = None
    ValidationErrors: list[dict[str, object]] | None = None


class _History(Struct):
    HistoryRecords: list[_Line]


def request(text: str) -> dict[str, object]:
    """The body that adds one note."""
    return {"HistoryRecords": [{"Details": text}]}


def confirm(body: bytes) -> None:
    """Xero's answer to a note says that it stands. Refused if it does not; Outage if that cannot be told."""
    try:
        written = msgspec.json.decode(body, type=_History).HistoryRecords
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Outage("Xero's answer to a note is unreadable; it may or may not have been written") from None
    if not written:
        raise Outage("Xero's answer to a note is empty; it may or may not have been written")
    if any(line.ValidationErrors for line in written):
        raise Refused("Xero refused the note (validation)")


def read_history(body: bytes) -> tuple[Note, ...]:
    """Every line of the history, newest first; lines that Xero wrote itself show what changed."""
    try:
        lines = msgspec.json.decode(body, type=_History).HistoryRecords
        notes = [_note(line) for line in lines]
    except msgspec.ValidationError:
        raise BadData("Xero's answer claims success but is no invoice history") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Outage("Xero's answer is not JSON, or ends too early") from None
    except ValueError:
        raise BadData("a line of the invoice history has a date that cannot be read") from None
    return tuple(notes)


def _note(line: _Line) -> Note:
    written_at = None if line.DateUTC is None else instant(line.DateUTC)
    return Note(text=line.Details or line.Changes or "", written_at=written_at)
