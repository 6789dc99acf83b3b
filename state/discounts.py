"""Early-payment discounts on offer. One may stand per invoice; a new one takes the place of the one before."""

import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from state.agreed import DiscountOffer
from state.columns import day_text, instant_text, read_instant
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId
from state.late_debts import read_late_facts

_DUE = """
    withdrawn_at IS NULL AND EXISTS (
        SELECT 1 FROM invoice WHERE invoice.id = discount_offer.invoice_id AND status = 'open' AND due_minor > 0
    )
"""
_COLUMNS = "id, invoice_id, percent_hundredths, amount_minor, currency, until, made_at, made_by"


class Discounts:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def offer(
        self,
        invoice_id: InvoiceId,
        percent_hundredths: int | None,
        amount_minor: int | None,
        currency: str,
        until: date,
        by: str,
        at: datetime,
    ) -> DiscountOffer:
        """Exactly one of percentage and amount. An earlier offer on the invoice ends with this one."""
        with immediate(self._connection) as connection:
            self.withdraw(invoice_id, at)
            key = connection.execute(
                "INSERT INTO discount_offer"
                " (invoice_id, percent_hundredths, amount_minor, currency, until, made_at, made_by)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (invoice_id, percent_hundredths, amount_minor, currency, day_text(until), instant_text(at), by),
            ).lastrowid
            return _read(connection, "id = ?", key)[0]

    def withdraw(self, invoice_id: InvoiceId, at: datetime) -> bool:
        """False if nothing was on offer."""
        with immediate(self._connection) as connection:
            ended = connection.execute(
                "UPDATE discount_offer SET withdrawn_at = ? WHERE invoice_id = ? AND withdrawn_at IS NULL",
                (instant_text(at), invoice_id),
            ).rowcount
        return ended == 1

    def standing(self, invoice_id: InvoiceId) -> DiscountOffer | None:
        """What was offered and not withdrawn; its day may be over."""
        found = _read(self._connection, "withdrawn_at IS NULL AND invoice_id = ?", invoice_id)
        return found[0] if found else None


def read_discounts(connection: sqlite3.Connection) -> dict[InvoiceId, DiscountOffer]:
    """The offers that nobody has withdrawn for invoices on which something is due, with what was paid since.

    Those whose day is over are among them: somebody may have paid by then what the offer asked.
    """
    found = _read(connection, _DUE)
    return {offer.invoice_id: _with_payments(connection, offer) for offer in found}


def _with_payments(connection: sqlite3.Connection, offer: DiscountOffer) -> DiscountOffer:
    """A payment of which nobody knows the day, or one of the day before, as it may be elsewhere, counts as in time."""
    first = offer.made_at.date() - timedelta(days=1)
    paid = [part for part in read_late_facts(connection, offer.invoice_id).settled if not part.credit_note]
    since = [part for part in paid if part.on is None or part.on >= first]
    return replace(
        offer,
        paid_in_time_minor=sum(part.minor for part in since if part.on is None or part.on <= offer.until),
        paid_since_minor=sum(part.minor for part in since),
    )


@explaining()
def _read(connection: sqlite3.Connection, condition: str, *parameters: object) -> list[DiscountOffer]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM discount_offer WHERE {condition} ORDER BY id",  # noqa: S608 - our own
        parameters,
    )
    return [_offer(row) for row in rows]


def _offer(row: tuple[Any, ...]) -> DiscountOffer:
    return DiscountOffer(
        id=row[0],
        invoice_id=row[1],
        percent_hundredths=row[2],
        amount_minor=row[3],
        currency=row[4],
        until=date.fromisoformat(row[5]),
        made_at=read_instant(row[6]),
        made_by=row[7],
    )
