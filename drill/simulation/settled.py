"""What must be true of agreements, calls, letters and further notes once there is peace (invariants 2, 4 and 6).

Promises and plans are settled as the books settle them, within a business day; a call stands on the list once; the
outbox holds the letters that the file tells of, once each, and no other; what the ledger is owed besides the reminders'
notes stands in it once.
"""

import csv
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from drill.simulation.agreed import Planned, Promised
from drill.simulation.violation import Invariant
from state.clock import business_day

if TYPE_CHECKING:
    from drill.simulation.life import Life

_LONG_AGO = timedelta(days=4)  # a business day and a weekend
_MARKER = re.compile(r"\[dun-note:(\w+)\]")
Words = Iterator[tuple[Invariant, str]]


def listed_letters(outbox: Path) -> Counter[str]:
    """How often each message stands in the outbox's list."""
    manifest = outbox / "manifest.csv"
    if not manifest.exists():
        return Counter()
    with manifest.open(encoding="utf-8-sig", newline="") as rows:
        return Counter(row["id"] for row in csv.DictReader(rows))


class Settled:
    """Looks when two business days have passed in peace."""

    def __init__(self, life: "Life", file: sqlite3.Connection) -> None:
        self._life = life
        self._file = file
        self._today = life.around.settings.today_at(life.around.clock.now())

    def wrong(self) -> Words:
        """Everything that is not as it must be."""
        yield from self._promises()
        yield from self._plans()
        yield from self._disputes()
        yield from self._calls()
        yield from self._letters()
        yield from self._notes()

    # -- agreements --------------------------------------------------------------------------------------------------

    def _promises(self) -> Words:
        rows = self._file.execute("SELECT id, state, settled_at FROM promise")
        states = {key: (state, at) for key, state, at in rows}
        for promise in self._life.agreed.promises:
            state, settled_at = states[promise.id]
            for words in self._promise(promise, state, settled_at):
                yield 6, f"promise {promise.id} by {promise.on} {words}"

    def _promise(self, promise: Promised, state: str, settled_at: str | None) -> Iterator[str]:
        if promise.withdrawn:
            return
        if state == "open":
            if promise.on < self._today - _LONG_AGO:
                yield "is still open"
        elif state not in promise.seen:
            yield f"is {state}, and the books have only shown it {sorted(promise.seen)}"
        elif state == "broken" and settled_at and self._day(settled_at) <= promise.on:
            yield "was taken for broken before its day was over"

    def _plans(self) -> Words:
        states = dict(self._file.execute("SELECT id, state FROM plan"))
        for plan in self._life.agreed.plans:
            for words in self._plan(plan, states[plan.id]):
                yield 6, f"plan {plan.id} {words}"

    def _plan(self, plan: Planned, state: str) -> Iterator[str]:
        if plan.over:
            return
        if state in ("kept", "broken") and state not in plan.seen:
            yield f"is {state}, and the books have only shown it {sorted(plan.seen)}"
        if state == "active" and self._life.agreed.long_broken(plan, self._today - _LONG_AGO):
            yield "is still active, though an instalment has been missing for days"

    def _disputes(self) -> Words:
        for (key,) in self._file.execute("SELECT invoice_id FROM dispute WHERE closed_at IS NULL"):
            if not self._life.agreed.due(key):
                yield 6, f"invoice {key} is still disputed though nothing is due on it"

    def _day(self, instant: str) -> date:
        return business_day(datetime.fromisoformat(instant), self._life.zone)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _calls(self) -> Words:
        stray = (
            "SELECT message_id FROM task WHERE kind = 'call' AND message_id IS NOT NULL"
            " AND message_id NOT IN (SELECT message_id FROM reminder WHERE message_id IS NOT NULL)"
        )
        for (message,) in self._file.execute(stray):
            yield 2, f"the call of message {message} is on the list, but its reminders have gone another time"
        missing = (
            "SELECT DISTINCT message.id FROM message JOIN reminder ON reminder.message_id = message.id"
            " WHERE message.channel = 'work-list' AND reminder.state IN ('sent', 'noted')"
            " AND message.id NOT IN (SELECT message_id FROM task WHERE message_id IS NOT NULL)"
        )
        for (message,) in self._file.execute(missing):
            yield 4, f"the call of message {message} counts as made known, and is on no list"

    # -- letters -----------------------------------------------------------------------------------------------------

    def _letters(self) -> Words:
        outbox = self._life.around.outbox
        listed, files = listed_letters(outbox), {file.stem for file in outbox.glob("*.pdf")}
        left, told = self._messages("sent", "noted", "unknown"), self._messages("sent", "noted")
        for message, times in listed.items():
            if times > 1:
                yield 2, f"letter {message} is listed {times} times in the outbox"
            if message not in left:
                yield 2, f"letter {message} lies in the outbox, but its reminders have gone another time"
        for message in files ^ listed.keys():
            yield 4, f"letter {message} has {'no row' if message in files else 'no file'} in the outbox"
        for message in told - listed.keys():
            yield 4, f"letter {message} counts as sent, and is not in the outbox"

    def _messages(self, *states: str) -> set[str]:
        """The letters whose reminders are in one of `states`."""
        rows = self._file.execute(
            "SELECT message.id, reminder.state FROM message JOIN reminder ON reminder.message_id = message.id"
            " WHERE message.channel = 'letter-folder'"
        )
        return {message for message, state in rows if state in states}

    # -- notes -------------------------------------------------------------------------------------------------------

    def _notes(self) -> Words:
        written = Counter(one for note in self._life.around.books.notes for one in _MARKER.findall(note.text))
        rows = self._file.execute("SELECT id, state, invoice_id FROM ledger_note")
        owed = {key: (state, self._life.around.invoice(invoice)) for key, state, invoice in rows}
        for key, times in written.items():
            if times > 1:
                yield 4, f"note {key} about an agreement stands {times} times in the ledger"
            if key not in owed:
                yield 4, f"note {key} stands in the ledger, and the file knows nothing of it"
        for key, (state, living) in owed.items():  # about an invoice that is gone nobody can ask what became of one try
            if living is not None and living.state != "deleted" and (state != "written" or written[key] != 1):
                yield 4, f"note {key} about an agreement is {state} and stands {written[key]} times in the ledger"
        yield from self._untold()

    def _untold(self) -> Words:
        """Each promise about an invoice has its own sentence there, where notes are wanted."""
        if not self._life.around.settings.note_agreements:
            return
        rows = self._file.execute("SELECT invoice_id FROM ledger_note WHERE text LIKE 'Promise to pay %taken down%'")
        told = Counter(invoice for (invoice,) in rows)
        for key, times in self._life.agreed.promises_by_invoice().items():
            if told[key] < times:
                yield 4, f"{times} promises were made about invoice {key}, and the ledger is told of {told[key]}"
