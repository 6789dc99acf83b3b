"""Brings the mirror up to date with the ledger, page by page.

A page and the rows it changes are one transaction, and the cursor moves in the transaction of the last page. A kill
at any statement therefore costs a repeated page, never a lost one: every walk may be repeated from its old cursor.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct

from connectors.ledger import Ledger, Page, Stream
from state.clock import Clock, has_passed, latest_daily
from state.model import InvoiceId
from state.store import TenantStore
from sync.merges import merged_away
from sync.second_look import absent, look_again


class PullReport(Struct):
    """What one pull brought. `ledger_time` is the ledger's own clock when ours said `heard_at`, for the guard."""

    pages: int = 0
    changed: int = 0
    gone: int = 0
    rejected: int = 0
    ledger_time: datetime | None = None
    heard_at: datetime | None = None


class CompareReport(Struct):
    """What the full comparison found that the changes had not told us: a health metric, never a silent repair."""

    open_remote: int = 0
    differences: int = 0
    settled: int = 0
    gone: int = 0


def pull(ledger: Ledger, store: TenantStore, clock: Clock, *, everything: bool = False) -> PullReport:
    """Pull every stream that is due (all of them if `everything`) and commit what came."""
    report = PullReport()
    for stream in ledger.streams:
        if everything or _is_due(stream, store, clock.now()):
            _pull_stream(ledger, store, clock, stream.name, report)
    _meet(ledger, store, clock)
    return report


def _meet(ledger: Ledger, store: TenantStore, clock: Clock) -> None:
    """Read customers whose first invoice came before they did: where contacts have a stream of their own, it lags."""
    unknown = store.mirror.unknown_contacts()
    if not unknown:
        return
    reading = ledger.read_contacts(unknown)
    with store.transaction():
        store.mirror.save_contacts(list(reading.found.values()))
        store.mirror.quarantine(list(reading.rejected), clock.now())


def _is_due(stream: Stream, store: TenantStore, now: datetime) -> bool:
    return has_passed(stream.every, store.mirror.pulled_at(stream.name), now)


def _pull_stream(ledger: Ledger, store: TenantStore, clock: Clock, stream: str, report: PullReport) -> None:
    since = store.mirror.cursor(stream)
    for page in ledger.changes(stream, since):
        if report.ledger_time is None and page.ledger_time is not None:
            report.ledger_time, report.heard_at = page.ledger_time, clock.now()
        merged = merged_away(ledger, store, page.invoices) if since is not None else {}
        now = clock.now()
        with store.transaction():
            report.changed += save_page(store, page, now)
            store.mirror.mark_merged(merged)
            if page.cursor is not None:
                store.mirror.move_cursor(stream, page.cursor, now)
        report.pages += 1
        report.gone += len(page.gone)
        report.rejected += len(page.rejected)


def save_page(store: TenantStore, page: Page, now: datetime) -> int:
    """Write one decoded page into the mirror; rows changed. Call inside a transaction."""
    mirror = store.mirror
    changed = mirror.save_contacts(page.contacts) if page.contacts else 0
    changed += mirror.save_invoices(page.invoices) if page.invoices else 0
    changed += mirror.save_payments(page.payments) if page.payments else 0
    changed += mirror.save_credits(page.credits) if page.credits else 0
    if page.gone:
        mirror.bury(page.gone, now)
    if page.rejected:
        mirror.quarantine(page.rejected, now)
    return changed


CORRECTION = timedelta(hours=1)  # more than a running clock is ever set back by; beyond it, the clock was wrong


def comparison_is_due(store: TenantStore, now: datetime, nightly: time, zone: tzinfo) -> bool:
    """Edits exist that move no stamp (a due date on a part-paid Xero invoice), so all open invoices are read daily.

    That is once in the time from one `nightly` to the next where the tenant lives, which at most is 25 hours.
    """
    compared_at = store.mirror.compared_at()
    if compared_at is None or compared_at - now > CORRECTION:
        return True
    return compared_at < latest_daily(now, nightly, zone)


def compare(ledger: Ledger, store: TenantStore, clock: Clock) -> CompareReport:
    """Read every open invoice of the ledger, and ask by id after those only the mirror believes to be open."""
    report, started_at = CompareReport(), clock.now()
    seen: set[InvoiceId] = set()
    for page in ledger.open_invoices():
        merged = merged_away(ledger, store, page.invoices)
        with store.transaction():
            report.differences += save_page(store, page, clock.now())
            store.mirror.mark_merged(merged)
        seen.update(_named(page))
    report.open_remote = len(seen)
    _ask_after(seen, ledger, store, clock, report)
    look_again(ledger, store, clock, started_at)
    store.mirror.mark_compared(clock.now())
    return report


def _named(page: Page) -> Iterator[InvoiceId]:
    for invoice in page.invoices:
        yield invoice.id
    for rejected in page.rejected:
        if rejected.id is not None:
            yield InvoiceId(rejected.id)


def _ask_after(seen: set[InvoiceId], ledger: Ledger, store: TenantStore, clock: Clock, report: CompareReport) -> None:
    """Those believed to be open, and those in quarantine, that are not among the ledger's open ones."""
    believed = store.mirror.open_invoice_ids() - seen
    asked = sorted(believed | _quarantined(store) - seen)
    if not asked:
        return
    reading = ledger.read_invoices(asked)
    gone = absent(asked, reading.found, reading.rejected)
    with store.transaction():
        store.mirror.save_invoices(list(reading.found.values()))
        store.mirror.quarantine(reading.rejected, clock.now())
        store.mirror.mark_gone(gone, clock.now())
    report.settled = len(believed & reading.found.keys())
    report.gone = len(believed & set(gone))


def _quarantined(store: TenantStore) -> set[InvoiceId]:
    records = store.mirror.quarantined()
    return {InvoiceId(record.id) for record in records if record.entity == "invoice" and record.id is not None}
