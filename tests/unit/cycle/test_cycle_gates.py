"""What keeps a reminder back although it is due: approval, hours, days, caps, holds. It stays planned and says why."""

from collections import Counter
from datetime import timedelta

import pytest
from tenant_bench import TenantBench

from connector.cycle import refresh
from connector.dunning.calendar import Calendar
from connectors.ledger import Outage
from connectors.sandbox.documents import Invoice


def approve(bench: TenantBench, *documents: Invoice) -> None:
    ids = [bench.reminder(document).id for document in documents]
    assert bench.store.reminders.approve(ids, "bookkeeper", bench.now) == len(documents)


def test_nothing_leaves_before_somebody_approves(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()

    reports = bench.live(5)

    assert [report.awaiting_approval for report in reports] == [1, 1, 1, 1, 1]
    assert (bench.channel.offered, bench.state(document)) == ([], "planned")


def test_what_is_approved_leaves(bench: TenantBench) -> None:
    bench.set(mode="approve")
    first, second = bench.invoice(), bench.invoice()
    bench.run()
    approve(bench, first)

    report = bench.run()

    assert (report.messages, report.awaiting_approval) == (1, 1)
    assert (bench.state(first), bench.state(second)) == ("noted", "planned")


def test_of_one_customers_invoices_only_the_approved_one_is_asked_for(bench: TenantBench) -> None:
    bench.set(mode="approve")
    customer = bench.customer()
    first, second = bench.invoice(customer, "100.00"), bench.invoice(customer, "30.00")
    bench.run()
    approve(bench, first)

    bench.run()

    assert bench.asks() == [{"GBP": 10000}]
    assert second.number not in bench.channel.accepted[0].text


def test_an_approval_does_not_outlive_the_debt(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    bench.run()
    approve(bench, document)
    bench.pay(document)

    bench.run()

    assert (bench.channel.offered, bench.state(document)) == ([], "skipped")


@pytest.mark.parametrize("hours", [-2, 7, 12])  # at 08:00, 17:00 and 22:00
def test_outside_the_sending_window_a_reminder_waits(bench: TenantBench, hours: int) -> None:
    document = bench.invoice()
    bench.let_pass(timedelta(hours=hours) if hours > 0 else timedelta(days=1, hours=hours))

    report = bench.run()

    assert report.waiting == Counter(outside_sending_window=1)
    assert (bench.channel.offered, bench.reminder(document).reason) == ([], "outside_sending_window")


def test_what_waited_for_the_window_leaves_when_it_opens(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.let_pass(timedelta(hours=12))
    bench.run()
    bench.let_pass(timedelta(hours=12))

    bench.run()

    assert bench.sent_stages(document) == ["soft"]
    assert bench.reminder(document).reason is None


def test_the_window_is_read_off_the_tenants_own_wall(bench: TenantBench) -> None:
    bench.set(zone="America/New_York")
    bench.invoice()

    assert bench.run().waiting == Counter(outside_sending_window=1)  # 05:00 in New York


def test_at_weekends_nothing_leaves(bench: TenantBench) -> None:
    bench.next_day(5)
    document = bench.invoice(overdue=1)

    saturday, sunday, monday = bench.live(3)

    assert [report.messages for report in (saturday, sunday, monday)] == [0, 0, 1]
    assert bench.sent_stages(document) == ["soft"]


def test_on_a_closed_day_nothing_leaves_and_the_reason_is_known(bench: TenantBench) -> None:
    bench.set(calendar=Calendar(closed_days=frozenset({bench.today})))
    document = bench.invoice()

    bench.run()

    assert (bench.channel.offered, bench.why(document)) == ([], ["closed_day"])


def test_the_daily_cap_lets_the_oldest_debts_go_first(bench: TenantBench) -> None:
    bench.set(daily_cap=2)
    documents = [bench.invoice(overdue=days) for days in (3, 9, 1, 27)]

    report = bench.run()

    assert (report.messages, report.waiting) == (2, Counter(daily_cap=2))
    assert [bench.state(document) for document in documents] == ["planned", "noted", "planned", "noted"]
    assert bench.reminder(documents[0]).reason == "daily_cap"


def test_the_cap_counts_the_whole_day_and_then_begins_anew(bench: TenantBench) -> None:
    bench.set(daily_cap=2)
    for _ in range(5):
        bench.invoice()

    messages = [bench.run().messages, bench.run().messages]
    bench.next_day()
    messages += [bench.run().messages, bench.run().messages]

    assert messages == [2, 0, 2, 0]


def test_the_cap_counts_messages_and_not_invoices(bench: TenantBench) -> None:
    bench.set(daily_cap=1)
    customer = bench.customer()
    for _ in range(3):
        bench.invoice(customer)

    report = bench.run()

    assert (report.messages, report.sent.total()) == (1, 3)


def test_a_held_invoice_is_not_chased_until_it_is_released(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.store.holds.place("invoice", document.guid, reason="dispute", until=None, note=None, at=bench.now)
    bench.live(3)
    held = (list(bench.channel.offered), bench.action(document), bench.why(document))
    bench.store.holds.release("invoice", document.guid, bench.now)

    bench.run()

    assert held == ([], "stop", ["held"])
    assert bench.sent_stages(document) == ["soft"]


def test_a_hold_placed_on_a_planned_reminder_still_counts(bench: TenantBench) -> None:
    bench.set(mode="approve")
    document = bench.invoice()
    bench.run()
    approve(bench, document)
    bench.store.holds.place("invoice", document.guid, reason="manual", until=None, note=None, at=bench.now)

    bench.run()

    assert (bench.channel.offered, bench.state(document)) == ([], "planned")


def test_a_hold_ends_by_itself_after_its_last_day(bench: TenantBench) -> None:
    document = bench.invoice()
    until = bench.today + timedelta(days=2)
    bench.store.holds.place("invoice", document.guid, reason="promise", until=until, note=None, at=bench.now)

    messages = [report.messages for report in bench.live(4)]

    assert messages == [0, 0, 0, 1]


def test_a_held_customer_gets_nothing_while_others_do(bench: TenantBench) -> None:
    held, other = bench.invoice(), bench.invoice()
    contact = bench.owner_of(held).guid
    bench.store.holds.place("contact", contact, reason="manual", until=None, note=None, at=bench.now)

    bench.run()

    assert (bench.reminders(held), bench.sent_stages(other)) == ([], ["soft"])


def test_a_dispute_in_the_ledger_holds(bench: TenantBench) -> None:
    document = bench.invoice(disputed=True)

    bench.run()

    assert (bench.channel.offered, bench.why(document)) == ([], ["disputed"])


def test_a_promise_in_the_ledger_is_waited_for(bench: TenantBench) -> None:
    document = bench.invoice(expected=bench.today + timedelta(days=1))

    messages = [report.messages for report in bench.live(3)]

    assert messages == [0, 0, 1]
    assert bench.judgement() == {}
    assert bench.sent_stages(document) == ["soft"]


def test_a_customer_without_an_address_is_listed(bench: TenantBench) -> None:
    document = bench.invoice(bench.customer(email=None))

    bench.run()

    assert (bench.channel.offered, bench.why(document)) == ([], ["no_address"])
    assert [row.invoice_id for row in bench.store.decisions.current("ask_person")] == [document.guid]


def test_a_dry_run_changes_nothing_that_sends(bench: TenantBench) -> None:
    document = bench.invoice()

    report = bench.run(dry_run=True)

    assert (report.would_send, report.messages) == (1, 0)
    assert (bench.channel.offered, bench.reminders(document), bench.books.notes) == ([], [], [])
    assert bench.action(document) == "send"


def test_a_dry_run_writes_no_note_that_is_owed(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.ledger.fail_next("write_note", Outage("no answer"))
    bench.run()

    bench.run(dry_run=True)

    assert (bench.notes(document), bench.state(document)) == ([], "sent")


def test_a_refresh_reads_everything_and_writes_to_nobody(bench: TenantBench) -> None:
    document = bench.invoice()

    report = refresh(bench.tenant)

    assert (report.open_invoices, bench.reminders(document), bench.channel.offered) == (1, [], [])
    assert bench.ledger.calls["open_invoices"] == 1
