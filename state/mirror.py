"""What the ledger has told us, as last read. Pulls write here; who is owed what is read in `receivables`."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from state.columns import (
    ids_text,
    instant_text,
    optional_instant_text,
    read_optional_instant,
)
from state.database import immediate, snapshot
from state.documents import (
    CONTACT_COLUMNS,
    CREDIT_COLUMNS,
    INVOICE_COLUMNS,
    PAYMENT_COLUMNS,
    SAVE_CONTACT,
    SAVE_CREDIT,
    SAVE_INVOICE,
    SAVE_PAYMENT,
    Row,
    contact_rows,
    credit_rows,
    invoice_rows,
    payment_rows,
    read_contact,
    read_credit,
    read_invoice,
    read_payment,
)
from state.errors import explaining
from state.families import read_families
from state.forget import forgotten, without_addressee, without_contents, without_person
from state.model import (
    Contact,
    ContactId,
    Credit,
    CreditId,
    EntityKind,
    Gone,
    Invoice,
    InvoiceId,
    Organisation,
    Payment,
    PaymentId,
    Rejected,
)
from state.quarantine import (
    Document,
    add_rejected,
    clear_rejected,
    forget_nameless,
    forget_rejected,
    rejected_records,
)

_COMPARISON = "*"  # the full comparison has a row among the streams, but no cursor

_OPEN_INVOICES = "FROM invoice WHERE status = 'open' AND due_minor > 0"
_BURY: dict[EntityKind, str] = {
    "invoice": """UPDATE invoice SET status = 'deleted', gone_at = :at,
                  updated_at = max(updated_at, coalesce(:stamp, ''))
                  WHERE id = :id AND status <> 'deleted' AND updated_at <= coalesce(:stamp, updated_at)""",
    "contact": """UPDATE contact SET status = 'archived', updated_at = max(updated_at, coalesce(:stamp, ''))
                  WHERE id = :id AND status <> 'archived' AND updated_at <= coalesce(:stamp, updated_at)""",
    "payment": """UPDATE payment SET status = 'deleted', updated_at = max(updated_at, coalesce(:stamp, ''))
                  WHERE id = :id AND status <> 'deleted' AND updated_at <= coalesce(:stamp, updated_at)""",
    "credit": """UPDATE credit SET status = 'deleted', updated_at = max(updated_at, coalesce(:stamp, ''))
                 WHERE id = :id AND status <> 'deleted' AND updated_at <= coalesce(:stamp, updated_at)""",
}
_OPEN_CREDITS = f"""
    SELECT {CREDIT_COLUMNS} FROM credit
    WHERE status = 'valid' AND remaining_minor > 0 AND contact_id IN (SELECT value FROM json_each(?1))
    UNION ALL
    SELECT id, 'unapplied_payment', contact_id, NULL, status, currency, amount_minor, unapplied_minor, paid_on,
           updated_at, version
    FROM payment
    WHERE status = 'valid' AND unapplied_minor > 0 AND contact_id IN (SELECT value FROM json_each(?1))
    ORDER BY 9, 1
"""  # noqa: S608 - a list of columns
_WITH_REST = (
    """
    SELECT id FROM credit WHERE status = 'valid' AND remaining_minor > 0
    UNION SELECT id FROM quarantine WHERE entity = 'credit' AND id IS NOT NULL ORDER BY id
    """,
    """
    SELECT id FROM payment WHERE status = 'valid' AND unapplied_minor > 0
    UNION SELECT id FROM quarantine WHERE entity = 'payment' AND id IS NOT NULL ORDER BY id
    """,
)


_OWED_BY = f"""
    SELECT contact_id, sum(due_minor) {_OPEN_INVOICES}
    AND currency = ? AND contact_id IN (SELECT value FROM json_each(?)) GROUP BY contact_id
"""  # noqa: S608 - a condition
_OWNERS = "SELECT id, contact_id FROM invoice WHERE id IN (SELECT value FROM json_each(?))"
_MERGE = "UPDATE contact SET status = 'archived', merged_into = ?2 WHERE id = ?1"
_NO_CREDIT = "UPDATE credit SET remaining_minor = 0 WHERE id IN (SELECT value FROM json_each(?))"
_NO_REST = "UPDATE payment SET unapplied_minor = 0 WHERE id IN (SELECT value FROM json_each(?))"


class Mirror:
    """The mirror of one ledger. Writing methods are atomic, and join a transaction that is already open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def save_invoices(self, invoices: Sequence[Invoice]) -> int:
        """Rows changed. Older than stored: ignored. Settled before and open again: the round is counted up."""
        kept = without_addressee(invoices, self._forgotten())
        return self._save("invoice", SAVE_INVOICE, invoice_rows(kept), invoices)

    def save_contacts(self, contacts: Sequence[Contact]) -> int:
        """Rows changed; older ones are ignored."""
        kept = without_person(contacts, self._forgotten())
        return self._save("contact", SAVE_CONTACT, contact_rows(kept), contacts)

    def save_payments(self, payments: Sequence[Payment]) -> int:
        """Rows changed; older ones are ignored."""
        return self._save("payment", SAVE_PAYMENT, payment_rows(payments), payments)

    def save_credits(self, credit_documents: Sequence[Credit]) -> int:
        """Rows changed; older ones are ignored."""
        return self._save("credit", SAVE_CREDIT, credit_rows(credit_documents), credit_documents)

    @explaining()
    def unknown_contacts(self) -> list[ContactId]:
        """Customers of open invoices of whom the mirror has not heard yet."""
        rows = self._connection.execute(
            "SELECT DISTINCT contact_id FROM invoice WHERE status = 'open' AND due_minor > 0"
            " AND contact_id NOT IN (SELECT id FROM contact)"
        )
        return [ContactId(contact_id) for (contact_id,) in rows]

    def moved_from(self, invoices: Collection[Invoice]) -> dict[ContactId, set[ContactId]]:
        """The customers whose stored invoices these documents show at others, and at which."""
        owners = {invoice.id: invoice.contact_id for invoice in invoices}
        moved: dict[ContactId, set[ContactId]] = {}
        with snapshot(self._connection) as connection:
            for key, owner in connection.execute(_OWNERS, (ids_text(owners),)):
                if owner != owners[key]:
                    moved.setdefault(owner, set()).add(owners[key])
        return moved

    def mark_merged(self, winners: Mapping[ContactId, ContactId]) -> None:
        """The ledger no longer has the customers on the left; their invoices are now those of the ones on the right."""
        with immediate(self._connection) as connection:
            connection.executemany(_MERGE, winners.items())

    def bury(self, gone: Iterable[Gone], at: datetime) -> None:
        """Mark what the ledger says is deleted (a contact: archived); unknown ids and outdated tombstones are ignored.

        A tombstone's own stamp is kept, so that an older version arriving late does not bring the document back.
        """
        when = instant_text(at)
        with immediate(self._connection) as connection:
            for stone in gone:
                stamp = optional_instant_text(stone.at)
                connection.execute(_BURY[stone.entity], {"id": stone.id, "stamp": stamp, "at": when})
                forget_rejected(connection, stone.entity, [stone.id])

    def mark_gone(self, ids: Collection[InvoiceId], at: datetime) -> None:
        """The ledger no longer returns these invoices, open ones among them, and did not say why."""
        with immediate(self._connection) as connection:
            connection.execute(
                "UPDATE invoice SET status = 'gone', gone_at = ?"
                " WHERE status = 'open' AND id IN (SELECT value FROM json_each(?))",
                (instant_text(at), ids_text(ids)),
            )
            forget_rejected(connection, "invoice", ids)

    def mark_used_up(self, credit_ids: Collection[CreditId], payment_ids: Collection[PaymentId]) -> None:
        """The ledger, asked for these, has nothing left of them. A version that says otherwise is still believed."""
        with immediate(self._connection) as connection:
            connection.execute(_NO_CREDIT, (ids_text(credit_ids),))
            connection.execute(_NO_REST, (ids_text(payment_ids),))
            forget_rejected(connection, "credit", credit_ids)
            forget_rejected(connection, "payment", payment_ids)

    def quarantine(self, rejected: Iterable[Rejected], at: datetime) -> None:
        """Keep records that could not be read; saving the same document later clears them."""
        with immediate(self._connection) as connection:
            add_rejected(connection, without_contents(connection, rejected), at)

    def forget_rejected_contacts(self, ids: Collection[ContactId]) -> None:
        """The ledger no longer returns these contacts, so there is nothing left to be read."""
        with immediate(self._connection) as connection:
            forget_rejected(connection, "contact", ids)

    def forget_nameless(self, before: datetime) -> None:
        """Drop records without an id that came before this instant only; call it after everything was read again."""
        with immediate(self._connection) as connection:
            forget_nameless(connection, before)

    @explaining()
    def quarantined(self) -> list[Rejected]:
        """Oldest first."""
        return rejected_records(self._connection)

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO organisation (only_row, ledger, id, name, currency, zone, country, short_code,"
                " demo, own_reminders_on, read_at) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    organisation.ledger,
                    organisation.id,
                    organisation.name,
                    organisation.currency,
                    organisation.zone,
                    organisation.country,
                    organisation.short_code,
                    organisation.demo,
                    organisation.own_reminders_on,
                    instant_text(at),
                ),
            )

    @explaining()
    def organisation(self) -> Organisation | None:
        row = self._connection.execute(
            "SELECT ledger, id, name, currency, zone, country, short_code, demo, own_reminders_on FROM organisation"
        ).fetchone()
        if row is None:
            return None
        return Organisation(
            ledger=row[0],
            id=row[1],
            name=row[2],
            currency=row[3],
            zone=row[4],
            country=row[5],
            short_code=row[6],
            demo=bool(row[7]),
            own_reminders_on=None if row[8] is None else bool(row[8]),
        )

    @explaining()
    def cursor(self, stream: str) -> str | None:
        """How far `stream` has been read; None before its first complete pull."""
        row = self._connection.execute("SELECT cursor FROM stream WHERE name = ?", (stream,)).fetchone()
        return None if row is None else row[0]

    @explaining()
    def pulled_at(self, stream: str) -> datetime | None:
        row = self._connection.execute("SELECT pulled_at FROM stream WHERE name = ?", (stream,)).fetchone()
        return None if row is None else read_optional_instant(row[0])

    def move_cursor(self, stream: str, cursor: str | None, at: datetime) -> None:
        """Call this in one transaction with the last page of the pull, never before."""
        with immediate(self._connection) as connection:
            connection.execute(
                "INSERT INTO stream (name, cursor, pulled_at) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, pulled_at = excluded.pulled_at",
                (stream, cursor, instant_text(at)),
            )

    def compared_at(self) -> datetime | None:
        """When every open invoice was last compared with the ledger."""
        return self.pulled_at(_COMPARISON)

    def mark_compared(self, at: datetime) -> None:
        self.move_cursor(_COMPARISON, None, at)

    def invoice(self, invoice_id: InvoiceId) -> Invoice | None:
        rows = self._invoices("id = ?", invoice_id)
        return rows[0] if rows else None

    def find_invoice(self, text: str) -> list[Invoice]:
        """Invoices with this number or id, upper or lower case; numbers need not be unique."""
        return self._invoices("id = ?1 COLLATE NOCASE OR number = ?1 COLLATE NOCASE", text.strip())

    @explaining()
    def last_pulled_at(self) -> datetime | None:
        """When any stream was last read to its end: the age of what this mirror says."""
        [[pulled_at]] = self._connection.execute("SELECT max(pulled_at) FROM stream WHERE cursor IS NOT NULL")
        return read_optional_instant(pulled_at)

    @explaining()
    def find_contact(self, text: str) -> list[Contact]:
        """Customers whose id is `text`, or whose name is, whatever the case."""
        rows = self._connection.execute("SELECT id FROM contact WHERE id = ?1 OR lower(name) = lower(?1)", (text,))
        return list(self.contacts([ContactId(contact_id) for (contact_id,) in rows]).values())

    @explaining()
    def pay_url(self, invoice_id: InvoiceId) -> str | None:
        """The link to pay online; '' if the ledger has none, None if it was never asked."""
        row = self._connection.execute("SELECT pay_url FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
        return None if row is None else row[0]

    def save_pay_url(self, invoice_id: InvoiceId, url: str) -> None:
        with immediate(self._connection) as connection:
            connection.execute("UPDATE invoice SET pay_url = ? WHERE id = ?", (url, invoice_id))

    @explaining()
    def open_invoice_ids(self) -> set[InvoiceId]:
        return {InvoiceId(key) for (key,) in self._connection.execute(f"SELECT id {_OPEN_INVOICES}")}

    @explaining()
    def count_open(self) -> int:
        count: int = self._connection.execute(f"SELECT count(*) {_OPEN_INVOICES}").fetchone()[0]
        return count

    @explaining()
    def count_gone(self) -> int:
        """Invoices that the ledger no longer returns, without having said why."""
        count: int = self._connection.execute("SELECT count(*) FROM invoice WHERE status = 'gone'").fetchone()[0]
        return count

    @explaining()
    def owed_by(self, contacts: Collection[ContactId], currency: str) -> dict[ContactId, int]:
        """Minor units of all open invoices in `currency`, for each of `contacts` that has any."""
        rows = self._connection.execute(
            _OWED_BY,
            (currency, ids_text(contacts)),
        )
        return {ContactId(contact_id): minor for contact_id, minor in rows}

    def contact(self, contact_id: ContactId) -> Contact | None:
        return self.contacts([contact_id]).get(contact_id)

    @explaining()
    def contacts(self, ids: Collection[ContactId]) -> dict[ContactId, Contact]:
        """Those of `ids` that are known, by id; merged ones as they are."""
        rows = self._connection.execute(
            f"SELECT {CONTACT_COLUMNS} FROM contact WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608 - columns
            (ids_text(ids),),
        )
        return {contact.id: contact for contact in map(read_contact, rows)}

    @explaining()
    def payment(self, payment_id: PaymentId) -> Payment | None:
        row = self._connection.execute(
            f"SELECT {PAYMENT_COLUMNS} FROM payment WHERE id = ?",  # noqa: S608 - columns
            (payment_id,),
        ).fetchone()
        return None if row is None else read_payment(row)

    def open_credits(self, contact_id: ContactId) -> list[Credit]:
        """What the whole family of this customer has in hand, unapplied payments included, oldest first."""
        with snapshot(self._connection) as connection:
            family = read_families(connection).members(contact_id)
            return [read_credit(row) for row in connection.execute(_OPEN_CREDITS, (ids_text(family),))]

    def known_credit_ids(self) -> tuple[list[CreditId], list[PaymentId]]:
        """Credits and payments of which something is left, or may be for they cannot be read, by id.

        They are to be read again before anything is sent.
        """
        with snapshot(self._connection) as connection:
            credit_ids, payment_ids = (connection.execute(statement).fetchall() for statement in _WITH_REST)
        return [CreditId(key) for (key,) in credit_ids], [PaymentId(key) for (key,) in payment_ids]

    @explaining()
    def family(self, contact_id: ContactId) -> set[ContactId]:
        """The customer's topmost parent and all below it, with contacts merged into any of them."""
        return read_families(self._connection).members(contact_id)

    @explaining()
    def _invoices(self, condition: str, value: str) -> list[Invoice]:
        rows = self._connection.execute(
            f"SELECT {INVOICE_COLUMNS} FROM invoice WHERE {condition} ORDER BY issued_on, id",  # noqa: S608 - ours
            (value,),
        )
        return [read_invoice(row) for row in rows]

    @explaining()
    def _forgotten(self) -> frozenset[ContactId]:
        return forgotten(self._connection)

    def _save(
        self,
        entity: EntityKind,
        statement: str,
        rows: Iterator[Row],
        documents: Sequence[Document],
    ) -> int:
        with immediate(self._connection) as connection:
            changed = connection.executemany(statement, rows).rowcount
            clear_rejected(connection, entity, documents)
        return max(changed, 0)
