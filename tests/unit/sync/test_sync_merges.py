"""A customer that QuickBooks merged away takes its holds and its history along to the winner."""

from datetime import timedelta

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage
from connectors.sandbox.documents import Customer, Invoice
from state.model import ContactId, ContactStatus
from sync.pull import compare, pull


class Merge:
    """Two customers and an invoice of the first, pulled; `happen` makes them one, as QuickBooks does it."""

    def __init__(self, bench: TenantBench) -> None:
        self.bench = bench
        self.loser, self.winner = bench.customer(), bench.customer()
        self.invoice = bench.invoice(self.loser)
        self.settle()

    def settle(self) -> None:
        pull(self.bench.ledger, self.bench.store, self.bench.tenant.clock)
        self.bench.let_pass(timedelta(hours=1))

    def happen(self) -> None:
        self.bench.books.merge(self.loser, self.winner)
        self.bench.ledger.withheld = {self.loser.guid}
        self.bench.books.edit_invoice(self.invoice, reference="moved")

    def edit(self, invoice: Invoice, **changes: object) -> None:
        self.bench.books.edit_invoice(invoice, **changes)

    @property
    def merged_into(self) -> ContactId | None:
        contact = self.bench.store.mirror.contact(ContactId(self.loser.guid))
        assert contact is not None
        return contact.merged_into


@pytest.fixture
def merge(bench: TenantBench) -> Merge:
    return Merge(bench)


def hold(bench: TenantBench, customer: Customer) -> None:
    bench.store.holds.place("contact", customer.guid, "dispute", until=None, note=None, at=bench.now)


def test_the_loser_is_merged_into_whoever_has_its_invoices_now(bench: TenantBench, merge: Merge) -> None:
    merge.happen()
    merge.settle()

    loser = bench.store.mirror.contact(ContactId(merge.loser.guid))
    assert loser is not None
    assert (loser.merged_into, loser.status) == (merge.winner.guid, ContactStatus.ARCHIVED)


def test_a_hold_on_the_loser_holds_the_winner(bench: TenantBench, merge: Merge) -> None:
    hold(bench, merge.loser)
    merge.happen()
    bench.run()

    assert bench.channel.accepted == []
    [account] = bench.store.receivables.accounts(bench.today)
    assert (account.contact_id, len(account.holds)) == (merge.winner.guid, 1)


def test_a_move_that_only_the_comparison_sees_is_a_merge_too(bench: TenantBench, merge: Merge) -> None:
    stamp = merge.invoice.updated
    merge.happen()
    merge.invoice.updated = stamp

    compare(bench.ledger, bench.store, bench.tenant.clock)

    assert merge.merged_into == merge.winner.guid


def test_an_invoice_given_to_another_customer_is_no_merge(bench: TenantBench, merge: Merge) -> None:
    merge.edit(merge.invoice, customer_id=merge.winner.id)
    merge.settle()

    assert merge.merged_into is None


def test_invoices_that_went_to_several_customers_are_no_merge(bench: TenantBench, merge: Merge) -> None:
    other, third = bench.invoice(merge.loser), bench.customer()
    merge.settle()
    bench.ledger.withheld = {merge.loser.guid}
    merge.edit(merge.invoice, customer_id=merge.winner.id)
    merge.edit(other, customer_id=third.id)
    merge.settle()

    assert merge.merged_into is None


@pytest.mark.parametrize("nameless", [True, False])
def test_a_customer_that_cannot_be_read_is_not_merged_away(bench: TenantBench, merge: Merge, nameless: bool) -> None:
    merge.happen()
    bench.ledger.withheld = set()
    bench.ledger.unreadable = {merge.loser.guid}
    bench.ledger.nameless = {merge.loser.guid} if nameless else set()
    merge.settle()

    assert merge.merged_into is None


def test_invoices_that_stay_where_they_are_cost_no_call(bench: TenantBench, merge: Merge) -> None:
    merge.edit(merge.invoice, reference="still mine")
    merge.settle()

    assert bench.ledger.calls["read_contacts"] == 0


def test_a_merge_that_could_not_be_asked_after_is_found_by_the_next_pull(bench: TenantBench, merge: Merge) -> None:
    merge.happen()
    bench.ledger.fail_next("read_contacts", Outage("gone"))
    with pytest.raises(Outage):
        merge.settle()

    merge.settle()

    assert merge.merged_into == merge.winner.guid
