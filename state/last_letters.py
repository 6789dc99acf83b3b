"""Invoices whose sequence has ended and of which a person has decided: one more letter, stronger than the others."""

import sqlite3
from datetime import datetime

from state.columns import instant_text
from state.database import immediate
from state.ids import InvoiceId


class LastLetters:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def decide(self, invoice_id: InvoiceId, by: str, at: datetime) -> bool:
        """The letter goes in the invoice's present round; False if that was decided before."""
        with immediate(self._connection) as connection:
            made = connection.execute(
                "INSERT INTO last_letter (invoice_id, round, decided_at, decided_by)"
                " SELECT id, round, ?, ? FROM invoice WHERE id = ? ON CONFLICT DO NOTHING",
                (instant_text(at), by, invoice_id),
            )
            return made.rowcount == 1


def read_last_letters(connection: sqlite3.Connection) -> frozenset[InvoiceId]:
    """The invoices that get the letter, or have got it, in their present round."""
    rows = connection.execute(
        "SELECT invoice.id FROM last_letter JOIN invoice"
        " ON invoice.id = last_letter.invoice_id AND invoice.round = last_letter.round"
    )
    return frozenset(InvoiceId(key) for (key,) in rows)
