"""Erases a customer as a person and keeps the figures: amounts, dates and states add up, but nobody can say whose.

The ledger goes on telling the name with every pull, since it is the firm's book. So the ids stay on a list, and what
comes for one of them is stripped before it is written, not after: what was never written leaves no traces to remove.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from state.addresses import usable_addresses
from state.columns import ids_text, instant_text, json_text, read_list
from state.database import immediate
from state.errors import FileBusy, explaining
from state.families import read_families
from state.holds import OPERATOR
from state.model import Contact, ContactId, Invoice, MessageId, Rejected

NAME = "(forgotten)"
HOLD = "forgotten"  # the reason of a hold that nobody can release
_ERASED = "erased"
_NOBODY: dict[str, Any] = {
    "name": NAME,
    "email": None,
    "cc": (),
    "first_name": None,
    "country": None,
    "phones": (),
    "postal": None,
    "groups": (),
}

# Whoever was merged into the customer is the same person, and a job bears its customer's name.
_SAME_PERSON = """
    WITH RECURSIVE same (id) AS (
        SELECT ?1 UNION
        SELECT contact.id FROM contact JOIN same ON contact.merged_into = same.id OR contact.parent_id = same.id
    )
    SELECT id FROM same
"""
_IDS = "(SELECT value FROM json_each(:ids))"
_OWN = "SELECT id FROM {table} WHERE contact_id IN " + _IDS  # noqa: S608 - a constant from above
_OWN_INVOICES, _OWN_PAYMENTS, _OWN_CREDITS = (_OWN.format(table=table) for table in ("invoice", "payment", "credit"))
_LIST = "INSERT OR IGNORE INTO forgotten (contact_id, forgotten_at) SELECT value, :at FROM json_each(:ids)"
_CONTACT = f"""
    UPDATE contact SET name = '{NAME}', email = NULL, cc = '[]', first_name = NULL, country = NULL, phones = '[]',
           postal = NULL, groups = '[]'
    WHERE id IN {_IDS}
"""  # noqa: S608 - constants from above
_INVOICE = f"""
    UPDATE invoice SET billed_to = '[]', reference = NULL, pay_url = NULL WHERE contact_id IN {_IDS}
"""  # noqa: S608 - constants from above
_MESSAGE = f"""
    UPDATE message SET subject = '', recipients = '[]', text = '', provider_id = NULL WHERE contact_id IN {_IDS}
"""  # noqa: S608 - constants from above
# Whoever answered STOP had been texted before, so the number stands among the recipients of an own message.
_NUMBER = f"""
    UPDATE phone_opt_out SET number = NULL WHERE number IN (
        SELECT recipient.value FROM message, json_each(message.recipients) AS recipient
        WHERE message.contact_id IN {_IDS}
    )
"""  # noqa: S608 - a constant from above
_DEAD_NUMBER = f"""
    UPDATE suppressed_address SET address = '', released_at = coalesce(released_at, :at) WHERE address IN (
        SELECT recipient.value FROM message, json_each(message.recipients) AS recipient
        WHERE message.contact_id IN {_IDS} AND recipient.value LIKE '+%'
    )
"""  # noqa: S608 - a constant from above
_REMARK = f"""
    UPDATE hold SET note = NULL
    WHERE (scope = 'contact' AND target IN {_IDS}) OR (scope = 'invoice' AND target IN ({_OWN_INVOICES}))
"""  # noqa: S608 - constants from above
_PROMISE = f"""
    UPDATE promise SET note = NULL WHERE contact_id IN {_IDS} OR invoice_id IN ({_OWN_INVOICES})
"""  # noqa: S608 - constants from above
_DISPUTE = f"""
    UPDATE dispute SET reason = '', outcome = CASE WHEN outcome IS NULL THEN NULL ELSE '' END
    WHERE invoice_id IN ({_OWN_INVOICES})
"""  # noqa: S608 - constants from above
_PREFERENCE = f"DELETE FROM preference WHERE contact_id IN {_IDS}"  # noqa: S608 - a constant from above
_AUDIT = f"""
    UPDATE audit SET details = '{{}}'
    WHERE (scope = 'contact' AND target IN {_IDS}) OR (scope = 'invoice' AND target IN ({_OWN_INVOICES}))
"""  # noqa: S608 - constants from above
_LEDGER_NOTE = f"UPDATE ledger_note SET text = '' WHERE invoice_id IN ({_OWN_INVOICES})"  # noqa: S608 - as above
_WRITE_OFF = f"UPDATE write_off SET reason = '' WHERE invoice_id IN ({_OWN_INVOICES})"  # noqa: S608 - as above
_EDITED = f"UPDATE edited_message SET subject = '', text = '' WHERE contact_id IN {_IDS}"  # noqa: S608 - as above
_TERMS = f"UPDATE reminder SET terms = NULL WHERE contact_id IN {_IDS}"  # noqa: S608 - as above
_QUARANTINE = f"""
    UPDATE quarantine SET payload = '', name = NULL, reason = '{_ERASED}'
    WHERE contact_id IN {_IDS} OR (entity = 'contact' AND id IN {_IDS})
    OR (entity = 'invoice' AND id IN ({_OWN_INVOICES})) OR (entity = 'payment' AND id IN ({_OWN_PAYMENTS}))
    OR (entity = 'credit' AND id IN ({_OWN_CREDITS}))
"""  # noqa: S608 - constants from above
_TASK = f"""
    UPDATE task SET phone = NULL, script = '', note = NULL WHERE contact_id IN {_IDS}
"""  # noqa: S608 - constants from above
# A reply that is another customer's as well stays, and so does an address that another is written to.
_ANSWERS = f"""
    UPDATE reply SET mail_id = '', sender = '', sender_name = '', subject = '', text = ''
    WHERE (sender IN (SELECT value FROM json_each(:addresses)) OR id IN (SELECT reply_id FROM reply_contact))
    AND NOT EXISTS (SELECT 1 FROM reply_contact WHERE reply_id = reply.id AND contact_id NOT IN {_IDS})
"""  # noqa: S608 - constants from above
_DELIVERIES = f"""
    UPDATE delivery SET recipient = NULL, detail = ''
    WHERE (message_id IS NULL AND recipient IN (SELECT value FROM json_each(:addresses)))
    OR message_id IN (SELECT id FROM message WHERE contact_id IN {_IDS})
"""  # noqa: S608 - constants from above
_UNWANTED = f"""
    UPDATE suppressed_address SET address = '', released_at = coalesce(released_at, :at)
    WHERE address IN (SELECT value FROM json_each(:addresses)) AND NOT EXISTS (
        SELECT 1 FROM contact WHERE id NOT IN {_IDS} AND instr(lower(coalesce(email, '') || cc), address)
    )
"""  # noqa: S608 - constants from above
_NEVER_AGAIN = f"""
    INSERT INTO hold (scope, target, reason, owner, placed_at)
    SELECT 'contact', value, '{HOLD}', '{OPERATOR}', :at FROM json_each(:ids)
    WHERE value NOT IN (SELECT target FROM hold WHERE reason = '{HOLD}')
"""  # noqa: S608 - constants from above
_WORDS = (
    _REMARK,
    _TASK,
    _PROMISE,
    _DISPUTE,
    _PREFERENCE,
    _AUDIT,
    _LEDGER_NOTE,
    _EDITED,
    _WRITE_OFF,
)  # what people wrote
_MAIL = (_ANSWERS, _DELIVERIES, _UNWANTED)
# Entries of before are dropped and today's words entered anew; the merge leaves nothing of what was dropped behind.
_SEARCH = (
    f"DELETE FROM contact_index WHERE key IN {_IDS}",  # noqa: S608 - constants from above
    f"DELETE FROM invoice_index WHERE key IN ({_OWN_INVOICES})",  # noqa: S608 - as above
    f"""
    INSERT INTO search_queue (kind, key) SELECT 'contact', value FROM json_each(:ids)
    UNION ALL SELECT 'invoice', id FROM ({_OWN_INVOICES})
    """,  # noqa: S608 - as above
    "INSERT INTO contact_index (contact_index) VALUES ('optimize')",
    "INSERT INTO invoice_index (invoice_index) VALUES ('optimize')",
)
_ERASE = (
    _LIST,
    _CONTACT,
    _INVOICE,
    _NUMBER,
    _DEAD_NUMBER,
    _MESSAGE,
    _TERMS,
    *_WORDS,
    *_MAIL,
    _QUARANTINE,
    _NEVER_AGAIN,
    *_SEARCH,
)
_OWNED = f"""
    SELECT 'contact', value FROM json_each(:ids) UNION ALL SELECT 'invoice', id FROM ({_OWN_INVOICES})
    UNION ALL SELECT 'payment', id FROM ({_OWN_PAYMENTS}) UNION ALL SELECT 'credit', id FROM ({_OWN_CREDITS})
"""  # noqa: S608 - constants from above


_THEIRS = {
    "contact": "SELECT email, cc FROM contact WHERE id IN (SELECT value FROM json_each(?))",
    "invoice": "SELECT billed_to FROM invoice WHERE contact_id IN (SELECT value FROM json_each(?))",
    "message": "SELECT recipients FROM message WHERE contact_id IN (SELECT value FROM json_each(?))",
}


class Erased(Struct, frozen=True, kw_only=True):
    """What was erased, in numbers."""

    contacts: int
    invoices: int
    open_invoices: int
    messages: tuple[MessageId, ...]  # their letters may lie in the folder of the dry channel


class Forgetting:
    """Erasing, and who was erased."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @explaining()
    def look(self, contact_id: ContactId) -> Erased:
        """What `forget` would erase."""
        return _look(self._connection, _same_person(self._connection, contact_id))

    def forget(self, contact_id: ContactId, at: datetime) -> Erased:
        """Erase the customer, whoever was merged into it, and its jobs; make sure that the file holds no remains.

        Raises FileBusy if another process keeps the remains from being removed; calling it again finishes it.
        """
        with immediate(self._connection) as connection:
            ids = _same_person(connection, contact_id)
            erased = _look(connection, ids)
            told = {"ids": ids_text(ids), "at": instant_text(at), "addresses": json_text(_addresses(connection, ids))}
            for statement in _ERASE:
                connection.execute(statement, told)
        _remove_remains(self._connection)
        return erased


def forgotten(connection: sqlite3.Connection) -> frozenset[ContactId]:
    """The contacts of whom only figures may be kept."""
    return frozenset(ContactId(key) for (key,) in connection.execute("SELECT contact_id FROM forgotten"))


def without_person(contacts: Sequence[Contact], ids: frozenset[ContactId]) -> Sequence[Contact]:
    """`contacts`, those of `ids` without anything personal."""
    if not ids:
        return contacts
    return [msgspec.structs.replace(contact, **_NOBODY) if contact.id in ids else contact for contact in contacts]


def without_addressee(invoices: Sequence[Invoice], ids: frozenset[ContactId]) -> Sequence[Invoice]:
    """`invoices`, those of `ids` without addresses and free text."""
    if not ids:
        return invoices
    return [
        msgspec.structs.replace(invoice, billed_to=(), reference=None) if invoice.contact_id in ids else invoice
        for invoice in invoices
    ]


def without_contents(connection: sqlite3.Connection, rejected: Iterable[Rejected]) -> Iterable[Rejected]:
    """`rejected`, those of forgotten customers without what came; one that names nobody cannot be recognised."""
    ids = forgotten(connection)
    if not ids:
        return rejected
    owned = set(connection.execute(_OWNED, {"ids": ids_text(ids)}))
    return [
        msgspec.structs.replace(record, payload="", reason=_ERASED)
        if record.contact_id in ids or (record.entity, record.id) in owned
        else record
        for record in rejected
    ]


def _same_person(connection: sqlite3.Connection, contact_id: ContactId) -> list[str]:
    winner = read_families(connection).winner(contact_id)
    return [key for (key,) in connection.execute(_SAME_PERSON, (winner,))]


def _addresses(connection: sqlite3.Connection, ids: list[str]) -> list[str]:
    """Where the customer could be or was written to, in lower case."""
    texts: list[str | None] = []
    for email, cc in connection.execute(_THEIRS["contact"], (ids_text(ids),)):
        texts += [email, *read_list(cc)]
    for kind in ("invoice", "message"):
        for (listed,) in connection.execute(_THEIRS[kind], (ids_text(ids),)):
            texts += read_list(listed)
    return sorted({address.lower() for text in texts for address in usable_addresses(text)})


def _look(connection: sqlite3.Connection, ids: list[str]) -> Erased:
    keys = (ids_text(ids),)
    [(invoices, still_open)] = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE status = 'open' AND due_minor > 0) FROM invoice"
        " WHERE contact_id IN (SELECT value FROM json_each(?))",
        keys,
    )
    messages = connection.execute(
        "SELECT id FROM message WHERE contact_id IN (SELECT value FROM json_each(?)) ORDER BY rowid", keys
    )
    return Erased(
        contacts=len(ids),
        invoices=invoices,
        open_invoices=still_open,
        messages=tuple(MessageId(key) for (key,) in messages),
    )


def _remove_remains(connection: sqlite3.Connection) -> None:
    """Erased rows live on in free pages and in the write-ahead log until both are written anew."""
    with explaining():
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise FileBusy(
            "The customer is forgotten, but another program reads the file, and remains of the data may still be in"
            " it. Close the program and run `dun forget` again."
        )
