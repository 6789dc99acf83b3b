"""The fewest acts of a script that still break the same promise: delta debugging, bounded in tries.

Leaving an act out changes nothing about the others (each carries its own chance), so halves can be thrown away at will.
"""

from collections.abc import Sequence

from drill.simulation.script import Act, script
from drill.simulation.simulate import Outcome, live_one

TRIES = 150


def shrink(broken: Outcome, tries: int = TRIES) -> list[Act]:
    """Acts that suffice, each needed (as far as `tries` lives could tell)."""
    acts = [act for act in script(broken.seed, broken.days) if act.day <= broken.days]
    numbers = [act.number for act in acts]
    kept = _Search(broken, tries).fewest(numbers)
    return [act for act in acts if act.number in set(kept)]


class _Search:
    def __init__(self, broken: Outcome, tries: int) -> None:
        self._broken = broken
        self._left = tries

    def fewest(self, acts: Sequence[int]) -> Sequence[int]:
        """Remove chunk after chunk, ever smaller ones, as long as the promise stays broken without them."""
        size = max(1, len(acts) // 2)
        while self._left > 0:
            start = 0
            while start < len(acts) and self._left > 0:
                fewer = [*acts[:start], *acts[start + size :]]
                if self._still_breaks(fewer):
                    acts = fewer
                else:
                    start += size
            if size == 1:
                break
            size = max(1, size // 2)
        return acts

    def _still_breaks(self, acts: Sequence[int]) -> bool:
        self._left -= 1
        outcome = live_one(self._broken.seed, self._broken.days, frozenset(acts))
        return bool(set(outcome.invariants) & set(self._broken.invariants))
