"""The benchmark's numbers, each with the limit it must keep, as a table for people and as JSON for machines."""

import math
import platform
import sqlite3
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.table import Table

PAGE = 1000  # documents in one answer, for both services
RATIO, MEGABYTES, CALLS = "x floor", "MiB", "calls"
SCANS, PANDAS, DUE_DATE, PERCENT, POINTS = "x scan", "x pandas", "x due date", "per cent", "points"


class Measure(Struct, frozen=True, kw_only=True):
    """One number. `ok`: it is not above `limit`."""

    value: float
    limit: float
    ok: bool
    unit: str
    what: str


class Report(Struct, frozen=True, kw_only=True):
    """A whole run. `details` are the figures behind the measures; nothing is judged by them."""

    invoices: int
    reminders: int
    python: str
    sqlite: str
    metrics: dict[str, Measure]
    details: dict[str, float]


class _Promise(Struct, frozen=True):
    limit: float
    unit: str
    what: str


def _promises(invoices: int) -> dict[str, _Promise]:
    """Every metric there is; one request more than there are pages is allowed, because pages overlap."""
    requests = math.ceil(invoices / PAGE) + 1
    return {
        "xero_sync_ratio": _Promise(2.5, RATIO, "first sync"),
        "quickbooks_sync_ratio": _Promise(2.5, RATIO, "first sync"),
        "sync_peak_mb": _Promise(80, MEGABYTES, "peak memory"),
        "sync_peak_growth_mb": _Promise(10, MEGABYTES, "for tenfold invoices"),
        "xero_sync_requests": _Promise(requests, CALLS, "first sync"),
        "quickbooks_sync_requests": _Promise(requests, CALLS, "first sync"),
        "xero_poll_requests": _Promise(1, CALLS, "0.1 % changed"),
        "quickbooks_poll_requests": _Promise(1, CALLS, "0.1 % changed"),
        "xero_verify_calls": _Promise(55, CALLS, "proof of reminders"),
        "quickbooks_verify_calls": _Promise(5, CALLS, "proof of reminders"),
        "decide_ratio": _Promise(3, RATIO, "reasons stored"),
        "page_cold_ratio": _Promise(15, RATIO, "a hundred firms, nothing remembered"),
        "page_ratio": _Promise(2, RATIO, "a hundred firms, one of them changed"),
        "reports_scan_ratio": _Promise(25, SCANS, "all reports, cold"),
        "reports_pandas_ratio": _Promise(0.8, PANDAS, "five reports whose figures are the same, cold"),
        "reports_peak_mb": _Promise(96, MEGABYTES, "peak memory"),
        "forecast_scan_ratio": _Promise(150, SCANS, "when the open invoices' money comes"),
        "search_scan_ratio": _Promise(3, SCANS, "the slowest of seven searches"),
        "forecast_days_ratio": _Promise(0.7, DUE_DATE, "error of the day, the worst ledger"),
        "forecast_weeks_ratio": _Promise(0.65, DUE_DATE, "error of the weeks' cash, the worst ledger"),
        "forecast_bias_percent": _Promise(2, PERCENT, "over or under, the worst ledger"),
        "forecast_coverage_error": _Promise(5, POINTS, "80 % intervals, off by so much, the worst ledger"),
    }


class Measures:
    """Collects what is measured; a name without a promise is refused."""

    def __init__(self, invoices: int, reminders: int) -> None:
        self._invoices = invoices
        self._reminders = reminders
        self._promises = _promises(invoices)
        self._metrics: dict[str, Measure] = {}
        self._details: dict[str, float] = {}

    def add(self, name: str, value: float) -> None:
        promise = self._promises[name]
        value = round(value, 2)
        self._metrics[name] = Measure(
            value=value, limit=promise.limit, ok=value <= promise.limit, unit=promise.unit, what=promise.what
        )

    def explain(self, **figures: float) -> None:
        """Keep figures that stand behind the metrics."""
        self._details |= {name: round(value, 3) for name, value in figures.items()}

    def report(self) -> Report:
        """What was measured, in the order of the promises."""
        return Report(
            invoices=self._invoices,
            reminders=self._reminders,
            python=platform.python_version(),
            sqlite=sqlite3.sqlite_version,
            metrics={name: self._metrics[name] for name in self._promises if name in self._metrics},
            details=self._details,
        )


def save(report: Report, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def table(report: Report) -> Table:
    made = Table(
        title=f"{report.invoices:,} invoices, {report.reminders:,} reminders", title_justify="left", title_style="bold"
    )
    made.add_column("metric", no_wrap=True)
    made.add_column("value", justify="right")
    made.add_column("limit", justify="right")
    made.add_column("unit")
    made.add_column("ok")
    made.add_column("what")
    for name, one in report.metrics.items():
        made.add_row(name, f"{one.value:g}", f"{one.limit:g}", one.unit, _verdict(one), one.what)
    return made


def _verdict(measure: Measure) -> str:
    return "[green]yes[/green]" if measure.ok else "[bold red]NO[/bold red]"
