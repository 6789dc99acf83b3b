"""What the carrier has accepted and the ledger has noted, in files: the memory of the side that is never killed.

A line is on the disk before the sender is answered, as a real service would have it. The lists are the sandbox's own,
so nothing can arrive without passing here.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Note
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World
from drill.kills.points import THE_CARRIER_HAS_IT, THE_LEDGER_HAS_IT, Order


class Accepted(Struct, frozen=True):
    """A message as the receiver wrote it down."""

    attempt: str
    stage: str
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
        self._journal.append({"attempt": message.attempt, "stage": message.stage, "verdicts": verdicts})
        super().append(message)
        self._assassin.see(THE_CARRIER_HAS_IT)


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


def keep_journals(world: World, folder: Path) -> Assassin:
    """From now on every message and every note of `world` is in a journal in `folder`; who kills from that side."""
    assassin = Assassin()
    world.messages = _Mailbox(Journal(folder / "accepted.jsonl"), assassin)
    for key, books in world.companies.items():
        books.notes = _Notes(books, Journal(folder / f"notes-{key}.jsonl"), assassin)
    return assassin


def accepted(folder: Path) -> list[Accepted]:
    return [Accepted(**line) for line in Journal(folder / "accepted.jsonl").read()]
