"""What the ledger showed, and when: the truth that every message is held against.

Between the live reading and the moment a carrier accepts a message the world can move. A message was right if it was
right by the books at some instant of that time; how long the time may be is the promise's limit, and it is measured.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Invoice
from connectors.sandbox.judge import verdict_on
from connectors.sandbox.mailbox import Verdict
from connectors.sandbox.world import World
from state.clock import business_day
from state.money import to_minor

KEPT = timedelta(minutes=10)


class Standing(Struct, frozen=True):
    """One invoice, as the ledger showed it at one instant."""

    verdict: Verdict
    due_minor: int
    currency: str
    credit_minor: int  # unapplied, of the customer's whole family, in the invoice's currency
    alone: bool  # the customer has no family to share the credit with


class About(Struct, frozen=True):
    """One reminder in a message."""

    invoice: Invoice
    stage: str
    round: int


Sight = dict[int, Standing]  # by the invoice's number in the books; what is settled is not in it


class Witness:
    """Remembers how the books stood before each of the latest changes."""

    def __init__(self, world: World, company: str, zone: str) -> None:
        self._world = world
        self._company = company
        self._zone = ZoneInfo(zone)
        self._past: list[tuple[datetime, Sight]] = []

    @property
    def now(self) -> datetime:
        return self._world.clock.now()

    @property
    def _books(self) -> Books:
        return self._world.companies[self._company]

    def before_change(self) -> None:
        """The books are about to change."""
        self._past = [(at, sight) for at, sight in self._past if self.now - at <= KEPT]
        self._past.append((self.now, self.look()))

    def since(self, instant: datetime) -> list[Sight]:
        """Every way the books stood at or after `instant`, the present last."""
        return [*(sight for at, sight in self._past if at >= instant), self.look()]

    def look(self) -> Sight:
        """As the books stand now."""
        today = business_day(self.now, self._zone)
        owing = (i for i in self._books.invoices.values() if i.state == "open" and i.due_amount > 0)
        return {invoice.id: self._standing(invoice, today) for invoice in owing}

    def _standing(self, invoice: Invoice, today: date) -> Standing:
        books = self._books
        credit = books.unapplied(invoice.customer_id, invoice.currency) if books.loose() else ZERO
        return Standing(
            verdict=verdict_on(books, invoice, today),
            due_minor=to_minor(invoice.due_amount, invoice.currency),
            currency=invoice.currency,
            credit_minor=to_minor(credit, invoice.currency),
            alone=len(books.family(invoice.customer_id)) == 1,
        )
