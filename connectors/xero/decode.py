"""From the bytes of one answer to records, so that a bad document costs itself and never its page.

The whole page is decoded and mapped in one go, typed, because a first synchronisation reads a hundred thousand
documents. Only when that fails is the page cut into its documents and each read by itself; those that cannot be
understood come back as `Rejected`, with the reason and the beginning of what Xero sent.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, Self, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from connectors.bounds import MOST_ROWS
from connectors.escapes import without_lone_surrogates
from connectors.ledger import BadData, Outage, in_the_future
from connectors.unreadable import NOT_JSON
from connectors.xero import mapping
from connectors.xero.dates import instant
from connectors.xero.wire import (
    Contacts,
    CreditNotes,
    Envelope,
    Head,
    Invoices,
    Overpayments,
    Paging,
    Prepayments,
    RowT,
    WireContact,
    WireCreditNote,
    WireInvoice,
    WireOverpayment,
    WirePrepayment,
)
from state.model import Contact, ContactId, Credit, CreditKind, EntityKind, Invoice, Rejected

_UNREADABLE = (*NOT_JSON, ValueError)  # ValueError: bad words, dates, money, UTF-8
_PAYLOAD_CHARACTERS = 2_000
_REASON_CHARACTERS = 300
_NAMES: dict[EntityKind, str] = {"invoice": "InvoiceNumber", "credit": "CreditNoteNumber", "contact": "Name"}
_SMALLEST_PAGE = 100  # what Xero sends if a page size means nothing to it


class Stamped(Protocol):
    """What paging needs to know of a record."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def updated_at(self) -> datetime: ...


RecordT = TypeVar("RecordT", bound=Stamped)
Shape = TypeVar("Shape")


class Sheet(Struct, Generic[RecordT], kw_only=True):
    """One answer that held a list of documents."""

    records: list[RecordT]
    rejected: list[Rejected]
    rows: int  # documents in the answer, ignored and rejected ones included
    stamps: list[str]  # UpdatedDateUTC of all that could be read, in order of arrival
    answered_at: datetime | None  # Xero's clock
    paging: Paging | None

    @property
    def full(self) -> bool:
        """There may be more behind this answer."""
        if self.paging is None:
            return self.rows >= _SMALLEST_PAGE
        return self.rows >= max(self.paging.pageSize, 1) or self.paging.pageCount > self.paging.page

    @property
    def pages(self) -> int:
        """How many pages the list has. BadData where Xero does not say so credibly: nobody walks a list without end."""
        if self.paging is None:
            if self.full:
                raise BadData("Xero did not say how many pages its list has")
            return 1
        paging = self.paging
        if paging.pageCount > 1 and (paging.pageCount - 1) * paging.pageSize >= paging.itemCount:
            raise BadData("Xero counted more pages than its documents can fill")
        return max(paging.pageCount, 1)

    def complete(self) -> Self:
        """This sheet; Outage if Xero announced more documents for it than have come: nobody would look for them."""
        if self.paging is not None:
            announced = min(self.paging.pageSize, self.paging.itemCount - (self.paging.page - 1) * self.paging.pageSize)
            if self.rows < announced:
                raise Outage(f"Xero announced {announced:,} documents and sent {self.rows:,}")
        return self


class Document(Generic[RowT, RecordT]):
    """How one kind of document is called on the wire, decoded and mapped."""

    def __init__(
        self,
        entity: EntityKind,
        keys: tuple[str, str],
        envelope: type[Envelope[RowT]],
        row: type[RowT],
        to_record: Callable[[RowT], RecordT | None],
    ) -> None:
        self.entity = entity
        self.list_key, self.id_key = keys
        self._envelope = Decoder(envelope)
        self._row = Decoder(row)
        self._to_record = to_record

    def read(self, body: bytes) -> Sheet[RecordT]:
        """All of `body`. Outage if it is not JSON to its end, BadData if it is JSON of another shape."""
        try:
            return self._read_at_once(body).complete()
        except _UNREADABLE:
            mended = without_lone_surrogates(body)
            return self._read_one_by_one(body).complete() if mended is body else self.read(mended)

    def _read_at_once(self, body: bytes) -> Sheet[RecordT]:
        envelope = self._envelope.decode(body)
        answered_at = _answered_at(envelope)
        records = [record for row in envelope.rows if (record := self._to_record(row)) is not None]
        _refuse_future(max((record.updated_at for record in records), default=None), answered_at)
        if envelope.rows:  # the last one leads the walk on, even if it is none of ours
            _refuse_future(instant(envelope.rows[-1].UpdatedDateUTC), answered_at)
        return Sheet(
            records=records,
            rejected=[],
            rows=len(envelope.rows),
            stamps=[row.UpdatedDateUTC for row in envelope.rows],
            answered_at=answered_at,
            paging=envelope.pagination,
        )

    def _read_one_by_one(self, body: bytes) -> Sheet[RecordT]:
        head, documents = _split(body, self.list_key)
        if len(documents) > MOST_ROWS:
            raise BadData(f"Xero sent {len(documents):,} rows at once, some of which cannot be read")
        sheet: Sheet[RecordT] = Sheet(
            records=[],
            rejected=[],
            rows=len(documents),
            stamps=[],
            answered_at=_answered_at(head),
            paging=head.pagination,
        )
        for document in documents:
            self._add(sheet, document)
        return sheet

    def _add(self, sheet: Sheet[RecordT], document: Raw) -> None:
        try:
            row = self._row.decode(document)
            _refuse_future(instant(row.UpdatedDateUTC), sheet.answered_at)
            sheet.stamps.append(row.UpdatedDateUTC)
            record = self._to_record(row)
        except _UNREADABLE as error:
            sheet.rejected.append(self._rejected(document, error))
            return
        if record is not None:
            sheet.records.append(record)

    def _rejected(self, document: Raw, error: Exception) -> Rejected:
        known = _members(document)
        contact = known if self.entity == "contact" else _members(known.get("Contact"))
        contact_id = _text(contact, "ContactID")
        return Rejected(
            entity=self.entity,
            id=_text(known, self.id_key),
            contact_id=None if contact_id is None else ContactId(contact_id),
            reason=str(error)[:_REASON_CHARACTERS],
            payload=bytes(document)[: 4 * _PAYLOAD_CHARACTERS].decode("utf-8", "replace")[:_PAYLOAD_CHARACTERS],
            name=_text(known, _NAMES[self.entity]),
        )


def _answered_at(head: Head) -> datetime | None:
    return None if head.DateTimeUTC is None else instant(head.DateTimeUTC)


def _refuse_future(stamp: datetime | None, answered_at: datetime | None) -> None:
    if stamp is not None and in_the_future(stamp, answered_at):
        raise ValueError("UpdatedDateUTC is in the future")


def _split(body: bytes, list_key: str) -> tuple[Head, list[Raw]]:
    try:
        parts = msgspec.json.decode(body, type=dict[str, Raw])
        head = msgspec.json.decode(body, type=Head)
        _answered_at(head)
        return head, msgspec.json.decode(parts[list_key], type=list[Raw])
    except (msgspec.ValidationError, KeyError):
        raise BadData(f"Xero's answer claims success but holds no list of {list_key}") from None
    except NOT_JSON:
        raise Outage("Xero's answer is not JSON, or ends too early") from None
    except ValueError:
        raise BadData("Xero's answer does not say in a readable way when it was given") from None


def _members(document: Raw | None) -> dict[str, Raw]:
    """Each unread, so that one beyond reading does not take the others along."""
    return _fitting(document, dict[str, Raw]) or {}


def _text(members: dict[str, Raw], key: str) -> str | None:
    return _fitting(members.get(key), str) or None


def _fitting(member: Raw | None, shape: type[Shape]) -> Shape | None:
    try:
        return None if member is None else msgspec.json.decode(member, type=shape)
    except NOT_JSON:
        return None


INVOICES: Document[WireInvoice, Invoice] = Document(
    "invoice", ("Invoices", "InvoiceID"), Invoices, WireInvoice, mapping.invoice
)
INVOICE_SUMMARIES: Document[WireInvoice, Invoice] = Document(
    "invoice", ("Invoices", "InvoiceID"), Invoices, WireInvoice, mapping.invoice_summary
)
CONTACTS: Document[WireContact, Contact] = Document(
    "contact", ("Contacts", "ContactID"), Contacts, WireContact, mapping.contact
)
CREDIT_NOTES: Document[WireCreditNote, Credit] = Document(
    "credit",
    ("CreditNotes", "CreditNoteID"),
    CreditNotes,
    WireCreditNote,
    mapping.credit_of(CreditKind.CREDIT_NOTE),
)
OVERPAYMENTS: Document[WireOverpayment, Credit] = Document(
    "credit",
    ("Overpayments", "OverpaymentID"),
    Overpayments,
    WireOverpayment,
    mapping.credit_of(CreditKind.OVERPAYMENT),
)
PREPAYMENTS: Document[WirePrepayment, Credit] = Document(
    "credit",
    ("Prepayments", "PrepaymentID"),
    Prepayments,
    WirePrepayment,
    mapping.credit_of(CreditKind.PREPAYMENT),
)
