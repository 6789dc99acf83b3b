"""Days in the life of a small firm: invoices are written, customers pay or do not, things go wrong.

Everything follows from the seed, the company and the calendar. The connector's doings move nothing, with one
exception that is the point of the exercise: an invoice that was in a message has a better chance of being paid soon.
"""

import heapq
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice, Line
from connectors.sandbox.habits import Habits, habits_of
from connectors.sandbox.happenings import happen
from connectors.sandbox.names import person, trade_line
from connectors.sandbox.plans import Action, Event, plan

_NUDGED = 0.35  # chance that a message moves a customer to pay within the week
_SALES_TAX = {"GBP": 20}  # percent, for customers at home


class Life:
    """What the customers of one company mean to do. Works through the public face of Books only."""

    def __init__(self, books: Books, ledger: str, seed: str, written: int = 0) -> None:
        self.books = books
        self.ledger = ledger
        self.habits: dict[int, Habits] = {}
        self.suppliers: list[Customer] = []
        self.told_elsewhere: set[int] = set()  # customers whose doings are none of this life's
        self.paced = False  # whether the clock moves on a little with everything that happens
        self._seed = f"{seed}/{books.company.guid}"
        self._agenda: list[Event] = []
        self._order = 0
        self._planned_up_to = 0
        self._serial = written

    def live_one_day(self, day: date, reminded: Collection[int] = ()) -> list[str]:
        """Everything that happens on `day`, at the clock's instant; `reminded` are invoices named in messages since.

        Returns what happened, in words. Days may be skipped; what was due on them happens now.
        """
        draw = self.draw("day", day)
        written = list(self._write_invoices(day, draw)) if day.weekday() < 5 else []
        told = [f"{invoice.number} written" for invoice in written]
        told += self._change_customers(draw)
        self._plan_new_invoices()
        for invoice_id in sorted(reminded):
            self._nudge(self.books.invoices[invoice_id], day)
        return told + list(self._work_off(day))

    def later(self, on: date, action: Action, invoice: Invoice, *, share: int = 100, source_id: int = 0) -> None:
        """Note an event for a day to come."""
        self._order += 1
        heapq.heappush(self._agenda, Event(on, self._order, action, invoice.id, share, source_id))

    def draw(self, *about: object) -> Random:
        """Chance that depends on nothing but the seed and what it is about."""
        return Random("/".join((self._seed, *map(str, about))))

    def leave_the_past_alone(self) -> None:
        """Plan nothing for the invoices that exist by now: their story has been told otherwise."""
        self._planned_up_to = next(reversed(self.books.invoices), 0)

    def habits_for(self, customer: Customer) -> Habits:
        if customer.id not in self.habits:
            self.habits[customer.id] = habits_of(self.draw("habits", customer.guid))
        return self.habits[customer.id]

    # -- writing ------------------------------------------------------------------------------------------------

    def _write_invoices(self, day: date, draw: Random) -> Iterator[Invoice]:
        known = {supplier.id for supplier in self.suppliers}
        for customer in list(self.books.customers.values()):
            buys = customer.id not in self.told_elsewhere and draw.random() < self.habits_for(customer).appetite
            if buys and not customer.archived and customer.id not in known:
                yield self._write_invoice(customer, day, draw)
        if self.suppliers and draw.random() < 0.4:
            supplier = draw.choice(self.suppliers)
            yield self._write_invoice(supplier, day, draw, bill=True, number=f"BILL-{draw.randint(1000, 99999)}")

    def _write_invoice(self, customer: Customer, day: date, draw: Random, **facts: object) -> Invoice:
        self._pass_time()
        habits = self.habits_for(customer)
        self._serial += 1
        usual: dict[str, object] = {
            "number": f"INV-{self._serial:05d}" if self.ledger == "xero" else str(104_000 + self._serial),
            "due": None if draw.random() < 0.004 else habits.due(day),
            "reference": f"PO {draw.randint(1000, 9999)}" if draw.random() < 0.3 else None,
            "rate": RATES[self.ledger].get(customer.currency, Decimal(1)),
            "sent_to_contact": draw.random() < 0.7,
            "state": "draft" if self.ledger == "xero" and draw.random() < 0.05 else "open",
        }
        lines = list(self._lines(customer, habits.invoice_cents(draw), draw))
        return self.books.add_invoice(customer, lines, issued=day, **(usual | facts))

    def _lines(self, customer: Customer, cents: int, draw: Random) -> Iterator[Line]:
        at_home = customer.currency == self.books.company.currency
        percent = _SALES_TAX.get(customer.currency, 0) if at_home else 0
        parts = draw.choice((1, 1, 2, 3))
        for part in range(parts, 0, -1):
            net = Decimal(cents // part).scaleb(-2)
            cents -= cents // part
            tax = (net * percent / 100).quantize(Decimal("0.01"))
            yield Line(trade_line(draw), Decimal(1), net, tax)

    # -- customers ----------------------------------------------------------------------------------------------

    def _change_customers(self, draw: Random) -> Iterator[str]:
        """Now and then people change: a new address, two records of one firm become one."""
        living = [c for c in self.books.customers.values() if not c.archived and c.id in self.habits]
        if len(living) > 20 and draw.random() < 0.08:
            customer = draw.choice(living)
            if customer.email is not None and "@" in customer.email:
                newcomer, domain = person(draw), customer.email.rpartition("@")[2]
                address = f"{newcomer.given}.{newcomer.family}@{domain}".lower()
                self.books.edit_customer(customer, email=address, first_name=newcomer.given, last_name=newcomer.family)
                yield f"{customer.name} has a new address"
        if len(living) > 20 and draw.random() < 0.008:
            yield from self._merge(draw.sample(living, 2))

    def _merge(self, pair: list[Customer]) -> Iterator[str]:
        loser, winner = pair
        parents = {customer.parent for customer in self.books.customers.values()}
        alone = all(c.parent is None and c.id not in parents and c not in self.suppliers for c in pair)
        if alone and loser.currency == winner.currency:
            self.books.merge(loser, winner)
            yield f"{loser.name} merged into {winner.name}"

    # -- the agenda ---------------------------------------------------------------------------------------------

    def _plan_new_invoices(self) -> None:
        """Decide what becomes of each invoice that is not planned yet, whoever wrote it."""
        unseen: list[Invoice] = []
        for invoice in reversed(self.books.invoices.values()):
            if invoice.id <= self._planned_up_to:
                break
            unseen.append(invoice)
        for invoice in reversed(unseen):
            self._planned_up_to = invoice.id
            if invoice.customer_id in self.told_elsewhere:
                continue
            habits = self.habits_for(self.books.customers[invoice.customer_id])
            for on, action, share in plan(invoice, habits, self.draw("plan", invoice.guid), ledger=self.ledger):
                self.later(on, action, invoice, share=share)

    def _nudge(self, invoice: Invoice, day: date) -> None:
        if invoice.customer_id in self.told_elsewhere:
            return
        draw = self.draw("nudge", invoice.guid, day)
        if draw.random() < _NUDGED:
            self.later(day + timedelta(days=draw.randint(1, 6)), "pay", invoice)

    def _pass_time(self) -> None:
        if self.paced:
            draw = self.draw("pause", self._serial, len(self._agenda), self.books.revision)
            self.books.clock.advance(timedelta(seconds=draw.randint(5, 240), milliseconds=draw.randint(0, 999)))

    def _work_off(self, day: date) -> Iterator[str]:
        while self._agenda and self._agenda[0].on <= day:
            self._pass_time()
            told = happen(self, heapq.heappop(self._agenda), day)
            if told is not None:
                yield told


# As each ledger writes them: Xero in foreign units per home unit, QuickBooks in home units per foreign unit.
RATES: dict[str, dict[str, Decimal]] = {
    "xero": {"EUR": Decimal("1.1712"), "USD": Decimal("1.2745")},
    "quickbooks": {"CAD": Decimal("0.7215"), "EUR": Decimal("1.0884")},
}
