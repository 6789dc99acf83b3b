"""Whatever people do in the books, whatever fails and when: the promises hold, by the books' own judgement.

Hypothesis plays bookkeeper, customers, networks and carriers against the real cycle, over real SQLite. Every message
that leaves is held against the books at that very instant.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tenant_bench import TenantBench

from connectors.channels.channel import ChannelError, Message, NotSent, RefusedMessage, Unsure
from connectors.ledger import LedgerError, Outage, Refused, RetryLater
from connectors.sandbox.books import BooksError
from connectors.sandbox.documents import Credit, Customer, Invoice
from state.model import MessageId, ReminderState

OPERATIONS = [
    "organisation",
    "changes",
    "open_invoices",
    "read_invoices",
    "read_contacts",
    "open_credits",
    "online_invoice_url",
    "notes",
    "write_note",
    "write_note_answer",
]
FEW_ENOUGH = 18  # open invoices: with more of them the guard would ask a person about ordinary days
which = st.integers(0, 50)
cents = st.integers(1, 50_000).map(lambda amount: Decimal(amount) / 100)
ledger_errors = st.sampled_from(
    [Outage("no answer"), RetryLater("slow down", after=timedelta(minutes=1), limit="minute"), Refused("no")]
)
channel_errors = st.sampled_from(
    [(NotSent("no"), False), (RefusedMessage("no"), False), (Unsure("?"), False), (Unsure("?"), True)]
)


class OneTenant(RuleBasedStateMachine):
    """A firm, its customers and its bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.bench = TenantBench.open(Path(self.folder.name))
        self.bench.channel.before_send = self._before_send
        self.contacted: list[tuple[Customer, date, str]] = []
        self.wrong: list[str] = []
        self.steps: dict[str, set[tuple[str, str, int]]] = {}  # by attempt

    @initialize(debts=st.lists(st.tuples(cents, st.integers(-4, 40)), min_size=3, max_size=8))
    def the_books_are_opened(self, debts: list[tuple[Decimal, int]]) -> None:
        customers = [self.bench.customer() for _ in range(3)]
        for position, (amount, overdue) in enumerate(debts):
            self.bench.invoice(customers[position % 3], str(amount), overdue=overdue)

    # -- people --------------------------------------------------------------------------------------------------

    @rule()
    def a_customer_is_won(self) -> None:
        self.bench.customer()

    @precondition(lambda self: len(self.invoices) < FEW_ENOUGH)
    @rule(customer=which, amount=cents, overdue=st.integers(-5, 40), currency=st.sampled_from(["GBP", "GBP", "EUR"]))
    def an_invoice_is_issued(self, customer: int, amount: Decimal, overdue: int, currency: str) -> None:
        active = [c for c in self.bench.books.customers.values() if c.merged_into is None]
        self.bench.invoice(active[customer % len(active)], str(amount), overdue=overdue, currency=currency)

    @rule(number=which)
    def an_invoice_is_paid(self, number: int) -> None:
        self._pay(self.invoice(number))

    @rule(number=which, tenths=st.integers(1, 9))
    def an_invoice_is_paid_in_part(self, number: int, tenths: int) -> None:
        self._pay_part(self.invoice(number), tenths)

    @rule(number=which, more=cents)
    def too_much_is_paid(self, number: int, more: Decimal) -> None:
        invoice = self.invoice(number)
        self._pay(invoice)
        self.bench.credit(self.bench.owner_of(invoice), str(more), kind="overpayment", currency=invoice.currency)

    @rule(number=which)
    def a_payment_bounces(self, number: int) -> None:
        payments = [payment for payment in self.bench.books.payments.values() if not payment.deleted]
        if payments:
            self.bench.books.delete_payment(payments[number % len(payments)])

    @rule(number=which, amount=cents)
    def a_credit_note_is_written(self, number: int, amount: Decimal) -> None:
        self._credit_note(self.invoice(number), amount)

    @rule(number=which, other=which)
    def a_credit_is_applied(self, number: int, other: int) -> None:
        credit, invoice = self._credit(number), self.invoice(other)
        if credit and credit.customer_id == invoice.customer_id:
            with suppress(BooksError):
                amount = min(credit.remaining, invoice.due_amount)
                self.bench.books.apply_credit(credit, invoice, amount, on=self.bench.today)

    @rule(number=which)
    def a_credit_is_voided(self, number: int) -> None:
        credit = self._credit(number)
        if credit and not credit.allocations:
            self.bench.books.void_credit(credit)

    @rule(number=which, kind=st.sampled_from(["void_invoice", "delete_invoice"]))
    def an_invoice_is_withdrawn(self, number: int, kind: str) -> None:
        self._withdraw(self.invoice(number), kind)

    @rule(loser=which, winner=which)
    def two_customers_become_one(self, loser: int, winner: int) -> None:
        active = [c for c in self.bench.books.customers.values() if c.merged_into is None and not c.archived]
        one, other = active[loser % len(active)], active[winner % len(active)]
        if one is not other:
            self.bench.books.merge(one, other)

    @rule(number=which, days=st.integers(-20, 20), silently=st.booleans())
    def a_due_date_is_moved(self, number: int, days: int, silently: bool) -> None:
        due = self.bench.today + timedelta(days=days)
        self.bench.books.edit_invoice(self.invoice(number), silently=silently, due=due)

    @rule(number=which, disputed=st.booleans())
    def a_dispute_begins_or_ends(self, number: int, disputed: bool) -> None:
        self.bench.books.edit_invoice(self.invoice(number), disputed=disputed)

    @rule(number=which, days=st.integers(0, 9))
    def a_payment_is_promised(self, number: int, days: int) -> None:
        self.bench.books.edit_invoice(self.invoice(number), expected=self.bench.today + timedelta(days=days))

    @rule(number=which, address=st.sampled_from([None, "not known", "new@customer.example"]))
    def an_address_changes(self, number: int, address: str | None) -> None:
        self.bench.books.edit_customer(self.bench.owner_of(self.invoice(number)), email=address)

    @rule(number=which, held=st.booleans())
    def a_bookkeeper_holds_or_releases(self, number: int, held: bool) -> None:
        invoice, holds = self.invoice(number), self.bench.store.holds
        if held:
            holds.place("invoice", invoice.guid, reason="manual", until=None, note=None, at=self.bench.now)
        else:
            holds.release("invoice", invoice.guid, self.bench.now)

    @rule(mode=st.sampled_from(["auto", "auto", "approve"]))
    def the_firm_changes_its_mind_about_approval(self, mode: str) -> None:
        self.bench.set(mode=mode)

    @rule()
    def a_bookkeeper_approves_what_is_planned(self) -> None:
        reminders = self.bench.store.reminders
        reminders.approve([reminder.id for reminder in reminders.planned()], "bookkeeper", self.bench.now)

    @rule()
    def a_bookkeeper_settles_what_failed_or_is_unknown(self) -> None:
        reminders = self.bench.store.reminders
        reminders.retry([r.id for r in reminders.in_state(ReminderState.FAILED)], "bookkeeper", self.bench.now)
        arrived = {message.id for message in self.bench.channel.accepted}
        for reminder in reminders.in_state(ReminderState.UNKNOWN):
            fate = "sent" if reminder.message_id in arrived else "skipped"
            reminders.resolve(reminder.id, fate, "asked the customer", self.bench.now)

    # -- bad luck ------------------------------------------------------------------------------------------------

    @rule(operation=st.sampled_from(OPERATIONS), call=st.integers(1, 4), error=ledger_errors)
    def the_ledger_will_fail(self, operation: str, call: int, error: LedgerError) -> None:
        self.bench.ledger.fail_at(operation, call, error)

    @rule(failure=channel_errors)
    def the_carrier_will_fail(self, failure: tuple[ChannelError, bool]) -> None:
        self.bench.channel.fail_next(failure[0], arrives=failure[1])

    @rule(number=which)
    def a_record_is_garbled(self, number: int) -> None:
        self.bench.ledger.unreadable.add(self.invoice(number).guid)

    @rule()
    def everything_is_readable_again(self) -> None:
        self.bench.ledger.unreadable.clear()

    # -- time ----------------------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 40))
    def nothing_runs_for_days(self, days: int) -> None:
        self.bench.next_day(days)

    @rule()
    def a_cycle_runs(self) -> None:
        self.bench.run()

    @rule()
    def two_cycles_run_on_one_day(self) -> None:
        self.bench.run()
        self.bench.let_pass(timedelta(minutes=15))
        self.bench.run()
        self.bench.let_pass(timedelta(minutes=-15, days=1))

    @rule(days=st.integers(1, 10))
    def ordinary_days_pass(self, days: int) -> None:
        self.bench.live(days)

    @rule()
    def an_ordinary_month_passes(self) -> None:
        self.bench.live(25)

    @rule(number=which, happening=st.sampled_from(["paid", "part paid", "credited", "voided", "disputed"]))
    def a_cycle_runs_and_something_happens_before_its_live_read(self, number: int, happening: str) -> None:
        happenings: dict[str, Callable[[Invoice], object]] = {
            "paid": self._pay,
            "part paid": lambda invoice: self._pay_part(invoice, 5),
            "credited": lambda invoice: self._credit_note(invoice, invoice.total),
            "voided": lambda invoice: self._withdraw(invoice, "void_invoice"),
            "disputed": lambda invoice: self.bench.books.edit_invoice(invoice, disputed=True),
        }

        def happens() -> None:
            self.bench.ledger.before_read = lambda: None
            leaving = [self.bench.books.by_guid[r.invoice_id] for r in self.bench.store.reminders.planned()]
            concerned = leaving or self.invoices  # the daily comparison reads live too, when nothing is leaving
            happenings[happening](concerned[number % len(concerned)])

        self.bench.ledger.before_read = happens
        self.bench.run()
        self.bench.ledger.before_read = lambda: None

    # -- what must always be true --------------------------------------------------------------------------------

    @invariant()
    def nobody_is_chased_for_what_is_not_owed(self) -> None:
        broken = self.bench.judgement()
        broken.pop("reminders_without_note", None)  # a note may still be owed; at the end it may not
        assert not broken

    @invariant()
    def every_message_was_right_when_it_left(self) -> None:
        assert self.wrong == []

    def teardown(self) -> None:
        try:
            self._everything_settles()
        finally:
            self.bench.store.close()
            self.folder.cleanup()

    def _everything_settles(self) -> None:
        """Nothing fails any more: all notes get written, each once, and nothing hangs half-way."""
        for errors in (self.bench.ledger._failures, self.bench.ledger._failures_at, self.bench.channel._failures):
            errors.clear()
        self.bench.next_day()
        self.bench.run()
        assert self.bench.judgement() == {}
        assert self.wrong == []
        unfinished = {ReminderState.VERIFIED, ReminderState.SENDING, ReminderState.SENT}
        assert not unfinished & self.bench.store.reminders.count_by_state().keys()

    def _before_send(self, message: Message) -> None:
        """Hold what is about to leave against the books as they are at this instant."""
        reminders = self.bench.store.reminders.for_message(MessageId(message.id))
        invoices = [self.bench.books.by_guid[reminder.invoice_id] for reminder in reminders]
        note(f"{self.bench.today}: {message.stage} to {message.to} about {[i.number for i in invoices]}")
        self._check_steps(message, {(r.invoice_id, r.stage, r.round) for r in reminders})
        self._check_amounts(message, invoices)
        self._check_distance(message, self.bench.owner_of(invoices[0]))

    def _check_steps(self, message: Message, steps: set[tuple[str, str, int]]) -> None:
        for attempt in self._perhaps_arrived():
            self.wrong += [f"{step} again" for step in steps & self.steps.get(attempt, set())]
        self.steps[message.id] = steps

    def _perhaps_arrived(self) -> set[str]:
        return {message.draft.id for message in self.bench.messages() if message.outcome in ("sent", "unsure")}

    def _check_amounts(self, message: Message, invoices: list[Invoice]) -> None:
        [record] = [one for one in self.bench.messages() if one.draft.id == message.id]
        expected: dict[str, int] = {}
        for invoice in invoices:
            expected[invoice.currency] = expected.get(invoice.currency, 0) + int(invoice.due_amount * 100)
        for currency in expected:
            expected[currency] -= int(self.bench.books.unapplied(invoices[0].customer_id, currency) * 100)
        if msgspec.json.decode(record.draft.totals) != expected:
            self.wrong.append(f"asked for {record.draft.totals}, but {expected} is owed")

    def _check_distance(self, message: Message, customer: Customer) -> None:
        gap = timedelta(days=self.bench.settings.policy.minimum_gap_days)
        arrived = self._perhaps_arrived()
        for earlier, day, attempt in self.contacted:
            if attempt in arrived and self._winner(earlier) is customer and self.bench.today - day < gap:
                self.wrong.append(f"{customer.name} was written to on {day} and again on {self.bench.today}")
        self.contacted.append((customer, self.bench.today, message.id))

    def _winner(self, customer: Customer) -> Customer:
        while customer.merged_into is not None:
            customer = self.bench.books.customers[customer.merged_into]
        return customer

    # -- choosing ------------------------------------------------------------------------------------------------

    @property
    def invoices(self) -> list[Invoice]:
        return list(self.bench.books.invoices.values())

    def invoice(self, number: int) -> Invoice:
        return self.invoices[number % len(self.invoices)]

    def _credit(self, number: int) -> Credit | None:
        usable = [credit for credit in self.bench.books.credits.values() if credit.remaining > 0]
        return usable[number % len(usable)] if usable else None

    def _pay(self, invoice: Invoice) -> None:
        if invoice.state == "open" and invoice.due_amount > 0:
            self.bench.pay(invoice)

    def _pay_part(self, invoice: Invoice, tenths: int) -> None:
        part = (invoice.due_amount * tenths / 10).quantize(Decimal("0.01"))
        if part > 0:
            self.bench.pay(invoice, str(part))

    def _credit_note(self, invoice: Invoice, amount: Decimal) -> None:
        self.bench.credit(self.bench.owner_of(invoice), str(amount), currency=invoice.currency)

    def _withdraw(self, invoice: Invoice, kind: str) -> None:
        if invoice.state == "open" and not invoice.allocations:
            getattr(self.bench.books, kind)(invoice)


TestOneTenant = OneTenant.TestCase
TestOneTenant.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
