"""Contacts as Xero writes them: in full, as a stub inside other documents, and thinned out in unpaged lists."""

import re
import uuid
from datetime import date
from decimal import Decimal

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Customer, Invoice
from connectors.sandbox.xero.desk import Desk
from connectors.sandbox.xero.wire import Node, Tree, instant, integer, money

_MOST_PERSONS = 5
_NUMBER_BOX = 50  # characters; the area's takes 10, the country's 20 (Accounting API, Phone)
_GROUPS = re.compile(r"(?:\+(?P<country>\d{1,20}) )?(?:(?P<area>[^+ ]{1,10}) )?(?P<number>[^+ ].{0,49})", re.DOTALL)
_MOST_LINES = 4


def contact_node(customer: Customer, desk: Desk, shape: str, today: date) -> Node:
    """A contact of `/Contacts`: what 'plain' and 'summary' leave out means nothing, it is only not said."""
    if shape == "summary":
        return _identity(customer) | _places(customer) | _roles(customer, desk)
    if shape == "plain":
        lists: Node = {"ContactGroups": []}
        persons: Node = {"ContactPersons": [], "HasAttachments": False, "HasValidationErrors": False}
        return _identity(customer) | _places(customer) | lists | _roles(customer, desk) | persons
    return contact_full(customer, desk.books, desk) | _money_matters(customer, desk, today) | _people(customer)


def contact_full(customer: Customer, books: Books, desk: Desk | None) -> Node:
    """A contact with addresses; inside an invoice (no desk) without roles."""
    groups: list[Tree] = [group_node(name, books) for name in customer.groups]
    node = _identity(customer) | _places(customer) | {"ContactGroups": groups}
    if customer.merged_into is not None:
        node["MergedToContactID"] = books.customers[customer.merged_into].guid
    if desk is not None:
        return node | _roles(customer, desk)
    return node | {"IsSupplier": False, "IsCustomer": True} | _people(customer, attachments=False)


def group_node(name: str, books: Books) -> Node:
    """A contact group, whose members only its own address tells."""
    identity = str(uuid.uuid5(uuid.UUID(books.company.guid), f"group/{name}"))
    return {"ContactGroupID": identity, "Name": name, "Status": "ACTIVE", "Contacts": [], "HasValidationErrors": False}


def contact_short(customer: Customer) -> Node:
    """The stub in lists: its empty lists do not mean that there are none."""
    return {
        "ContactID": customer.guid,
        "Name": customer.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def _identity(customer: Customer) -> Node:
    node: Node = {"ContactID": customer.guid, "ContactStatus": "ARCHIVED" if customer.archived else "ACTIVE"}
    node["Name"] = customer.name
    if customer.first_name:
        node["FirstName"] = customer.first_name
    if customer.last_name:
        node["LastName"] = customer.last_name
    if customer.email or customer.id % 2:  # no address is an empty text on some contacts and no key on others
        node["EmailAddress"] = customer.email or ""
    return node | {"BankAccountDetails": ""}


def _places(customer: Customer) -> Node:
    """Most people fill in the postal address; some know only where the firm is."""
    only_street = customer.id % 5 == 0
    return {
        "Addresses": [
            _address("STREET", customer if only_street else None),
            _address("POBOX", None if only_street else customer),
        ],
        "Phones": [
            _phone("DDI", None),
            _phone("DEFAULT", customer.phone),
            _phone("FAX", customer.fax),
            _phone("MOBILE", customer.mobile),
        ],
        "UpdatedDateUTC": instant(customer.updated),
    }


def _address(kind: str, customer: Customer | None = None) -> Tree:
    if customer is None:
        return {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""}
    node: Node = {"AddressType": kind}
    for number, line in enumerate((customer.street or "").splitlines()[:_MOST_LINES], start=1):
        node[f"AddressLine{number}"] = line
    node |= {"City": customer.city or "", "Region": customer.region or "", "PostalCode": customer.postcode or ""}
    return node | {"Country": customer.country or "", "AttentionTo": ""}


def _phone(kind: str, written: str | None) -> Tree:
    """A number in its three boxes, as people fill them in: by its groups, or all of it in the box for the number."""
    country, area, number = _boxes(written or "")
    return {"PhoneType": kind, "PhoneNumber": number, "PhoneAreaCode": area, "PhoneCountryCode": country}


def _boxes(written: str) -> tuple[str, str, str]:
    """What follows a plus is the country's, the next group is the area's; whoever types no groups uses one box."""
    grouped = _GROUPS.fullmatch(written)
    if grouped is None:
        return "", "", written[:_NUMBER_BOX]
    return grouped["country"] or "", grouped["area"] or "", grouped["number"]


def _roles(customer: Customer, desk: Desk) -> Node:
    documents = desk.invoices_of(customer.id)
    node: Node = {
        "IsSupplier": any(document.bill for document in documents),
        "IsCustomer": any(not document.bill for document in documents),
    }
    return node | {"DefaultCurrency": customer.currency} if customer.currency else node


def _money_matters(customer: Customer, desk: Desk, today: date) -> Node:
    node: Node = {}
    documents = desk.invoices_of(customer.id)
    if documents:
        node["Balances"] = {
            "AccountsReceivable": _balance([one for one in documents if not one.bill], today),
            "AccountsPayable": _balance([one for one in documents if one.bill], today),
        }
    terms: Node = {"Day": integer(customer.terms_days), "Type": "DAYSAFTERBILLDATE"}
    return node | {"PaymentTerms": {"Sales": terms}}


def _balance(documents: list[Invoice], today: date) -> Tree:
    """In the company's currency: one base unit buys `rate` of the document's."""
    owing = [(one, _in_base(one)) for one in documents if one.state == "open"]
    late = [amount for one, amount in owing if one.due is not None and one.due < today]
    return {
        "Outstanding": money(sum((amount for _, amount in owing), ZERO)),
        "Overdue": money(sum(late, ZERO)),
    }


def _in_base(document: Invoice) -> Decimal:
    owing = document.due_amount
    return owing if document.rate in {0, 1} else (owing / document.rate).quantize(ZERO)


def _people(customer: Customer, *, attachments: bool = True) -> Node:
    persons: list[Tree] = [
        {"FirstName": "", "LastName": "", "EmailAddress": address, "IncludeInEmails": True}
        for address in customer.cc[:_MOST_PERSONS]
    ]
    node: Node = {"ContactPersons": persons}
    if attachments:
        node["HasAttachments"] = False
    return node | {"HasValidationErrors": False}
