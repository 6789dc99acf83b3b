"""Which invoices are with an agency or a court, since when, and the fingerprint of the file that went along."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from state.columns import instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import explaining
from state.ids import InvoiceId

_COLUMNS = (
    "id, invoice_id, round, handed_to, currency, due_minor, case_file, handed_at, handed_by, returned_at, returned_by"
)


class Handover(Struct, frozen=True, kw_only=True):
    """One invoice with somebody else. `case_file` is the SHA-256 of the JSON that was written for them."""

    id: int
    invoice_id: InvoiceId
    round: int
    handed_to: str
    currency: str
    due_minor: int  # when it was handed over
    case_file: str
    handed_at: datetime
    handed_by: str
    returned_at: datetime | None = None
    returned_by: str | None = None


class Handovers:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record(self, invoices: Iterable[InvoiceId], to: str, case_file: str, by: str, at: datetime) -> None:
        """Hand `invoices` over for what is due on them now. One that is out already is refused by the schema."""
        with immediate(self._connection) as connection:
            connection.executemany(
                "INSERT INTO handover (invoice_id, round, handed_to, currency, due_minor, case_file, handed_at,"
                " handed_by) SELECT id, round, ?, currency, due_minor, ?, ?, ? FROM invoice WHERE id = ?",
                [(to, case_file, instant_text(at), by, key) for key in invoices],
            )

    def take_back(self, invoice_id: InvoiceId, by: str, at: datetime) -> bool:
        """False if it is not out."""
        with immediate(self._connection) as connection:
            moved = connection.execute(
                "UPDATE handover SET returned_at = ?, returned_by = ? WHERE invoice_id = ? AND returned_at IS NULL",
                (instant_text(at), by, invoice_id),
            )
            return moved.rowcount == 1

    def out(self) -> list[Handover]:
        """Those that have not returned, oldest first."""
        return self._read("returned_at IS NULL")

    def of_invoice(self, invoice_id: InvoiceId) -> Handover | None:
        """Where the invoice is now; None if it is with nobody."""
        found = self._read("returned_at IS NULL AND invoice_id = ?", invoice_id)
        return found[0] if found else None

    @explaining()
    def _read(self, condition: str, *parameters: str) -> list[Handover]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM handover WHERE {condition} ORDER BY id",  # noqa: S608 - conditions from above
            parameters,
        )
        return [_handover(row) for row in rows]


def _handover(row: tuple[Any, ...]) -> Handover:
    return Handover(
        id=row[0],
        invoice_id=row[1],
        round=row[2],
        handed_to=row[3],
        currency=row[4],
        due_minor=row[5],
        case_file=row[6],
        handed_at=read_instant(row[7]),
        handed_by=row[8],
        returned_at=read_optional_instant(row[9]),
        returned_by=row[10],
    )
