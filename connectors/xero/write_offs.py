"""A debt given up, as a credit note of one line against the configured account, allocated to the invoice in full.

Two writes, and the process may die between them. The note's number is made of our key, so it is found again however
late; Xero keeps numbers of sales credit notes unique, which refuses a second one even where nobody looked. Each write
has an idempotency key of its own for the minutes in which Xero remembers it.
(Xero: Credit Notes, PUT CreditNotes and PUT CreditNotes/{CreditNoteID}/Allocations.)
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct

from connectors.ledger import BadData, HalfWritten, InvoiceReading, Outage, Refused, WriteOffOrder, check_owed
from connectors.unreadable import NOT_JSON
from connectors.xero.client import XeroClient
from state.model import InvoiceId
from state.money import Money, to_minor

Read = Callable[[Sequence[InvoiceId]], InvoiceReading]
Answered = TypeVar("Answered")


class _CreditNote(Struct, kw_only=True):
    CreditNoteID: str
    Status: str | None = None
    RemainingCredit: Decimal | None = None
    ValidationErrors: list[dict[str, object]] | None = None


class _CreditNotes(Struct):
    CreditNotes: list[_CreditNote]


class _Allocation(Struct, kw_only=True):
    Amount: Decimal | None = None
    ValidationErrors: list[dict[str, object]] | None = None


class _Allocations(Struct):
    Allocations: list[_Allocation]


def write_off(client: XeroClient, order: WriteOffOrder, read: Read, *, tried: bool) -> str:
    """The id of the credit note. See connectors.ledger.Ledger.write_off."""
    note = _find(client, order) if tried else None
    if note is None:
        check_owed(read([order.invoice_id]), order)
        note = _create(client, order)
    if _rest(note, order) > 0:
        _allocate(client, order, note.CreditNoteID)
    return note.CreditNoteID


def _find(client: XeroClient, order: WriteOffOrder) -> _CreditNote | None:
    where = f'CreditNoteNumber=="{order.number}"'
    found = client.read("credit_notes", _read_notes, where=where)
    living = [note for note in found if note.Status not in ("VOIDED", "DELETED")]
    if found and not living:
        raise Refused(f"the credit note {order.number} was voided in Xero; the debt was not written off")
    return living[0] if living else None


def _create(client: XeroClient, order: WriteOffOrder) -> _CreditNote:
    try:
        body = client.call(
            "credit_note", credit_notes={"CreditNotes": [_request(order)]}, idempotency_key=f"dun-wo-{order.key}"
        )
    except Refused as error:
        raise Refused(f"{error}; {_account(order)}") from None
    made = _confirmed(body, _CreditNotes, "credit note").CreditNotes
    if not made:
        raise Outage("Xero's answer to a credit note is empty; it may or may not have been written")
    if made[0].ValidationErrors:
        raise Refused(f"Xero refused the credit note (validation); {_account(order)}")
    return made[0]


def _account(order: WriteOffOrder) -> str:
    """What a person can look at, since Xero's own words may name a customer and are not repeated."""
    return f"see that account {order.account} (`account` in [policy.write_off]) is active there, then propose it anew"


def _request(order: WriteOffOrder) -> dict[str, object]:
    line = {
        "Description": order.words,
        "Quantity": 1,
        "UnitAmount": _amount(order),
        "AccountCode": order.account,
    }
    return {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "CreditNoteNumber": order.number,
        "Reference": f"[dun:{order.key}]",
        "Contact": {"ContactID": order.contact_id},
        "Date": order.day.isoformat(),
        "CurrencyCode": order.currency,
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
    }


def _allocate(client: XeroClient, order: WriteOffOrder, note_id: str) -> None:
    allocation = {
        "Invoice": {"InvoiceID": order.invoice_id},
        "Amount": _amount(order),
        "Date": order.day.isoformat(),
    }
    try:
        body = client.call(
            "allocation",
            credit_note_id=note_id,
            allocations={"Allocations": [allocation]},
            idempotency_key=f"dun-wo-{order.key}-allocation",
        )
    except Refused:
        raise _half_written(order) from None
    made = _confirmed(body, _Allocations, "allocation").Allocations
    if not made:
        raise Outage("Xero's answer to an allocation is empty; it may or may not have been written")
    if any(each.ValidationErrors for each in made):
        raise _half_written(order)


def _half_written(order: WriteOffOrder) -> HalfWritten:
    return HalfWritten(f"Xero refused to put the credit note {order.number} against the invoice; do it there by hand")


def _rest(note: _CreditNote, order: WriteOffOrder) -> int:
    """What is not allocated yet; of a note that does not say, everything."""
    return order.amount_minor if note.RemainingCredit is None else to_minor(note.RemainingCredit, order.currency)


def _amount(order: WriteOffOrder) -> Decimal:
    return Money(order.amount_minor, order.currency).amount


def _read_notes(body: bytes) -> list[_CreditNote]:
    try:
        return msgspec.json.decode(body, type=_CreditNotes).CreditNotes
    except msgspec.ValidationError:
        raise BadData("Xero's answer claims success but lists no credit notes") from None
    except NOT_JSON:
        raise Outage("Xero's answer is not JSON, or ends too early") from None


def _confirmed(body: bytes, what: type[Answered], name: str) -> Answered:
    """Xero's answer to a write; Outage if it cannot be told whether that stands."""
    try:
        return msgspec.json.decode(body, type=what)
    except NOT_JSON:
        raise Outage(f"Xero's answer to the {name} is unreadable; it may or may not have been written") from None
