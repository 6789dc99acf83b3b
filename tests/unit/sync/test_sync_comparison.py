"""What the changes did not tell: the daily comparison finds it, and believes only what it has read."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage
from connectors.sandbox.documents import Invoice
from state.model import InvoiceId, InvoiceStatus
from sync.pull import CompareReport, compare, comparison_is_due, pull


def compared(bench: TenantBench) -> CompareReport:
    return compare(bench.ledger, bench.store, bench.tenant.clock)


def is_due(bench: TenantBench, at: datetime | None = None) -> bool:
    return comparison_is_due(bench.store, at or bench.now, bench.settings.nightly, bench.tenant.zone)


def status(bench: TenantBench, document: Invoice) -> InvoiceStatus:
    invoice = bench.store.mirror.invoice(InvoiceId(document.guid))
    assert invoice is not None
    return invoice.status


@pytest.fixture
def known(bench: TenantBench) -> Invoice:
    """An open invoice that has been pulled."""
    document = bench.invoice()
    bench.let_pass(timedelta(hours=1))  # beyond the overlap: only a new stamp brings it again
    pull(bench.ledger, bench.store, bench.tenant.clock)
    return document


def test_a_due_date_edited_in_silence_is_healed(bench: TenantBench, known: Invoice) -> None:
    bench.let_pass(timedelta(hours=1))
    bench.books.edit_invoice(known, silently=True, due=date(2026, 12, 24))
    pull(bench.ledger, bench.store, bench.tenant.clock)
    untold = bench.store.mirror.invoice(InvoiceId(known.guid))

    report = compared(bench)

    healed = bench.store.mirror.invoice(InvoiceId(known.guid))
    assert untold is not None
    assert healed is not None
    assert (untold.due_on != date(2026, 12, 24), healed.due_on) == (True, date(2026, 12, 24))
    assert report.differences == 1


def test_a_mirror_that_agrees_has_no_differences(bench: TenantBench, known: Invoice) -> None:
    report = compared(bench)

    assert (report.open_remote, report.differences, report.settled, report.gone) == (1, 0, 0, 0)


def test_an_invoice_paid_in_silence_is_asked_after_and_found_paid(bench: TenantBench, known: Invoice) -> None:
    stamp = known.updated
    bench.pay(known)
    known.updated = stamp

    report = compared(bench)

    assert (report.settled, report.gone) == (1, 0)
    assert status(bench, known) is InvoiceStatus.PAID


def test_an_invoice_the_ledger_no_longer_returns_is_gone(bench: TenantBench, known: Invoice) -> None:
    bench.books.invoices.pop(known.id)
    bench.books.by_guid.pop(known.guid)

    assert compared(bench).gone == 1
    assert status(bench, known) is InvoiceStatus.GONE


def test_an_invoice_that_comes_back_is_open_again(bench: TenantBench, known: Invoice) -> None:
    bench.books.invoices.pop(known.id)
    del bench.books.by_guid[known.guid]
    compared(bench)
    bench.books.invoices[known.id] = known
    bench.books.by_guid[known.guid] = known

    compared(bench)

    assert status(bench, known) is InvoiceStatus.OPEN


def test_an_invoice_that_cannot_be_read_is_never_gone(bench: TenantBench, known: Invoice) -> None:
    bench.ledger.unreadable = {known.guid}

    assert compared(bench).gone == 0
    assert status(bench, known) is InvoiceStatus.OPEN
    assert [record.id for record in bench.store.mirror.quarantined()] == [known.guid]


def test_nothing_is_gone_while_a_record_without_a_readable_id_could_be_it(bench: TenantBench, known: Invoice) -> None:
    bench.ledger.unreadable = bench.ledger.nameless = {known.guid}

    assert compared(bench).gone == 0
    assert status(bench, known) is InvoiceStatus.OPEN


def test_a_comparison_that_breaks_off_marks_nothing_and_stays_due(bench: TenantBench, known: Invoice) -> None:
    bench.books.invoices.pop(known.id)
    bench.books.by_guid.pop(known.guid)
    bench.ledger.fail_next("read_invoices", Outage("gone"))

    with pytest.raises(Outage):
        compared(bench)

    assert status(bench, known) is InvoiceStatus.OPEN
    assert is_due(bench)


def test_a_comparison_is_due_once_a_night(bench: TenantBench, known: Invoice) -> None:
    first = is_due(bench)
    compared(bench)  # on Monday at eleven
    at_night = datetime(2026, 3, 3, 2, tzinfo=UTC)

    assert (first, is_due(bench, at_night - timedelta(seconds=1)), is_due(bench, at_night)) == (True, False, True)


def test_a_night_that_was_slept_through_is_made_up_for_once(bench: TenantBench, known: Invoice) -> None:
    compared(bench)
    bench.let_pass(timedelta(days=3))
    due = is_due(bench)
    compared(bench)

    assert (due, is_due(bench), is_due(bench, bench.now + timedelta(hours=14))) == (True, False, False)


@pytest.mark.parametrize(
    ("zone", "nightly", "day"),
    [
        ("America/New_York", time(2, 30), date(2026, 3, 8)),  # 02:30 does not exist
        ("America/New_York", time(1, 30), date(2026, 11, 1)),  # 01:30 comes twice
        ("Australia/Lord_Howe", time(1, 45), date(2026, 4, 5)),  # half an hour comes twice
        ("Atlantic/Azores", time(0, 0), date(2026, 3, 29)),  # the day begins at one
    ],
)
def test_a_day_on_which_clocks_change_has_one_comparison(
    bench: TenantBench, zone: str, nightly: time, day: date
) -> None:
    wall = ZoneInfo(zone)
    start = datetime.combine(day, time(0), wall).astimezone(UTC) - timedelta(hours=2)
    bench.store.mirror.mark_compared(start)
    days = []
    for minutes in range(0, 30 * 60, 15):
        now = start + timedelta(minutes=minutes)
        if comparison_is_due(bench.store, now, nightly, wall):
            days.append(now.astimezone(wall).date())
            bench.store.mirror.mark_compared(now)

    assert days.count(day) == 1


def test_a_small_correction_of_the_clock_repeats_no_comparison(bench: TenantBench) -> None:
    bench.store.mirror.mark_compared(bench.now + timedelta(minutes=5))

    assert not is_due(bench)


def test_a_comparison_made_while_the_clock_was_ahead_is_made_again(bench: TenantBench) -> None:
    bench.store.mirror.mark_compared(bench.now + timedelta(days=1000))

    assert is_due(bench)
