"""What agreements, wishes and ways speak against asking for an invoice, as the product's codes (invariant 6).

Where it is not certain how something stands, its code is among them: a reason must be founded, not compelling.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date

from connector.dunning.policy import Channel
from connectors.sandbox.documents import Customer, Invoice
from drill.simulation.agreed import Agreed
from drill.simulation.process import Surroundings
from state.addresses import usable_addresses
from state.phones import callable_of, mobile_of

_BY_PLAN = ("plan_kept", "instalment_due", "instalment_reminded", "plan_broken", "covered_by_credit")
_CALLS = (
    "SELECT 1 FROM task JOIN reminder ON reminder.message_id = task.message_id"
    " WHERE task.kind = 'call' AND task.state = 'open' AND task.blocks = 1 AND reminder.invoice_id = ?"
)


class Reasons:
    """Of one firm, on one day."""

    def __init__(self, around: Surroundings, agreed: Agreed, file: sqlite3.Connection, today: date) -> None:
        self._around = around
        self._agreed = agreed
        self._file = file
        self._today = today

    def against(self, invoice: Invoice, key: str) -> Iterator[str]:
        """Codes, without those of the books and of holds."""
        agreed = self._agreed
        if any(agreed.counts(each, key) and self._today <= each.on for each in agreed.promises):
            yield "promised"
        if any(key in plan.baselines and not plan.over for plan in agreed.plans):
            yield from _BY_PLAN
        if key in agreed.disputes:
            yield "disputed"
        if not agreed.of_owner(invoice).isdisjoint(agreed.let_be):
            yield "do_not_chase"
        if self._file.execute(_CALLS, (key,)).fetchone():
            yield "call_pending"
        if len(self.ways(invoice)) < len(self._around.settings.book.channels):
            yield from ("no_channel", "no_address")

    def ways(self, invoice: Invoice) -> frozenset[Channel]:
        """By which the customer can be reached for certain."""
        owner = self._around.books.customers[invoice.customer_id]
        spared = {kind for key in self._agreed.of_owner(invoice) for kind in self._agreed.spared.get(key, ())}
        return frozenset(way for way in self._ways(owner) if way not in spared)

    def _ways(self, owner: Customer) -> Iterator[Channel]:
        yield "call"
        bounced = {told.whom for _, told in self._around.voices.facts}
        if any(address.lower() not in bounced for address in usable_addresses(owner.email or "")):
            yield "email"
        numbers = tuple(filter(None, (owner.mobile, owner.phone)))
        mobile = mobile_of(numbers, owner.country)
        if mobile and mobile not in {text.sender for text, _ in self._around.voices.texts}:
            yield "sms"
        if callable_of(numbers, owner.country):
            yield "voice"
        if owner.street and owner.city and owner.postcode:
            yield "letter"
