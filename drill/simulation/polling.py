"""Whether polls alone tell everything that the services tell of.

The nightly comparison mends whatever polling has missed, so a leak in the polling would stay unseen for years. This
looks between two comparisons: people change a lot, before and while a poll reads, in front of a replica that lags and
a clock that is a little wrong; one more poll later the mirror must be right.
"""

from contextlib import closing
from datetime import time, timedelta
from random import Random
from typing import TYPE_CHECKING

from drill.simulation.adversary import LAG_SWITCH
from drill.simulation.mirror import differences

if TYPE_CHECKING:
    from drill.simulation.life import Life

_HOUR = time(16, 20)
_OLD = timedelta(minutes=11)  # changes that the next poll's overlap will not bring again
_AFTER_THE_LAG = timedelta(hours=1, minutes=20)  # Xero has streams that are polled once an hour
# What moves the stamp of everything it changes. Of a payment taken away, QuickBooks tells, but not of its invoice.
_TOLD = {
    "xero": ("payment_bounces", "take_back", "promise", "draft", "issue_draft", "archive"),
    "quickbooks": ("schedule", "dispute", "settle_dispute"),
}
_TOLD_BY_BOTH = (
    *("issue", "issue", "issue", "pay", "pay", "pay_part", "overpay", "prepay", "credit_note", "apply_credit"),
    *("void_invoice", "delete_invoice", "write_off", "move_due_date", "renumber", "rename", "new_address"),
)


class Polling:
    """An afternoon in which much changes."""

    def __init__(self, life: "Life") -> None:
        self._life = life

    def hold(self) -> None:
        """Call it on a quiet day on which the comparison has been made."""
        life, draw = self._life, Random(f"{self._life.seed}/polling/{self._life.day}")
        life.advance_to(life.day, _HOUR)
        lag = draw.choice((0, 0, 30, 100, 200))
        life.around.clock.wrong_by = timedelta(seconds=draw.choice((0, -600, 600)))
        for _ in range(16):
            self._change(draw)
        if lag:
            life.around.world.switches[LAG_SWITCH[life.traits.ledger]] = str(lag)
        else:
            life.around.world.clock.advance(_OLD)
        for last in (6, 6, 6, 6, 6, 20, 20, 20, 20, 20):
            life.adversary.during_the_cycle(draw.randint(1, last), lambda: self._change(draw))
        life.cycle()
        life.adversary.rest()
        life.around.world.clock.advance(_AFTER_THE_LAG)
        life.cycle()
        self._check()

    def _change(self, draw: Random) -> None:
        life = self._life
        life.witness.before_change()
        life.people.act(draw.choice((*_TOLD_BY_BOTH, *_TOLD[life.traits.ledger])), draw)
        life.agreed.look()
        life.around.world.clock.advance(timedelta(milliseconds=draw.choice((0, 0, 300, 1_500, 20_000))))

    def _check(self) -> None:
        life = self._life
        with closing(life.around.read_file()) as file:
            for words in differences(file, life.around.books, life.traits, groups=False):
                life.violations.add(5, f"polls alone did not tell: {words}")
