"""Whether a message went to its customer, and names what it is about (invariants 1 and 3)."""

import re
from collections.abc import Iterable

from connectors.channels.channel import Message
from connectors.sandbox.documents import Customer
from connectors.sandbox.judge import addresses_of
from drill.simulation.agreed import Agreed
from drill.simulation.process import Surroundings
from drill.simulation.violation import Violations
from drill.simulation.witness import About

_SUBSCRIBER = 7  # digits that tell one telephone from another, however its beginning is written


class Recipients:
    """By the books as they stand; call it where nothing has moved since the live reading."""

    def __init__(self, around: Surroundings, agreed: Agreed, violations: Violations) -> None:
        self._around = around
        self._agreed = agreed
        self._violations = violations

    def check(self, message: Message, about: list[About]) -> None:
        if message.kind == "email":
            strangers = {address.email.lower() for address in (*message.to, *message.cc)} - self._addresses(about)
        elif message.kind == "letter":
            strangers = set() if self._is_at_home(message, about) else {"a door"}
        else:
            strangers = {_digits(message.phone)} - self._numbers(about) if message.phone else set()
        if strangers:
            self._violations.add(1, f"{message.subject or message.kind!r} went to somebody else")
        if message.kind in ("email", "letter"):
            self._check_numbers(message, about)

    def _addresses(self, about: Iterable[About]) -> set[str]:
        """Addresses of the customer, on its other open invoices, and whoever it is escalated to."""
        books = self._around.books
        customers = {one.invoice.customer_id for one in about}
        theirs = [i for i in books.invoices.values() if i.customer_id in customers and i.due_amount > 0]
        known = set().union(*(addresses_of(books, invoice) for invoice in theirs))
        named = {key for one in about for key in self._agreed.of_owner(one.invoice)}
        return known.union(*(self._agreed.escalations.get(key, set()) for key in named))

    def _numbers(self, about: Iterable[About]) -> set[str]:
        return {_digits(number) for one in self._customers(about) for number in (one.mobile, one.phone) if number}

    def _is_at_home(self, message: Message, about: Iterable[About]) -> bool:
        postcode = message.postal.postcode if message.postal else None
        return any(one.name == message.customer and one.postcode == postcode for one in self._customers(about))

    def _customers(self, about: Iterable[About]) -> list[Customer]:
        return [self._around.books.customers[one.invoice.customer_id] for one in about]

    def _check_numbers(self, message: Message, about: Iterable[About]) -> None:
        for one in about:
            if one.invoice.number not in message.text:
                self._violations.add(3, f"{message.subject!r} does not name {one.invoice.number}")


def _digits(number: str | None) -> str:
    return re.sub(r"\D", "", number or "")[-_SUBSCRIBER:]
