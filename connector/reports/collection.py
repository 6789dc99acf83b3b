"""How long money takes and how much of it comes: the DSO family, the CEI, and what payments say themselves.

The simple DSO swings wildly where few invoices are written, so it is shown beside the countback, with the number of
invoices it rests on, and not at all below a least number of them.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial

from msgspec import Struct

from connector.reports.sums import Part, Scope, is_known, ratio
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import Said, say
from state.flow_records import FellDue, Flows, Sold
from state.owed import Owed, OwedThen

MONTHS_BACK = 24  # at most, that the countback looks at
LEAST_INVOICES = 20  # in the window: below it the simple formula says more of chance than of customers
_CURRENT, _NO_DUE_DATE = 0, 5  # places among the buckets
_DSO = (
    "DSO: what was owed at the end, by what was invoiced in the {days} days from {first}, times {days}. Best possible:"
    " the same with what was not yet due. Days delinquent: the difference. Countback: the days whose invoices, from the"
    " end backwards, come to what was owed. Days to pay: from issue to payment, by amount, of payments in the window."
)
_COLLECTION = (
    "From {first}, {days} days. CEI: (owed before + invoiced - owed at the end) by (owed before + invoiced - owed at"
    " the end and not yet due), in per cent. Collection rate: of what fell due in these days, the share settled by the"
    " end. Days beyond terms: from due date to payment, by amount; before it they are negative."
)
_DSO_COLUMNS = (
    Column("currency", "currency"),
    Column("owed", "owed", "money"),
    Column("invoiced", "invoiced", "money"),
    Column("invoices", "invoices", "count"),
    Column("dso", "DSO", "days"),
    Column("countback", "countback", "days"),
    Column("best_possible", "best possible", "days"),
    Column("days_delinquent", "days delinquent", "days"),
    Column("days_to_pay", "days to pay", "days"),
)
_COLLECTION_COLUMNS = (
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
_DSO_DRAWN = Drawn(("dso", "countback", "best_possible", "days_to_pay"), ("currency",))
_COLLECTION_DRAWN = Drawn(("cei", "collection_rate"), ("currency",))
Row = Callable[[Scope], tuple[Cell, ...]]


class Window(Struct, frozen=True):
    """A span of days with what was owed at its end."""

    flows: Flows
    end: OwedThen

    @property
    def days(self) -> int:
        return (self.flows.last - self.flows.first).days + 1

    @property
    def is_whole(self) -> bool:
        """Whether the file reaches back to its first day; of less, no sum over all of it is known."""
        return self.flows.first_issue is not None and self.flows.first_issue <= self.flows.first


class Collected(Struct, frozen=True):
    """A span of days with what was owed on the day before it, and what fell due in it."""

    window: Window
    before: OwedThen
    fell_due: tuple[FellDue, ...]


def dso_report(window: Window) -> Report:
    """Days sales outstanding, in three ways, per currency and over all; the sales begin with `months_before`."""
    title, formula = say("Days sales outstanding"), say(_DSO, first=window.flows.first, days=window.days)
    return _report(
        window, _currencies(window), "dso", title, formula, _DSO_COLUMNS, _DSO_DRAWN, partial(_dso_row, window)
    )


def collection_report(collected: Collected) -> Report:
    """How much of what could be collected was: CEI, collection rate, days beyond terms."""
    window, row = collected.window, partial(_collection_row, collected)
    more = {each.currency for part in (collected.before.rows, collected.fell_due) for each in part}
    codes = sorted({*_currencies(window), *more})
    title, formula = say("Collection"), say(_COLLECTION, first=window.flows.first, days=window.days)
    return _report(window, codes, "collection", title, formula, _COLLECTION_COLUMNS, _COLLECTION_DRAWN, row)


def months_before(day: date) -> date:
    """The first day of the earliest month that the countback from `day` looks at."""
    year, month = divmod(day.year * 12 + day.month - 1 - (MONTHS_BACK - 1), 12)
    return date(year, month + 1, 1) if year > 0 else date.min


def before_the_file(day: date, first: date) -> Said:
    """Of a day before the first invoice, which is of `first`."""
    return say("Nothing is known of {day}: the first invoice on file is of {first}.", day=day, first=first)


def countback(owed: int, sold: dict[str, int], last: date, months: int) -> Decimal | None:
    """Days back from `last` whose invoices come to `owed`; None if those of `months` months do not."""
    days, left, month_end = Decimal(0), owed, last
    for _ in range(months):
        if left <= 0:
            break
        invoiced = sold.get(f"{month_end:%Y-%m}", 0)
        if left < invoiced:
            return (days + Decimal(left) * month_end.day / invoiced).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        left -= max(invoiced, 0)
        days += month_end.day
        if month_end.toordinal() <= month_end.day:
            break
        month_end -= timedelta(days=month_end.day)
    return days.quantize(Decimal("0.1")) if left <= 0 else None


def _report(
    window: Window,
    currencies: list[str],
    name: str,
    title: str,
    formula: str,
    columns: tuple[Column, ...],
    drawn: Drawn,
    row: Row,
) -> Report:
    known = [code for code in currencies if is_known(code)]
    tables = [Table("currencies", title, columns, tuple(row(Scope(code)) for code in known), (drawn,))]
    base, ledger = window.flows.base, window.flows.ledger
    if base is not None and ledger is not None and is_known(base) and len(known) == len(currencies):
        tables.append(Table("base", say("All of it in {base}", base=base), columns, (row(Scope(base, ledger)),)))
    unknown = tuple(_cannot_know(window, [code for code in currencies if code not in known], tables, columns))
    return Report(name, title, window.flows.last, tuple(tables), formula, unknown)


def _currencies(window: Window) -> list[str]:
    moved = (each.currency for part in (_sold(window.flows), window.flows.came_in) for each in part)
    return sorted({*(row.currency for row in window.end.rows), *moved})


def _sold(flows: Flows) -> list[Sold]:
    """What was invoiced in the window itself."""
    return [each for each in flows.sold if each.day >= flows.first]


def _invoiced(window: Window, scope: Scope) -> int | None:
    return scope.total(_parts(_sold(window.flows))) if window.is_whole else None


def _dso_row(window: Window, scope: Scope) -> tuple[Cell, ...]:
    flows = window.flows
    owed, not_due = scope.total(_owed(window.end.rows)), scope.total(_not_due(window.end.rows))
    invoiced = _invoiced(window, scope)
    invoices = sum(each.invoices for each in _sold(flows) if scope.holds(each.currency))
    enough = invoices >= LEAST_INVOICES
    dso = ratio(owed, invoiced, window.days) if enough else None
    best = ratio(not_due, invoiced, window.days) if enough else None
    months = _by_month(flows.sold, scope)
    came_in = scope.total((each.minor, each.currency, each.rate) for each in flows.came_in)
    waited = scope.total((each.days_from_issue, each.currency, each.rate) for each in flows.came_in)
    return (
        scope.currency,
        scope.money(owed),
        scope.money(invoiced),
        invoices if window.is_whole else None,
        dso,
        None if owed is None or months is None else countback(owed, months, flows.last, _months_known(flows)),
        best,
        None if dso is None or best is None else dso - best,
        ratio(waited, came_in),
    )


def _collection_row(collected: Collected, scope: Scope) -> tuple[Cell, ...]:
    flows, end, is_whole = collected.window.flows, collected.window.end, collected.window.is_whole
    before = scope.total(_owed(collected.before.rows)) if is_whole else None
    owed, not_due = scope.total(_owed(end.rows)), scope.total(_not_due(end.rows))
    invoiced = _invoiced(collected.window, scope)
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


def _parts(sold: Iterable[Sold]) -> Iterator[Part]:
    return ((each.minor, each.currency, each.rate) for each in sold)


def _owed(rows: Iterable[Owed]) -> Iterator[Part]:
    return ((sum(row.buckets), row.currency, row.rate) for row in rows)


def _not_due(rows: Iterable[Owed]) -> Iterator[Part]:
    """What has no due date cannot be late."""
    return ((row.buckets[_CURRENT] + row.buckets[_NO_DUE_DATE], row.currency, row.rate) for row in rows)


def _by_month(sold: Iterable[Sold], scope: Scope) -> dict[str, int] | None:
    """None if a month's sum is not known."""
    by_month: dict[str, list[Part]] = {}
    for each in sold:
        by_month.setdefault(f"{each.day:%Y-%m}", []).append((each.minor, each.currency, each.rate))
    found = {month: scope.total(parts) for month, parts in by_month.items()}
    known = {month: minor for month, minor in found.items() if minor is not None}
    return known if len(known) == len(found) else None


def _months_known(flows: Flows) -> int:
    """How many months the countback may look at: as far as the file goes, and two years at most."""
    if flows.first_issue is None:
        return 0
    last, first = flows.last, flows.first_issue
    return min(MONTHS_BACK, max(0, (last.year - first.year) * 12 + last.month - first.month + 1))


def _cannot_know(window: Window, strange: list[str], tables: list[Table], columns: tuple[Column, ...]) -> Iterator[str]:
    flows = window.flows
    if flows.base is None:
        yield say(
            "The company's own currency is not known yet, so there is no sum over currencies; `dun sync` reads it."
        )
    if strange:
        yield say(
            "Left out: documents in {currencies}, whose smallest unit is unknown, so there is no sum of all.",
            currencies=", ".join(strange),
        )
    if not window.is_whole:
        yield _not_back(flows)
    if flows.undated_money:
        yield say(
            "Left out: {n} payment of which nobody knows the day. | Left out: {n} payments of which nobody knows the"
            " day.",
            n=flows.undated_money,
        )
    if not flows.came_in:
        yield say("No invoice was paid in these days, so how long payments take is not known.")
    places = {column.key: place for place, column in enumerate(columns)}
    yield from _about_cells(tables, places, is_whole=window.is_whole)


def _not_back(flows: Flows) -> Said:
    begins = flows.first_issue
    if begins is None:
        return say("The file does not reach back to {day}: no invoice.", day=flows.first)
    if begins > flows.last:
        return before_the_file(flows.last, begins)
    return say(
        "The file does not reach back to {day}: its first invoice is of {first}. What was invoiced, owed and fell due"
        " in all these days is not known; in the last {n} of them it is.",
        day=flows.first,
        first=begins,
        n=(flows.last - begins).days + 1,
    )


def _about_cells(tables: list[Table], place: dict[str, int], *, is_whole: bool) -> Iterator[str]:
    rows = [row for table in tables for row in table.rows]
    if "dso" in place and is_whole:
        few = sorted({str(row[0]) for row in rows if int(str(row[place["invoices"]])) < LEAST_INVOICES})
        if few:
            yield say(
                "Fewer than {least} invoices were written in {currencies}: too few for the simple DSO.",
                least=LEAST_INVOICES,
                currencies=", ".join(few),
            )
        if any(row[place["countback"]] is None for row in rows):
            yield say("More is owed than the months on file come to: the countback does not end.")
    if any(row[place["owed"]] is None or (is_whole and row[place["invoiced"]] is None) for row in rows):
        yield say("The ledger states no rate on some documents in other currencies; their sum is not known.")
