"""An invoice that was seen settled and came back must begin a new round (invariant 7).

Only what the product has seen counts: a payment that came and bounced between two polls begins nothing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from drill.simulation.process import Surroundings

_TAKING_MONEY_BACK = frozenset({"payment_bounces", "void_payment", "take_back"})


class Rounds:
    """The least round each reopened invoice must stand in."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._least: dict[str, int] = {}

    @contextmanager
    def watched(self, kind: str) -> Iterator[None]:
        """Watch an act that may reopen an invoice."""
        if kind not in _TAKING_MONEY_BACK:
            yield
            return
        before = self._seen_settled()
        yield
        for invoice in self._around.books.invoices.values():
            key = self._around.key(invoice)
            if invoice.state == "open" and invoice.due_amount > 0 and key in before:
                self._least[key] = before[key] + 1

    def old(self, file: sqlite3.Connection) -> Iterator[str]:
        """The invoices that stand in a round that is over, in words."""
        rounds = dict(file.execute("SELECT id, round FROM invoice WHERE status = 'open'"))
        for key, least in self._least.items():
            if key in rounds and rounds[key] < least:
                yield f"invoice {key} was settled, came back, and is still in round {rounds[key]}"

    def _seen_settled(self) -> dict[str, int]:
        with closing(self._around.read_file()) as file:
            return dict(file.execute("SELECT id, round FROM invoice WHERE status = 'paid'"))
