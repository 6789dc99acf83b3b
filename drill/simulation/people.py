"""What customers and bookkeepers do to the books, each by chance that an act carries with it.

Whatever the books do not allow on that day simply does not happen: `act` says whether it did.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors.sandbox.books import Books, BooksError
from connectors.sandbox.documents import Credit, Customer, Invoice, Line, Payment
from connectors.sandbox.places import landline, mobile, place
from connectors.sandbox.world import World
from drill.simulation.script import Traits
from state.clock import business_day

CENT = Decimal("0.01")
_CURRENCIES = {"xero": ("GBP", "EUR", "JPY"), "quickbooks": ("USD", "CAD", "JPY")}
_GROUPS = ("Key accounts", "Trade", "Wholesale")
_UNITS = {"JPY": Decimal(1)}  # what an amount of the currency is made of; cents, if it is not listed
_One = TypeVar("_One")


class NotPossible(Exception):
    """There is nobody or nothing to do this to today."""


class People:
    """Everybody who changes the books of one firm."""

    def __init__(self, world: World, traits: Traits) -> None:
        self._world = world
        self._traits = traits
        self._people = 0
        self._looking_at: Collection[int] = ()
        self._zone = ZoneInfo(traits.zone)

    def act(self, kind: str, draw: Random) -> bool:
        """Let `kind` happen; False if it could not."""
        try:
            getattr(self, f"_{kind}")(draw)
        except (BooksError, NotPossible):
            return False
        return True

    @contextmanager
    def looking_at(self, invoices: Collection[int]) -> Iterator[None]:
        """Whatever happens inside happens to one of these invoices, or to its customer."""
        self._looking_at = invoices
        yield
        self._looking_at = ()

    def knows(self, kind: str) -> bool:
        return hasattr(self, f"_{kind}")

    def move_in(self, draw: Random) -> None:
        """The firm as it is when Dun is connected: customers, and debts of every age."""
        for _ in range(draw.randint(4, 7)):
            self._new_customer(draw)
        for _ in range(draw.randint(5, self._traits.crowd)):
            self._issue(draw, overdue=draw.randint(-20, 60))

    @property
    def books(self) -> Books:
        return self._world.companies[self._traits.ledger]

    @property
    def today(self) -> date:
        return business_day(self.books.clock.now(), self._zone)

    # -- money --------------------------------------------------------------------------------------------------

    def _draft(self, draw: Random) -> None:
        """Xero shows drafts, with an amount due; QuickBooks has none."""
        if self._traits.ledger != "xero":
            raise NotPossible
        self._issue(draw, overdue=draw.randint(-3, 20), state="draft")

    def _issue_draft(self, draw: Random) -> None:
        drafts = [i for i in self.books.invoices.values() if i.state == "draft"]
        self.books.edit_invoice(_one(draw, drafts), state="open")

    def _issue(self, draw: Random, overdue: int | None = None, **facts: object) -> None:
        if len(self._owing()) >= self._traits.crowd:
            raise NotPossible
        overdue = draw.randint(-14, 3) if overdue is None else overdue
        customer = self._new_customer(draw) if draw.random() < 0.15 else draw.choice(self._active())
        due = self.today - timedelta(days=overdue)
        currency = self._currency(draw) if self._traits.ledger == "xero" else customer.currency
        lines = [Line("Work", Decimal(1), draw.randint(90, 250_000) * _unit(currency))]
        self.books.add_invoice(customer, lines, issued=due - timedelta(days=30), due=due, currency=currency, **facts)

    def _pay(self, draw: Random) -> None:
        invoice = _one(draw, self._owing())
        self._money_in(invoice, invoice.due_amount)

    def _pay_part(self, draw: Random) -> None:
        invoice = _one(draw, self._owing())
        part = (invoice.due_amount * draw.randint(1, 9) / 10).quantize(_unit(invoice.currency))
        if part > 0:
            self._money_in(invoice, part)

    def _overpay(self, draw: Random) -> None:
        """Xero makes a document of the rest, QuickBooks leaves it on the payment."""
        invoice = _one(draw, self._owing())
        more = draw.randint(1, 90_000) * _unit(invoice.currency)
        owner, due = self._owner(invoice), invoice.due_amount
        if self._traits.ledger == "xero":
            self._money_in(invoice, due)
            self.books.credit(owner, more, on=self.today, kind="overpayment", currency=invoice.currency)
        else:
            self.books.pay(owner, due + more, on=self.today, against={invoice.id: due})

    def _prepay(self, draw: Random) -> None:
        owner = draw.choice(self._active())
        amount = draw.randint(100, 90_000) * _unit(owner.currency)
        if self._traits.ledger == "xero":
            self.books.credit(owner, amount, on=self.today, kind="prepayment")
        else:
            self.books.pay(owner, amount, on=self.today)

    def _credit_note(self, draw: Random) -> None:
        invoice = _one(draw, self._owing())
        amount = (invoice.due_amount * draw.choice((1, 3, 7, 10)) / 10).quantize(_unit(invoice.currency))
        if amount > 0:
            self.books.credit(self._owner(invoice), amount, on=self.today, currency=invoice.currency)

    def _apply_credit(self, draw: Random) -> None:
        source = _one(draw, self.books.loose())
        mine = [i for i in self._owing() if i.customer_id == source.customer_id and i.currency == source.currency]
        invoice = _one(draw, mine)
        amount = min(self.books.rest_of(source), invoice.due_amount)
        if isinstance(source, Payment):
            self.books.apply_payment(source, invoice, amount, on=self.today)
        else:
            self.books.apply_credit(source, invoice, amount, on=self.today)

    def _take_back(self, draw: Random) -> None:
        """A credit is taken off an invoice again."""
        used = [credit for credit in self.books.credits.values() if credit.allocations and not credit.void]
        credit = _one(draw, used)
        invoice = self.books.invoices[draw.choice(credit.allocations).invoice_id]
        if invoice.state == "open":
            self.books.unallocate(credit, invoice)

    def _payment_bounces(self, draw: Random) -> None:
        living = [p for p in self.books.payments.values() if not p.deleted and not p.void]
        self.books.delete_payment(_one(draw, living[-12:]))

    def _void_payment(self, draw: Random) -> None:
        if self._traits.ledger != "quickbooks":
            raise NotPossible
        living = [p for p in self.books.payments.values() if not p.deleted and not p.void]
        self.books.void_payment(_one(draw, living[-12:]))

    def _void_invoice(self, draw: Random) -> None:
        self.books.void_invoice(_one(draw, self._owing()))

    def _delete_invoice(self, draw: Random) -> None:
        self.books.delete_invoice(_one(draw, self._owing()))

    def _void_credit(self, draw: Random) -> None:
        loose = [one for one in self.books.loose() if isinstance(one, Credit)]
        self.books.void_credit(_one(draw, loose))

    def _write_off(self, draw: Random) -> None:
        self.books.write_off(_one(draw, self._owing()), on=self.today)

    # -- invoices -----------------------------------------------------------------------------------------------

    def _move_due_date(self, draw: Random) -> None:
        due = self.today + timedelta(days=draw.randint(-20, 20))
        self.books.edit_invoice(_one(draw, self._owing()), due=due)

    def _move_due_date_silently(self, draw: Random) -> None:
        """Xero does not move the stamp of a part-paid invoice for it."""
        part_paid = [i for i in self._owing() if i.allocations and self._traits.ledger == "xero"]
        due = self.today + timedelta(days=draw.randint(-20, 20))
        self.books.edit_invoice(_one(draw, part_paid), silently=True, due=due)

    def _forget_due_date(self, draw: Random) -> None:
        self.books.edit_invoice(_one(draw, self._owing()), due=None)

    def _promise(self, draw: Random) -> None:
        if self._traits.ledger != "xero":
            raise NotPossible
        expected = self.today + timedelta(days=draw.randint(0, 9))
        self.books.edit_invoice(_one(draw, self._owing()), expected=expected)

    def _schedule(self, draw: Random) -> None:
        if self._traits.ledger != "quickbooks":
            raise NotPossible
        self.books.edit_invoice(_one(draw, self._owing()), scheduled_payment=draw.random() < 0.5)

    def _dispute(self, draw: Random) -> None:
        if self._traits.ledger != "quickbooks":
            raise NotPossible
        self.books.edit_invoice(_one(draw, self._owing()), disputed=True)

    def _settle_dispute(self, draw: Random) -> None:
        self.books.edit_invoice(_one(draw, [i for i in self._owing() if i.disputed]), disputed=False)

    def _change_currency(self, draw: Random) -> None:
        """Only Xero lets an invoice be in another currency than its customer."""
        untouched = [i for i in self._owing() if not i.allocations and self._traits.ledger == "xero"]
        invoice = _one(draw, untouched)
        home, foreign, _ = _CURRENCIES[self._traits.ledger]
        self.books.edit_invoice(invoice, currency=foreign if invoice.currency == home else home)

    def _renumber(self, draw: Random) -> None:
        invoice = _one(draw, self._owing())
        self.books.edit_invoice(invoice, number=f"R{invoice.id:05d}-{draw.randint(1, 9)}")

    def _write_note(self, draw: Random) -> None:
        self.books.add_note(_one(draw, self._owing()), "rang them, nobody there", user="Robin")

    # -- customers ----------------------------------------------------------------------------------------------

    def _new_customer(self, draw: Random) -> Customer:
        self._people += 1
        name = f"Customer {self._people}"
        facts = {"email": f"pay{self._people}@customer.example", "first_name": "Alex", **_whereabouts(draw)}
        currency = self._currency(draw)
        heads = [c for c in self._active() if c.parent is None and c.currency == currency]
        if self._traits.families and draw.random() < 0.4 and heads:
            facts["parent"] = draw.choice(heads).id
        return self.books.add_customer(name, currency=currency, **facts)

    def _currency(self, draw: Random) -> str:
        home, *foreign = _CURRENCIES[self._traits.ledger]
        return draw.choice(foreign) if draw.random() < 0.15 else home

    def _merge(self, draw: Random) -> None:
        parents = {customer.parent for customer in self.books.customers.values()}
        alone = [c for c in self._active() if c.parent is None and c.id not in parents]
        if len(alone) < 4:
            raise NotPossible
        loser, winner = draw.sample(alone, 2)
        if loser.currency != winner.currency:
            raise NotPossible
        self.books.merge(loser, winner)

    def _new_address(self, draw: Random) -> None:
        customer = draw.choice(self._active())
        address = f"new{draw.randint(1, 10**6)}@customer.example"
        self.books.edit_customer(customer, email=address, **_whereabouts(draw))

    def _lose_address(self, draw: Random) -> None:
        self.books.edit_customer(draw.choice(self._active()), email=draw.choice((None, "ask reception")))

    def _include_others(self, draw: Random) -> None:
        """Further persons get the e-mails, or several addresses stand in the one field."""
        customer, number = draw.choice(self._active()), draw.randint(1, 10**6)
        if draw.random() < 0.5:
            self.books.edit_customer(customer, cc=(f"boss{number}@customer.example",))
        else:
            self.books.edit_customer(customer, email=f"one{number}@customer.example, two{number}@customer.example")

    def _adopt(self, draw: Random) -> None:
        """QuickBooks: a customer becomes the job of another, and money of one may settle invoices of both."""
        if not self._traits.families:
            raise NotPossible
        alone = [c for c in self._active() if c.parent is None]
        parents = {customer.parent for customer in self.books.customers.values()}
        child = _one(draw, [c for c in alone if c.id not in parents])
        heads = [c for c in alone if c is not child and c.currency == child.currency]
        self.books.edit_customer(child, parent=_one(draw, heads).id)

    def _archive(self, draw: Random) -> None:
        active = self._active()
        if len(active) < 4:
            raise NotPossible
        self.books.edit_customer(draw.choice(active), archived=True)

    def _reactivate(self, draw: Random) -> None:
        archived = [c for c in self.books.customers.values() if c.archived and c.merged_into is None]
        self.books.edit_customer(_one(draw, archived), archived=False)

    def _rename(self, draw: Random) -> None:
        customer = draw.choice(self._active())
        self.books.edit_customer(customer, name=f"Customer {customer.id}, {draw.choice(('Ltd', 'Inc', 'GmbH'))}")

    # -- choosing -----------------------------------------------------------------------------------------------

    def _active(self) -> list[Customer]:
        active = [c for c in self.books.customers.values() if c.merged_into is None and not c.archived]
        if self._looking_at:
            owners = {self.books.invoices[number].customer_id for number in self._looking_at}
            return [customer for customer in active if customer.id in owners] or active
        return active

    def _owing(self) -> list[Invoice]:
        owing = [i for i in self.books.invoices.values() if i.state == "open" and i.due_amount > 0]
        return [invoice for invoice in owing if invoice.id in self._looking_at] if self._looking_at else owing

    def _owner(self, invoice: Invoice) -> Customer:
        return self.books.customers[invoice.customer_id]

    def _money_in(self, invoice: Invoice, amount: Decimal) -> None:
        self.books.pay(self._owner(invoice), amount, on=self.today, against={invoice.id: amount})


def _whereabouts(draw: Random) -> dict[str, Any]:
    """Where somebody is and how to ring there, and the groups the bookkeeper sees them in."""
    country = draw.choice(("GB", "US", "DE", "FR", "NL"))
    facts: dict[str, Any] = {"country": country, "groups": tuple(draw.sample(_GROUPS, draw.randint(0, 2)))}
    facts |= place(draw, country, f"{{}} {draw.choice(('High Street', 'Mill Lane'))}")._asdict()
    return facts | {"mobile": mobile(draw, country), "phone": landline(country, draw.randint(100, 999))}


def _unit(currency: str) -> Decimal:
    return _UNITS.get(currency, CENT)


def _one(draw: Random, candidates: Sequence[_One]) -> _One:
    if not candidates:
        raise NotPossible
    return draw.choice(candidates)
