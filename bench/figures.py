"""Measured process: what five of the reports say, reckoned in pandas from the same file, as an analyst would.

Amounts stay whole minor units. What pandas is slow at is left to SQLite here too: the parts of payments are read from
the documented view `allocation`, which is quicker than decoding them in Python.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from msgspec import Struct

from bench.process import answer, cpu_time, peak_mb, read_task
from bench.report import Outcomes, ReportOutcome

_WINDOW = 90
_PRIOR = 1.2  # invoices, as docs/reference/rating.md says
_MOST_LATE = 365
_LEAST = 3
_BUCKETS = ["current", "days_1_30", "days_31_60", "days_61_90", "days_over_90"]
_INVOICES = "SELECT id, contact_id, status, currency, total_minor, due_minor, issued_on, due_on FROM invoice"
_MONEY = "SELECT invoice_id AS id, amount_minor, applied_on FROM allocation WHERE source = 'payment'"
_REMINDERS = """
    SELECT reminder.id AS reminder, message_id, invoice_id AS id, reminder.sent_on, verified_at,
           proof ->> 'due_minor' AS asked
    FROM reminder JOIN message ON message.id = message_id
    WHERE reminder.state IN ('sent', 'noted') AND message.channel NOT IN ('dry', 'restored')
"""
_STAMPS = "SELECT id AS source_id, updated_at AS stamp FROM payment"
_SOURCES = "SELECT source_id, invoice_id AS id, amount_minor, applied_on FROM allocation WHERE source = 'payment'"
_DELIVERIES = "SELECT message_id, kind FROM delivery WHERE message_id IS NOT NULL"
Figures = dict[str, float]


class FiguresTask(Struct, frozen=True):
    """`names` are those of reports; what several need is read once."""

    names: tuple[str, ...]
    file: str
    day: date


class Frames:
    """The file's tables, each read when it is first needed."""

    def __init__(self, file: sqlite3.Connection, day: date) -> None:
        self._file = file
        self.today = pd.Timestamp(day)
        self.first = self.today - pd.Timedelta(days=_WINDOW - 1)

    @cached_property
    def invoices(self) -> pd.DataFrame:
        found = self.read(_INVOICES, ["issued_on", "due_on"])
        return found[found.status.isin(["open", "paid"])]

    @cached_property
    def money(self) -> pd.DataFrame:
        return self.read(_MONEY, ["applied_on"])

    def read(self, query: str, days: list[str] | None = None) -> pd.DataFrame:
        return pd.read_sql_query(query, self._file, parse_dates=dict.fromkeys(days or [], "%Y-%m-%d"))


def main() -> None:
    task = read_task(FiguresTask)
    with closing(sqlite3.connect(task.file)) as file:
        frames = Frames(file, task.day)
        answer(Outcomes({name: _reckoned(frames, name) for name in task.names}))


def _reckoned(frames: Frames, name: str) -> ReportOutcome:
    with cpu_time() as watch:
        found = FIGURES[name](frames)
    figures = {key: float(value) for key, value in found.items()}
    return ReportOutcome(cpu_seconds=watch.cpu_seconds, peak_mb=peak_mb(), figures=figures)


def _aged_debt(frames: Frames) -> Figures:
    """Per customer, as the report has it, and per currency."""
    owed = frames.invoices[(frames.invoices.due_minor > 0) & (frames.invoices.status == "open")]
    late = (frames.today - owed.due_on).dt.days
    bucket = pd.cut(late, [-np.inf, 0, 30, 60, 90, np.inf], labels=_BUCKETS)
    by_customer = owed.groupby(["contact_id", "currency", bucket], observed=False).due_minor.sum().unstack(fill_value=0)
    by_currency = by_customer.groupby("currency").sum()
    return {f"totals.{code}.{key}": int(row[key]) for code, row in by_currency.iterrows() for key in _BUCKETS}


def _owed_on(frames: Frames, day: pd.Timestamp) -> pd.DataFrame:
    """What was left of each invoice at the end of a past day."""
    known = frames.invoices[frames.invoices.issued_on <= day]
    came = frames.money[frames.money.applied_on <= day].groupby("id").amount_minor.sum()
    left = known.assign(left=known.total_minor - known.id.map(came).fillna(0).astype("int64"))
    return left[left.left != 0]


def _dso(frames: Frames) -> Figures:
    owed = frames.invoices.groupby("currency").due_minor.sum()
    not_due = frames.invoices[frames.invoices.due_on >= frames.today].groupby("currency").due_minor.sum()
    sold = frames.invoices[frames.invoices.issued_on.between(frames.first, frames.today)].groupby("currency")
    invoiced, count = sold.total_minor.sum(), sold.total_minor.count()
    waited = _came_in(frames).groupby("currency")[["amount_minor", "from_issue"]].sum()
    months = frames.invoices.groupby(["currency", frames.invoices.issued_on.dt.to_period("M")]).total_minor.sum()
    found: Figures = {}
    for code in owed.index:
        lead = f"currencies.{code}."
        found[lead + "owed"], found[lead + "invoiced"] = int(owed[code]), int(invoiced[code])
        found[lead + "invoices"] = int(count[code])
        found[lead + "dso"] = owed[code] / invoiced[code] * _WINDOW
        found[lead + "best_possible"] = not_due[code] / invoiced[code] * _WINDOW
        found[lead + "countback"] = _countback(int(owed[code]), months[code], frames.today)
        found[lead + "days_to_pay"] = waited.from_issue[code] / waited.amount_minor[code]
    return found


def _countback(owed: int, months: "pd.Series[int]", day: pd.Timestamp) -> float:
    days = 0.0
    while owed >= months.get(day.to_period("M"), 0):
        owed -= months.get(day.to_period("M"), 0)
        days += day.day
        day -= pd.Timedelta(days=day.day)
    return float(days + owed * day.day / months[day.to_period("M")])


def _came_in(frames: Frames) -> pd.DataFrame:
    came = frames.money[frames.money.applied_on.between(frames.first, frames.today)]
    with_invoice = came.merge(frames.invoices[["id", "currency", "issued_on", "due_on"]], on="id")
    minor, day = with_invoice.amount_minor, with_invoice.applied_on
    return with_invoice.assign(
        from_issue=minor * (day - with_invoice.issued_on).dt.days, beyond=minor * (day - with_invoice.due_on).dt.days
    )


def _collection(frames: Frames) -> Figures:
    before = _owed_on(frames, frames.first - pd.Timedelta(days=1)).groupby("currency").left.sum()
    owed = frames.invoices.groupby("currency").due_minor.sum()
    not_due = frames.invoices[frames.invoices.due_on >= frames.today].groupby("currency").due_minor.sum()
    sold = frames.invoices[frames.invoices.issued_on.between(frames.first, frames.today)]
    invoiced = sold.groupby("currency").total_minor.sum()
    fell = frames.invoices[frames.invoices.due_on.between(frames.first, frames.today)]
    came = frames.money[frames.money.applied_on <= frames.today].groupby("id").amount_minor.sum()
    fallen = fell.assign(settled=fell.id.map(came).fillna(0)).groupby("currency")[["total_minor", "settled"]].sum()
    beyond = _came_in(frames).groupby("currency")[["amount_minor", "beyond"]].sum()
    found: Figures = {}
    for code in owed.index:
        lead, collectable = f"currencies.{code}.", before[code] + invoiced[code]
        found[lead + "owed_before"], found[lead + "fell_due"] = int(before[code]), int(fallen.total_minor[code])
        found[lead + "cei"] = 100 * (collectable - owed[code]) / (collectable - not_due[code])
        found[lead + "collection_rate"] = 100 * fallen.settled[code] / fallen.total_minor[code]
        found[lead + "days_beyond_terms"] = beyond.beyond[code] / beyond.amount_minor[code]
    return found


def _rating(frames: Frames) -> Figures:
    """How late everybody is on average, shrunk to all customers' average."""
    came = frames.money.groupby("id").agg(minor=("amount_minor", "sum"), day=("applied_on", "max"))
    found = frames.invoices.merge(came, left_on="id", right_index=True, how="left")
    is_paid = (found.status == "paid") & (found.minor >= found.total_minor)
    found = found[
        (found.due_on - found.issued_on).dt.days.between(-366, 1827)
        & (is_paid | ((found.status == "open") & (found.due_minor > 0) & (found.due_on < frames.today)))
    ]
    paid = found.status == "paid"
    late = (found.day.where(paid, frames.today) - found.due_on).dt.days.clip(-_MOST_LATE, _MOST_LATE)
    each = late.groupby(found.contact_id).agg(["sum", "count"])
    each["late"] = (late > 0).groupby(found.contact_id).sum()
    rated = each[each["count"] >= _LEAST]
    days = (rated["sum"] + _PRIOR * late.mean()) / (rated["count"] + _PRIOR)
    often = 100 * (rated["late"] + _PRIOR * (late > 0).mean()) / (rated["count"] + _PRIOR)
    return {
        "rating.paid": int(paid.sum()),
        "rating.overdue": int((~paid).sum()),
        "rating.days": float(days.round(1).sum()),
        "rating.late": float(often.round().sum()),
    }


def _reminders(frames: Frames) -> Figures:
    """What left in the window: how it arrived, and what was paid after it, or before it."""
    sent = frames.read(_REMINDERS, ["sent_on"])
    sent = sent[sent.sent_on.between(frames.first, frames.today)]
    told = frames.read(_DELIVERIES)
    told = told[told.message_id.isin(sent.message_id)].groupby("message_id").kind.agg("max")
    money = frames.read(_SOURCES, ["applied_on"])
    money = money[money.id.isin(sent.id)].merge(frames.read(_STAMPS), on="source_id", how="left")
    asked = sent.merge(frames.invoices[["id", "status"]], on="id")
    settled = money.groupby("id").applied_on.max()
    days = (asked.id.map(settled) - asked.sent_on).dt.days.where(asked.status == "paid")
    age = (frames.today - asked.sent_on).dt.days
    before = asked.merge(money, on="id")
    false = before[(before.applied_on < before.sent_on) & (before.stamp > before.verified_at)].reminder.nunique()
    judged = [((age >= within) & ~(days < 0), (days >= 0) & (days <= within)) for within in (3, 7, 14)]
    lead = f"summary.{sent.message_id.nunique()}."
    return {
        lead + "messages": sent.message_id.nunique(),
        lead + "invoices": sent.id.nunique(),
        lead + "false_chases": false,
        "messages.soft.delivered": int((told == "delivered").sum()),
        "messages.soft.undelivered": int((told == "bounced").sum()),
        "paid.soft.asked": int(sum(known.sum() for known, _ in judged)),
        "paid.soft.paid": int(sum((known & paid).sum() for known, paid in judged)),
        "reminders.soft.median_days": float(days[days >= 0].median()),
        "reminders.soft.unpaid": int((asked.status == "open").sum()),
    }


FIGURES: dict[str, Callable[[Frames], Figures]] = {
    "aged-debt": _aged_debt,
    "dso": _dso,
    "collection": _collection,
    "rating": _rating,
    "reminders": _reminders,
}


if __name__ == "__main__":
    main()
