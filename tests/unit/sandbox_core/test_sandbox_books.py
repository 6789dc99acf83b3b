"""Whatever happens to the books, they stay books."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from connectors.sandbox.books import Books, BooksError, WorldClock
from connectors.sandbox.documents import ZERO, Company, Customer, Invoice, Line
from state.clock import ManualClock

DAY = date(2026, 3, 2)
CENTS = st.integers(1, 50_000).map(lambda cents: Decimal(cents).scaleb(-2))


def test_no_two_parts_of_a_credit_bear_the_same_id_however_often_parts_were_taken_off() -> None:
    books = Books(
        Company("Test", "0a1b2c3d-0000-4000-8000-000000000009", "9"), WorldClock(datetime(2026, 3, 2, tzinfo=UTC))
    )
    customer = books.add_customer("Alone")
    first, second = (books.add_invoice(customer, [Line("Work", Decimal(1), Decimal(9))], issued=DAY) for _ in range(2))
    credit = books.credit(customer, Decimal(9), on=DAY)
    for invoice in (first, second):
        books.apply_credit(credit, invoice, Decimal(1), on=DAY)
    books.unallocate(credit, first)
    books.apply_credit(credit, second, Decimal(1), on=DAY)
    assert len({part.id for part in credit.allocations}) == 2


class Bookkeeping(RuleBasedStateMachine):
    """Random bookkeeping, legal and not: what the books refuse must leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        clock = WorldClock(datetime(2026, 3, 2, tzinfo=UTC))
        self.books = Books(Company("Test", "0a1b2c3d-0000-4000-8000-000000000009", "9"), clock)
        self.customers: list[Customer] = []

    @initialize()
    def enter_customers(self) -> None:
        parent = self.books.add_customer("Parent")
        job = self.books.add_customer("Job", parent=parent.id)
        self.customers = [
            parent,
            job,
            self.books.add_customer("Alone"),
            self.books.add_customer("Abroad", currency="EUR"),
        ]

    @rule(who=st.integers(0, 3), amount=CENTS)
    def write_invoice(self, who: int, amount: Decimal) -> None:
        self.books.add_invoice(self.customers[who], [Line("x", Decimal(1), amount)], issued=DAY)

    @precondition(lambda self: self.books.invoices)
    @rule(data=st.data(), amount=CENTS, part=CENTS)
    def pay(self, data: st.DataObject, amount: Decimal, part: Decimal) -> None:
        invoice = data.draw(st.sampled_from(list(self.books.invoices.values())))
        other = data.draw(st.sampled_from(list(self.books.invoices.values())))
        against = {invoice.id: part, other.id: amount}
        self._attempt(lambda: self.books.pay(self.customers[0], amount, on=DAY, against=against))
        self._attempt(lambda: self.books.pay(self.customers[0], amount, on=DAY, against={invoice.id: part}))

    @rule(who=st.integers(0, 3), amount=CENTS)
    def credit(self, who: int, amount: Decimal) -> None:
        self.books.credit(self.customers[who], amount, on=DAY)

    @precondition(lambda self: self.books.invoices and (self.books.credits or self.books.payments))
    @rule(data=st.data(), amount=CENTS)
    def apply(self, data: st.DataObject, amount: Decimal) -> None:
        invoice = data.draw(st.sampled_from(list(self.books.invoices.values())))
        if self.books.credits:
            credit = data.draw(st.sampled_from(list(self.books.credits.values())))
            self._attempt(lambda: self.books.apply_credit(credit, invoice, amount, on=DAY))
        if self.books.payments:
            payment = data.draw(st.sampled_from(list(self.books.payments.values())))
            self._attempt(lambda: self.books.apply_payment(payment, invoice, amount, on=DAY))

    @precondition(lambda self: self.books.payments)
    @rule(data=st.data(), how=st.sampled_from(["delete", "void", "unallocate"]))
    def take_back(self, data: st.DataObject, how: str) -> None:
        payment = data.draw(st.sampled_from(list(self.books.payments.values())))
        if how == "delete":
            self._attempt(lambda: self.books.delete_payment(payment))
        elif how == "void":
            self._attempt(lambda: self.books.void_payment(payment))
        elif payment.allocations:
            self.books.unallocate(payment, self.books.invoices[payment.allocations[0].invoice_id])

    @precondition(lambda self: self.books.invoices)
    @rule(data=st.data(), how=st.sampled_from(["void", "delete", "write_off"]))
    def end(self, data: st.DataObject, how: str) -> None:
        invoice = data.draw(st.sampled_from(list(self.books.invoices.values())))
        if how == "write_off":
            self._attempt(lambda: self.books.write_off(invoice, on=DAY))
        else:
            self._attempt(lambda: (self.books.void_invoice if how == "void" else self.books.delete_invoice)(invoice))

    @invariant()
    def what_is_due_is_what_is_left(self) -> None:
        for invoice in self.books.invoices.values():
            if invoice.state == "open":
                assert invoice.due_amount == invoice.total - invoice.paid - invoice.credited
            assert invoice.due_amount >= ZERO

    @invariant()
    def nothing_is_applied_twice(self) -> None:
        for source in (*self.books.payments.values(), *self.books.credits.values()):
            assert self.books.rest_of(source) >= ZERO
            for allocation in source.allocations:
                assert allocation in self.books.invoices[allocation.invoice_id].allocations

    @invariant()
    def what_is_unapplied_is_known_without_looking_at_everything(self) -> None:
        everything = [*self.books.payments.values(), *self.books.credits.values()]
        assert {s.id for s in self.books.loose()} == {s.id for s in everything if self.books.rest_of(s) > ZERO}

    def _attempt(self, change: Callable[[], object]) -> None:
        before = self._money()
        try:
            change()
        except BooksError:
            assert self._money() == before

    def _money(self) -> list[Decimal]:
        sources = [*self.books.payments.values(), *self.books.credits.values()]
        dues = [invoice.due_amount for invoice in self.books.invoices.values()]
        return dues + [self.books.rest_of(source) for source in sources]


Bookkeeping.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestBookkeeping = Bookkeeping.TestCase


def test_a_family_shares_its_unapplied_money(books: Books) -> None:
    parent = books.add_customer("Parent")
    job, sibling = (books.add_customer(name, parent=parent.id) for name in ("Job", "Sibling"))
    books.pay(sibling, Decimal("40.00"), on=DAY)
    books.credit(parent, Decimal("2.50"), on=DAY)
    assert books.family(job.id) == {parent.id, job.id, sibling.id}
    assert books.unapplied(job.id, "GBP") == Decimal("42.50")
    assert books.unapplied(job.id, "EUR") == ZERO


def test_a_merge_moves_money_and_invoices_to_the_winner(
    books: Books, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    loser = books.add_customer("Fernbridge Joinery")
    invoice = invoice_for(loser, "10.00")
    books.credit(loser, Decimal("10.00"), on=DAY)
    books.merge(loser, customer)
    assert (loser.archived, invoice.customer_id) == (True, customer.id)
    assert books.unapplied(customer.id, "GBP") == Decimal("10.00")


def test_a_bounced_payment_makes_its_invoice_due_again_and_starts_a_new_round(
    books: Books, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice = invoice_for(customer, "80.00")
    payment = books.pay(customer, Decimal("80.00"), on=DAY, against={invoice.id: Decimal("80.00")})
    assert invoice.settled
    books.delete_payment(payment)
    assert (invoice.due_amount, books.settlements[invoice.id]) == (Decimal("80.00"), 1)


def test_notes_do_not_move_the_numbers_of_documents(
    books: Books, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    first = invoice_for(customer, "1.00")
    books.add_note(first, "a note from outside")
    assert invoice_for(customer, "1.00").id == first.id + 1


def test_a_closed_period_takes_no_payment(books: Books, customer: Customer) -> None:
    books.company.closed_until = DAY
    with pytest.raises(BooksError, match="closed"):
        books.pay(customer, Decimal("1.00"), on=DAY)


@pytest.mark.parametrize("number", ["INV-00012", "1037", "A/2026/7", "No 5 (b)"])
def test_a_number_is_found_in_a_text_only_as_a_whole_word(
    books: Books, customer: Customer, invoice_for: Callable[..., Invoice], number: str
) -> None:
    invoice = invoice_for(customer, "1.00", number=number)
    assert list(books.mentioned_in(f"Your invoice {number}, please.")) == [invoice]
    assert list(books.mentioned_in(f"Your invoice {number}7 and X{number}.")) == []


def test_a_renumbered_invoice_is_found_by_its_new_number_only(
    books: Books, customer: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice = invoice_for(customer, "1.00", number="OLD-1")
    books.edit_invoice(invoice, number="NEW-1")
    assert (books.numbered("NEW-1"), books.numbered("OLD-1")) == ([invoice], [])


def test_a_running_clock_follows_the_machine_and_can_still_be_advanced() -> None:
    machine, clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC)), WorldClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.run_with(machine)
    machine.sleep(90)
    clock.advance(timedelta(days=1))
    assert clock.now() == datetime(2026, 1, 2, 0, 1, 30, tzinfo=UTC)
    clock.freeze()
    machine.sleep(90)
    assert clock.now() == datetime(2026, 1, 2, 0, 1, 30, tzinfo=UTC)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(BooksError, match="backwards"):
        WorldClock(datetime(2026, 1, 1, tzinfo=UTC)).advance(timedelta(seconds=-1))
