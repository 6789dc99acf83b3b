"""Xero behind the `Ledger` protocol: which calls answer which question. Wires, words and failures live next door."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from connectors.ledger import (
    BadData,
    ContactReading,
    CreditReading,
    Forbidden,
    InvoiceReading,
    KnownCredits,
    NewCharge,
    NotFound,
    Page,
    Refused,
    Stream,
    WriteOffOrder,
)
from connectors.tokens import TokenSource
from connectors.transport import CallMeter
from connectors.xero import charges, notes, poll, write_offs
from connectors.xero.client import TIMEOUT, XeroClient
from connectors.xero.customer_copy import read_pdf, read_url
from connectors.xero.decode import (
    CONTACTS,
    CREDIT_NOTES,
    INVOICE_SUMMARIES,
    INVOICES,
    OVERPAYMENTS,
    PREPAYMENTS,
    Document,
    RecordT,
    Sheet,
)
from connectors.xero.endpoints import XeroEndpoints
from connectors.xero.organisation import read_organisation, read_reminders_on
from connectors.xero.wire import RowT
from state.clock import Clock
from state.model import (
    ContactId,
    Credit,
    Invoice,
    InvoiceId,
    InvoiceStatus,
    LedgerName,
    Note,
    Organisation,
    Rejected,
)

_PAGE = 1000  # documents; the most Xero sends at once
_IDS_A_CALL = 40  # a query longer than 2,048 characters is a 404: 52 ids pass, 53 fail, Xero advises 40
_IDS_PAGE = 100
_SALES = 'Type=="ACCREC"'
_AUTHORISED = 'Status=="AUTHORISED"'
_INVOICES = Stream("invoices", timedelta(0))
_CONTACTS = Stream("contacts", timedelta(hours=1))
_CREDITS = Stream("credits", timedelta(hours=1))
_CUSTOMERS = Stream("customers", timedelta(days=1))  # all of them: what group they are in may move no stamp
_CREDIT_LISTS: dict[str, Document[Any, Credit]] = {
    "credit_notes": CREDIT_NOTES,
    "overpayments": OVERPAYMENTS,
    "prepayments": PREPAYMENTS,
}


class XeroLedger:
    """One organisation in Xero, as `connectors.ledger.Ledger` describes it. Not thread-safe.

    `page_size` is of documents to a page; without it, the most that Xero sends.
    """

    def __init__(
        self,
        endpoints: XeroEndpoints,
        tenant_id: str,
        tokens: TokenSource,
        clock: Clock,
        meter: CallMeter,
        *,
        short_code: str | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        page_size: int | None = None,
    ) -> None:
        self._tenant_id = tenant_id
        self._page_size = page_size or _PAGE
        self._clock = clock
        self._client = XeroClient(endpoints.api, tenant_id, tokens, clock, meter, timeout=timeout)
        self._short_code = short_code

    @property
    def name(self) -> LedgerName:
        return "xero"

    @property
    def streams(self) -> tuple[Stream, ...]:
        return (_INVOICES, _CONTACTS, _CREDITS, _CUSTOMERS)

    def organisation(self) -> Organisation:
        """Facts about the company (two calls). Forbidden if another company than the connected one answers."""
        organisation = self._client.read("organisation", lambda body: read_organisation(body, self._tenant_id))
        self._short_code = organisation.short_code
        return msgspec.structs.replace(organisation, own_reminders_on=self._own_reminders_on())

    def changes(self, stream: str, since: str | None) -> Iterator[Page]:
        """Everything that changed after cursor `since`, five minutes of overlap included, or everything (None).

        The stream "customers" brings every contact each time.
        """
        if stream == _INVOICES.name:
            return self._invoice_changes(since)
        if stream == _CONTACTS.name:
            return self._contact_changes(since)
        if stream == _CREDITS.name:
            return self._credit_changes(since)
        if stream == _CUSTOMERS.name:
            return self._contact_changes(None)
        raise ValueError(f"Xero has no stream {stream!r}")

    def open_invoices(self) -> Iterator[Page]:
        """Every sales invoice with something due, without its allocations."""
        for sheet in poll.everything(self._open_invoices_page):
            owed = [invoice for invoice in sheet.records if invoice.status is InvoiceStatus.OPEN]
            yield Page(invoices=owed, rejected=sheet.rejected, ledger_time=sheet.answered_at)

    def read_invoices(self, ids: Sequence[InvoiceId]) -> InvoiceReading:
        """Read these invoices live, 40 to a call, without their allocations."""
        read_at = self._clock.now()
        sheets = list(self._read_by_id("invoices", INVOICE_SUMMARIES, ids, summary_only="true"))
        found = {invoice.id: invoice for sheet in sheets for invoice in sheet.records}
        return InvoiceReading(found, _rejected(sheets), read_at)

    def read_contacts(self, ids: Sequence[ContactId]) -> ContactReading:
        """Read these contacts live, 40 to a call, archived ones included."""
        read_at = self._clock.now()
        sheets = list(self._read_by_id("contacts", CONTACTS, ids, include_archived="true"))
        found = {contact.id: contact for sheet in sheets for contact in sheet.records}
        return ContactReading(found, _rejected(sheets), read_at)

    def open_credits(self, known: KnownCredits) -> CreditReading:  # noqa: ARG002 - Xero can be asked outright
        """Every credit with something remaining: credit notes, overpayments and prepayments, one call each."""
        read_at = self._clock.now()
        sheets = [
            sheet
            for operation, document in _CREDIT_LISTS.items()
            for sheet in poll.everything(partial(self._open_credits_page, operation, document))
        ]
        found = {credit.id: credit for sheet in sheets for credit in sheet.records if credit.remaining_minor > 0}
        return CreditReading(tuple(found.values()), _rejected(sheets), read_at)

    def notes(self, invoice_id: InvoiceId) -> tuple[Note, ...]:
        """The invoice's history, newest first."""
        return self._client.read("history", notes.read_history, invoice_id=invoice_id)

    def write_note(self, invoice_id: InvoiceId, text: str, key: str) -> None:
        """Add one note. RetryLater, Refused, Forbidden, NotFound, Reauthorise: it was not written. Outage: who knows.

        Sent once, and never again by this adapter unless the access token was refused. Xero remembers `key` (at most
        128 characters) for six minutes; the same key with another text is Refused.
        """
        body = self._client.call(
            "note", invoice_id=invoice_id, history_records=notes.request(text), idempotency_key=key
        )
        notes.confirm(body)

    def write_off(self, order: WriteOffOrder, *, tried: bool) -> str:
        """As a credit note in one line without tax, allocated to the invoice; see connectors.xero.write_offs."""
        return write_offs.write_off(self._client, order, self.read_invoices, tried=tried)

    def raise_charge(self, charge: NewCharge) -> InvoiceId:
        """A draft, unless one bears the mark already; two calls. Every error but Outage: it was not written."""
        known = charges.known(self._page("invoices", INVOICE_SUMMARIES, where=charges.where(charge.mark), page=1))
        if known is not None:
            return known
        try:
            body = self._client.call("charge", invoices=charges.request(charge), idempotency_key=charge.key)
        except Refused as error:
            raise Refused(f"{error}; {charges.account_of(charge)}") from None
        return charges.confirm(body, charge)

    def online_invoice_url(self, invoice_id: InvoiceId) -> str | None:
        """Where the customer can see and pay the invoice; None for drafts and organisations without that page."""
        try:
            return self._client.read("online_invoice", read_url, invoice_id=invoice_id)
        except (NotFound, Refused):
            return None

    def invoice_pdf(self, invoice_id: InvoiceId) -> bytes | None:
        """The invoice as Xero prints it; None if Xero has none."""
        try:
            return self._client.read("pdf", read_pdf, invoice_id=invoice_id)
        except NotFound:
            return None

    def deep_link(self, invoice_id: InvoiceId) -> str | None:
        """The invoice's page in Xero; None until `organisation` has told the short code."""
        if self._short_code is None:
            return None
        return f"https://go.xero.com/app/{self._short_code}/invoicing/view/{invoice_id}"

    def close(self) -> None:
        self._client.close()

    def _own_reminders_on(self) -> bool | None:
        try:
            return self._client.read("reminder_settings", read_reminders_on)
        except (Forbidden, NotFound, Refused):
            return None

    def _invoice_changes(self, since: str | None) -> Iterator[Page]:
        fetch, asked_at = partial(self._changed_page, "invoices", INVOICES, where=_SALES), self._clock.now()
        for step in poll.changes(fetch, _watermark(since)):
            yield Page(
                invoices=step.sheet.records,
                rejected=step.sheet.rejected,
                cursor=_cursor(step.watermark, asked_at),
                ledger_time=step.sheet.answered_at,
            )

    def _contact_changes(self, since: str | None) -> Iterator[Page]:
        fetch, asked_at = partial(self._changed_page, "contacts", CONTACTS, include_archived="true"), self._clock.now()
        for step in poll.changes(fetch, _watermark(since)):
            yield Page(
                contacts=step.sheet.records,
                rejected=step.sheet.rejected,
                cursor=_cursor(step.watermark, asked_at),
                ledger_time=step.sheet.answered_at,
            )

    def _credit_changes(self, since: str | None) -> Iterator[Page]:
        cursors = {} if since is None else msgspec.json.decode(since, type=dict[str, str])
        reached: dict[str, str] = {}
        for operation, document in _CREDIT_LISTS.items():
            fetch, asked_at = partial(self._changed_page, operation, document), self._clock.now()
            for step in poll.changes(fetch, _watermark(cursors.get(operation))):
                if (cursor := _cursor(step.watermark, asked_at)) is not None:
                    reached[operation] = cursor
                complete = len(reached) == len(_CREDIT_LISTS)
                yield Page(
                    credits=step.sheet.records,
                    rejected=step.sheet.rejected,
                    cursor=msgspec.json.encode(reached).decode() if complete else None,
                    ledger_time=step.sheet.answered_at,
                )

    def _read_by_id(
        self, operation: str, document: Document[RowT, RecordT], ids: Sequence[str], **filters: object
    ) -> Iterator[Sheet[RecordT]]:
        different = list(dict.fromkeys(ids))
        for start in range(0, len(different), _IDS_A_CALL):
            chunk = different[start : start + _IDS_A_CALL]
            sheet = self._page(operation, document, i_ds=chunk, page=1, page_size=_IDS_PAGE, **filters)
            if sheet.rows > len(chunk):  # then those asked for may be on another page, and not returned proves nothing
                raise BadData(f"Xero returned {sheet.rows} {operation} although {len(chunk)} were asked for")
            yield sheet

    def _changed_page(
        self,
        operation: str,
        document: Document[RowT, RecordT],
        modified_since: datetime | None,
        page: int,
        **filters: object,
    ) -> Sheet[RecordT]:
        if modified_since is not None:
            filters["if_modified_since"] = modified_since.astimezone(UTC).replace(tzinfo=None)  # the SDK adds no zone
        return self._page(operation, document, page=page, page_size=self._page_size, **filters)

    def _open_invoices_page(self, page: int) -> Sheet[Invoice]:
        return self._page(
            "invoices",
            INVOICE_SUMMARIES,
            where=_SALES,
            statuses=["AUTHORISED"],
            summary_only="true",
            page=page,
            page_size=self._page_size,
        )

    def _open_credits_page(self, operation: str, document: Document[RowT, Credit], page: int) -> Sheet[Credit]:
        return self._page(operation, document, where=_AUTHORISED, page=page, page_size=self._page_size)

    def _page(self, operation: str, document: Document[RowT, RecordT], **arguments: object) -> Sheet[RecordT]:
        return self._client.read(operation, document.read, **arguments)


def _rejected(sheets: Sequence[Sheet[Any]]) -> tuple[Rejected, ...]:
    return tuple(rejected for sheet in sheets for rejected in sheet.rejected)


def _cursor(watermark: datetime | None, asked_at: datetime) -> str | None:
    """Xero's clock, or ours where Xero's is ahead of it: asking from too early costs calls, and never a change."""
    return None if watermark is None else min(watermark, asked_at).isoformat()


def _watermark(cursor: str | None) -> datetime | None:
    return None if cursor is None else datetime.fromisoformat(cursor)
