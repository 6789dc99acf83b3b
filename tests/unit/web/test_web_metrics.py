"""What Prometheus reads, and that the page about it says the same."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from unit.web.posts import NOW, ORGANISATION, xero_post

from connector.report import CycleReport, Problem
from connector.vault.keeper import open_vault
from connector.web.probes import LATEST_BEAT_SECONDS
from state.alerts import Finding
from state.budgets import Budgets, Call
from state.model import TenantSlug, TokenSet

NORTH, WEST = TenantSlug("north"), TenantSlug("west")
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "monitoring.md"
TOKENS = TokenSet(
    access_token="a", refresh_token="r", expires_at=NOW, refresh_expires_at=NOW + timedelta(days=60), scope="s"
)
SPOILT = Finding(code="sync_stale", severity="critical", tenant=NORTH, words="w", mend="m")


def report(**figures: object) -> CycleReport:
    return CycleReport(tenant=NORTH, business_day=date(2026, 3, 2), **figures)


@pytest.fixture
def busy(port):
    """After two cycles of north, one of which met a problem, and with a sample of everything else."""
    port.pulse.beat(NOW, {NORTH: NOW, WEST: None})
    for problems in ([], [Problem("outage", "the ledger does not answer")]):
        port.pulse.started(NORTH, NOW)
        port.pulse.ended(
            NORTH,
            NOW,
            2.5,
            report(
                sent=Counter(friendly=3, soft=1),
                stopped=Counter(paid=2),
                notes_written=4,
                notes_waiting=1,
                api_calls=30,
                open_invoices=120,
                failed=1,
                problems=problems,
            ),
        )
    with port.registry as registry:
        registry.succeeded(NORTH, NOW)
        registry.park(WEST, "the consent has ended", NOW)
        registry.alerts.observed(NORTH, [SPOILT], NOW)
        registry.alerts.not_told("the mail server does not answer", NOW)
        open_vault(registry, port.config).save(NORTH, TOKENS, NOW)
    with Budgets.open(port.config.data / "budgets.db") as budgets:
        owner = f"xero:{ORGANISATION}"
        budgets.take(Call(owner, "xero-app:app", "verify", metered=False, lanes=()), NOW)
        budgets.marks.hear(owner, "day", 940, NOW)
    port.post("xero", xero_post(ORGANISATION))
    port.post("xero", xero_post(ORGANISATION), "Zm9yZ2Vk")
    return port


@pytest.fixture
def figures(busy):
    """By name and the values of the labels, in the order of their names."""
    return samples(busy.get("/metrics").text)


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        (("dun_up",), 1),
        (("dun_beat_age_seconds",), 0),
        (("dun_start_time_seconds",), NOW.timestamp()),
        (("dun_cycles_total", "north"), 2),
        (("dun_cycles_total", "west"), 0),
        (("dun_cycle_failures_total", "north"), 1),
        (("dun_cycle_duration_seconds", "north"), 2.5),
        (("dun_cycle_running", "north"), 0),
        (("dun_reminders_sent_total", "friendly", "north"), 6),
        (("dun_reminders_sent_total", "soft", "north"), 2),
        (("dun_reminders_stopped_total", "paid", "north"), 4),
        (("dun_reminders_failed_total", "north"), 2),
        (("dun_reminders_unknown_total", "north"), 0),
        (("dun_notes_written_total", "north"), 8),
        (("dun_notes_owed", "north"), 1),
        (("dun_open_invoices", "north"), 120),
        (("dun_api_calls_total", "north"), 60),
        (("dun_api_calls_last_day", "verify", "north"), 1),
        (("dun_api_calls_left_today", "north"), 940),
        (("dun_tenant_parked", "north"), 0),
        (("dun_tenant_parked", "west"), 1),
        (("dun_last_success_timestamp_seconds", "north"), NOW.timestamp()),
        (("dun_connection_ends_timestamp_seconds", "north"), (NOW + timedelta(days=60)).timestamp()),
        (("dun_alert", "sync_stale", "critical", "north"), 1),
        (("dun_alert_delivery_failures",), 1),
        (("dun_webhooks_total", "xero", "accepted"), 1),
        (("dun_webhooks_total", "xero", "forged"), 1),
        (("dun_webhooks_total", "quickbooks", "accepted"), 0),
    ],
)
def test_a_figure_is_what_happened(figures, name, figure) -> None:
    assert figures[name] == figure


def test_a_stopped_metronome_is_not_up(port) -> None:
    port.clock.sleep(LATEST_BEAT_SECONDS + 1)

    assert samples(port.get("/metrics").text)[("dun_up",)] == 0


def test_a_daemon_that_has_done_nothing_yet_has_figures(port) -> None:
    figures = samples(port.get("/metrics").text)

    assert figures[("dun_tenant_parked", "north")] == 0
    assert not any(name[0].startswith("dun_api_calls_l") for name in figures)


def test_what_a_ledger_said_of_a_day_that_is_over_is_not_told(busy) -> None:
    busy.clock.sleep(timedelta(days=2).total_seconds())

    assert ("dun_api_calls_left_today", "north") not in samples(busy.get("/metrics").text)


def test_newer_tokens_move_the_end_of_a_connection(busy) -> None:
    busy.get("/metrics")
    with busy.registry as registry:
        later = msgspec.structs.replace(TOKENS, refresh_expires_at=NOW + timedelta(days=61))
        open_vault(registry, busy.config).save(NORTH, later, NOW + timedelta(days=1))

    ends_at = samples(busy.get("/metrics").text)[("dun_connection_ends_timestamp_seconds", "north")]

    assert ends_at == (NOW + timedelta(days=61)).timestamp()


def test_tokens_that_cannot_be_opened_do_not_fail_the_scrape(busy) -> None:
    (busy.config.data / "vault.key").unlink()

    figures = samples(busy.get("/metrics").text)

    assert ("dun_connection_ends_timestamp_seconds", "north") not in figures
    assert figures[("dun_up",)] == 1


def test_a_cycle_without_a_report_counts_as_failed_and_forgets_nothing(busy) -> None:
    busy.pulse.ended(NORTH, NOW, 1.0, None)

    figures = samples(busy.get("/metrics").text)

    assert figures[("dun_cycle_failures_total", "north")] == 2
    assert figures[("dun_reminders_sent_total", "friendly", "north")] == 6


def test_nothing_but_short_names_tells_of_a_client(busy) -> None:
    text = busy.get("/metrics").text

    assert "North Ltd" not in text
    assert ORGANISATION not in text


def test_a_registry_that_cannot_be_read_fails_the_scrape_in_words(port) -> None:
    (port.config.data / "registry.db").write_bytes(b"not a database at all, but long enough to be read as one" * 10)

    answer = port.get("/metrics")

    assert answer.status_code == 503
    assert "registry.db" in answer.text


def test_asking_makes_no_files(port) -> None:
    port.config.data.rename(port.folder / "elsewhere")

    assert port.get("/metrics").status_code == 200
    assert not port.config.data.exists()


def test_scrapers_that_prefer_openmetrics_get_it(port) -> None:
    answer = port.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_the_page_lists_every_figure_and_no_other(busy) -> None:
    families = text_string_to_metric_families(busy.get("/metrics").text)
    served = [
        (
            family.name + "_total" * (family.type == "counter"),
            family.type,
            ", ".join(family.samples[0].labels) if family.samples else "tenant",
            family.documentation,
        )
        for family in families
    ]
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(dun_\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", page, re.MULTILINE)

    assert [(name, kind, labels.strip(), words) for name, kind, labels, words in rows] == served
