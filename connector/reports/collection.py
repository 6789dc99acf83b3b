"""How much of what could be collected was: CEI, collection rate, and how late payments are."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from msgspec import Struct

from connector.reports.rate_table import Borne, borne_by, rates_behind
from connector.reports.sums import Scope, ratio
from connector.reports.table import Cell, Column, Drawn, Report
from connector.reports.window import (
    Window,
    borne_by_flow,
    borne_by_sales,
    cannot_know,
    currencies,
    invoiced_in,
    lacks_rate,
    not_due_at_end,
    owed_at_end,
    owed_parts,
    sold_in,
    tables,
)
from connector.saying.said import say
from state.flow_records import FellDue
from state.owed import OwedThen

_FORMULA = (
    "From {first}, {days} days. CEI: (owed before + invoiced - owed at the end) by (owed before + invoiced - owed at"
    " the end and not yet due), in per cent. Collection rate: of what fell due in these days, the share settled by the"
    " end. Days beyond terms: from due date to payment, by amount; before it they are negative."
)
_COLUMNS = (
    Column("currency", "currency"),
    Column("owed_before", "owed before", "money"),
    Column("invoiced", "invoiced", "money"),
    Column("owed", "owed at the end", "money"),
    Column("not_due", "of it not due", "money"),
    Column("cei", "CEI", "percent"),
    Column("fell_due", "fell due", "money"),
    Column("collection_rate", "collection rate", "percent"),
    Column("days_beyond_terms", "days beyond terms", "days"),
)
_DRAWN = Drawn(("cei", "collection_rate"), ("currency",))


class Collected(Struct, frozen=True):
    """A span of days with what was owed on the day before it, and what fell due in it."""

    window: Window
    before: OwedThen
    fell_due: tuple[FellDue, ...]


def collection_report(collected: Collected) -> Report:
    """How much of what could be collected was: CEI, collection rate, days beyond terms."""
    window, row = collected.window, partial(_row, collected)
    more = {each.currency for part in (collected.before.rows, collected.fell_due) for each in part}
    codes, parts = sorted({*currencies(window), *more}), list(_parts_of(collected))
    return Report(
        name="collection",
        title=say("Collection"),
        as_of=window.flows.last,
        tables=(
            *tables(window, codes, say("Collection"), _COLUMNS, _DRAWN, row),
            *rates_behind(parts, window.flows.base, window.flows.ledger),
        ),
        formula=say(_FORMULA, first=window.flows.first, days=window.days),
        cannot_know=(
            *cannot_know(window, codes),
            *_left_out_before(collected),
            *_about_rates(window, parts),
        ),
    )


def _row(collected: Collected, scope: Scope) -> tuple[Cell, ...]:
    window, flows = collected.window, collected.window.flows
    before = scope.total(owed_parts(collected.before.rows)) if window.is_whole else None
    owed, not_due = owed_at_end(window, scope), not_due_at_end(window, scope)
    invoiced = invoiced_in(window, scope)
    fell_due = _fell_due(collected, scope)
    settled = scope.total((each.settled, each.currency, each.rate) for each in collected.fell_due)
    with_terms = scope.total((each.with_terms, each.currency, each.rate) for each in flows.came_in)
    beyond = scope.total((each.days_beyond_terms, each.currency, each.rate) for each in flows.came_in)
    return (
        scope.currency,
        scope.money(before),
        scope.money(invoiced),
        scope.money(owed),
        scope.money(not_due),
        _effectiveness(before, invoiced, owed, not_due),
        scope.money(fell_due),
        ratio(settled, fell_due, 100),
        ratio(beyond, with_terms),
    )


def _fell_due(collected: Collected, scope: Scope) -> int | None:
    if not collected.window.is_whole:
        return None
    return scope.total((each.minor, each.currency, each.rate) for each in collected.fell_due)


def _effectiveness(before: int | None, invoiced: int | None, owed: int | None, not_due: int | None) -> Decimal | None:
    if before is None or invoiced is None or owed is None or not_due is None:
        return None
    return ratio(before + invoiced - owed, before + invoiced - not_due, 100)


def _parts_of(collected: Collected) -> Iterator[Borne]:
    window = collected.window
    owed, invoiced, fell_due, paid = say("owed at the end"), say("invoiced"), say("fell due"), say("paid")
    if window.is_whole:
        owed_before = say("owed before")
        yield from (borne_by(row, owed_before) for row in collected.before.rows)
    yield from (borne_by_sales(each, invoiced) for each in sold_in(window.flows))
    yield from (borne_by(row, owed) for row in window.end.rows)
    yield from (borne_by_flow(each, fell_due) for each in collected.fell_due)
    yield from (borne_by_flow(each, paid) for each in window.flows.came_in)


def _left_out_before(collected: Collected) -> Iterator[str]:
    if collected.window.is_whole and collected.before.overpaid:
        yield say(
            "Left out of what was owed before: {n} invoice that by the dates had got more than it asked for. | Left out"
            " of what was owed before: {n} invoices that by the dates had got more than they asked for.",
            n=collected.before.overpaid,
        )


def _about_rates(window: Window, parts: list[Borne]) -> Iterator[str]:
    if lacks_rate(window, parts):
        yield say("The ledger states no rate on some documents in other currencies; their sum is not known.")
