"""What Xero and Intuit post to an app when books change: bodies to the letter, and the signature over their bytes.

Sources: Xero's webhooks specification (Xero-OpenAPI) and Intuit's published payloads, old and new. Both tell what
changed and never how; an app has to read it again.
"""

import base64
import hashlib
import hmac
import json
import secrets
import string
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Credit, Customer, Document, Invoice, Payment

Shape = Literal["legacy", "cloudevents"]
SIGNATURE_HEADERS = {"xero": "x-xero-signature", "quickbooks": "intuit-signature"}
_RESOURCES = {
    "INVOICE": "Invoices",
    "CONTACT": "Contacts",
    "CREDITNOTE": "CreditNotes",
    "OVERPAYMENT": "Overpayments",
    "PREPAYMENT": "Prepayments",
}
_PAST = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `company` is an organisation's guid or a realm; `what` Xero's category or QuickBooks' entity name."""

    company: str
    what: str
    id: str
    operation: str
    at: datetime
    deleted_id: str | None = None  # QuickBooks, merges: who is gone
    data: Mapping[str, str] | None = None  # Xero, credit notes


def sign(key: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 of the raw body: both services do the same."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def xero_body(events: Sequence[Event], first: int) -> bytes:
    """`first` is the sequence number of the first event; an empty post, as for intent to receive, carries zeros."""
    entropy = "".join(secrets.choice(string.ascii_uppercase) for _ in range(20))
    body = {
        "events": [_xero_event(event) for event in events],
        "firstEventSequence": first if events else 0,
        "lastEventSequence": first + len(events) - 1 if events else 0,
        "entropy": entropy,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def quickbooks_body(events: Sequence[Event], shape: Shape) -> bytes:
    """One post may be about several companies in either shape."""
    body: Any = _notifications(events) if shape == "legacy" else [_cloud_event(event) for event in events]
    return json.dumps(body, separators=(",", ":")).encode()


def changes(ledger: str, books: Books, since: datetime) -> list[Event]:
    """What `ledger` would tell of everything in `books` that has changed since, oldest first."""
    found = _xero_changes(books, since) if ledger == "xero" else _quickbooks_changes(books, since)
    return sorted(found, key=lambda event: event.at)


def _xero_changes(books: Books, since: datetime) -> Iterator[Event]:
    """There are no events for payments: that an invoice was paid shows as an update of the invoice."""
    for document in (*books.invoices.values(), *books.customers.values(), *books.credits.values()):
        if document.updated >= since:
            operation = "CREATE" if document.version == 0 else "UPDATE"
            what, data = _category(document)
            yield Event(books.company.guid, what, document.guid, operation, document.updated, data=data)


def _category(document: Document) -> tuple[str, Mapping[str, str] | None]:
    if isinstance(document, Credit):
        if document.kind != "credit_note":
            return document.kind.upper(), None
        return "CREDITNOTE", {"Type": "ACCRECCREDIT", "Status": "AUTHORISED" if document.remaining else "PAID"}
    return ("INVOICE" if isinstance(document, Invoice) else "CONTACT"), None


def _quickbooks_changes(books: Books, since: datetime) -> Iterator[Event]:
    realm = books.company.realm
    gone = {(entity, number) for entity, number, _ in books.tombstones}
    for entity, number, at in books.tombstones:
        if at >= since:
            yield Event(realm, entity.title(), str(number), "Delete", at)
    notable = (*books.customers.values(), *_sales(books), *books.payments.values(), *books.credits.values())
    for document in notable:
        name = _entity(document)
        if document.updated >= since and (name.lower(), document.id) not in gone:
            yield _quickbooks_event(realm, name, document)


def _sales(books: Books) -> Iterator[Invoice]:
    return (invoice for invoice in books.invoices.values() if not invoice.bill and invoice.state != "draft")


def _entity(document: Document) -> str:
    if isinstance(document, Credit):
        return {"credit_note": "CreditMemo", "journal": "JournalEntry"}.get(document.kind, "Payment")
    return type(document).__name__


def _quickbooks_event(realm: str, name: str, document: Document) -> Event:
    if isinstance(document, Customer) and document.merged_into is not None:
        winner = str(document.merged_into)
        return Event(realm, name, winner, "Merge", document.updated, deleted_id=str(document.id))
    void = (isinstance(document, Invoice) and document.state == "void") or (
        isinstance(document, Payment | Credit) and document.void
    )
    operation = "Void" if void else "Update" if document.version else "Create"
    return Event(realm, name, str(document.id), operation, document.updated)


def _xero_event(event: Event) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/{_RESOURCES.get(event.what, event.what)}/{event.id}",
        "resourceId": event.id,
        "tenantId": event.company,
        "tenantType": "ORGANISATION",
        "eventCategory": event.what,
        "eventType": event.operation,
        "eventDateUtc": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3],
    }
    return shown | ({"data": dict(event.data)} if event.data else {})


def _notifications(events: Sequence[Event]) -> dict[str, Any]:
    realms: dict[str, list[dict[str, str]]] = {}
    for event in events:
        entity = {"name": event.what, "id": event.id, "operation": event.operation}
        entity["lastUpdated"] = f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        if event.deleted_id is not None:
            entity["deletedId"] = event.deleted_id
        realms.setdefault(event.company, []).append(entity)
    return {
        "eventNotifications": [
            {"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in realms.items()
        ]
    }


def _cloud_event(event: Event) -> dict[str, Any]:
    operation = _PAST.get(event.operation, event.operation.lower())
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": f"qbo.{event.what.lower()}.{operation}.v1",
        "datacontenttype": "application/json",
        "time": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z",
        "intuitentityid": event.id,
        "intuitaccountid": event.company,
        "data": {},
    }
