"""What must be true when nothing fails any more and people have done their part (invariants 4 to 7).

Two business days pass in peace. Then the notes are counted, the mirror is laid beside the books field by field, every
open invoice is asked why it is where it is, and the history of every reminder is read from the file.
"""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import time
from random import Random
from typing import TYPE_CHECKING, Any

from connectors.sandbox.documents import Invoice
from drill.simulation.due import Due, overdue_step
from drill.simulation.firm_policy import WINDOW_TIMES
from drill.simulation.history import illegal_histories
from drill.simulation.mirror import differences
from drill.simulation.open_days import is_open
from drill.simulation.settled import Settled
from sync.notes import marked

if TYPE_CHECKING:
    from drill.simulation.life import Life

BUSINESS_DAYS = 2
_LAST_RESORT = 14  # days; a storm's end may fall on a long weekend, or into quiet days
_TIMES = (time(9, 30), time(15))


class Peace:
    """The quiet days between two storms."""

    def __init__(self, life: "Life") -> None:
        self._life = life

    def keep(self) -> None:
        """Let the dust settle, then check everything."""
        self._life.adversary.rest()
        self._life.restart()
        quiet = 0
        for number in range(_LAST_RESORT):
            self._life.day += 1
            self._a_quiet_day(number)
            quiet += is_open(self._life.around.settings.calendar, self._life.today)
            if quiet > BUSINESS_DAYS:
                break
        self._check()
        if not self._life.violations:
            self._life.polling.hold()

    def _a_quiet_day(self, number: int) -> None:
        for at in WINDOW_TIMES if self._life.around.settings.window_of_customer else _TIMES:
            self._life.advance_to(self._life.day, at)
            self._life.agreed.look()
            self._life.office.open(Random(f"{self._life.seed}/peace/{number}"), diligent=True)
            self._life.cycle()

    def _check(self) -> None:
        if self._life.violations:
            return
        with closing(self._life.around.read_file()) as file:
            self._check_notes(file)
            for words in differences(file, self._life.around.books, self._life.traits):
                self._life.violations.add(5, words)
            self._check_liveness(file)
            for words in (*illegal_histories(file), *self._life.rounds.old(file)):
                self._life.violations.add(7, words)
            self._check_unknown(file)
            for invariant, words in Settled(self._life, file).wrong():
                self._life.violations.add(invariant, words)

    def _check_unknown(self, file: sqlite3.Connection) -> None:
        """Unknown is for messages of which bytes may have left: a process that died or had no disk, an answer lost."""
        messages = "SELECT DISTINCT message_id FROM reminder_event WHERE to_state = 'unknown'"
        unknown = {message for (message,) in file.execute(messages)}
        for message in unknown - self._life.perhaps_left - self._life.around.postbox.lost_answers:
            self._life.violations.add(2, f"message {message} became unknown although nothing had happened to it")

    # -- invariant 4 --------------------------------------------------------------------------------------------

    def _check_notes(self, file: sqlite3.Connection) -> None:
        books = self._life.around.books
        written = Counter(str(one) for note in books.notes for one in marked(note.text))
        rows = file.execute("SELECT id, state, invoice_id FROM reminder")
        reminders = {key: (state, self._life.around.invoice(invoice)) for key, state, invoice in rows}
        for reminder, times in written.items():
            state, invoice = reminders.get(reminder, (None, None))
            if times > 1:
                self._life.violations.add(4, f"reminder {reminder} has {times} notes")
            gone = invoice is not None and invoice.state == "deleted"  # nobody can look there for what one try became
            if state != "noted" and not (state == "sent" and gone):
                self._life.violations.add(4, f"a note tells of {reminder}, which is {state}")
        self._check_sent(file, written)

    def _check_sent(self, file: sqlite3.Connection, written: Counter[str]) -> None:
        arrived = {delivery.message.id for delivery in self._life.around.postbox.delivered}
        arrived |= {key for (key,) in file.execute("SELECT message_id FROM task WHERE kind = 'call'")}
        rows = file.execute("SELECT id, state, invoice_id, message_id FROM reminder WHERE state IN ('sent', 'noted')")
        for reminder, state, invoice_id, message_id in rows:
            invoice = self._life.around.invoice(invoice_id)
            if message_id not in arrived:
                self._life.violations.add(4, f"reminder {reminder} is {state}, but nobody got it")
            if invoice is None or invoice.state == "deleted":
                continue  # there is nothing left to write a note on
            if written[reminder] != 1:
                self._life.violations.add(4, f"reminder {reminder} is {state} and has {written[reminder]} notes")

    # -- invariant 6 --------------------------------------------------------------------------------------------

    def _check_liveness(self, file: sqlite3.Connection) -> None:
        decided = {row[0]: row[1:] for row in file.execute("SELECT invoice_id, action, reasons, stage FROM decision")}
        unknown = file.execute("SELECT count(*) FROM reminder WHERE state IN ('sending', 'verified')").fetchone()[0]
        if unknown:
            self._life.violations.add(6, f"{unknown} reminders hang between two states")
        for invoice in self._open_invoices():
            self._check_invoice(file, invoice, decided.get(self._life.around.key(invoice)))

    def _check_invoice(self, file: sqlite3.Connection, invoice: Invoice, decision: Any) -> None:
        if decision is None:
            self._life.violations.add(6, f"{invoice.number} is open, and nothing was decided about it")
            return
        due = Due(self._life, file, invoice, self._life.around.key(invoice))
        if words := overdue_step(due, *decision):
            self._life.violations.add(6, words)

    def _open_invoices(self) -> list[Invoice]:
        owing = self._life.around.books.invoices.values()
        return [i for i in owing if i.state == "open" and i.due_amount > 0 and not i.bill]
