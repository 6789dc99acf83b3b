"""What somebody has looked at before a yes: a yes counts for exactly that, and a refusal can say what has changed."""

import hashlib
from collections.abc import Iterable

from msgspec import Struct

from connector.terms import ASPECTS, Aspect
from state.terms import Terms

_DIGITS = 12  # of each aspect's digest


class Seen(Struct, frozen=True):
    """A reminder as it is shown: what is due, the credit of its customer's family, and the terms it would go under."""

    reminder_id: str
    due: str
    credit: str
    terms: Terms

    def of(self, aspect: Aspect) -> str:
        if aspect == "amount":
            return f"{self.due} {self.credit} {self.terms.asked_minor}"
        return str(getattr(self.terms, aspect))


def mark(shown: Iterable[Seen]) -> str:
    """Stands for reminders as they are shown, aspect by aspect."""
    ordered = sorted(shown, key=lambda each: each.reminder_id)
    return "-".join(_digest(f"{each.reminder_id} {each.of(aspect)}" for each in ordered) for aspect in ASPECTS)


def short_mark(shown: Iterable[Seen]) -> str:
    """The same for people to copy."""
    return _digest([mark(shown)])


def changed_between(before: str, after: str) -> tuple[Aspect, ...]:
    """What the two marks differ in; empty if it is all: other reminders, or no mark of ours."""
    marks = before.split("-"), after.split("-")
    if len(marks[0]) != len(marks[1]):
        return ()
    different = tuple(aspect for aspect, *pair in zip(ASPECTS, *marks, strict=True) if pair[0] != pair[1])
    return () if len(different) == len(ASPECTS) else different


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]
