"""A promise that was broken: which, on which day, and how."""

import traceback
from collections.abc import Callable, Iterator
from typing import Literal

from msgspec import Struct

Invariant = Literal[0, 1, 2, 3, 4, 5, 6, 7, 8]
INVARIANTS: dict[Invariant, str] = {
    0: "a cycle ends with a report, whatever happens",
    1: "no message about what the ledger showed as not to be chased",
    2: "never twice, never too soon, never a flood",
    3: "every amount equals the ledger's",
    4: "each sent reminder has one note, each note one reminder",
    5: "the mirror equals the ledger",
    6: "what is due is sent, or stands on a list with its reason",
    7: "legal moves and a complete history",
    8: "the page answers, and changes nothing for whoever may not",
}


class Violation(Struct, frozen=True):
    invariant: Invariant
    day: int
    words: str

    def __str__(self) -> str:
        return f"day {self.day}, invariant {self.invariant} ({INVARIANTS[self.invariant]}): {self.words}"


class Violations:
    """Those found in one life."""

    def __init__(self, day: Callable[[], int]) -> None:
        self._day = day
        self._found: list[Violation] = []

    def add(self, invariant: Invariant, words: str, error: BaseException | None = None) -> None:
        where = "" if error is None else "\n" + "".join(traceback.format_exception(error)[-6:])
        self._found.append(Violation(invariant, self._day(), words + where))

    def __iter__(self) -> Iterator[Violation]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
