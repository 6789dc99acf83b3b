"""Answers of QuickBooks into pages of records: a whole page at once, and one by one only when a record is bad.

The fast path decodes and maps a page in one go, straight into typed rows. If anything in it cannot be read, the page
is taken apart again with every record kept raw, so that only the bad ones are rejected and each keeps its text.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.ledger import BadData, Outage, Page
from connectors.quickbooks import mapping
from connectors.quickbooks.faults import nested
from connectors.quickbooks.mapping import HomeCurrency, Unreadable
from connectors.quickbooks.wire import (
    ABSENT,
    CreditMemoRow,
    CustomerRow,
    Instant,
    InvoiceRow,
    PaymentRow,
    RawRows,
    Row,
    Rows,
    present,
)
from state.model import Contact, ContactId, Credit, EntityKind, Invoice, Payment, Rejected

PAYLOAD_CHARACTERS = 2000

Record = Invoice | Payment | Credit | Contact
Answer = TypeVar("Answer")


class QueryAnswer(Struct, kw_only=True):
    query_response: Raw = msgspec.field(name="QueryResponse")
    time: Instant | None = None


class ChangesAnswer(Struct, kw_only=True):
    responses: list["ChangesResponse"] = msgspec.field(name="CDCResponse")
    time: Instant | None = None


class ChangesResponse(Struct):
    query_response: list[Raw] | None = msgspec.field(name="QueryResponse", default=None)
    fault: Raw = msgspec.field(name="Fault", default=ABSENT)

    def parts(self) -> list[Raw]:
        """Rows per entity; raises what went wrong with this part of the feed."""
        if present(self.fault):
            raise nested(self.fault)
        if self.query_response is None:
            raise BadData("QuickBooks sent a part of its change feed without rows")
        return self.query_response


class BatchItem(Struct):
    item: str | None = msgspec.field(name="bId", default=None)
    query_response: Raw = msgspec.field(name="QueryResponse", default=ABSENT)
    fault: Raw = msgspec.field(name="Fault", default=ABSENT)


class BatchAnswer(Struct, kw_only=True):
    items: list[BatchItem] = msgspec.field(name="BatchItemResponse")
    time: Instant | None = None


class Decoded(Struct):
    """A page and what it was made from: the id of every row in order, readable or not, tombstones included."""

    page: Page
    ids: list[str | None]


def envelope(body: bytes, shape: type[Answer]) -> Answer:
    """The outer layer of an answer. Text that is no JSON is an outage, JSON of another shape is bad data."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise BadData(f"QuickBooks sent an answer of an unexpected shape: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Outage("QuickBooks sent an answer that is not whole") from None


def answered_at(time: datetime | None) -> datetime:
    """QuickBooks' own clock. Without it there is no safe cursor: our clock must not stand in."""
    if time is None:
        raise BadData("QuickBooks did not say what time it is")
    return time.astimezone(UTC)


def decode_rows(rows: Raw, home_currency: HomeCurrency) -> Decoded:
    """The inside of one QueryResponse as records. Bad records end in `page.rejected`, never take others along."""
    try:
        return _all_at_once(_ROWS.decode(rows), home_currency)
    except (msgspec.DecodeError, UnicodeDecodeError, Unreadable):
        return _one_by_one(rows, home_currency)


class _Kind(Struct, frozen=True):
    """How one entity travels: its key among the rows, its shape there, its mapping, and its list on our page."""

    entity: EntityKind
    key: str
    decoder: msgspec.json.Decoder[Any]
    mapping: Callable[[Any, HomeCurrency], Record]
    target: str


_ROWS = msgspec.json.Decoder(Rows)
_RAW_ROWS = msgspec.json.Decoder(RawRows)
_KINDS = (
    _Kind("contact", "customer", msgspec.json.Decoder(CustomerRow), mapping.customer, "contacts"),
    _Kind("invoice", "invoice", msgspec.json.Decoder(InvoiceRow), mapping.invoice, "invoices"),
    _Kind("credit", "credit_memo", msgspec.json.Decoder(CreditMemoRow), mapping.credit_memo, "credits"),
    _Kind("payment", "payment", msgspec.json.Decoder(PaymentRow), mapping.payment, "payments"),
)


def _all_at_once(rows: Rows, home_currency: HomeCurrency) -> Decoded:
    if present(rows.fault):
        raise nested(rows.fault)
    decoded = _empty()
    for kind in _KINDS:
        rows_of_kind = getattr(rows, kind.key)
        _place(rows_of_kind, kind, home_currency, decoded.page)
        decoded.ids.extend(row.id for row in rows_of_kind)
    return decoded


def _one_by_one(rows: Raw, home_currency: HomeCurrency) -> Decoded:
    try:
        raw_rows = _RAW_ROWS.decode(rows)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadData(f"QuickBooks sent rows of an unexpected shape: {error}") from None
    if present(raw_rows.fault):
        raise nested(raw_rows.fault)
    decoded = _empty()
    for kind in _KINDS:
        for raw in getattr(raw_rows, kind.key):
            try:
                row = kind.decoder.decode(raw)
                _place([row], kind, home_currency, decoded.page)
                decoded.ids.append(row.id)
            except (msgspec.DecodeError, UnicodeDecodeError, Unreadable) as error:
                rejected = _rejected(raw, kind.entity, str(error))
                decoded.page.rejected.append(rejected)
                decoded.ids.append(rejected.id)
    return decoded


def _empty() -> Decoded:
    return Decoded(Page(invoices=[], contacts=[], payments=[], credits=[], gone=[], rejected=[]), [])


def _place(rows: Sequence[Row], kind: _Kind, home_currency: HomeCurrency, page: Page) -> None:
    """All of `rows` onto the page, or none of them."""
    living = [kind.mapping(row, home_currency) for row in rows if row.status != "Deleted"]
    gone = [mapping.gone(row, kind.entity) for row in rows if row.status == "Deleted"]
    getattr(page, kind.target).extend(living)
    page.gone.extend(gone)


def _rejected(raw: Raw, entity: EntityKind, reason: str) -> Rejected:
    text = bytes(raw).decode("utf-8", errors="replace")
    identifier, customer = _who(text)
    contact = identifier if entity == "contact" else customer
    contact_id = ContactId(contact) if contact else None
    return Rejected(entity, identifier, contact_id, reason, text[:PAYLOAD_CHARACTERS])


def _who(text: str) -> tuple[str | None, str | None]:
    """Id and customer of a record that we cannot read otherwise, as far as they are plain text."""
    try:
        record = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None, None
    if not isinstance(record, dict):
        return None, None
    reference = record.get("CustomerRef")
    customer = reference.get("value") if isinstance(reference, dict) else None
    identifier = record.get("Id")
    return (
        identifier if isinstance(identifier, str) else None,
        customer if isinstance(customer, str) else None,
    )
