"""Everything a client may change: notes, credit memos, a few fields, voids and deletes, each behind the SyncToken.

The sandbox creates nothing but attachables, invoices, credit memos and their application: money and customers come from
the books' own control API.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.sandbox.books import BooksError
from connectors.sandbox.documents import Customer, Invoice, Payment
from connectors.sandbox.quickbooks import errors
from connectors.sandbox.quickbooks.attachables import Attachable, Link
from connectors.sandbox.quickbooks.credit_writes import create_application, create_credit_memo
from connectors.sandbox.quickbooks.errors import Payload
from connectors.sandbox.quickbooks.kinds import ATTACHABLE, CREDIT_MEMO, CUSTOMER, INVOICE, KINDS, PAYMENT, Kind, Row
from connectors.sandbox.quickbooks.known import KNOWN
from connectors.sandbox.quickbooks.new_invoices import LONGEST_PRIVATE_NOTE, create_invoice
from connectors.sandbox.quickbooks.payments import MoneyIn
from connectors.sandbox.quickbooks.realm import Realm
from connectors.sandbox.quickbooks.settlements import Settlement

LONGEST_NOTE = 2000


def write(
    realm: Realm, entity: str, body: Payload, *, operation: str = "", include: str = "", key: str | None = None
) -> Payload:
    """Do what one POST (or batch item) asks and give the entity back under its name; ServiceFault if refused.

    `operation` and `include` are the query parameters ('delete', 'void', 'update'), `key` the requestid.
    """
    kind = KINDS.get(entity.lower())
    if kind is None:
        raise errors.unsupported_operation(entity)
    _check_properties(kind, body)
    if not body.get("Id"):
        return _in_words(lambda: _create(realm, kind, body, key))
    row = _current(realm, kind, body)
    return _in_words(lambda: {kind.name: _change(realm, kind, row, body, operation, include)})


def _in_words(act: Callable[[], Payload]) -> Payload:
    """What the books refuse, as the service's own refusal."""
    try:
        return act()
    except BooksError as refusal:
        raise errors.business_validation(str(refusal)) from None


def _change(realm: Realm, kind: Kind, row: Any, body: Payload, operation: str, include: str) -> Payload:
    verb = "void" if include.lower() == "void" else operation.lower() or "update"
    action = _ACTIONS.get((kind.name, verb))
    if action is None:
        raise errors.unsupported_operation(f"{kind.name} {verb}")
    action(realm, row, body)
    if verb == "delete":
        return {"domain": "QBO", "status": "Deleted", "Id": str(row.id)}
    return kind.body(realm, row)


def _current(realm: Realm, kind: Kind, body: Payload) -> Row:
    """The row a change is meant for, if the client has seen its latest version."""
    supplied = str(body["Id"])
    if not supplied.isdecimal():
        raise errors.invalid_id(supplied)
    row: Row | None = kind.lookup(realm, int(supplied))
    if row is None:
        raise errors.object_not_found()
    if body.get("SyncToken") is None:
        raise errors.missing_parameter("SyncToken")
    if str(body["SyncToken"]) != str(row.version):
        raise errors.stale_object()
    return row


def _check_properties(kind: Kind, body: Payload) -> None:
    for name in body:
        if name not in KNOWN[kind.name]:
            raise errors.unknown_property(name, kind.name)


def _create(realm: Realm, kind: Kind, body: Payload, key: str | None) -> Payload:
    if kind is CREDIT_MEMO:
        return {kind.name: kind.body(realm, create_credit_memo(realm, body))}
    if kind is PAYMENT:
        return {kind.name: kind.body(realm, create_application(realm, body))}
    if kind is INVOICE:
        return {kind.name: kind.body(realm, create_invoice(realm, body))}
    if kind is not ATTACHABLE:
        raise errors.unsupported_operation(f"{kind.name} create")
    note = body.get("Note")
    if not note:
        raise errors.missing_parameter("Note")
    if len(note) > LONGEST_NOTE:
        raise errors.too_long("Note", LONGEST_NOTE, len(note))
    links = tuple(_link(realm, link) for link in body.get("AttachableRef") or ())
    attachable = realm.attachables.add(note, links, key)
    if realm.switch("attachable_bumps_invoice", "no") == "yes":
        for name, number, _ in links:
            if name == "Invoice":
                realm.books.edit_invoice(realm.books.invoices[int(number)])
    return {kind.name: kind.body(realm, attachable)}


def _link(realm: Realm, reference: Payload) -> Link:
    """A link to an entity that exists; 6000 if it does not."""
    entity = reference.get("EntityRef") or {}
    name, number = str(entity.get("type", "")), str(entity.get("value", ""))
    kind = KINDS.get(name.lower())
    if kind is None or not number.isdecimal() or kind.lookup(realm, int(number)) is None:
        detail = f"The entity {name} {number} that you are trying to link does not exist. {name} {number}"
        raise errors.business_validation(detail)
    return kind.name, number, bool(reference.get("IncludeOnSend", False))


def _update_invoice(realm: Realm, invoice: Invoice, body: Payload) -> None:
    _check_open_period(realm, invoice)
    note = body.get("PrivateNote")
    if note is not None and len(note) > LONGEST_PRIVATE_NOTE:
        raise errors.too_long("PrivateNote", LONGEST_PRIVATE_NOTE, len(note))
    changes: dict[str, Any] = {}
    if "PrivateNote" in body:
        changes["private_note"] = note or None
    if "BillEmail" in body:
        changes["billed_to"] = (body["BillEmail"] or {}).get("Address") or None
    if not body.get("sparse"):
        for required in ("CustomerRef", "Line"):
            if not body.get(required):
                raise errors.missing_parameter(required)
        changes = {"private_note": None, "billed_to": None} | changes
    realm.books.edit_invoice(invoice, **changes)


def _void_invoice(realm: Realm, invoice: Invoice, _: Payload) -> None:
    _check_open_period(realm, invoice)
    realm.books.void_invoice(invoice)


def _delete_invoice(realm: Realm, invoice: Invoice, _: Payload) -> None:
    _check_open_period(realm, invoice)
    realm.books.delete_invoice(invoice)


def _void_payment(realm: Realm, payment: MoneyIn, _: Payload) -> None:
    _check_open_period(realm, payment)
    if not isinstance(payment, Payment):
        raise errors.unsupported_operation("Payment void")
    realm.books.void_payment(payment)


def _delete_payment(realm: Realm, payment: MoneyIn, _: Payload) -> None:
    _check_open_period(realm, payment)
    if isinstance(payment, Settlement):
        realm.books.unallocate(payment.credit, realm.books.invoices[payment.invoice_id])
    elif isinstance(payment, Payment):
        realm.books.delete_payment(payment)
    else:
        raise errors.unsupported_operation("Payment delete")


def _update_customer(realm: Realm, customer: Customer, body: Payload) -> None:
    changes: dict[str, Any] = {}
    if "Active" in body:
        if body["Active"] is False and realm.balance(customer.id) != Decimal(0):
            raise errors.business_validation("A customer with an open balance cannot be made inactive.")
        changes["archived"] = body["Active"] is False
    if "DisplayName" in body:
        changes["name"] = str(body["DisplayName"]).removesuffix(" (deleted)")
    if "PrimaryEmailAddr" in body:
        changes["email"] = (body["PrimaryEmailAddr"] or {}).get("Address") or None
    realm.books.edit_customer(customer, **changes)


def _delete_attachable(realm: Realm, attachable: Attachable, _: Payload) -> None:
    realm.attachables.delete(attachable)


def _check_open_period(realm: Realm, document: Invoice | MoneyIn) -> None:
    closed = realm.books.company.closed_until
    day = document.issued if isinstance(document, Invoice) else document.on
    if closed is not None and day <= closed:
        raise errors.period_closed()


_ACTIONS: Mapping[tuple[str, str], Callable[[Realm, Any, Payload], None]] = {
    (INVOICE.name, "update"): _update_invoice,
    (INVOICE.name, "void"): _void_invoice,
    (INVOICE.name, "delete"): _delete_invoice,
    (PAYMENT.name, "void"): _void_payment,
    (PAYMENT.name, "delete"): _delete_payment,
    (CUSTOMER.name, "update"): _update_customer,
    (ATTACHABLE.name, "delete"): _delete_attachable,
}
