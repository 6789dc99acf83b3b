"""Customer types, of which a customer has at most one; it carries the id, and this list tells the name."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connectors.sandbox.documents import Customer
from connectors.sandbox.quickbooks.company import founding
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.stamps import stamp


@dataclass(frozen=True, slots=True)
class CustomerType:
    id: int
    name: str
    created: datetime
    updated: datetime
    version: int = 0


def all_types(realm: Realm) -> list[CustomerType]:
    names = {name for customer in realm.books.customers.values() for name in customer.groups[:1]}
    founded = founding(realm)
    return [CustomerType(_id_of(name), name, founded, founded) for name in sorted(names)]


def type_ref(customer: Customer) -> Payload:
    return {"CustomerTypeRef": {"value": str(_id_of(customer.groups[0]))}} if customer.groups else {}


def type_body(_: Realm, row: CustomerType) -> Payload:
    return {
        "Name": row.name,
        "Active": True,
        "domain": "QBO",
        "sparse": False,
        "Id": str(row.id),
        "SyncToken": str(row.version),
        "MetaData": {"CreateTime": stamp(row.created), "LastUpdatedTime": stamp(row.updated)},
    }


def _id_of(name: str) -> int:
    """As long as Intuit's, and the same for the same name."""
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    return 5_000_000_000_000_000_000 + int(digest[:12], 16)
