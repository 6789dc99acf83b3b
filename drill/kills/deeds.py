"""Whether what people decided stands in the ledger exactly once: notes about agreements, write-offs and charges.

The books say what is there, the tenant's file what should be.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit
from drill.kills.journal import CHARGE_MARK, is_charge, is_write_off, mark_of

NOTE_MARK = "[dun-note:"
TOLD = ("promise", "promise settled", "write-off approved")  # entries of the audit trail that the ledger is told of
SENT = "SELECT count(*) FROM message WHERE outcome = 'sent' AND "


class Deeds(Struct, frozen=True):
    counts: dict[str, int]
    broken: list[str]


def judge_deeds(books: Books, path: Path) -> Deeds:
    connection = sqlite3.connect(path)
    notes = dict(connection.execute("SELECT id, state FROM ledger_note"))
    given_up = dict(connection.execute("SELECT id, state FROM write_off"))
    charges = dict(connection.execute("SELECT id, state FROM charge"))
    entries = "SELECT count(*) FROM audit WHERE action IN (SELECT value FROM json_each(?))"
    [told] = connection.execute(entries, (json.dumps(TOLD),)).fetchone()
    sent = {
        "texts": connection.execute(f"{SENT} channel = 'twilio-sms'").fetchone()[0],
        "letters": connection.execute(f"{SENT} channel = 'lob'").fetchone()[0],
        "thanks": connection.execute(f"{SENT} stage = 'thanks'").fetchone()[0],
    }
    connection.close()
    counts = {"agreements noted": len(notes), "written off": len(_written_off(books)), "charged": len(_charged(books))}
    broken = [
        *_once("a note about an agreement", notes, "written", _noted(books)),
        *_once("a write-off", given_up, "written", _written_off(books)),
        *_once("a charge", charges, "raised", _charged(books)),
        *_half_written(books),
        *([f"{told} agreements were made, and {len(notes)} notes are owed or written"] if told != len(notes) else ()),
    ]
    return Deeds(sent | counts, broken)


def _once(what: str, wanted: dict[str, str], done: str, there: Counter[str]) -> Iterator[str]:
    """What is done is in the ledger once, what is not is not there, and nothing is left half-way."""
    for key in sorted(wanted.keys() | there.keys()):
        state = wanted.get(key, "not in the file")
        if there[key] != (state == done):
            yield f"{what} ({key}) is {state}, and {there[key]} times in the ledger"
        if state in {"owed", "approved"}:
            yield f"{what} ({key}) is still {state}"


def _noted(books: Books) -> Counter[str]:
    return Counter(_inside(note.text, NOTE_MARK) for note in books.notes if NOTE_MARK in note.text)


def _written_off(books: Books) -> Counter[str]:
    """Those that people have since taken back too: as with charges, it counts how often it was written."""
    return Counter((credit.number or "").removeprefix("WO-") for credit in _write_offs(books))


def _charged(books: Books) -> Counter[str]:
    return Counter(_inside(mark_of(each), CHARGE_MARK) for each in books.invoices.values() if is_charge(each))


def _half_written(books: Books) -> Iterator[str]:
    for credit in _write_offs(books):
        if credit.remaining and not credit.void and not credit.deleted:
            yield f"the credit {credit.number} was not put against its invoice"


def _write_offs(books: Books) -> list[Credit]:
    return [credit for credit in books.credits.values() if is_write_off(credit)]


def _inside(text: str, mark: str) -> str:
    return text.partition(mark)[2].partition("]")[0]
