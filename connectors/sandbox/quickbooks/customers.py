"""Customers on the wire: jobs under parents, and ` (deleted)` behind the names of those made inactive."""

from connectors.sandbox.documents import Customer
from connectors.sandbox.quickbooks.company import currency_ref, term_ref
from connectors.sandbox.quickbooks.customer_types import type_ref
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.invoices import address, identity, shown_name
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.stamps import money


def lineage(realm: Realm, customer: Customer) -> list[Customer]:
    """From the top parent down to the customer itself."""
    line = [customer]
    while (parent := line[0].parent) is not None:
        line.insert(0, realm.books.customers[parent])
    return line


def full_name(realm: Realm, customer: Customer) -> str:
    above = [ancestor.name for ancestor in lineage(realm, customer)[:-1]]
    return ":".join([*above, shown_name(customer)])


def customer_body(realm: Realm, customer: Customer) -> Payload:
    place = address(customer)
    return {
        "Taxable": False,
        **({"BillAddr": place, "ShipAddr": place} if place else {}),
        **_family(realm, customer),
        **type_ref(customer),
        "SalesTermRef": term_ref(customer.terms_days),
        "Balance": money(realm.balance(customer.id)),
        "BalanceWithJobs": money(realm.balance_with_jobs(customer.id)),
        "CurrencyRef": currency_ref(customer.currency),
        "PreferredDeliveryMethod": "Email" if customer.email else "Print",
        **identity(customer),
        **_names(realm, customer),
        "Active": not customer.archived,
        **_phones(customer),
        **({"PrimaryEmailAddr": {"Address": customer.email}} if customer.email else {}),
    }


def _phones(customer: Customer) -> Payload:
    boxes = {"PrimaryPhone": customer.phone, "Mobile": customer.mobile, "Fax": customer.fax}
    return {box: {"FreeFormNumber": number} for box, number in boxes.items() if number}


def _family(realm: Realm, customer: Customer) -> Payload:
    job = customer.parent is not None
    body: Payload = {"Job": job, "BillWithParent": job}
    if job:
        body |= {"ParentRef": {"value": str(customer.parent)}, "Level": len(lineage(realm, customer)) - 1}
    return body


def _names(realm: Realm, customer: Customer) -> Payload:
    known = {"GivenName": customer.first_name, "FamilyName": customer.last_name}
    return {
        **{name: value for name, value in known.items() if value},
        "FullyQualifiedName": full_name(realm, customer),
        "CompanyName": customer.name,
        "DisplayName": shown_name(customer),
        "PrintOnCheckName": customer.name,
    }
