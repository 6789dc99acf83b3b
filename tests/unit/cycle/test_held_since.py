"""Since when an invoice has been held, as `dun preview` tells it."""

from datetime import date, timedelta

from tenant_bench import TenantBench

from connector.outlook import outlook
from connectors.sandbox.documents import Invoice


def since(bench: TenantBench) -> list[date]:
    return [held.since for held in outlook(bench.tenant, 3).held]


def held(bench: TenantBench, invoice: Invoice) -> None:
    bench.store.holds.place("invoice", invoice.guid, reason="reply", until=None, note=None, at=bench.now)


def test_a_hold_counts_from_the_day_on_which_a_cycle_first_kept_it(bench: TenantBench) -> None:
    invoice = bench.invoice()
    bench.run()
    bench.next_day()
    held(bench, invoice)
    bench.live(4)

    assert since(bench) == [bench.today - timedelta(days=4)]


def test_what_no_cycle_has_decided_yet_begins_today(bench: TenantBench) -> None:
    invoice = bench.invoice()
    bench.run()
    bench.next_day()
    held(bench, invoice)

    assert since(bench) == [bench.today]


def test_the_same_reason_with_another_amount_goes_on(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.invoice(customer)
    bench.credit(customer, "120.00")
    first = bench.today
    bench.live(2)
    bench.credit(customer, "10.00")
    bench.live(2)

    assert since(bench) == [first]


def test_a_second_hold_after_a_release_begins_anew(bench: TenantBench) -> None:
    invoice = bench.invoice()
    held(bench, invoice)
    bench.live(2)
    bench.store.holds.release("invoice", invoice.guid, bench.now, "bo")
    bench.live(2)
    second = bench.today
    held(bench, invoice)
    bench.live(3)

    assert since(bench) == [second]
