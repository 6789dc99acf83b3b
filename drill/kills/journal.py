"""What the carrier has accepted and the ledger has noted, in files: the memory of the side that is never killed.

A line is on the disk before the sender is answered, as a real service would have it. The lists are the sandbox's own,
so nothing can arrive without passing here.
"""

import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit, Document, Invoice, Note
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from drill.kills.points import (
    AGREEMENT_NOTED,
    CARRIED,
    CHARGED,
    GIVEN_UP,
    LETTER,
    TEXT,
    THANKS,
    THE_CARRIER_HAS_IT,
    THE_LEDGER_HAS_IT,
    Order,
)

Claims = Mapping[str, Sequence[tuple[datetime, str]]]  # instants and ids of texts, by fingerprint
Kept = TypeVar("Kept", bound=Document)
CHARGE_MARK = "[dun-charge:"


class Accepted(Struct, frozen=True):
    """A message as the receiver wrote it down."""

    attempt: str  # of a text, which bears no name: see fingerprint
    at: datetime
    stage: str | None
    verdicts: dict[str, str]  # by company and number of the invoice: what the books said of it at that instant


class Assassin:
    """The other side's part in a kill: told what was just written down, it kills whoever wrote."""

    def __init__(self) -> None:
        self._order: Order | None = None
        self._kill: Callable[[], None] = lambda: None
        self._seen: Counter[str] = Counter()

    def watch(self, order: Order | None, kill: Callable[[], None]) -> None:
        self._seen.clear()
        self._order, self._kill = order, kill

    def see(self, label: str) -> None:
        self._seen[label] += 1
        if self._order == Order(label, self._seen[label]):
            self._order = None
            self._kill()


class Journal:
    """Lines of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: dict[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []


class _Mailbox(list[ReceivedMessage]):
    def __init__(self, journal: Journal, assassin: Assassin) -> None:
        super().__init__()
        self._journal = journal
        self._assassin = assassin

    def append(self, message: ReceivedMessage, /) -> None:
        verdicts = {f"{mention.company} {mention.number}": mention.verdict for mention in message.mentions}
        attempt = message.attempt or fingerprint(message.recipients[0], message.text)
        at = message.arrived_at.isoformat()
        self._journal.append({"attempt": attempt, "at": at, "stage": message.stage, "verdicts": verdicts})
        super().append(message)
        self._assassin.see(THE_CARRIER_HAS_IT)
        if what := _special(message):
            self._assassin.see(CARRIED[what])


class _Notes(list[Note]):
    def __init__(self, books: Books, journal: Journal, assassin: Assassin) -> None:
        super().__init__(books.notes)
        self._journal = journal
        self._assassin = assassin

    def append(self, note: Note, /) -> None:
        self._journal.append({"invoice": note.invoice_id, "text": note.text})
        super().append(note)
        if "[dun:" in note.text:
            self._assassin.see(THE_LEDGER_HAS_IT)
        elif "[dun-note:" in note.text:
            self._assassin.see(AGREEMENT_NOTED)


class _Shelf(dict[int, Kept]):
    """Documents of one kind, which the books keep; one of them may be what a person let into the ledger."""

    def __init__(self, kept: dict[int, Kept], assassin: Assassin) -> None:
        super().__init__(kept)
        self._assassin = assassin

    def __setitem__(self, number: int, document: Kept, /) -> None:
        super().__setitem__(number, document)
        if is_write_off(document):
            self._assassin.see(GIVEN_UP)
        elif is_charge(document):
            self._assassin.see(CHARGED)


def is_write_off(document: Document) -> bool:
    return isinstance(document, Credit) and (document.number or "").startswith("WO-")


def is_charge(document: Document) -> bool:
    return isinstance(document, Invoice) and CHARGE_MARK in mark_of(document)


def mark_of(invoice: Invoice) -> str:
    """Where Xero and QuickBooks keep the mark of a charge."""
    return f"{invoice.reference or ''} {invoice.private_note or ''}"


def fingerprint(number: str, text: str) -> str:
    """What tells one text message from another: whom it went to, and what it says."""
    return hashlib.sha256(f"{number}/{text}".encode()).hexdigest()[:24]


def _special(message: ReceivedMessage) -> str | None:
    if message.stage == "thanks":
        return THANKS
    return {"sms": TEXT, "letter": LETTER}.get(message.channel)


def keep_journals(world: World, folder: Path) -> Assassin:
    """From now on every message and every note of `world` is in a journal in `folder`; who kills from that side."""
    assassin = Assassin()
    world.messages = _Mailbox(Journal(folder / "accepted.jsonl"), assassin)
    for key, books in world.companies.items():
        books.notes = _Notes(books, Journal(folder / f"notes-{key}.jsonl"), assassin)
        books.credits = _Shelf(books.credits, assassin)
        books.invoices = _Shelf(books.invoices, assassin)
    return assassin


def accepted(folder: Path, claims: Claims) -> list[Accepted]:
    """Every message, by the name that its sender has for it."""
    found = [msgspec.convert(line, Accepted) for line in Journal(folder / "accepted.jsonl").read()]
    return [msgspec.structs.replace(each, attempt=_sender_name(each, claims)) for each in found]


def _sender_name(message: Accepted, claims: Claims) -> str:
    """Of texts with the same words, as of two rounds of one stage, the one that was claimed last before it arrived."""
    return max(
        (claim for claim in claims.get(message.attempt, ()) if claim[0] <= message.at),
        default=(message.at, message.attempt),
    )[1]


def claims_by_fingerprint(paths: Iterable[Path]) -> Claims:
    """When all texts that the tenants' files know of were claimed, with their ids."""
    claims: dict[str, list[tuple[datetime, str]]] = {}
    for path in paths:
        connection = sqlite3.connect(path)
        sent = "SELECT id, recipients ->> 0, text, claimed_at FROM message WHERE channel = 'twilio-sms'"
        for message, number, text, at in connection.execute(sent):
            claims.setdefault(fingerprint(number, text), []).append((datetime.fromisoformat(at), message))
        connection.close()
    return claims
