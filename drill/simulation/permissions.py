"""Whether people had let a message go, and whether its day had come (invariant 2).

Approvals and holds are in the firm's file alone; the sequence's days follow from the due dates in the books.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from drill.simulation.agreed import Agreed
from drill.simulation.attempts import base_of
from drill.simulation.open_days import first_day
from drill.simulation.postbox import Delivery
from drill.simulation.process import Surroundings
from drill.simulation.violation import Violations
from drill.simulation.witness import About
from state.clock import business_day

_A_LITTLE = timedelta(minutes=16)  # a clock that is more wrong than this has another day
_WEEKEND = timedelta(days=8)  # by which a courtesy may go earlier, to go before a weekend or quiet days
_WORDED = "SELECT max(id) FROM audit WHERE details ->> 'reminder' = reminder.id AND action IN"
_OTHER_WORDS = f"""
    SELECT id FROM reminder WHERE message_id = ? AND approved = 1
    AND ({_WORDED} ('edit', 'edit withdrawn')) > ({_WORDED} ('approve'))
"""  # noqa: S608 - constants from above
_HELD = """
    SELECT hold.target FROM hold JOIN message ON message.id = ?1
    WHERE hold.placed_at < message.claimed_at AND (hold.until IS NULL OR hold.until >= ?2)
    AND hold.released_at IS NULL
"""  # not "released after the claim": the machine's clock may have been set back between the two


class Permissions:
    """What must have been so before a message left."""

    def __init__(self, around: Surroundings, agreed: Agreed, violations: Violations) -> None:
        self._around = around
        self._agreed = agreed
        self._violations = violations

    def check(self, delivery: Delivery, about: Iterable[About], *, still: bool) -> None:
        """`still`: nothing has moved in the books since the live reading began."""
        today = business_day(delivery.at, ZoneInfo(self._around.traits.zone))
        with closing(self._around.read_file()) as file:
            self._check_approved(file, delivery.message.id)
            if abs(self._around.clock.wrong_by) <= _A_LITTLE:
                self._check_holds(file, delivery.message.id, about, today)
        if still and not self._around.lagging and abs(self._around.clock.wrong_by) <= _A_LITTLE:
            self._check_days(about, today)

    def _check_approved(self, file: sqlite3.Connection, message: str) -> None:
        rows = file.execute("SELECT stage FROM reminder WHERE message_id = ? AND approved = 0", (message,)).fetchall()
        stages, usual = self._around.settings.book.stages, self._around.settings.mode
        names = [base_of(name) for (name,) in rows]
        modes = [stages[name].mode or usual if name in stages else usual for name in names]
        if "approve" in modes:
            self._violations.add(2, f"{len(rows)} reminders left without anybody's approval")
        for (reminder,) in file.execute(_OTHER_WORDS, (message,)):
            self._violations.add(2, f"{reminder} left in words that came after its approval")

    def _check_holds(self, file: sqlite3.Connection, message: str, about: Iterable[About], today: date) -> None:
        targets = {target for (target,) in file.execute(_HELD, (message, today.isoformat()))}
        for one in about:
            owner = self._around.books.customers[one.invoice.customer_id]
            if targets & {"*", self._around.key(one.invoice), self._around.key(owner)}:
                self._violations.add(1, f"{one.stage} about {one.invoice.number}, which somebody holds")

    def _check_days(self, about: Iterable[About], today: date) -> None:
        stages = self._around.settings.book.stages
        for one in about:
            stage, due = stages.get(base_of(one.stage)), one.invoice.due
            if stage is None or due is None or self._agreed.was_broken(self._around.key(one.invoice)):
                continue  # an instalment has its own day, and a broken promise brings the next stage at once
            if stage.by_decision and today > due:
                continue  # a person says when a last letter goes
            earlier = _WEEKEND if stage.before_due else timedelta(0)
            if today < first_day(stage, due) - earlier:
                self._violations.add(2, f"{one.stage} about {one.invoice.number}, due on {due}, left on {today}")
