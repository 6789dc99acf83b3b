"""The mirror follows the ledger page by page, and a walk that breaks off loses nothing."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage, Stream
from state.errors import StateError
from state.model import InvoiceId, InvoiceStatus
from sync.pull import PullReport, pull


def pulled(bench: TenantBench, *, everything: bool = False) -> PullReport:
    return pull(bench.ledger, bench.store, bench.tenant.clock, everything=everything)


def with_pages_of(bench: TenantBench, size: int, *, invoices: int) -> list[InvoiceId]:
    bench.ledger.page_size = size
    return [InvoiceId(bench.invoice().guid) for _ in range(invoices)]


def test_a_pull_brings_every_page(bench: TenantBench) -> None:
    ids = with_pages_of(bench, 3, invoices=8)

    report = pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == set(ids)
    assert (report.pages, report.changed) == (4, 16)  # eight invoices and their eight customers


def test_the_cursor_moves_with_the_last_page(bench: TenantBench) -> None:
    with_pages_of(bench, 3, invoices=8)

    pulled(bench)

    assert bench.store.mirror.cursor("changes") == bench.now.isoformat()


@pytest.mark.parametrize("table", ["contact", "stream"])
def test_a_page_and_its_cursor_are_kept_together_or_not_at_all(bench: TenantBench, tmp_path: Path, table: str) -> None:
    bench.invoice()
    with closing(sqlite3.connect(tmp_path / "dun.db")) as shell:
        shell.execute(f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END")
        shell.commit()

        with pytest.raises(StateError):
            pulled(bench)

        assert shell.execute("SELECT id FROM contact UNION ALL SELECT name FROM stream").fetchall() == []


def test_a_walk_that_fails_on_its_second_page_keeps_the_first_and_the_old_cursor(bench: TenantBench) -> None:
    ids = with_pages_of(bench, 3, invoices=8)
    bench.ledger.fail_at("changes", 2, Outage("the second page did not come"))

    with pytest.raises(Outage):
        pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == set(ids[:3])
    assert bench.store.mirror.cursor("changes") is None


@pytest.mark.parametrize("broken_page", [1, 2, 3, 4])
def test_the_pull_after_a_broken_one_loses_nothing(bench: TenantBench, broken_page: int) -> None:
    ids = with_pages_of(bench, 3, invoices=8)
    bench.ledger.fail_at("changes", broken_page, Outage("gone"))
    with pytest.raises(Outage):
        pulled(bench)
    bench.let_pass(timedelta(hours=3))

    pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == set(ids)
    assert len(bench.store.mirror.contacts([bench.books.customers[c].guid for c in bench.books.customers])) == 8


def test_a_later_walk_that_breaks_off_is_repeated_from_its_old_cursor(bench: TenantBench) -> None:
    with_pages_of(bench, 2, invoices=4)
    pulled(bench)
    cursor = bench.store.mirror.cursor("changes")
    bench.let_pass(timedelta(hours=1))
    for document in list(bench.books.invoices.values()):
        bench.pay(document)
    bench.ledger.fail_at("changes", 2, Outage("gone"))
    with pytest.raises(Outage):
        pulled(bench)
    assert bench.store.mirror.cursor("changes") == cursor
    bench.let_pass(timedelta(hours=1))

    pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == set()


def test_a_change_during_the_walk_arrives_with_the_next_pull(bench: TenantBench) -> None:
    document = bench.invoice()
    pulled(bench)
    cursor = bench.store.mirror.cursor("changes")
    bench.pay(document)  # stamped at the very instant the first walk began

    assert cursor == bench.now.isoformat()
    pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == set()


def test_a_record_that_cannot_be_read_does_not_take_its_page_along(bench: TenantBench) -> None:
    good, bad = bench.invoice(), bench.invoice()
    bench.ledger.unreadable = {bad.guid}

    report = pulled(bench)

    assert bench.store.mirror.open_invoice_ids() == {InvoiceId(good.guid)}
    assert report.rejected == 1
    assert [record.id for record in bench.store.mirror.quarantined()] == [bad.guid]


def test_a_record_leaves_quarantine_when_it_can_be_read_again(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.ledger.unreadable = {document.guid}
    pulled(bench)
    bench.ledger.unreadable = set()

    pulled(bench)

    assert bench.store.mirror.quarantined() == []
    assert bench.store.mirror.open_invoice_ids() == {InvoiceId(document.guid)}


def test_pulling_the_same_twice_changes_nothing(bench: TenantBench) -> None:
    with_pages_of(bench, 3, invoices=5)
    pulled(bench)

    assert pulled(bench).changed == 0


def test_a_void_invoice_is_void_in_the_mirror(bench: TenantBench) -> None:
    document = bench.invoice()
    pulled(bench)
    bench.books.void_invoice(document)

    pulled(bench)

    invoice = bench.store.mirror.invoice(InvoiceId(document.guid))
    assert invoice is not None
    assert invoice.status is InvoiceStatus.VOID


def test_a_stream_is_asked_only_as_often_as_it_is_worth(bench: TenantBench) -> None:
    bench.ledger.streams = (Stream("changes", timedelta(hours=1)),)
    pulled(bench)
    bench.let_pass(timedelta(minutes=59))
    pulled(bench)
    calls = bench.ledger.calls["changes"]
    bench.let_pass(timedelta(minutes=1))

    pulled(bench)

    assert (calls, bench.ledger.calls["changes"]) == (1, 2)


def test_a_stream_read_while_the_clock_was_ahead_is_asked_again_at_once(bench: TenantBench) -> None:
    bench.ledger.streams = (Stream("changes", timedelta(hours=1)),)
    pulled(bench)
    bench.store.mirror.move_cursor("changes", bench.now.isoformat(), bench.now + timedelta(days=1000))

    pulled(bench)

    assert bench.ledger.calls["changes"] == 2


def test_a_pull_of_everything_asks_streams_that_are_not_due(bench: TenantBench) -> None:
    bench.ledger.streams = (Stream("changes", timedelta(hours=1)),)
    pulled(bench)

    pulled(bench, everything=True)

    assert bench.ledger.calls["changes"] == 2


def test_the_report_tells_the_ledgers_own_time(bench: TenantBench) -> None:
    bench.invoice()
    bench.ledger.ahead = timedelta(minutes=7)

    assert pulled(bench).ledger_time == bench.now + timedelta(minutes=7)
