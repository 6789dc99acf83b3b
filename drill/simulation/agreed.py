"""What was agreed with the customers, as the drill remembers it: kept apart from the file, judged by the books alone.

Every agreement has a number that rises, so that a message can be held against what was known when it was claimed. How
promises and plans stood is looked at whenever the books have changed; where they stood both ways in between, either
answer of the product is right.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from connectors.sandbox.books import Books
from connectors.sandbox.documents import ZERO, Customer, Invoice
from drill.simulation.breaking import Breaking
from drill.simulation.process import Surroundings
from state.agreed import Plan, Promise
from state.money import to_minor


@dataclass
class Promised:
    """This much by the end of that day. `seen` are the ways in which it has stood: open, kept, broken."""

    number: int
    id: int
    on: date
    amount_minor: int
    currency: str
    baselines: dict[str, int]
    turns: dict[str, int]  # how often each invoice had been settled before
    about: str  # the invoice or customer it was made for
    noted: bool  # the ledger was being told of agreements by then
    withdrawn: bool = False
    seen: set[str] = field(default_factory=set)


@dataclass
class Planned:
    """Instalments that sum to the balance."""

    number: int
    id: int
    contact: str
    currency: str
    baselines: dict[str, int]
    parts: tuple[tuple[int, date, int], ...]  # number, day, minor units
    turns: dict[str, int]  # how often each invoice had been settled before
    over: bool = False  # cancelled, or another has taken its place
    seen: set[str] = field(default_factory=set)  # active, kept, broken
    stopped: bool = False  # something was seen that could keep its reminders back until somebody mends it
    reminded: dict[int, dict[str, date]] = field(default_factory=dict)  # of an instalment, by invoice: the last day

    @property
    def standing(self) -> bool:
        return not self.over and "kept" not in self.seen


@dataclass
class Disputed:
    """The whole invoice, or so many minor units of it."""

    number: int
    minor: int | None
    perhaps_over: bool = False  # the invoice was settled or gone for a while


class Agreed:
    """Everything that was agreed with the customers of one firm."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._breaking = Breaking(around, self)
        self.latest = 0
        self.promises: list[Promised] = []
        self.plans: list[Planned] = []
        self.disputes: dict[str, Disputed] = {}
        self.let_be: dict[str, int] = {}  # customers who are not chased
        self.consumers: dict[str, int] = {}  # customers who owe nothing for being late
        self.once_consumers: set[str] = set()
        self.spared: dict[str, dict[str, int]] = {}  # channels, by customer
        self.escalations: dict[str, set[str]] = {}  # further addresses, by customer
        self.pinned: dict[str, str | None] = {}  # segments, by customer

    def forget(self) -> None:
        """The company was reset: nobody is who it was."""
        self.promises.clear()
        self.plans.clear()
        self.disputes.clear()
        self.let_be.clear()
        self.consumers.clear()
        self.spared.clear()

    def take_number(self) -> int:
        self.latest += 1
        return self.latest

    def treated(self, contact: str, kind: object) -> None:
        """As a consumer, or else as everybody is."""
        self.consumers.pop(contact, None)
        if kind == "consumer":
            self.consumers[contact] = self.take_number()
            self.once_consumers.add(contact)

    # -- what people tell ------------------------------------------------------------------------------------------

    def promised(self, made: Iterable[Promise], about: str, *, noted: bool) -> None:
        for each in made:
            baselines: dict[str, int] = {share.invoice_id: share.baseline_minor for share in each.shares}
            self.promises.append(
                Promised(
                    number=self.take_number(),
                    id=each.id,
                    on=each.promised_on,
                    amount_minor=each.amount_minor,
                    currency=each.currency,
                    baselines=baselines,
                    turns={key: self.turn(key) for key in baselines},
                    about=about,
                    noted=noted,
                )
            )
        self.look()

    def planned(self, plan: Plan) -> None:
        baselines: dict[str, int] = {share.invoice_id: share.baseline_minor for share in plan.shares}
        for other in self.plans:
            other.over |= not other.baselines.keys().isdisjoint(baselines)
        self.plans.append(
            Planned(
                number=self.take_number(),
                id=plan.id,
                contact=plan.contact_id,
                currency=plan.currency,
                baselines=baselines,
                parts=tuple((part.number, part.due_on, part.amount_minor) for part in plan.instalments),
                turns={key: self.turn(key) for key in baselines},
            )
        )
        self.look()

    def disputed(self, key: str, minor: int | None) -> None:
        self.disputes[key] = Disputed(self.take_number(), minor)
        self.look()

    def undisputed(self, key: str) -> None:
        """Somebody has said what came of the dispute."""
        self.disputes.pop(key, None)
        self.look()

    # -- what the books say ------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Call it whenever the books have changed, and every morning."""
        today = self._around.settings.today_at(self._around.world.clock.now())
        for promise in self.promises:
            if not promise.withdrawn:
                promise.seen.add(self._promise_now(promise, today))
        for plan in self.plans:
            if not plan.over:
                plan.seen |= set(self._plan_now(plan, today))
        for key, dispute in self.disputes.items():
            dispute.perhaps_over |= self.due(key) in (None, 0)

    def _promise_now(self, promise: Promised, today: date) -> str:
        payable = {key: minor for key, minor in promise.baselines.items() if self.due(key) is not None}
        if not payable:
            return "withdrawn"
        wanted = min(promise.amount_minor, sum(payable.values()))
        missing = wanted - self.paid(payable)
        if missing <= 0:
            return "kept"
        if today <= promise.on:
            return "open"
        return "kept" if missing <= self.credit(promise.baselines, promise.currency) else "broken"

    def _plan_now(self, plan: Planned, today: date) -> Iterator[str]:
        paid = self.paid(plan.baselines)
        if paid >= sum(plan.baselines.values()):
            yield "kept"
        yield from self._breaking.ways(plan, today)

    def paid(self, baselines: dict[str, int]) -> int:
        """By how much what was due has fallen. What was voided or deleted is due no more."""
        return sum(max(minor - (self.due(key) or 0), 0) for key, minor in baselines.items())

    @staticmethod
    def missing(plan: Planned, paid: int) -> list[tuple[int, date, int]]:
        """Number, day and what is missing of each instalment that `paid` does not reach."""
        found = []
        for number, day, minor in plan.parts:
            covered = min(minor, max(paid, 0))
            paid -= covered
            found += [(number, day, minor - covered)] if covered < minor else []
        return found

    def due(self, key: str) -> int | None:
        """Minor units due on the invoice; None for what can be paid no more."""
        invoice = self._around.invoice(key)
        if invoice is None or invoice.state != "open":
            return None
        return to_minor(max(invoice.due_amount, ZERO), invoice.currency)

    def turn(self, key: str) -> int:
        invoice = self._around.invoice(key)
        return -1 if invoice is None else self.books.settlements[invoice.id]

    def credit(self, keys: Iterable[str], currency: str) -> int:
        customers = {invoice.customer_id for key in keys if (invoice := self._around.invoice(key)) is not None}
        heads = {min(self.books.family(customer)): customer for customer in customers}
        return sum(to_minor(self.books.unapplied(customer, currency), currency) for customer in heads.values())

    @property
    def books(self) -> Books:
        return self._around.books

    # -- what counts -------------------------------------------------------------------------------------------------

    def open_promise(self, key: str, today: date, known: int) -> Promised | None:
        """One that forbids asking for the invoice today, of those made up to the agreement numbered `known`."""
        for each in self.promises:
            if self.counts(each, key) and each.number <= known and today <= each.on and "kept" not in each.seen:
                return each
        return None

    def counts(self, promise: Promised, key: str) -> bool:
        return not promise.withdrawn and promise.turns.get(key) == self.turn(key)

    def plan_of(self, key: str, known: int) -> Planned | None:
        """The plan that the invoice is in."""
        for each in reversed(self.plans):
            if key in each.baselines and each.number <= known and each.standing:
                return each
        return None

    def plan_asked_by(self, key: str, known: int) -> Planned | None:
        """As `plan_of`; or one that was paid up for a while, if money was taken back before the product had looked."""
        paid_up = (each for each in reversed(self.plans) if key in each.baselines and each.number <= known)
        return self.plan_of(key, known) or next((each for each in paid_up if not each.over), None)

    def was_broken(self, key: str) -> bool:
        """Whether a promise or a plan about the invoice has ever not been kept."""
        agreements: list[Promised | Planned] = [*self.promises, *self.plans]
        return any(key in each.baselines and "broken" in each.seen for each in agreements)

    def disputed_minor(self, key: str, due_minor: int, known: int) -> set[int]:
        """What of it may be left out of the asking: several figures where it is not certain that the dispute lasts."""
        dispute = self.disputes.get(key)
        if dispute is None:
            return {0}
        part = due_minor if dispute.minor is None else min(dispute.minor, due_minor)
        certain = dispute.number <= known and not dispute.perhaps_over
        return {part} if certain else {part, 0}

    def promises_by_invoice(self) -> Counter[str]:
        """How many were made about each single invoice, of those that the ledger is to be told of."""
        return Counter(each.about for each in self.promises if each.noted and each.about in each.baselines)

    def long_broken(self, plan: Planned, before: date) -> bool:
        """Whether the plan had to break before that day."""
        return self._breaking.long_over(plan, before)

    def owner(self, invoice: Invoice) -> str:
        """What the ledger calls the invoice's customer."""
        return self._around.key(self.books.customers[invoice.customer_id])

    def of_owner(self, invoice: Invoice) -> set[str]:
        """The invoice's customer and whoever was merged into it."""
        winner = self._winner(self.books.customers[invoice.customer_id])
        return {self._around.key(one) for one in self.books.customers.values() if self._winner(one) is winner}

    def _winner(self, customer: Customer) -> Customer:
        return customer if customer.merged_into is None else self._winner(self.books.customers[customer.merged_into])
