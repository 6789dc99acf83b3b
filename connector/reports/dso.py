"""How long money takes: the DSO family, and what payments say themselves.

The simple DSO swings wildly where few invoices are written, so it is shown beside the countback, with the number of
invoices it rests on, and not at all below a least number of them.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial

from connector.reports.rate_table import Borne, borne_by, rates_behind
from connector.reports.sums import Part, Scope, ratio
from connector.reports.table import Cell, Column, Drawn, Report, Table
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
    scopes,
    sold_in,
    tables,
)
from connector.saying.said import say
from state.flow_records import Flows, Sold

MONTHS_BACK = 24  # at most, that the countback looks at
LEAST_INVOICES = 20  # in the window: below it the simple formula says more of chance than of customers
_FORMULA = (
    "DSO: what was owed at the end, by what was invoiced in the {days} days from {first}, times {days}. Best possible:"
    " the same with what was not yet due. Days delinquent: the difference. Countback: the days whose invoices, from the"
    " end backwards, come to what was owed. Days to pay: from issue to payment, by amount, of payments in the window."
)
_COLUMNS = (
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
_OWED, _COUNTBACK = 1, 5  # places among the columns
_DRAWN = Drawn(("dso", "countback", "best_possible", "days_to_pay"), ("currency",))


def dso_report(window: Window) -> Report:
    """Days sales outstanding, in three ways, per currency and over all; the sales begin with `months_before`."""
    codes, parts = currencies(window), list(_parts_of(window))
    made = tuple(tables(window, codes, say("Days sales outstanding"), _COLUMNS, _DRAWN, partial(_row, window)))
    return Report(
        name="dso",
        title=say("Days sales outstanding"),
        as_of=window.flows.last,
        tables=(*made, *rates_behind(parts, window.flows.base, window.flows.ledger)),
        formula=say(_FORMULA, first=window.flows.first, days=window.days),
        cannot_know=(
            *cannot_know(window, codes),
            *_about_dso(window, scopes(window, codes), made, lacks_rate=lacks_rate(window, parts)),
        ),
    )


def months_before(day: date) -> date:
    """The first day of the earliest month that the countback from `day` looks at."""
    year, month = divmod(day.year * 12 + day.month - 1 - (MONTHS_BACK - 1), 12)
    return date(year, month + 1, 1) if year > 0 else date.min


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


def _row(window: Window, scope: Scope) -> tuple[Cell, ...]:
    flows = window.flows
    owed, not_due = owed_at_end(window, scope), not_due_at_end(window, scope)
    invoiced, invoices = invoiced_in(window, scope), _invoices(window, scope)
    enough = invoices >= LEAST_INVOICES
    dso = ratio(owed, invoiced, window.days) if enough else None
    best = ratio(not_due, invoiced, window.days) if enough else None
    came_in = scope.total((each.minor, each.currency, each.rate) for each in flows.came_in)
    waited = scope.total((each.days_from_issue, each.currency, each.rate) for each in flows.came_in)
    return (
        scope.currency,
        scope.money(owed),
        scope.money(invoiced),
        invoices if window.is_whole else None,
        dso,
        _countback(window, scope),
        best,
        None if dso is None or best is None else dso - best,
        ratio(waited, came_in),
    )


def _countback(window: Window, scope: Scope) -> Decimal | None:
    owed, months = owed_at_end(window, scope), _by_month(window.flows.sold, scope)
    if owed is None or months is None:
        return None
    return countback(owed, months, window.flows.last, _months_known(window.flows))


def _invoices(window: Window, scope: Scope) -> int:
    return sum(each.invoices for each in sold_in(window.flows) if scope.holds(each.currency))


def _months_known(flows: Flows) -> int:
    """How many months the countback may look at: as far as the file goes, and two years at most."""
    if flows.first_issue is None:
        return 0
    last, first = flows.last, flows.first_issue
    return min(MONTHS_BACK, max(0, (last.year - first.year) * 12 + last.month - first.month + 1))


def _by_month(sold: Iterable[Sold], scope: Scope) -> dict[str, int] | None:
    """None if a month's sum is not known."""
    by_month: dict[str, list[Part]] = {}
    for each in sold:
        by_month.setdefault(f"{each.day:%Y-%m}", []).append((each.minor, each.currency, each.rate))
    found = {month: scope.total(parts) for month, parts in by_month.items()}
    known = {month: minor for month, minor in found.items() if minor is not None}
    return known if len(known) == len(found) else None


def _parts_of(window: Window) -> Iterator[Borne]:
    """What the sums in the company's currency are made of; the countback takes what was invoiced earlier, too."""
    flows = window.flows
    owed, invoiced, invoiced_before, paid = say("owed"), say("invoiced"), say("invoiced before"), say("paid")
    yield from (borne_by(row, owed) for row in window.end.rows)
    for each in flows.sold:
        yield borne_by_sales(each, invoiced if each.day >= flows.first else invoiced_before)
    yield from (borne_by_flow(each, paid) for each in flows.came_in)


def _about_dso(window: Window, scopes: list[Scope], made: Iterable[Table], *, lacks_rate: bool) -> Iterator[str]:
    few = sorted({scope.currency for scope in scopes if _invoices(window, scope) < LEAST_INVOICES})
    if few and window.is_whole:
        yield say(
            "Fewer than {least} invoices were written in {currencies}: too few for the simple DSO.",
            least=LEAST_INVOICES,
            currencies=", ".join(few),
        )
    if any(_never_ends(row) for table in made for row in table.rows if table.name == "currencies" or not lacks_rate):
        yield say("More is owed than the months on file come to: the countback does not end.")
    if lacks_rate:
        yield say("The ledger states no rate on some documents in other currencies; their sum is not known.")


def _never_ends(row: tuple[Cell, ...]) -> bool:
    """The months are known that the countback goes over, and do not come to what is owed."""
    return row[_OWED] is not None and row[_COUNTBACK] is None
