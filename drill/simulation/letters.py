"""Every message, judged at the instant at which its customer gets it (invariants 1 to 3).

Which invoices and stages a message is about is read from the tenant's file, where the claim says so; whether it should
have left is said by the books alone.
"""

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.sandbox.documents import Customer
from connectors.sandbox.judge import addresses_of, receive, wrong_amounts
from connectors.sandbox.mailbox import ReceivedMessage
from drill.simulation.permissions import Permissions
from drill.simulation.postbox import LONGEST, Delivery
from drill.simulation.process import Surroundings
from drill.simulation.violation import Violations
from drill.simulation.witness import About, Sight, Witness
from state.clock import business_day

LAG = timedelta(minutes=4)
A_LITTLE = timedelta(minutes=16)


class Letters:
    """What the customers have got so far."""

    def __init__(self, around: Surroundings, witness: Witness, violations: Violations) -> None:
        self._around = around
        self._witness = witness
        self._violations = violations
        self._file: sqlite3.Connection | None = None
        self._steps: Counter[tuple[int, str, int]] = Counter()
        self._rounds: Counter[tuple[int, str, int]] = Counter()
        self._written_to: dict[int, date] = {}
        self._a_day: Counter[date] = Counter()
        self._told = hashlib.sha256()
        self._permissions = Permissions(around, violations)
        self.longest_crossing = timedelta(0)

    @property
    def digest(self) -> str:
        """Of everything that arrived, and when."""
        return self._told.hexdigest()[:16]

    def forget(self) -> None:
        """The company was reset: no invoice is what it was."""
        self._steps.clear()
        self._rounds.clear()
        self._written_to.clear()

    def arrived(self, delivery: Delivery) -> None:
        """Judge a message that has just reached its customer."""
        about, asked = self._read(delivery.message.id)
        if not about:
            self._violations.add(2, f"message {delivery.message.id} arrived, but the file knows of no claim to it")
            return
        self._told.update(f"{delivery.at} {delivery.message.subject} {asked}".encode())
        self._check_crossing(delivery.at)
        sights = self._witness.since(self._reading_began(delivery.at))
        self._check_owed(about, sights)
        self._check_amounts(delivery, about, asked, sights)
        self._check_steps(about)
        self._check_distance(about, delivery.at)
        self._check_hour(delivery.at)
        self._permissions.check(delivery, about, still=len(sights) == 1)

    # -- invariant 1 --------------------------------------------------------------------------------------------

    def _reading_began(self, arrived: datetime) -> datetime:
        began = self._around.weather.verifying_since or arrived
        return began - (LAG if self._around.lagging else timedelta(0))

    def _check_crossing(self, arrived: datetime) -> None:
        began = self._around.weather.verifying_since
        if began is None:
            self._violations.add(1, "a message left although nothing was read live before it")
            return
        self.longest_crossing = max(self.longest_crossing, arrived - began)
        allowed = timedelta(seconds=self._around.settings.verify_within_seconds) + LONGEST
        if arrived - began > allowed:
            self._violations.add(1, f"{arrived - began} passed between the live reading and the arrival")

    def _check_owed(self, about: Iterable[About], sights: list[Sight]) -> None:
        for one in about:
            verdicts = [sight[one.invoice.id].verdict if one.invoice.id in sight else "closed" for sight in sights]
            if "owed" not in verdicts:
                self._violations.add(1, f"{one.stage} about {one.invoice.number}, which was {verdicts}")

    # -- invariant 3 --------------------------------------------------------------------------------------------

    def _check_amounts(
        self, delivery: Delivery, about: list[About], asked: dict[str, int], sights: list[Sight]
    ) -> None:
        if not any(_asks(asked, about, sight) for sight in sights):
            shown = [[sight.get(one.invoice.id) for one in about] for sight in sights]
            self._violations.add(3, f"asked for {asked}, but the books showed {shown}")
        if len(sights) == 1:
            self._check_text(delivery)
            self._check_recipients(delivery, about)

    def _check_recipients(self, delivery: Delivery, about: Iterable[About]) -> None:
        """An address of the customer, or one that stands on another of its open invoices."""
        books, message = self._around.books, delivery.message
        customers = {one.invoice.customer_id for one in about}
        theirs = [i for i in books.invoices.values() if i.customer_id in customers and i.due_amount > 0]
        known = set().union(*(addresses_of(books, invoice) for invoice in theirs))
        strangers = {address.email.lower() for address in (*message.to, *message.cc)} - known
        if strangers:
            self._violations.add(1, f"{message.subject!r} went to somebody else")
        for one in about:
            if one.invoice.number not in message.text:
                self._violations.add(3, f"{message.subject!r} does not name {one.invoice.number}")

    def _check_text(self, delivery: Delivery) -> None:
        """Nothing moved meanwhile, so every line must show what is due at this instant."""
        message = delivery.message
        received = ReceivedMessage(
            id=message.id,
            channel="smtp",
            arrived_at=delivery.at,
            sender=message.sender.email,
            recipients=tuple(address.email for address in (*message.to, *message.cc)),
            subject=message.subject,
            text=message.text,
            html=message.html,
            stage=message.stage,
            attempt=message.id,
        )
        receive(self._around.world, received)
        self._around.world.messages.clear()
        for case in wrong_amounts([received]):
            self._violations.add(3, f"the text of {message.subject!r} shows {case}")

    # -- invariant 2 --------------------------------------------------------------------------------------------

    def _check_steps(self, about: Iterable[About]) -> None:
        for one in about:
            settled_before = self._around.books.settlements[one.invoice.id]
            for counter, turn in ((self._steps, one.round), (self._rounds, -settled_before)):
                counter[one.invoice.id, one.stage, turn] += 1
            if self._steps[one.invoice.id, one.stage, one.round] > 1:
                self._violations.add(2, f"{one.stage} about {one.invoice.number} in round {one.round} arrived again")

    def _check_hour(self, at: datetime) -> None:
        """A clock that is a little wrong, or a slow carrier, may let a message leave a little beside the window."""
        wall = at.astimezone(ZoneInfo(self._around.traits.zone))
        window = self._around.settings.sending_window
        early, late = (wall + A_LITTLE).time(), (wall - A_LITTLE).time()
        if wall.weekday() >= 5 or early < window.opens or late >= window.closes:
            self._violations.add(2, f"a message left on {wall:%A} at {wall:%H:%M}")

    def _check_distance(self, about: list[About], at: datetime) -> None:
        today, gap = business_day(at, ZoneInfo(self._around.traits.zone)), self._around.settings.policy.minimum_gap_days
        for customer in {self._winner(one.invoice.customer_id).id for one in about}:
            before = self._written_to.get(customer)
            if before is not None and today - before < timedelta(days=gap):
                self._violations.add(2, f"customer {customer} was written to on {before} and again on {today}")
            self._written_to[customer] = today
        self._a_day[today] += 1
        if self._a_day[today] > self._around.settings.daily_cap:
            self._violations.add(2, f"{self._a_day[today]} messages on {today}")

    def _winner(self, number: int) -> Customer:
        customer = self._around.books.customers[number]
        return customer if customer.merged_into is None else self._winner(customer.merged_into)

    # -- the file -----------------------------------------------------------------------------------------------

    def _read(self, message_id: str) -> tuple[list[About], dict[str, int]]:
        if self._file is None:
            self._file = self._around.read_file()
        rows = self._file.execute(
            "SELECT invoice_id, reminder.stage, round, totals FROM reminder"
            " JOIN message ON message.id = reminder.message_id WHERE message.id = ?",
            (message_id,),
        ).fetchall()
        known = [(self._around.invoice(key), stage, turn) for key, stage, turn, _ in rows]
        about = [About(invoice, stage, turn) for invoice, stage, turn in known if invoice is not None]
        return about, msgspec.json.decode(rows[0][3]) if rows else {}


def _asks(asked: dict[str, int], about: list[About], sight: Sight) -> bool:
    """Whether what was asked is what was due then, less the customer's credit.

    In a family the credit may have been deducted from another member's message of the same pass already.
    """
    standings: list[Any] = [sight.get(one.invoice.id) for one in about]
    if None in standings:
        return False
    due: dict[str, int] = defaultdict(int)
    for standing in standings:
        due[standing.currency] += standing.due_minor
    if due.keys() != asked.keys():
        return False
    credit = {standing.currency: standing.credit_minor for standing in standings}
    alone = all(standing.alone for standing in standings)
    return all(
        asked[currency] == due[currency] - credit[currency]
        or (not alone and due[currency] - credit[currency] <= asked[currency] <= due[currency])
        for currency in due
    )
