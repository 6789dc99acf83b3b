"""Promises and plans end as kept or broken by what the ledger says, disputes with their invoice, and each once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenant_bench import TenantBench

from connector.agreeing import AgreementsReport, Settled, settle_agreements
from connector.plan_standings import plan_standings
from connectors.sandbox.documents import Invoice
from state.agreed import Instalment, Plan, PlanState, Promise, PromiseState, Share
from state.model import ContactId, InvoiceId
from sync.pull import pull
from sync.reconcile import reconcile

TOLERANCE = 3
PARTS = [40_00, 40_00, 40_00]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    made = TenantBench.open(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def invoice(bench: TenantBench) -> Invoice:
    """120.00 GBP, in the mirror."""
    made = bench.invoice()
    look(bench)
    return made


def look(bench: TenantBench) -> None:
    pull(bench.ledger, bench.store, bench.tenant.clock, everything=True)
    reconcile(bench.store, bench.tenant.clock)


def settle(bench: TenantBench) -> AgreementsReport:
    """After a look at the books."""
    look(bench)
    standings = partial(plan_standings, bench.store, bench.tenant.settings, bench.today)
    return settle_agreements(bench.store, bench.today, bench.now, standings)


def outcomes(report: AgreementsReport) -> list[tuple[str, str]]:
    return [(settled.kind, settled.outcome) for settled in report.settled]


def promised(bench: TenantBench, *invoices: Invoice, days: int = 5, minor: int = 100_00) -> Promise:
    shares = [Share(InvoiceId(each.guid), 120_00) for each in invoices]
    single = len(invoices) == 1
    return bench.store.promises.make(
        target=shares[0].invoice_id if single else None,
        contact=None if single else ContactId(bench.owner_of(invoices[0]).guid),
        promised_on=bench.today + timedelta(days=days),
        amount_minor=minor,
        currency="GBP",
        shares=shares,
        note=None,
        by="ada",
        at=bench.now,
    )


def planned(bench: TenantBench, invoice: Invoice) -> Plan:
    """Three parts of 40.00, the first in a week."""
    parts = [Instalment(n, bench.today + timedelta(days=7 * n), minor) for n, minor in enumerate(PARTS, start=1)]
    shares = [Share(InvoiceId(invoice.guid), 120_00)]
    return bench.store.plans.make(ContactId(bench.owner_of(invoice).guid), "GBP", shares, parts, "ada", bench.now)


def disputed(bench: TenantBench, invoice: Invoice) -> int:
    return bench.store.disputes.open(InvoiceId(invoice.guid), "broken", "ada", None, "GBP", "ada", bench.now).id


def test_a_promise_is_kept_as_soon_as_enough_has_come(bench: TenantBench, invoice: Invoice) -> None:
    made = promised(bench, invoice)
    bench.pay(invoice, "99.99")
    assert settle(bench) == AgreementsReport()

    bench.pay(invoice, "0.01")

    assert settle(bench).settled == (
        Settled(
            kind="promise",
            id=made.id,
            outcome="kept",
            scope="invoice",
            target=invoice.guid,
            invoices=(invoice.guid,),
        ),
    )


def test_a_promise_is_broken_on_the_day_after(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    bench.next_day(5)
    assert settle(bench) == AgreementsReport()

    bench.next_day()

    assert outcomes(settle(bench)) == [("promise", "broken")]


def test_a_payment_seen_after_the_day_and_before_the_look_keeps_the_promise(
    bench: TenantBench, invoice: Invoice
) -> None:
    promised(bench, invoice)
    bench.pay(invoice)
    bench.next_day(9)

    assert outcomes(settle(bench)) == [("promise", "kept")]


def test_a_promise_about_a_voided_invoice_is_withdrawn(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    bench.books.void_invoice(invoice)
    bench.next_day(9)

    assert outcomes(settle(bench)) == [("promise", "withdrawn")]


def test_a_customers_promise_counts_whichever_invoice_is_paid(bench: TenantBench) -> None:
    customer = bench.customer()
    one, other = bench.invoice(customer), bench.invoice(customer)
    look(bench)
    promised(bench, one, other, minor=150_00)
    bench.pay(other)
    assert outcomes(settle(bench)) == []

    bench.pay(one, "30.00")

    assert outcomes(settle(bench)) == [("promise", "kept")]


def test_what_is_settled_is_settled_once(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    planned(bench, invoice)
    disputed(bench, invoice)
    bench.pay(invoice)

    assert outcomes(settle(bench)) == [("promise", "kept"), ("plan", "kept"), ("dispute", "the invoice is paid")]
    assert settle(bench) == AgreementsReport()
    assert [(entry.who, entry.action) for entry in bench.store.audit.entries()] == [
        ("dun", "dispute settled"),
        ("dun", "plan settled"),
        ("dun", "promise settled"),
    ]


def test_a_plan_of_which_no_reminder_leaves_breaks_when_an_instalment_is_overdue_beyond_the_tolerance(
    bench: TenantBench, invoice: Invoice
) -> None:
    bench.set(mode="off")
    planned(bench, invoice)
    bench.next_day(7 + TOLERANCE)
    assert outcomes(settle(bench)) == []

    bench.next_day()

    assert outcomes(settle(bench)) == [("plan", "broken")]


def test_a_plan_does_not_break_before_the_reminder_of_its_instalment_has_left(
    bench: TenantBench, invoice: Invoice
) -> None:
    planned(bench, invoice)
    bench.next_day(60)

    assert outcomes(settle(bench)) == []


def test_a_plan_does_not_break_for_what_is_disputed_of_its_invoices(bench: TenantBench, invoice: Invoice) -> None:
    bench.set(mode="off")
    planned(bench, invoice)
    bench.pay(invoice, "40.00")
    dispute = disputed(bench, invoice)
    bench.next_day(60)
    assert outcomes(settle(bench)) == []

    bench.store.disputes.close(dispute, "it was all there", "ada", bench.now)

    assert outcomes(settle(bench)) == [("plan", "broken")]


def test_a_plan_that_is_paid_by_its_days_goes_on(bench: TenantBench, invoice: Invoice) -> None:
    planned(bench, invoice)
    for _ in PARTS[1:]:
        bench.next_day(7)
        bench.pay(invoice, "40.00")
        assert outcomes(settle(bench)) == []

    bench.next_day(7)
    bench.pay(invoice, "40.00")

    assert outcomes(settle(bench)) == [("plan", "kept")]


def test_a_plan_over_a_voided_invoice_is_cancelled(bench: TenantBench, invoice: Invoice) -> None:
    planned(bench, invoice)
    bench.books.void_invoice(invoice)

    assert outcomes(settle(bench)) == [("plan", "cancelled")]


def test_a_dispute_goes_on_while_something_is_due(bench: TenantBench, invoice: Invoice) -> None:
    disputed(bench, invoice)
    bench.pay(invoice, "100.00")

    assert settle(bench) == AgreementsReport()


def test_nothing_is_settled_by_an_invoice_that_cannot_be_read(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    planned(bench, invoice)
    disputed(bench, invoice)
    bench.pay(invoice)
    bench.ledger.unreadable.add(invoice.guid)
    bench.next_day(60)

    assert settle(bench) == AgreementsReport((), unclear=3)


def test_nothing_is_settled_while_money_of_the_customer_cannot_be_read(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    credit = bench.credit(bench.owner_of(invoice), "5.00")
    bench.ledger.unreadable.add(credit.guid)
    bench.next_day(60)

    assert settle(bench) == AgreementsReport((), unclear=1)


def test_a_payment_that_nobody_has_applied_breaks_no_promise(bench: TenantBench, invoice: Invoice) -> None:
    promised(bench, invoice)
    bench.credit(bench.owner_of(invoice), "100.00")
    bench.next_day(5)
    assert outcomes(settle(bench)) == []

    bench.next_day()

    assert outcomes(settle(bench)) == [("promise", "kept")]


def test_a_kill_between_two_settlements_leaves_whole_ones(
    bench: TenantBench, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised(bench, invoice)
    planned(bench, invoice)
    bench.pay(invoice)

    class Killed(BaseException):
        pass

    record = bench.store.audit.record

    def killed_at_the_plan(who: str, action: str, *rest: object) -> None:
        if action == "plan settled":
            raise Killed
        record(who, action, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(bench.store.audit, "record", killed_at_the_plan)
        with pytest.raises(Killed):
            settle(bench)
    assert [plan.state for plan in bench.store.plans.active()] == [PlanState.ACTIVE]
    assert [entry.action for entry in bench.store.audit.entries()] == ["promise settled"]

    assert outcomes(settle(bench)) == [("plan", "kept")]


@settings(max_examples=15, deadline=None)
@given(payments=st.lists(st.integers(1, 60_00), max_size=4), days=st.integers(0, 10), minor=st.integers(1, 120_00))
def test_a_promise_is_kept_exactly_when_enough_was_paid(
    tmp_path_factory: pytest.TempPathFactory, payments: list[int], days: int, minor: int
) -> None:
    bench = TenantBench.open(tmp_path_factory.mktemp("firm"))
    invoice = bench.invoice()
    look(bench)
    made = promised(bench, invoice, days=5, minor=minor)
    paid = 0
    for payment in payments:
        if paid + payment <= 120_00:
            bench.pay(invoice, f"{payment / 100:.2f}")
            paid += payment
    bench.next_day(days)

    settle(bench)

    expected = PromiseState.KEPT if paid >= minor else PromiseState.OPEN if days <= 5 else PromiseState.BROKEN
    still_open = [promise.id for promise in bench.store.promises.open()]
    assert (still_open == [made.id]) == (expected is PromiseState.OPEN)
    told = [entry.details["outcome"] for entry in bench.store.audit.entries()]
    assert told == ([] if expected is PromiseState.OPEN else [expected])
    bench.store.close()
