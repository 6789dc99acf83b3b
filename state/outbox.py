"""What is about to leave, from rows that are stored already: nothing is decided anew, and no message is written."""

import sqlite3
from datetime import date

from msgspec import Struct

from state.database import snapshot
from state.held import held_targets
from state.in_hand import InHand, read_in_hand
from state.morning import Planned, dropped_edits, planned_rows
from state.planned_facts import PlannedFacts, read_planned_facts


class Outbox(Struct, frozen=True, kw_only=True):
    """`dropped`: reminders whose edited text fitted no more; `held`: ids on hold, `*` for everything."""

    planned: tuple[Planned, ...]
    facts: tuple[PlannedFacts, ...]  # of the same reminders, on `today`
    today: date
    in_hand: InHand  # of their customers
    dropped: frozenset[str]
    held: frozenset[str]


def read_outbox(connection: sqlite3.Connection, today: date) -> Outbox:
    """The tenant's `today`."""
    with snapshot(connection):
        facts = read_planned_facts(connection, today)
        planned = tuple(planned_rows(connection, facts))
        return Outbox(
            planned=planned,
            facts=facts,
            today=today,
            in_hand=read_in_hand(connection, {each.contact_id for each in planned}),
            dropped=dropped_edits(connection),
            held=held_targets(connection, today),
        )
