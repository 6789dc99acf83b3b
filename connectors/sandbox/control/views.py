"""Documents as the control API shows them: amounts as strings, dates as ISO, what is due worked out."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connectors.sandbox.books import Books
from connectors.sandbox.control.call import BadRequest, NoSuch
from connectors.sandbox.documents import Allocation, Credit, Customer, Invoice, Note, Payment
from connectors.sandbox.mailbox import ReceivedMessage

Json = dict[str, Any]


def customer_view(books: Books, customer: Customer) -> Json:
    return {
        "id": customer.id,
        "guid": customer.guid,
        "name": customer.name,
        "email": customer.email,
        "cc": list(customer.cc),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "mobile": customer.mobile,
        "phone": customer.phone,
        "fax": customer.fax,
        "street": customer.street,
        "city": customer.city,
        "region": customer.region,
        "postcode": customer.postcode,
        "country": customer.country,
        "groups": list(customer.groups),
        "currency": customer.currency,
        "terms_days": customer.terms_days,
        "archived": customer.archived,
        "merged_into": customer.merged_into,
        "parent": customer.parent,
        "unapplied": money(books.unapplied(customer.id, customer.currency)),
        "updated": customer.updated.isoformat(),
    }


def invoice_view(books: Books, invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "guid": invoice.guid,
        "number": invoice.number,
        "customer": books.customers[invoice.customer_id].name,
        "customer_id": invoice.customer_id,
        "bill": invoice.bill,
        "state": invoice.state,
        "settled": invoice.settled,
        "currency": invoice.currency,
        "total": money(invoice.total),
        "paid": money(invoice.paid),
        "credited": money(invoice.credited),
        "due_amount": money(invoice.due_amount),
        "issued": invoice.issued.isoformat(),
        "due": invoice.due.isoformat() if invoice.due else None,
        "expected": invoice.expected.isoformat() if invoice.expected else None,
        "disputed": invoice.disputed,
        "scheduled_payment": invoice.scheduled_payment,
        "allocations": allocations_view(books, invoice.allocations),
        "updated": invoice.updated.isoformat(),
        "version": invoice.version,
    }


def payment_view(books: Books, payment: Payment) -> Json:
    return {
        "id": payment.id,
        "guid": payment.guid,
        "customer": books.customers[payment.customer_id].name,
        "customer_id": payment.customer_id,
        "currency": payment.currency,
        "amount": money(payment.amount),
        "unapplied": money(payment.unapplied),
        "on": payment.on.isoformat(),
        "deleted": payment.deleted,
        "void": payment.void,
        "allocations": allocations_view(books, payment.allocations),
        "updated": payment.updated.isoformat(),
    }


def credit_view(books: Books, credit: Credit) -> Json:
    return {
        "id": credit.id,
        "guid": credit.guid,
        "number": credit.number,
        "kind": credit.kind,
        "customer": books.customers[credit.customer_id].name,
        "customer_id": credit.customer_id,
        "currency": credit.currency,
        "amount": money(credit.amount),
        "remaining": money(credit.remaining),
        "on": credit.on.isoformat(),
        "void": credit.void,
        "deleted": credit.deleted,
        "allocations": allocations_view(books, credit.allocations),
        "updated": credit.updated.isoformat(),
    }


def allocations_view(books: Books, allocations: Iterable[Allocation]) -> list[Json]:
    return [
        {
            "source": a.source,
            "source_id": a.source_id,
            "invoice": books.invoices[a.invoice_id].number,
            "amount": money(a.amount),
            "on": a.on.isoformat(),
        }
        for a in allocations
    ]


def note_view(books: Books, ledger: str, note: Note) -> Json:
    return {
        "company": ledger,
        "invoice": books.invoices[note.invoice_id].number,
        "text": note.text,
        "at": note.at.isoformat(),
        "key": note.key,
        "user": note.user,
    }


def message_view(message: ReceivedMessage) -> Json:
    return {
        "id": message.id,
        "channel": message.channel,
        "arrived_at": message.arrived_at.isoformat(),
        "from": message.sender,
        "recipients": list(message.recipients),
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": message.headers,
        "stage": message.stage,
        "attempt": message.attempt,
        "acknowledged": message.acknowledged,
        "unreached": sorted(message.unreached),
        "categories": list(message.categories),
        "custom_args": message.custom_args,
        "tracking": message.tracking,
        "pdf_bytes": len(message.pdf),
        "mentions": [
            {
                "company": m.company,
                "invoice": m.number,
                "verdict": m.verdict,
                "due": money(m.due),
                "currency": m.currency,
            }
            for m in message.mentions
        ],
    }


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def find_customer(books: Books, key: str) -> Customer:
    """By name, id or guid."""
    named = [c for c in books.customers.values() if c.name == key]
    if len(named) > 1:
        raise BadRequest(f"several customers are called {key!r}; use an id")
    found = named[0] if named else books.customers.get(_whole(key)) or books.by_guid.get(key)
    if not isinstance(found, Customer):
        raise NoSuch(f"there is no customer {key!r}")
    return found


def find_invoice(books: Books, key: str) -> Invoice:
    """By number, id or guid; a number wins over an id that looks like it."""
    numbered = books.numbered(key)
    if len(numbered) > 1:
        raise BadRequest(f"several invoices carry the number {key!r}; use a guid")
    found = numbered[0] if numbered else books.invoices.get(_whole(key)) or books.by_guid.get(key)
    if not isinstance(found, Invoice):
        raise NoSuch(f"there is no invoice {key!r}")
    return found


def find_payment(books: Books, key: str) -> Payment:
    found = books.payments.get(_whole(key)) or books.by_guid.get(key)
    if not isinstance(found, Payment):
        raise NoSuch(f"there is no payment {key!r}")
    return found


def find_credit(books: Books, key: str) -> Credit:
    """By number, id or guid."""
    numbered = next((c for c in books.credits.values() if c.number == key), None)
    found = numbered or books.credits.get(_whole(key)) or books.by_guid.get(key)
    if not isinstance(found, Credit):
        raise NoSuch(f"there is no credit {key!r}")
    return found


def _whole(key: str) -> int:
    return int(key) if key.isdecimal() else 0
