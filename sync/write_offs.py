"""Books every debt that a person has given up, exactly once.

A row says "tried" before the first byte leaves; after a kill or an answer that was lost, the next run looks for what
stands in the ledger and completes it. What the ledger refuses before anything was written ends the write-off; a person
proposes it anew.
"""

from collections.abc import Callable

import structlog
from msgspec import Struct

from connectors.ledger import HalfWritten, Ledger, LedgerError, Outage, Refused, WriteOffOrder
from state.clock import Clock
from state.model import InvoiceId
from state.store import TenantStore
from state.write_offs import WriteOff
from sync.notes import OUT_OF_REACH

OUTAGES_IN_A_ROW = 2
log = structlog.get_logger()


class WriteOffsReport(Struct):
    written: int = 0
    waiting: int = 0
    problems: list[str] = []
    refused: list[InvoiceId] = []  # nothing was written off, and nothing will be


def write_approved(
    ledger: Ledger,
    store: TenantStore,
    clock: Clock,
    order: Callable[[WriteOff], WriteOffOrder | str],
    *,
    enough: Callable[[], bool] = lambda: False,
) -> WriteOffsReport:
    """Write what is approved. `order` says how one is to be booked, or in words why it cannot be yet.

    It may ask the ledger, and raise any LedgerError but Refused.
    """
    report, outages = WriteOffsReport(), 0
    for write_off in store.write_offs.to_write():
        if enough():
            report.waiting += 1
            continue
        try:
            booking = order(write_off)
            if isinstance(booking, str):
                _wait(store, write_off, booking, report)
                continue
            _write(ledger, store, clock, write_off, booking, report)
            outages = 0
        except LedgerError as error:
            _failed(store, clock, write_off, error, report)
            outages = outages + 1 if isinstance(error, Outage) else 0
            if isinstance(error, OUT_OF_REACH) or outages == OUTAGES_IN_A_ROW:
                break
    return report


def _write(
    ledger: Ledger,
    store: TenantStore,
    clock: Clock,
    write_off: WriteOff,
    booking: WriteOffOrder,
    report: WriteOffsReport,
) -> None:
    store.write_offs.tried(write_off.id)
    document = ledger.write_off(booking, tried=write_off.tried)
    store.write_offs.written(write_off.id, document, clock.now())
    report.written += 1
    log.info("debt written off in the ledger", write_off=write_off.id)


def _failed(store: TenantStore, clock: Clock, write_off: WriteOff, error: LedgerError, report: WriteOffsReport) -> None:
    """A first attempt that was refused has written nothing; after an earlier one only a person can tell."""
    if isinstance(error, Refused) and not isinstance(error, HalfWritten) and not write_off.tried:
        store.write_offs.refuse(write_off.id, str(error), clock.now())
        report.problems.append(str(error))
        report.refused.append(write_off.invoice_id)
    else:
        _wait(store, write_off, str(error), report)


def _wait(store: TenantStore, write_off: WriteOff, words: str, report: WriteOffsReport) -> None:
    store.write_offs.waits(write_off.id, words)
    report.waiting += 1
    report.problems.append(words)
