"""Every message, judged at the instant at which its customer gets it (invariants 1 to 3).

Which invoices and stages a message is about is read from the tenant's file, where the claim says so; whether it should
have left is said by the books alone.
"""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from connectors.channels.channel import Message
from connectors.sandbox.documents import Customer
from connectors.sandbox.judge import receive, wrong_amounts
from connectors.sandbox.mailbox import ReceivedMessage
from drill.simulation.agreed import Agreed
from drill.simulation.asking import Asking, is_instalment, number_of
from drill.simulation.open_days import is_open
from drill.simulation.permissions import Permissions
from drill.simulation.postbox import LONGEST, Delivery
from drill.simulation.process import Surroundings
from drill.simulation.recipients import Recipients
from drill.simulation.violation import Violations
from drill.simulation.wishes import Wishes
from drill.simulation.witness import About, Sight, Witness
from state.clock import business_day

LAG = timedelta(minutes=4)
A_LITTLE = timedelta(minutes=16)
CLOCKS = {"GB": "Europe/London", "DE": "Europe/Berlin", "FR": "Europe/Paris", "NL": "Europe/Amsterdam"}
RINGING = {"US": "America/New_York"}  # by the area codes of invented numbers; the states of their addresses are none


class Letters:
    """What the customers have got so far."""

    def __init__(self, around: Surroundings, witness: Witness, agreed: Agreed, violations: Violations) -> None:
        self._around = around
        self._witness = witness
        self._violations = violations
        self._file: sqlite3.Connection | None = None
        self._agreed = agreed
        self._asking = Asking(around, agreed)
        self._wishes = Wishes(around, agreed, self._asking, violations)
        self._recipients = Recipients(around, agreed, violations)
        self._steps: Counter[tuple[int, str, int]] = Counter()
        self._rounds: Counter[tuple[int, str, int]] = Counter()
        self._written_to: dict[int, date] = {}
        self._a_day: Counter[date] = Counter()
        self._told = hashlib.sha256()
        self._permissions = Permissions(around, agreed, violations)
        self.longest_crossing = timedelta(0)
        self.instalments: set[tuple[int, str]] = set()  # that somebody was reminded of: plan, and the stage's name

    @property
    def digest(self) -> str:
        """Of everything that arrived, and when."""
        return self._told.hexdigest()[:16]

    def forget(self) -> None:
        """The company was reset: no invoice is what it was."""
        self._wishes.forget()
        self._steps.clear()
        self._rounds.clear()
        self._written_to.clear()

    def attempted(self, message: Message) -> int:
        """A message is about to be handed over; the number of the latest agreement that could be known."""
        self._around.voices.heard()
        self._wishes.attempted(message)
        return self._agreed.latest

    def arrived(self, delivery: Delivery) -> None:
        """Judge a message that has just reached its customer."""
        about, asked = self._read(delivery.message.id)
        if not about:
            self._violations.add(2, f"message {delivery.message.id} arrived, but the file knows of no claim to it")
            return
        delivery.customer = self._agreed.owner(about[0].invoice)
        self._told.update(f"{delivery.at} {delivery.message.subject} {asked}".encode())
        self._check_crossing(delivery.at)
        sights = self._witness.since(self._reading_began(delivery.at))
        self._check_owed(about, sights)
        self._check_amounts(delivery, about, asked, sights)
        self._check_steps(about, self._today(delivery.at))
        self._check_distance(about, delivery.at)
        self._check_hour(about[0].invoice.customer_id, delivery.message.kind, delivery.at)
        self._permissions.check(delivery, about, still=len(sights) == 1)
        self._wishes.check(delivery, about, self._today(delivery.at), still=len(sights) == 1)

    def _today(self, at: datetime) -> date:
        return business_day(at, ZoneInfo(self._around.traits.zone))

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
        right = {"owed", "covered_by_credit"} if self._around.settings.policy.credit == "ignore" else {"owed"}
        for one in about:
            verdicts = [sight[one.invoice.id].verdict if one.invoice.id in sight else "closed" for sight in sights]
            if is_instalment(one.stage) and "covered_by_credit" in verdicts:
                continue  # what is asked for is less than the invoice
            if right.isdisjoint(verdicts):
                self._violations.add(1, f"{one.stage} about {one.invoice.number}, which was {verdicts}")

    # -- invariant 3 --------------------------------------------------------------------------------------------

    def _check_amounts(
        self, delivery: Delivery, about: list[About], asked: dict[str, int], sights: list[Sight]
    ) -> None:
        known, today, still = delivery.known, self._today(delivery.at), len(sights) == 1
        if not any(self._asking.is_right(asked, about, sight, known, today=today, still=still) for sight in sights):
            shown = [[sight.get(one.invoice.id) for one in about] for sight in sights]
            self._violations.add(3, f"asked for {asked}, but the books showed {shown}")
        if len(sights) == 1:
            self._check_text(delivery)
            self._recipients.check(delivery.message, about)

    def _check_text(self, delivery: Delivery) -> None:
        """Nothing moved meanwhile, so every line must show what is due at this instant."""
        message = delivery.message
        if message.kind != "email":
            return
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

    def _check_steps(self, about: Iterable[About], today: date) -> None:
        for one in about:
            settled_before = self._around.books.settlements[one.invoice.id]
            stage = self._stage(one, today)
            for counter, turn in ((self._steps, one.round), (self._rounds, -settled_before)):
                counter[one.invoice.id, stage, turn] += 1
            if self._steps[one.invoice.id, stage, one.round] > 1:
                self._violations.add(2, f"{one.stage} about {one.invoice.number} in round {one.round} arrived again")

    def _stage(self, one: About, today: date) -> str:
        """An instalment is one of its plan, whatever it is called."""
        key = self._around.key(one.invoice)
        plan = self._agreed.plan_of(key, self._agreed.latest)
        if plan is None or not is_instalment(one.stage):
            return one.stage
        self.instalments.add((plan.id, one.stage))
        plan.reminded.setdefault(number_of(one.stage), {})[key] = today
        return f"instalment {number_of(one.stage)} of plan {plan.id}"

    def _check_hour(self, customer: int, kind: str, at: datetime) -> None:
        """A clock that is a little wrong, or a slow carrier, may let a message leave a little beside the window."""
        if abs(self._around.clock.wrong_by) > A_LITTLE:
            return
        wall, theirs = at.astimezone(ZoneInfo(self._around.traits.zone)), at.astimezone(self._zone(customer, kind))
        window = self._around.settings.sending_window
        early, late = (theirs + A_LITTLE).time(), (theirs - A_LITTLE).time()
        calendar = self._around.settings.calendar
        days = {(wall - A_LITTLE).date(), wall.date()}  # where the window is the customer's, midnight may lie in it
        if not any(is_open(calendar, day) for day in days) or early < window.opens or late >= window.closes:
            self._violations.add(2, f"a message left on {wall:%A %d %B} at {theirs:%H:%M}")

    def _zone(self, customer: int, kind: str) -> ZoneInfo:
        """Whose clock the hours are by."""
        country = self._around.books.customers[customer].country or ""
        zones = CLOCKS | (RINGING if kind in ("sms", "voice") else {})
        zones = zones if self._around.settings.window_of_customer else {}
        return ZoneInfo(zones.get(country, self._around.traits.zone))

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
