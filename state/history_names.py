"""What bears a name that is looked for in the history: the customers and invoices themselves, and what is about them.

Where few are called so, their ids are found first and lead to the rows. Where many are, nearly every row is about one
of them, so each row is asked in its turn, and a page is full soon.
"""

import sqlite3
from collections.abc import Callable

from msgspec import Struct

from state.columns import anywhere, ids_text
from state.search import Search

_FEW = 500  # customers, or invoices
_INVOICES = """
    SELECT value FROM json_each(:named)
    UNION SELECT id FROM invoice WHERE contact_id IN (SELECT value FROM json_each(:contacts))
"""
_MESSAGES = """
    SELECT id FROM message WHERE contact_id IN (SELECT value FROM json_each(:contacts))
    UNION SELECT message_id FROM reminder
    WHERE invoice_id IN (SELECT value FROM json_each(:invoices)) AND message_id IS NOT NULL
"""
_REMINDERS = "SELECT id FROM reminder WHERE invoice_id IN (SELECT value FROM json_each(:invoices))"
# No index leads from an invoice to what paid it, but one leads there from its customer.
_PAYMENTS = """
    SELECT id FROM payment WHERE contact_id IN (SELECT value FROM json_each(:contacts))
    UNION SELECT payment.id FROM payment, json_each(payment.allocations) AS part
    WHERE payment.contact_id IN (SELECT contact_id FROM invoice WHERE id IN (SELECT value FROM json_each(:named)))
    AND part.value ->> 'invoice_id' IN (SELECT value FROM json_each(:named))
"""
_About = Callable[[str], str]


class Named(Struct, frozen=True):
    """SQL that says whether the customer, invoice, ... whose id an expression has is called so, or about what is."""

    contact: _About
    invoice: _About
    message: _About
    reminder: _About
    payment: _About


FEW = Named(
    contact="{} IN (SELECT value FROM json_each(:contacts))".format,
    invoice="{} IN (SELECT value FROM json_each(:invoices))".format,
    message="{} IN (SELECT value FROM json_each(:messages))".format,
    reminder="{} IN (SELECT value FROM json_each(:reminders))".format,
    payment="{} IN (SELECT value FROM json_each(:payments))".format,
)
_CALLED_SO = "(contact.name LIKE :text ESCAPE '!' OR contact.email LIKE :text ESCAPE '!')"
_INVOICE_CALLED_SO = f"""
    (invoice.number LIKE :text ESCAPE '!' OR invoice.reference LIKE :text ESCAPE '!' OR EXISTS (
        SELECT 1 FROM contact WHERE contact.id = invoice.contact_id AND {_CALLED_SO}
    ))
"""  # noqa: S608 - a constant from above
_ITS_CUSTOMER = f"""
    SELECT 1 FROM {{table}} AS own JOIN contact ON contact.id = own.contact_id WHERE own.id = {{{{0}}}} AND {_CALLED_SO}
"""  # noqa: S608 - as above
_ITS_INVOICES = f"""
    SELECT 1 FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id
    WHERE reminder.{{column}} = {{{{0}}}} AND {_INVOICE_CALLED_SO}
"""  # noqa: S608 - as above
_PAID = f"""
    SELECT 1 FROM payment AS own, json_each(own.allocations) AS part
    JOIN invoice ON invoice.id = part.value ->> 'invoice_id' WHERE own.id = {{0}} AND {_INVOICE_CALLED_SO}
"""  # noqa: S608 - as above


def _any(*selects: str) -> _About:
    return " OR ".join(f"EXISTS ({each})" for each in selects).format


MANY = Named(
    contact=_any(f"SELECT 1 FROM contact WHERE contact.id = {{}} AND {_CALLED_SO}"),  # noqa: S608 - as above
    invoice=_any(f"SELECT 1 FROM invoice WHERE invoice.id = {{}} AND {_INVOICE_CALLED_SO}"),  # noqa: S608 - as above
    message=_any(_ITS_CUSTOMER.format(table="message"), _ITS_INVOICES.format(column="message_id")),
    reminder=_any(_ITS_INVOICES.format(column="id")),
    payment=_any(_ITS_CUSTOMER.format(table="payment"), _PAID),
)


def called(connection: sqlite3.Connection, text: str) -> tuple[Named | None, dict[str, str]]:
    """What is called `text`, and the parameters of its SQL; None: no text is looked for."""
    if not text:
        return None, {}
    contacts, invoices = Search(connection).ids(text, _FEW + 1)
    if max(len(contacts), len(invoices)) > _FEW:
        return MANY, {"text": anywhere(text)}
    found = {"text": anywhere(text), "contacts": ids_text(contacts), "named": ids_text(invoices)}
    for name, statement in (
        ("invoices", _INVOICES),
        ("messages", _MESSAGES),
        ("reminders", _REMINDERS),
        ("payments", _PAYMENTS),
    ):
        found[name] = ids_text(key for (key,) in connection.execute(statement, found))
    return FEW, found
