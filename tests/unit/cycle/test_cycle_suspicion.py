"""A pull that cannot be believed pauses the tenant: a person is asked, and until then nobody is written to."""

from datetime import timedelta

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage
from connectors.sandbox.documents import Invoice


def codes(bench: TenantBench) -> list[str]:
    return [problem.code for problem in bench.run().problems]


@pytest.fixture
def thirty(bench: TenantBench) -> list[Invoice]:
    """Thirty open invoices, known but not due."""
    documents = [bench.invoice(overdue=-20) for _ in range(30)]
    bench.run()
    bench.let_pass(timedelta(hours=1))
    return documents


def vanish(bench: TenantBench, documents: list[Invoice]) -> None:
    for document in documents:
        bench.pay(document)


def test_a_shrunken_company_is_not_written_to(bench: TenantBench, thirty: list[Invoice]) -> None:
    vanish(bench, thirty[:25])
    debtor = bench.invoice(overdue=1)

    assert codes(bench) == ["shrunk"]
    assert (bench.channel.offered, bench.reminders(debtor)) == ([], [])


def test_the_pause_lasts_until_somebody_releases_it(bench: TenantBench, thirty: list[Invoice]) -> None:
    vanish(bench, thirty[:25])
    debtor = bench.invoice(overdue=1)
    bench.run()

    days = [[problem.code for problem in report.problems] for report in bench.live(3)]
    held = list(bench.channel.offered)
    bench.store.holds.release("tenant", "*", bench.now)
    bench.run()

    assert (days, held) == ([["paused"]] * 3, [])
    assert bench.sent_stages(debtor) == ["soft"]


def test_a_suspicion_is_asked_about_once(bench: TenantBench, thirty: list[Invoice]) -> None:
    vanish(bench, thirty[:25])

    bench.live(3)

    assert len(bench.store.holds.active(bench.today)) == 1


def test_what_was_planned_is_not_thrown_away_for_a_suspicion(bench: TenantBench, thirty: list[Invoice]) -> None:
    bench.set(mode="approve")
    debtor = bench.invoice(overdue=1)
    bench.run()
    bench.let_pass(timedelta(hours=1))
    vanish(bench, [*thirty[:25], debtor])

    bench.run()

    assert bench.state(debtor) == "planned"


def test_a_pull_in_two_halves_is_as_suspicious_as_in_one(bench: TenantBench, thirty: list[Invoice]) -> None:
    vanish(bench, thirty[:25])
    bench.invoice(overdue=1)
    bench.ledger.page_size = 20
    bench.ledger.fail_at("changes", 2, Outage("the second page did not come"))

    assert [codes(bench), codes(bench)] == [["outage"], ["shrunk"]]
    assert bench.channel.offered == []


def test_after_a_release_the_smaller_company_is_the_usual_one(bench: TenantBench, thirty: list[Invoice]) -> None:
    vanish(bench, thirty[:25])
    bench.run()
    bench.store.holds.release("tenant", "*", bench.now)

    assert [codes(bench), codes(bench)] == [[], []]


@pytest.fixture
def replaced(bench: TenantBench, thirty: list[Invoice]) -> Invoice:
    """The ledger no longer knows the thirty; as many others are there in their place, one of them due."""
    bench.next_day()
    bench.ledger.withheld |= {document.guid for document in thirty}
    for _ in range(29):
        bench.invoice(overdue=-20)
    return bench.invoice(overdue=1)


def test_a_company_whose_documents_were_all_replaced_is_not_written_to(bench: TenantBench, replaced: Invoice) -> None:
    assert codes(bench) == ["replaced"]
    assert [codes(bench), bench.channel.offered] == [["paused"], []]


def test_documents_replaced_in_a_comparison_that_broke_off_are_as_suspicious(
    bench: TenantBench, replaced: Invoice
) -> None:
    bench.credit(bench.owner_of(replaced), "5.00")
    bench.ledger.fail_at("open_credits", 1, Outage("the credits did not come"))

    assert [codes(bench), codes(bench)] == [["outage"], ["replaced"]]
    assert bench.channel.offered == []


def test_after_a_release_the_documents_that_are_there_are_the_right_ones(bench: TenantBench, replaced: Invoice) -> None:
    bench.run()
    bench.store.holds.release("tenant", "*", bench.now)
    bench.next_day()

    assert codes(bench) == []
    assert bench.sent_stages(replaced) == ["soft"]


def test_another_company_behind_the_connection_is_not_pulled(bench: TenantBench) -> None:
    debtor = bench.invoice(overdue=1)
    bench.set(mode="approve")
    bench.run()
    bench.set(mode="auto")
    bench.next_day()
    bench.books.company.guid = "another company"
    bench.invoice(overdue=1)

    assert codes(bench) == ["another_company"]
    assert codes(bench) == ["another_company"]
    assert bench.store.mirror.count_open() == 1
    assert (bench.channel.offered, bench.state(debtor)) == ([], "planned")


def test_another_company_stays_suspicious_after_a_release(bench: TenantBench) -> None:
    bench.invoice(overdue=1)
    bench.run()
    bench.next_day()
    bench.books.company.guid = "another company"
    bench.run()
    bench.store.holds.release("tenant", "*", bench.now)

    assert codes(bench) == ["another_company"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_disagrees_with_the_ledgers_sends_nothing(bench: TenantBench, hours: int) -> None:
    bench.invoice(overdue=1)
    bench.ledger.ahead = timedelta(hours=hours)

    assert codes(bench) == ["clock_skew"]
    assert bench.channel.offered == []


def test_a_paused_tenant_still_keeps_its_mirror_and_writes_owed_notes(bench: TenantBench) -> None:
    document = bench.invoice(overdue=1)
    bench.ledger.fail_next("write_note", Outage("no answer"))
    bench.run()
    bench.store.holds.place("tenant", "*", reason="manual", until=None, note=None, at=bench.now)
    other = bench.invoice(overdue=1)

    bench.run()

    assert (len(bench.notes(document)), bench.store.mirror.count_open()) == (1, 2)
    assert bench.reminders(other) == []


def test_a_silent_edit_is_found_by_the_comparison_of_the_next_day_and_counted(bench: TenantBench) -> None:
    document = bench.invoice(overdue=-20)
    bench.let_pass(timedelta(hours=1))
    bench.run()
    bench.let_pass(timedelta(hours=1))
    bench.books.edit_invoice(document, silently=True, due=bench.today - timedelta(days=2))
    same_day = bench.run()
    bench.next_day()

    next_day = bench.run()

    assert (same_day.messages, next_day.differences, next_day.messages) == (0, 1, 1)
