"""The mirror laid beside the books, field by field (invariant 5).

Only what each service's wire can tell is compared: nobody can know of a document that was deleted before it was ever
read, and edits of settled invoices move nothing that anybody is asked for.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit, Customer, Invoice, Payment
from connectors.sandbox.quickbooks.company import country_of
from drill.simulation.script import Traits
from state.columns import json_text, list_text
from state.model import PostalAddress
from state.money import to_minor

_INVOICE = (
    "SELECT id, status, number, contact_id, currency, due_minor, due_on, expected_on, payment_scheduled, disputed,"
    " total_minor FROM invoice"
)
_CONTACT = "SELECT id, name, status, email, phones, postal, groups FROM contact"


def differences(file: sqlite3.Connection, books: Books, traits: Traits, *, groups: bool = True) -> Iterator[str]:
    """Everything in which the mirror differs from the ledger, in words. `groups` are told once a day."""
    comparison = _Comparison(file, books, traits, groups=groups)
    yield from comparison.invoices()
    yield from comparison.contacts()
    yield from comparison.credits()
    yield from comparison.quarantine()


class _Comparison:
    def __init__(self, file: sqlite3.Connection, books: Books, traits: Traits, *, groups: bool) -> None:
        self._file = file
        self._groups = groups
        self._books = books
        self._xero = traits.ledger == "xero"

    def invoices(self) -> Iterator[str]:
        rows = {row[0]: row[1:] for row in self._file.execute(_INVOICE)}
        for invoice in self._books.invoices.values():
            row = rows.pop(self._key(invoice), None)
            if row is None:
                if invoice.state == "open":
                    yield f"invoice {invoice.number} is not in the mirror"
                continue
            yield from self._invoice(invoice, row)
        for key, row in rows.items():
            if row[0] == "open" and row[4] > 0:
                yield f"the mirror believes in the open invoice {key}, which the ledger does not have"

    def _invoice(self, invoice: Invoice, row: tuple[Any, ...]) -> Iterator[str]:
        status = _status(invoice)
        told = {"deleted", "gone"} if status == "deleted" else {status}
        if row[0] not in told:
            yield f"invoice {invoice.number} is {status} and the mirror says {row[0]}"
        elif status == "open":
            yield from self._fields(invoice, row)

    def _fields(self, invoice: Invoice, row: tuple[Any, ...]) -> Iterator[str]:
        truth = {
            "number": invoice.number,
            "contact": self._key(self._books.customers[invoice.customer_id]),
            "currency": invoice.currency,
            "due": to_minor(invoice.due_amount, invoice.currency),
            "due date": invoice.due and invoice.due.isoformat(),
            "expected": invoice.expected.isoformat() if self._xero and invoice.expected else None,
            "scheduled": int(invoice.scheduled_payment and not self._xero),
            "disputed": int(invoice.disputed and not self._xero),
            "total": to_minor(invoice.total, invoice.currency),
        }
        for (name, value), believed in zip(truth.items(), row[1:], strict=True):
            if value != believed:
                yield f"the {name} of invoice {invoice.number} is {value!r}, and the mirror says {believed!r}"

    def contacts(self) -> Iterator[str]:
        rows = {row[0]: row[1:] for row in self._file.execute(_CONTACT)}
        owing = {i.customer_id for i in self._books.invoices.values() if _status(i) == "open"}
        for number in owing:
            customer = self._books.customers[number]
            status = "archived" if customer.archived else "active"
            truth = (customer.name, status, customer.email, *self._whereabouts(customer))
            believed = rows.get(self._key(customer))
            if believed is not None and not self._groups:
                believed = (*believed[:-1], truth[-1])
            if believed is not None and not self._xero and customer.archived:
                believed = (believed[0].removesuffix(" (deleted)"), *believed[1:])
            if believed != truth:
                yield f"customer {number} is {truth}, and the mirror says {believed}"

    def _whereabouts(self, customer: Customer) -> tuple[str, str | None, str]:
        """Phones, postal address and groups as the file has them."""
        country = customer.country if self._xero else country_of(customer.country)
        lines = tuple((customer.street or "").splitlines())
        known = lines or customer.city or customer.postcode
        postal = PostalAddress(
            lines=lines, city=customer.city, postcode=customer.postcode, region=customer.region, country=country
        )
        phones = tuple(filter(None, (customer.mobile, customer.phone)))
        groups = customer.groups if self._xero else customer.groups[:1]
        return list_text(phones), json_text(postal) if known else None, list_text(groups)

    def credits(self) -> Iterator[str]:
        """Everything unapplied, by document: what is missing here would have been chased."""
        credits = "SELECT id, remaining_minor FROM credit WHERE status = 'valid' AND remaining_minor > 0"
        payments = "SELECT id, unapplied_minor FROM payment WHERE status = 'valid' AND unapplied_minor > 0"
        believed = {("credit", *row) for row in self._file.execute(credits)}
        believed |= {("payment", *row) for row in self._file.execute(payments)}
        truth = {self._rest(source) for source in self._books.loose()}
        for kind, key, minor in truth - believed:
            yield f"{kind} {key} has {minor} unapplied, and the mirror does not know it"
        for kind, key, minor in believed - truth:
            yield f"the mirror believes in {minor} of {kind} {key}, which the ledger does not have"

    def _rest(self, source: Payment | Credit) -> tuple[str, str, int]:
        kind = "payment" if isinstance(source, Payment) else "credit"
        return kind, self._key(source), to_minor(self._books.rest_of(source), source.currency)

    def quarantine(self) -> Iterator[str]:
        for entity, key in self._file.execute("SELECT entity, id FROM quarantine"):
            yield f"{entity} {key} is still in quarantine although it has been readable for days"

    def _key(self, document: Customer | Invoice | Payment | Credit) -> str:
        return document.guid if self._xero else str(document.id)


def _status(invoice: Invoice) -> str:
    return "paid" if invoice.settled else invoice.state
