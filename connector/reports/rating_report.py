"""Payers' ratings as they are shown: the worst first, with their reasons."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from connector.reports.rating import LEAST, Rating
from connector.reports.table import Cell, Column, Drawn, Report, Table
from connector.saying.said import chained, say
from state.ids import ContactId

FORMULA = say(
    "Days beyond terms and the share that was late, both shrunk to the ledger's average by 1.2 invoices, make the"
    " grade; paying later than before and broken promises lower it."
)
_COLUMNS = (
    Column("customer", "Customer"),
    Column("rating", "Rating"),
    Column("days", "Days beyond terms", "days"),
    Column("late", "Late", "percent"),
    Column("trend", "Trend", "days"),
    Column("broken", "Broken promises", "count"),
    Column("paid", "Paid", "count"),
    Column("overdue", "Overdue", "count"),
    Column("reasons", "Why"),
)


def rating_report(found: Mapping[ContactId, Rating], names: Mapping[ContactId, str], today: date) -> Report:
    """Everybody in `found`; `names` may lack some."""
    rows = [_row(names.get(customer, customer), rating) for customer, rating in found.items()]
    rows.sort(key=lambda row: (row[1] is None, -ord(str(row[1] or "A")), str(row[0])))
    unrated = sum(rating.grade is None for rating in found.values())
    cannot = say(
        "{n} customer has fewer than {least} invoices that were paid or are overdue: no rating. | {n} customers have"
        " fewer than {least} invoices that were paid or are overdue: no rating.",
        n=unrated,
        least=LEAST,
    )
    left_out = sum(rating.left_out for rating in found.values())
    unmeant = say(
        "Left out: {n} invoice due or paid more than a year before its date of issue, or due more than five years"
        " after it. | Left out: {n} invoices due or paid more than a year before their date of issue, or due more than"
        " five years after it.",
        n=left_out,
    )
    nobody = say("Nobody has been invoiced yet: there is nobody to rate.")
    return Report(
        name="rating",
        title="Payer rating",
        as_of=today,
        tables=(Table("rating", "Customers", _COLUMNS, tuple(rows), (Drawn(("days",), ("customer",)),)),),
        formula=FORMULA,
        cannot_know=(
            *((cannot,) if unrated else ()),
            *((unmeant,) if left_out else ()),
            *(() if found else (nobody,)),
        ),
    )


def _row(name: str, rating: Rating) -> tuple[Cell, ...]:
    return (
        name,
        rating.grade,
        rating.shrunk_days,
        None if rating.late is None else (100 * rating.late).quantize(Decimal(1)),
        rating.trend,
        rating.broken,
        rating.paid,
        rating.overdue,
        chained(rating.reasons),
    )
