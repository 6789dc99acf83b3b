"""The benchmark runs to its end and says everything it promises. How fast anything was is not a test's business."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
METRICS = {
    "xero_sync_ratio",
    "quickbooks_sync_ratio",
    "sync_peak_mb",
    "xero_sync_requests",
    "quickbooks_sync_requests",
    "xero_poll_requests",
    "quickbooks_poll_requests",
    "xero_verify_calls",
    "quickbooks_verify_calls",
    "decide_ratio",
    "page_cold_ratio",
    "page_ratio",
    "reports_scan_ratio",
    "reports_pandas_ratio",
    "reports_peak_mb",
    "forecast_scan_ratio",
    "search_scan_ratio",
    "forecast_days_ratio",
    "forecast_weeks_ratio",
    "forecast_bias_percent",
    "forecast_coverage_error",
}


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, dict[str, Any]]:
    """Exit code, terminal output and JSON of the smallest run."""
    results = tmp_path_factory.mktemp("bench") / "latest.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench.run", "--quick", "--invoices", "2000", "--results", str(results)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert results.exists(), done.stderr
    return done.returncode, done.stdout, json.loads(results.read_text(encoding="utf-8"))


def test_every_metric_has_its_value_its_limit_and_a_verdict(
    quick_run: tuple[int, str, dict[str, Any]],
) -> None:
    _, _, report = quick_run
    assert set(report["metrics"]) == METRICS
    for metric in report["metrics"].values():
        assert metric["value"] > 0
        assert metric["ok"] == (metric["value"] <= metric["limit"])


def test_a_poll_takes_one_request_and_many_proofs_take_few(quick_run: tuple[int, str, dict[str, Any]]) -> None:
    _, _, report = quick_run
    counts = {name: metric["value"] for name, metric in report["metrics"].items()}
    assert counts["xero_poll_requests"] == counts["quickbooks_poll_requests"] == 1
    assert counts["xero_verify_calls"] <= 55
    assert counts["quickbooks_verify_calls"] <= 5
    assert counts["xero_sync_requests"] == counts["quickbooks_sync_requests"] == 3


def test_the_exit_code_says_whether_a_limit_is_broken(quick_run: tuple[int, str, dict[str, Any]]) -> None:
    exit_code, _, report = quick_run
    assert exit_code == (0 if all(metric["ok"] for metric in report["metrics"].values()) else 1)


def test_the_table_names_every_metric(quick_run: tuple[int, str, dict[str, Any]]) -> None:
    _, table, _ = quick_run
    assert all(name in table for name in METRICS)
