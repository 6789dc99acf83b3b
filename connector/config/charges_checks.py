"""What does not fit together in the tables about charges for late payment, although every key is right."""

from collections.abc import Container, Iterator, Sequence

from connector.config.charges import ChargesSection, RateSection
from connector.config.errors import Problem, dotted
from connector.config.lines import KeyPath

Found = Iterator[tuple[KeyPath, Problem]]

_OF_A_CONTRACT = ("percent", "day_count", "per_invoice", "per_reminder", "cap_percent", "with_consumers")
_ASKED = ("percent", "per_invoice", "per_reminder")


def check_charges(path: KeyPath, charges: ChargesSection, refused: Container[object] = ()) -> Found:
    """Keys of a contract where a law is named, a contract that asks for nothing, and negative shares.

    Keys that were `refused` are not in `charges`; what cannot be judged without them is left out.
    """
    if "terms" in refused:
        pass
    elif charges.terms != "contract":
        for key in _OF_A_CONTRACT:
            if key in charges.model_fields_set:
                yield _problem((*path, key), "is only for terms = contract", "leave it out, or set terms to contract")
    elif not any(getattr(charges, key) or key in refused for key in _ASKED):
        yield _problem((*path, "terms"), "says nothing of what was agreed", f"set one of {', '.join(_ASKED)}")
    for key in ("percent", "cap_percent"):
        if getattr(charges, key).startswith("-"):
            yield _problem((*path, key), "is less than nothing", "use 0 or more")


def check_rates(path: KeyPath, rates: Sequence[RateSection]) -> Found:
    """Entries that end before they begin, and two for one day."""
    for position, rate in enumerate(rates):
        if rate.last < rate.first:
            yield _problem((*path, position, "last"), "comes before first", "exchange the two days")
        earlier = (other for other in rates[:position] if other.name == rate.name)
        if any(other.first <= rate.last and rate.first <= other.last for other in earlier):
            yield _problem(
                (*path, position, "first"), "is on a day that an earlier entry has", "let each day be in one"
            )


def _problem(path: KeyPath, what: str, mend: str) -> tuple[KeyPath, Problem]:
    return path, Problem(dotted(path), what, mend)
