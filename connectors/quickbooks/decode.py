"""Answers of QuickBooks into pages of records: a whole page at once, and one by one only when a record is bad.

The fast path decodes and maps a page in one go, straight into typed rows. If anything in it cannot be read, the page
is taken apart again with every record kept raw, so that only the bad ones are rejected and each keeps its text.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from connectors.bounds import MOST_ROWS
from connectors.escapes import without_lone_surrogates
from connectors.ledger import BadData, Outage, Page, in_the_future
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
    Reference,
    Row,
    Rows,
    Stamps,
    present,
)
from connectors.unreadable import NOT_JSON
from state.model import Contact, ContactId, Credit, EntityKind, Invoice, Payment, Rejected

PAYLOAD_CHARACTERS = 2000

Record = Invoice | Payment | Credit | Contact
Answer = TypeVar("Answer")


class _Dated(Struct, kw_only=True):
    time: Instant | None = None


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


Mark = tuple[str | None, datetime | None]
"""Id and stamp of a row, each as far as it can be read."""


class Decoded(Struct):
    """A page and the marks of all rows it was made from, in order per entity, bad rows and tombstones included."""

    page: Page
    marks: list[Mark]


def envelope(body: bytes, shape: type[Answer]) -> Answer:
    """The outer layer of an answer. Text that is no JSON is an outage, JSON of another shape is bad data."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise BadData(f"QuickBooks sent an answer of an unexpected shape: {error}") from None
    except NOT_JSON:
        mended = without_lone_surrogates(body)
        if mended is not body:
            return envelope(mended, shape)
        raise Outage("QuickBooks sent an answer that is not whole") from None


def answered_at(time: datetime | None) -> datetime:
    """QuickBooks' own clock. Without it there is no safe cursor: our clock must not stand in."""
    if time is None:
        raise BadData("QuickBooks did not say what time it is")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise BadData("QuickBooks says that it is a time beyond the calendar") from None


class _TypedQueryAnswer(Struct, kw_only=True):
    query_response: Rows = msgspec.field(name="QueryResponse")
    time: Instant | None = None


def decode_page(body: bytes, home_currency: HomeCurrency) -> Decoded:
    """A whole answer to one query. The common case reads the text once."""
    try:
        typed = _TYPED.decode(body)
        decoded, time = _all_at_once(typed.query_response, home_currency, typed.time), typed.time
    except (*NOT_JSON, Unreadable):
        raw = envelope(body, QueryAnswer)
        decoded, time = _one_by_one(raw.query_response, home_currency, raw.time), raw.time
    decoded.page.ledger_time = answered_at(time)
    return decoded


def decode_rows(rows: Raw, home_currency: HomeCurrency, at: datetime | None = None) -> Decoded:
    """The inside of one QueryResponse as records. Bad records end in `page.rejected`, never take others along.

    `at` is QuickBooks' clock when it answered; records that are younger than their answer are bad, too.
    """
    try:
        return _all_at_once(_ROWS.decode(rows), home_currency, at)
    except (*NOT_JSON, Unreadable):
        return _one_by_one(rows, home_currency, at)


def only_row(body: bytes, entity: str) -> tuple[Raw, datetime | None]:
    """An answer with one record under the name of its kind, in the shape of the rows of a query; and its time."""
    record = envelope(body, dict[str, Raw]).get(entity)
    if record is None:
        raise BadData("QuickBooks answered with another kind of document than the one asked for")
    return Raw(b'{"%b":[%b]}' % (entity.encode(), bytes(record))), envelope(body, _Dated).time


class _Kind(Struct, frozen=True):
    """How one entity travels: its key among the rows, its shape there, its mapping, and its list on our page."""

    entity: EntityKind
    key: str
    decoder: msgspec.json.Decoder[Any]
    mapping: Callable[[Any, HomeCurrency], Record]
    target: str


_TYPED = msgspec.json.Decoder(_TypedQueryAnswer)
_ROWS = msgspec.json.Decoder(Rows)
_RAW_ROWS = msgspec.json.Decoder(RawRows)
_KINDS = (
    _Kind("contact", "customer", msgspec.json.Decoder(CustomerRow), mapping.customer, "contacts"),
    _Kind("invoice", "invoice", msgspec.json.Decoder(InvoiceRow), mapping.invoice, "invoices"),
    _Kind("credit", "credit_memo", msgspec.json.Decoder(CreditMemoRow), mapping.credit_memo, "credits"),
    _Kind("payment", "payment", msgspec.json.Decoder(PaymentRow), mapping.payment, "payments"),
)


def _all_at_once(rows: Rows, home_currency: HomeCurrency, at: datetime | None) -> Decoded:
    if present(rows.fault):
        raise nested(rows.fault)
    decoded = _empty()
    for kind in _KINDS:
        rows_of_kind = getattr(rows, kind.key)
        _refuse_future(rows_of_kind, at)
        _place(rows_of_kind, kind, home_currency, decoded.page)
        decoded.marks.extend([_mark(row) for row in rows_of_kind])
    return _complete(decoded, rows.announced)


def _one_by_one(rows: Raw, home_currency: HomeCurrency, at: datetime | None) -> Decoded:
    try:
        raw_rows = _RAW_ROWS.decode(rows)
    except NOT_JSON as error:
        raise BadData(f"QuickBooks sent rows of an unexpected shape: {error}") from None
    if present(raw_rows.fault):
        raise nested(raw_rows.fault)
    most = max(len(getattr(raw_rows, kind.key)) for kind in _KINDS)
    if most > MOST_ROWS:
        raise BadData(f"QuickBooks sent {most:,} rows at once, some of which cannot be read")
    decoded = _empty()
    for kind in _KINDS:
        for raw in getattr(raw_rows, kind.key):
            try:
                row = kind.decoder.decode(raw)
                _refuse_future([row], at)
                _place([row], kind, home_currency, decoded.page)
                decoded.marks.append(_mark(row))
            except (*NOT_JSON, Unreadable) as error:
                decoded.page.rejected.append(_rejected(raw, kind.entity, str(error)))
                decoded.marks.append(_mark(_glimpse(raw), at))
    return _complete(decoded, raw_rows.announced)


def _complete(decoded: Decoded, announced: int | None) -> Decoded:
    """Rows under a key that nobody knows would be skipped in silence, and the cursor would move past them."""
    if announced is not None and len(decoded.marks) < announced:
        raise Outage(f"QuickBooks announced {announced:,} rows and sent {len(decoded.marks):,}")
    return decoded


def _empty() -> Decoded:
    return Decoded(Page(invoices=[], contacts=[], payments=[], credits=[], gone=[], rejected=[]), [])


def _place(rows: Sequence[Row], kind: _Kind, home_currency: HomeCurrency, page: Page) -> None:
    """All of `rows` onto the page, or none of them."""
    living = [kind.mapping(row, home_currency) for row in rows if row.status != "Deleted"]
    if len(living) < len(rows):
        page.gone.extend([mapping.gone(row, kind.entity) for row in rows if row.status == "Deleted"])
    getattr(page, kind.target).extend(living)


def _mark(row: Row, at: datetime | None = None) -> Mark:
    stamp = row.meta_data.last_updated_time if row.meta_data else None
    return row.id, None if stamp is not None and in_the_future(stamp, at) else stamp


def _refuse_future(rows: Sequence[Row], at: datetime | None) -> None:
    for row in rows:
        stamp = row.meta_data.last_updated_time if row.meta_data else None
        if stamp is not None and in_the_future(stamp, at):
            raise Unreadable("MetaData.LastUpdatedTime is in the future")


def _rejected(raw: Raw, entity: EntityKind, reason: str) -> Rejected:
    row = _glimpse(raw)
    contact = row.id if entity == "contact" else row.customer_ref.value if row.customer_ref else None
    payload = bytes(raw).decode("utf-8", errors="replace")[:PAYLOAD_CHARACTERS]
    name = row.display_name if entity == "contact" else row.doc_number
    return Rejected(entity, row.id, ContactId(contact) if contact else None, reason, payload, name or None)


class _Glimpse(Row, rename="pascal"):
    customer_ref: Reference | None = None
    doc_number: str | None = None
    display_name: str | None = None


def _glimpse(raw: Raw) -> _Glimpse:
    """Id, stamp, customer and name of a record that cannot be read as a whole, each as far as it is well-formed."""
    try:
        members = msgspec.json.decode(bytes(raw).decode("utf-8", errors="replace"), type=dict[str, Raw])
    except NOT_JSON:
        return _Glimpse()
    glimpse = _Glimpse(
        id=_fitting(members.get("Id"), str),
        meta_data=_fitting(members.get("MetaData"), Stamps),
        customer_ref=_fitting(members.get("CustomerRef"), Reference),
        doc_number=_fitting(members.get("DocNumber"), str),
        display_name=_fitting(members.get("DisplayName"), str),
    )
    if not mapping.has_usable_stamp(glimpse):
        glimpse.meta_data = None
    return glimpse


def _fitting(member: Raw | None, shape: type[Answer]) -> Answer | None:
    try:
        return None if member is None else msgspec.json.decode(member, type=shape)
    except NOT_JSON:
        return None
