"""All reports over a firm's books, each cold in a process of its own: against a scan of the invoices, and pandas.

Every figure that pandas reckons from the same file is held against the report's; where they differ, nothing is
measured at all.
"""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from bench import books
from bench.figures import FiguresTask
from bench.find import FindOutcome, FindTask
from bench.measures import Measures
from bench.process import run
from bench.report import SCAN, SCAN_NEEDED, Outcomes, ReportOutcome, ReportTask
from connector.reporting.reports import REPORTS

COMPARED = ("aged-debt", "dso", "collection", "rating", "reminders")
_SLUG = "firm"
_CONFIG = f"""
[sending]
mode = "approve"
from = "a@firm.example"

[xero]
client_id = "bench"

[tenants.{_SLUG}]
ledger = "xero"
zone = "Europe/London"
"""
Ask = Callable[[tuple[str, ...]], dict[str, ReportOutcome]]
_ROUNDED = 0.051  # a report's shares and days have one digit
_ADDED_UP = 1e-9  # of their sum, what binary numbers lose


class _Books(Struct, frozen=True):
    """A file and the office it belongs to. `cold`: each report has a process of its own."""

    file: Path
    config: Path
    cold: bool

    def reports(self, names: Iterable[str]) -> dict[str, ReportOutcome]:
        return self._each(names, self._report)

    def in_pandas(self, names: Iterable[str]) -> dict[str, ReportOutcome]:
        return self._each(names, self.in_pandas_together)

    def in_pandas_together(self, names: tuple[str, ...]) -> dict[str, ReportOutcome]:
        """In one process, which reads each table once."""
        task = FiguresTask(names, str(self.file), books.TODAY)
        return run("bench.figures", task, Outcomes, with_pandas=True).of

    def _report(self, names: tuple[str, ...]) -> dict[str, ReportOutcome]:
        task = ReportTask(names, str(self.config), _SLUG, str(self.file), books.TODAY)
        return run("bench.report", task, Outcomes).of

    def _each(self, names: Iterable[str], ask: Ask) -> dict[str, ReportOutcome]:
        return {name: ask((name,))[name] for name in names} if self.cold else ask(tuple(names))


def measure(invoices: int, repeat: int, folder: Path, measures: Measures, *, cold: bool = True) -> None:
    """Of so many invoices, one in ten of them open."""
    made = _Books(folder / "books.db", folder / "books.toml", cold)
    books.write(made.file, invoices)
    made.config.write_text(_CONFIG)
    scans = [made.reports([SCAN, SCAN_NEEDED]) for _ in range(repeat)]
    scan, needed = (min(each[name].cpu_seconds for each in scans) for name in (SCAN, SCAN_NEEDED))
    measures.explain(scan_cpu_seconds=scan, scan_needed_cpu_seconds=needed)
    reports = made.reports(REPORTS)
    _against_scan(scan, reports, measures)
    _against_pandas(made, reports, measures)
    _search(made.file, invoices, scan, measures)


def _against_scan(scan: float, reports: dict[str, ReportOutcome], measures: Measures) -> None:
    peaks = {name: report.peak_mb for name, report in reports.items()}
    measures.add("reports_scan_ratio", sum(report.cpu_seconds for report in reports.values()) / scan)
    measures.add("reports_peak_mb", max(peaks.values()))
    measures.add("forecast_scan_ratio", reports["forecast"].cpu_seconds / scan)
    for name, report in reports.items():
        key = name.replace("-", "_")
        measures.explain(**{f"report_{key}_cpu_seconds": report.cpu_seconds, f"report_{key}_peak_mb": report.peak_mb})


def _against_pandas(made: _Books, reports: dict[str, ReportOutcome], measures: Measures) -> None:
    alone = made.in_pandas(COMPARED)
    together = made.in_pandas_together(COMPARED) if made.cold else alone
    for name in COMPARED:
        _agree(name, alone[name].figures, reports[name].figures)
    ours, theirs = (sum(each[name].cpu_seconds for name in COMPARED) for each in (reports, alone))
    measures.add("reports_pandas_ratio", ours / theirs)
    measures.explain(
        reports_compared_cpu_seconds=ours,
        pandas_cpu_seconds=theirs,
        pandas_reading_once_cpu_seconds=sum(each.cpu_seconds for each in together.values()),
        pandas_peak_mb=max(each.peak_mb for each in alone.values()),
        figures_compared=sum(len(each.figures) for each in alone.values()),
        **{f"pandas_{name.replace('-', '_')}_cpu_seconds": each.cpu_seconds for name, each in alone.items()},
    )


def _agree(name: str, theirs: dict[str, float], ours: dict[str, float]) -> None:
    assert theirs, name
    for key, figure in theirs.items():
        rounded = 0.0 if figure.is_integer() else _ROUNDED
        assert key in ours, f"{name}: the report does not say {key}"
        assert math.isclose(figure, ours[key], rel_tol=_ADDED_UP, abs_tol=rounded), (name, key, figure, ours[key])


def _search(file: Path, invoices: int, scan: float, measures: Measures) -> None:
    """A number, a part of one, a customer, an e-mail, what most documents have in common, and what none has."""
    number = f"INV-{invoices // 2:06d}"
    texts = (number, number[-5:], "Customer 7 Ltd", "accounts@customer-7.example", "INV", "Customer", "no such thing")
    outcome = run("bench.find", FindTask(str(file), texts), FindOutcome)
    assert [count > 0 for count in outcome.found] == [text != texts[-1] for text in texts], outcome
    measures.add("search_scan_ratio", outcome.cpu_seconds / scan)
    measures.explain(search_cpu_seconds=outcome.cpu_seconds)
