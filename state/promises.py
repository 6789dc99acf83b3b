"""Promises to pay. One may be open per invoice, and per customer and currency.

The schema sees to it (state.agreement_tables), and that nobody rewrites what was promised.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from state.agreed import Promise, PromiseState, Share
from state.columns import day_text, ids_text, instant_text, json_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import ContactId, InvoiceId

_COLUMNS = (
    "id, invoice_id, contact_id, promised_on, amount_minor, currency, baseline_minor, made_at, made_by, note, state,"
    " settled_at, shares"
)
_MAKE = """
    INSERT INTO promise (invoice_id, contact_id, promised_on, amount_minor, currency, baseline_minor, shares, made_at,
                         made_by, note, state)
    VALUES (:invoice, :contact, :day, :amount, :currency, :baseline, :shares, :at, :by, :note, 'open')
"""
# What counts of the promises about each invoice in its round: one that is open, else the last that was not withdrawn.
_LATEST = """
    SELECT share.value ->> 'invoice_id',
           coalesce(max(CASE promise.state WHEN 'open' THEN promise.id END), max(promise.id))
    FROM promise, json_each(promise.shares) AS share
    JOIN invoice ON invoice.id = share.value ->> 'invoice_id' AND invoice.round = share.value ->> 'round'
    WHERE promise.state <> 'withdrawn' GROUP BY 1
"""
_shares = msgspec.json.Decoder(tuple[Share, ...])


class Promises:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def make(
        self,
        target: InvoiceId | None,
        contact: ContactId | None,
        promised_on: date,
        amount_minor: int,
        currency: str,
        shares: Sequence[Share],
        note: str | None,
        by: str,
        at: datetime,
    ) -> Promise:
        """Keep a promise about one invoice (`target`), or about all that `contact` owes in `currency`.

        Raises IllegalMove if one is open already, Contradiction if it promises nothing or more than was due.
        """
        row = {
            "invoice": target,
            "contact": contact,
            "day": day_text(promised_on),
            "amount": amount_minor,
            "currency": currency,
            "baseline": sum(share.baseline_minor for share in shares),
            "shares": json_text(shares),
            "at": instant_text(at),
            "by": by,
            "note": note,
        }
        with immediate(self._connection) as connection:
            key = connection.execute(_MAKE, row).lastrowid
            return self._read("id = ?", key)[0]

    def settle(self, promise_id: int, state: PromiseState, at: datetime) -> bool:
        """An open promise ends; False if it is not open any more."""
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE promise SET state = ?, settled_at = ? WHERE id = ? AND state = 'open'",
                (state, instant_text(at), promise_id),
            ).rowcount
        return moved == 1

    def open(self) -> list[Promise]:
        """Of everybody, the oldest first."""
        return self._read("state = 'open'")

    def open_for_invoice(self, invoice_id: InvoiceId) -> Promise | None:
        """The open promise about this invoice alone."""
        found = self._read("state = 'open' AND invoice_id = ?", invoice_id)
        return found[0] if found else None

    def open_for_contact(self, contact_id: ContactId) -> list[Promise]:
        """The open promises about all that a customer owes, one per currency."""
        return self._read("state = 'open' AND contact_id = ?", contact_id)

    def of_customer(self, contacts: Iterable[str]) -> list[Promise]:
        """All about these contacts and their invoices, the oldest first."""
        ids = "(SELECT value FROM json_each(?1))"
        theirs = f"contact_id IN {ids} OR invoice_id IN (SELECT id FROM invoice WHERE contact_id IN {ids})"  # noqa: S608
        return self._read(theirs, ids_text(contacts))

    @explaining()
    def _read(self, condition: str, *parameters: object) -> list[Promise]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM promise WHERE {condition} ORDER BY id",  # noqa: S608 - our own
            parameters,
        )
        return [_promise(row) for row in rows]


def read_promises(connection: sqlite3.Connection) -> dict[InvoiceId, Promise]:
    """Per invoice the promise of its present round that is open, or else the last one, where that was broken.

    While a customer's word for everything is open, a smaller promise about one invoice that was kept or broken says
    nothing against it.
    """
    latest = connection.execute(_LATEST).fetchall()
    if not latest:
        return {}
    rows = connection.execute(f"SELECT {_COLUMNS} FROM promise WHERE state IN ('open', 'broken')")  # noqa: S608 - ours
    standing = {row[0]: _promise(row) for row in rows}
    return {InvoiceId(invoice): standing[key] for invoice, key in latest if key in standing}


def _promise(row: tuple[Any, ...]) -> Promise:
    return Promise(
        id=row[0],
        invoice_id=row[1],
        contact_id=row[2],
        promised_on=date.fromisoformat(row[3]),
        amount_minor=row[4],
        currency=row[5],
        baseline_minor=row[6],
        made_at=read_instant(row[7]),
        made_by=row[8],
        note=row[9],
        state=PromiseState(row[10]),
        settled_at=read_optional_instant(row[11]),
        shares=_shares.decode(row[12]),
    )
