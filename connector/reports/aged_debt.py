"""Aged debt: what customers owe, by how many days it is past its due date, per currency and in the company's own."""

from collections.abc import Callable, Iterator
from functools import partial

from connector.reports.left_out import left_out
from connector.reports.rate_table import borne_by, rates_behind
from connector.reports.rates import in_base
from connector.reports.sums import is_known
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import say
from state.money import Money
from state.owed import LeftOut, Owed, OwedThen

_BUCKETS = (
    Column("current", "current", "money"),
    Column("days_1_30", "1-30 days", "money"),
    Column("days_31_60", "31-60", "money"),
    Column("days_61_90", "61-90", "money"),
    Column("days_over_90", "over 90", "money"),
    Column("no_due_date", "no due date", "money"),
    Column("total", "total", "money"),
)
_AGES = tuple(column.key for column in _BUCKETS[:-1])
_GROUPS = {
    "customer": say("customer"),
    "segment": say("segment"),
    "currency": say("currency"),
    "owner": say("owner"),
}
_INVOICES = Column("invoices", "invoices", "count")
_FORMULA = say(
    "What was owed at the end of the day, by the days since the due date; on the due date itself an invoice is current."
    " In the company's currency each invoice counts at the rate its ledger states on it."
)
Label = Callable[[Owed], str | None]


def aged_debt(owed: OwedThen, left: LeftOut, by: str, label: Label) -> Report:
    """`by`: what `label` groups a row by, as the heading of the first column; a label of None is not known."""
    rows = [row for row in owed.rows if is_known(row.currency)]
    groups = _grouped(rows, lambda row: (label(row), row.currency))
    first = Column(by, _GROUPS[by])
    tables = [
        Table(
            "groups",
            say("Aged debt by {by}", by=_GROUPS[by]),
            (first, *(() if by == "currency" else (Column("currency", "currency"),)), *_BUCKETS, _INVOICES),
            tuple(_row(name, code, found, by) for (name, code), found in groups),
            (Drawn(_AGES, (by,), whole="total", by="currency"),),
        ),
        _totals(rows),
        *([] if owed.base is None else [_in_base(owed, rows, owed.base)]),
        *rates_behind(map(borne_by, rows), owed.base, owed.ledger),
    ]
    return Report(
        "aged-debt", "Aged debt", owed.day, tuple(tables), _FORMULA, tuple(_cannot_know(owed, left, by, label))
    )


def _grouped(
    rows: list[Owed], key: Callable[[Owed], tuple[str | None, str]]
) -> list[tuple[tuple[str | None, str], list[Owed]]]:
    found: dict[tuple[str | None, str], list[Owed]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return sorted(found.items(), key=lambda item: (item[0][0] is None, item[0][0] or "", item[0][1]))


def _row(name: str | None, currency: str, rows: list[Owed], by: str) -> tuple[Cell, ...]:
    lead: tuple[Cell, ...] = (currency,) if by == "currency" else (name, currency)
    return (*lead, *_amounts(rows, currency), sum(row.invoices for row in rows))


def _amounts(rows: list[Owed], currency: str) -> Iterator[Money]:
    sums = [sum(row.buckets[place] for row in rows) for place in range(6)]
    yield from (Money(minor, currency) for minor in (*sums, sum(sums)))


def _totals(rows: list[Owed]) -> Table:
    groups = _grouped(rows, lambda row: (None, row.currency))
    found = tuple(_row(None, code, of_currency, "currency") for (_, code), of_currency in groups)
    return Table("totals", "All of it", (Column("currency", "currency"), *_BUCKETS, _INVOICES), found)


def _in_base(owed: OwedThen, rows: list[Owed], base: str) -> Table:
    """One row; a sum with an invoice whose rate or currency nobody knows, or of before the file, is not known."""
    complete = owed.has_begun and len(rows) == len(owed.rows) and is_known(base)

    def converted(minor_of: Callable[[Owed], int]) -> Money | None:
        if not complete or owed.ledger is None:
            return None
        return in_base(((minor_of(row), row.currency, row.rate) for row in rows), base, owed.ledger)

    sums = [converted(partial(_bucket, place)) for place in range(6)]
    invoices = sum(row.invoices for row in owed.rows) if owed.has_begun else None
    row = (base, *sums, converted(lambda row: sum(row.buckets)), invoices)
    columns = (Column("currency", "currency"), *_BUCKETS, _INVOICES)
    return Table("base", say("All of it in {base}", base=base), columns, (row,))


def _bucket(place: int, row: Owed) -> int:
    return row.buckets[place]


def _cannot_know(owed: OwedThen, left: LeftOut, by: str, label: Label) -> Iterator[str]:
    if owed.base is None:
        yield say(
            "The company's own currency is not known yet, so there is no sum over currencies; `dun sync` reads it."
        )
    strange = sorted({row.currency for row in owed.rows if not is_known(row.currency)})
    if strange:
        yield say(
            "Left out: invoices in {currencies}, whose smallest unit is unknown, so there is no sum of all.",
            currencies=", ".join(strange),
        )
    foreign = [r for r in owed.rows if r.rate is None and owed.base is not None and r.currency != owed.base]
    unrated = sum(row.invoices for row in foreign if is_known(row.currency))
    if unrated:
        yield say(
            "The ledger states no rate on {n} of the invoices in other currencies; their sum is not known.", n=unrated
        )
    yield from left_out(owed, left)
    if any(label(row) is None for row in owed.rows):
        yield say(
            "The {by} of some customers is not known: it is known of customers who owe something now.", by=_GROUPS[by]
        )
