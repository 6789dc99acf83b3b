"""A span of days with what was invoiced and paid in it and owed at its end: the ground of DSO and collection."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from connector.reports.left_out import left_out
from connector.reports.rate_table import Borne
from connector.reports.sums import Part, Scope, is_known
from connector.reports.table import Cell, Column, Drawn, Table
from connector.saying.said import Said, say
from state.flow_records import CameIn, FellDue, Flows, Sold
from state.owed import LeftOut, Owed, OwedThen

_CURRENT, _NO_DUE_DATE = 0, 5  # places among the buckets
Row = Callable[[Scope], tuple[Cell, ...]]


class Window(Struct, frozen=True):
    """A span of days with what was owed at its end."""

    flows: Flows
    end: OwedThen
    left_out: LeftOut  # of what was owed at the end

    @property
    def days(self) -> int:
        return (self.flows.last - self.flows.first).days + 1

    @property
    def is_whole(self) -> bool:
        """Whether the file reaches back to its first day; of less, no sum over all of it is known."""
        return self.flows.first_issue is not None and self.flows.first_issue <= self.flows.first


def tables(
    window: Window, codes: list[str], title: str, columns: tuple[Column, ...], drawn: Drawn, row: Row
) -> Iterator[Table]:
    """A row for each currency, and one for all of them."""
    own, everything = (
        [scope for scope in scopes(window, codes) if (scope.ledger is None) is alone] for alone in (True, False)
    )
    yield Table("currencies", title, columns, tuple(map(row, own)), (drawn,))
    for scope in everything:
        yield Table("base", say("All of it in {base}", base=scope.currency), columns, (row(scope),))


def scopes(window: Window, codes: list[str]) -> list[Scope]:
    """Each currency, and all of it in the company's own where there is no currency that nobody knows."""
    base, ledger = window.flows.base, window.flows.ledger
    known = [Scope(code) for code in codes if is_known(code)]
    if base is None or ledger is None or not is_known(base) or len(known) < len(codes):
        return known
    return [*known, Scope(base, ledger)]


def currencies(window: Window) -> list[str]:
    moved = (each.currency for part in (sold_in(window.flows), window.flows.came_in) for each in part)
    return sorted({*(row.currency for row in window.end.rows), *moved})


def sold_in(flows: Flows) -> list[Sold]:
    """What was invoiced in the window itself."""
    return [each for each in flows.sold if each.day >= flows.first]


def invoiced_in(window: Window, scope: Scope) -> int | None:
    return scope.total(sold_parts(sold_in(window.flows))) if window.is_whole else None


def owed_at_end(window: Window, scope: Scope) -> int | None:
    return scope.total(owed_parts(window.end.rows)) if window.end.has_begun else None


def not_due_at_end(window: Window, scope: Scope) -> int | None:
    return scope.total(_not_due(window.end.rows)) if window.end.has_begun else None


def owed_parts(rows: Iterable[Owed]) -> Iterator[Part]:
    return ((sum(row.buckets), row.currency, row.rate) for row in rows)


def sold_parts(sold: Iterable[Sold]) -> Iterator[Part]:
    return ((each.minor, each.currency, each.rate) for each in sold)


def borne_by_sales(sold: Sold, of: str) -> Borne:
    return Borne(
        currency=sold.currency, rate=sold.rate, issued_from=sold.day, issued_to=sold.day, minor=sold.minor, of=of
    )


def borne_by_flow(each: CameIn | FellDue, of: str) -> Borne:
    return Borne(
        currency=each.currency,
        rate=each.rate,
        issued_from=each.issued_from,
        issued_to=each.issued_to,
        minor=each.minor,
        of=of,
    )


def cannot_know(window: Window, codes: list[str]) -> Iterator[str]:
    flows, strange = window.flows, [code for code in codes if not is_known(code)]
    if flows.base is None:
        yield say(
            "The company's own currency is not known yet, so there is no sum over currencies; `dun sync` reads it."
        )
    if strange:
        yield say(
            "Left out: documents in {currencies}, whose smallest unit is unknown, so there is no sum of all.",
            currencies=", ".join(strange),
        )
    yield from left_out(window.end, window.left_out)
    if window.end.has_begun and not window.is_whole:
        yield _not_back(flows)
    if flows.undated_money:
        yield say(
            "Left out: {n} payment of which nobody knows the day. | Left out: {n} payments of which nobody knows the"
            " day.",
            n=flows.undated_money,
        )
    if not flows.came_in:
        yield say("No invoice was paid in these days, so how long payments take is not known.")


def lacks_rate(window: Window, parts: Iterable[Borne]) -> bool:
    """Whether a rate is not known that a sum in the company's currency takes."""
    base = window.flows.base
    return base is not None and any(part.rate is None and part.minor and part.currency != base for part in parts)


def _not_due(rows: Iterable[Owed]) -> Iterator[Part]:
    """What has no due date cannot be late."""
    return ((row.buckets[_CURRENT] + row.buckets[_NO_DUE_DATE], row.currency, row.rate) for row in rows)


def _not_back(flows: Flows) -> Said:
    begins = flows.first_issue or flows.last
    return say(
        "The file does not reach back to {day}: its first invoice is of {first}. What was invoiced, owed and fell due"
        " in all these days is not known; in the last {n} of them it is.",
        day=flows.first,
        first=begins,
        n=(flows.last - begins).days + 1,
    )
