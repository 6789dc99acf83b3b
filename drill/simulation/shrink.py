"""The fewest acts of a script that still break the same promise: delta debugging, bounded in tries.

Leaving an act out changes nothing about the others (each carries its own chance), so halves can be thrown away at will.
"""

from collections.abc import Callable, Collection, Sequence

from drill.simulation.script import Act, script
from drill.simulation.simulate import Outcome, live_one

TRIES = 150


def shrink(broken: Outcome, tries: int = TRIES) -> list[Act]:
    """Acts that suffice to break one of the same promises; each is needed, as far as so many lives could tell."""

    def still_breaks(acts: Collection[int]) -> bool:
        outcome = live_one(broken.seed, broken.lasting, frozenset(acts))
        return bool(set(outcome.invariants) & set(broken.invariants))

    acts = script(broken.seed, broken.lasting)
    kept = set(fewest([act.number for act in acts], still_breaks, tries))
    return [act for act in acts if act.number in kept]


def fewest(acts: Sequence[int], still_breaks: Callable[[Collection[int]], bool], tries: int) -> Sequence[int]:
    """Take away chunk after chunk, ever smaller ones, as long as `still_breaks` says so of the rest."""
    size = max(1, len(acts) // 2)
    while tries > 0:
        start = 0
        while start < len(acts) and tries > 0:
            fewer = [*acts[:start], *acts[start + size :]]
            tries -= 1
            if still_breaks(fewer):
                acts = fewer
            else:
                start += size
        if size == 1:
            break
        size = max(1, size // 2)
    return acts
