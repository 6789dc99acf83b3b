"""Whether every reminder's past is whole and legal, told by the file alone (invariant 7)."""

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

# docs/design.md, "The states of a reminder"; written down here once more, so that the schema is not its own judge.
LEGAL = frozenset(
    {
        (None, "planned"),
        ("planned", "verified"),
        ("planned", "skipped"),
        ("verified", "planned"),
        ("verified", "sending"),
        ("verified", "skipped"),
        ("sending", "sent"),
        ("sending", "failed"),
        ("sending", "unknown"),
        ("sending", "planned"),
        ("sent", "noted"),
        ("unknown", "sent"),
        ("unknown", "skipped"),
        ("failed", "planned"),
    }
)


def illegal_histories(file: sqlite3.Connection) -> Iterator[str]:
    """What is wrong, in words, for each reminder whose events do not lead from nothing to where it stands."""
    states = dict(file.execute("SELECT id, state FROM reminder"))
    events = file.execute("SELECT reminder_id, from_state, to_state FROM reminder_event ORDER BY reminder_id, id")
    told = set()
    for reminder, steps in groupby(events, itemgetter(0)):
        told.add(reminder)
        if wrong := _wrong([(came, went) for _, came, went in steps], states.get(reminder)):
            yield f"reminder {reminder} {wrong}"
    for reminder in states.keys() - told:
        yield f"reminder {reminder} has no history"
    yield from _twice(file)


def _wrong(steps: list[tuple[str | None, str]], state: str | None) -> str | None:
    at: str | None = None
    for came, went in steps:
        if came != at:
            return f"was {at} and left {came}"
        if came != went and (came, went) not in LEGAL:
            return f"went from {came} to {went}"
        at = went
    return None if at == state else f"ended as {at} and is {state}"


def _twice(file: sqlite3.Connection) -> Iterator[str]:
    rows = file.execute("SELECT invoice_id, stage, round FROM reminder GROUP BY 1, 2, 3 HAVING count(*) > 1")
    for invoice, stage, turn in rows:
        yield f"{stage} of {invoice} stands twice in round {turn}"
