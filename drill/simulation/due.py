"""Whether an invoice that is not asked for has a reason, computed apart from the product (invariant 6).

The sequence is worked out once more, from the policy's numbers and what was sent, in the plainest way. Where the books
hold nothing against asking, a step whose day has passed in peace must have left; where they do, the list must say so.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from drill.simulation.attempts import base_of, lost
from drill.simulation.open_days import open_days_between
from drill.simulation.reasons import Reasons
from drill.simulation.steps import Steps
from state.addresses import usable_addresses
from state.clock import business_day
from state.money import to_minor

if TYPE_CHECKING:
    from drill.simulation.life import Life

_PATIENCE = 2  # open days between the day of a step and the day on which it must have gone
_TOLERANCE = 100  # minor units
_SEQUENCE = frozenset(
    {
        "stage_due",
        "stage_not_due",
        "keeps_distance",
        "pays_early",
        "minimum_gap",
        "closed_day",
        "handover_not_due",
        "end_of_sequence",
        "send_unknown",
        "send_failed",
        "promise_broken",
        "after_broken_plan",
    }
)


class Due:
    """One open invoice, what speaks against asking for it, and what was sent about it."""

    def __init__(self, life: "Life", file: sqlite3.Connection, invoice: Invoice, key: str) -> None:
        self.life = life
        self.file = file
        self.invoice = invoice
        self.key = key
        self.today = business_day(life.around.clock.now(), ZoneInfo(life.traits.zone))
        self.reasons = Reasons(life.around, life.agreed, file, self.today)

    @property
    def against(self) -> set[str]:
        """Reasons that the books and the holds give, as the product's codes."""
        return {
            *self._of_the_books(),
            *self._of_people(),
            *(self.reasons.against(self.invoice, self.key) if self.life.traits.own_policy else ()),
        }

    def _of_the_books(self) -> Iterator[str]:
        books, invoice = self.life.around.books, self.invoice
        customer = books.customers[invoice.customer_id]
        if customer.archived:
            yield "customer_archived"
        if not any(usable_addresses(text) for text in (customer.email, *self._billed_to()) if text):
            yield from ("no_address", "no_channel")
        credit = self.life.around.settings.policy.credit
        if credit != "ignore" and books.unapplied(customer.id, invoice.currency) > 0:
            yield from ("covered_by_credit", "account_covered_by_credit")
        if invoice.due is None:
            yield "no_due_date"
        if invoice.disputed:
            yield "disputed"
        if invoice.scheduled_payment:
            yield "payment_scheduled"
        if invoice.expected and invoice.expected >= self.today:
            yield "promised"
        if invoice.due_amount * 100 <= _TOLERANCE:
            yield "below_tolerance"

    def _billed_to(self) -> list[str | None]:
        """QuickBooks keeps an address on the invoice itself."""
        if self.life.traits.ledger == "xero":
            return []
        books = self.life.around.books
        mine = [i for i in books.invoices.values() if i.customer_id == self.invoice.customer_id and i.due_amount > 0]
        return [invoice.billed_to for invoice in mine]

    def _of_people(self) -> Iterator[str]:
        held = "SELECT target FROM hold WHERE released_at IS NULL AND (until IS NULL OR until >= ?)"
        targets = {target for (target,) in self.file.execute(held, (self.today.isoformat(),))}
        books, key = self.life.around.books, self.life.around.key
        owner = books.customers[self.invoice.customer_id]
        merged = {key(one) for one in books.customers.values() if _winner(books, one) is owner}
        if targets & {"*", self.key, *merged}:
            yield "held"

    @property
    def step(self) -> date | None:
        """The day on which the next stage should have gone; None: all have."""
        due_minor = to_minor(self.invoice.due_amount, self.invoice.currency)
        found = Steps(self.life.around, self.life.agreed).next(self.invoice, due_minor, self._progress(), self.today)
        return found and found[1]

    def is_still_here(self, stage: str | None) -> bool:
        """Whether a reminder was to leave and has not. What has left stays decided as `send` until the next cycle.

        One whose edited words fit no more stands on the list of `dun approve`, and waits there for a person.
        """
        waiting = (
            "SELECT planned_for FROM reminder WHERE invoice_id = ? AND stage = ?"
            " AND state IN ('planned', 'verified', 'sending') AND reason IS NOT 'edit_dropped'"
        )
        days = [date.fromisoformat(day) for (day,) in self.file.execute(waiting, (self.key, stage))]
        if not self.life.traits.own_policy:
            return bool(days)
        calendar = self.life.around.settings.calendar  # hours of the customer's clock, and a person's yes, take a day
        return any(open_days_between(calendar, day, self.today) > 1 for day in days)

    def is_said_to_be_reminded(self, reasons: str) -> bool:
        """Whether the product counts an instalment of the plan as reminded of which its customer has got nothing."""
        plan = self.life.agreed.plan_of(self.key, self.life.agreed.latest)
        told = [facts["stage"] for code, facts in msgspec.json.decode(reasons) if code == "instalment_reminded"]
        if plan is None or not told or self._progress().get(told[0]) is None:
            return False
        return (plan.id, told[0]) not in self.life.letters.instalments

    def _progress(self) -> dict[str, date | None]:
        rows = self.file.execute(
            "SELECT stage, sent_on, message_id FROM reminder JOIN invoice ON invoice.id = reminder.invoice_id"
            " AND invoice.round = reminder.round WHERE invoice_id = ? AND state NOT IN ('planned', 'failed')",
            (self.key,),
        )
        return {base_of(stage): day and date.fromisoformat(day) for stage, day, key in rows if key not in self.lost}

    @cached_property
    def lost(self) -> dict[str, bool]:
        """The messages that reached nobody, and whether a person has dealt with each."""
        return lost(self.file, self.key)

    @property
    def of_carriers(self) -> set[str]:
        """The codes that say so, of which the books know nothing."""
        return {"sent_again", "not_arrived"} if self.lost else set()


def _winner(books: Books, customer: Customer) -> Customer:
    return customer if customer.merged_into is None else _winner(books, books.customers[customer.merged_into])


def overdue_step(due: Due, action: str, reasons: str, stage: str | None) -> str | None:
    """What is wrong with where this invoice stands, in words; None if it is where it belongs."""
    codes = {reason[0] for reason in msgspec.json.decode(reasons, type=list[list[object]])}
    number, against = due.invoice.number, due.against
    if not codes:
        return f"{number} is on no list: {action} without a reason"
    unfounded = codes - _SEQUENCE - against - due.of_carriers
    if unfounded:
        return f"{number} is not asked for because of {sorted(map(str, unfounded))}, of which the books know nothing"
    if due.is_said_to_be_reminded(reasons):
        return f"{number} is said to have been reminded of an instalment, and nobody got that"
    if action == "send" and due.is_still_here(stage) and due.life.traits.daily_cap > 10:
        return f"{number} should have left in peace and is still to be sent"
    if against or codes & {"minimum_gap", "send_unknown", "send_failed"} or due.life.traits.daily_cap < 10:
        return None
    if any(due.lost.values()) or ("not_arrived" in codes and due.lost):
        return None  # a person has been asked, and may have let the sequence go on
    step = due.step
    calendar = due.life.around.settings.calendar
    if step is not None and open_days_between(calendar, step, due.today) > _PATIENCE:
        return f"the next step of {number} was due on {step}, and the product says {sorted(map(str, codes))}"
    return None
