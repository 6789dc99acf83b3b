"""What Prometheus reads: the pulse of the daemon, the registry, and what the webhook receivers counted.

Collected at the moment somebody asks, so that no other part of Dun has to know that metrics exist. The only label that
could tell of a client is the tenant's short name. Counters begin again with the process, as Prometheus expects.
The page docs/reference/monitoring.md lists every one of them; a test keeps both in step.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connector.running.pulse import TenantPulse
from connector.web.probes import alive, beat_age
from connector.web.scene import RegistryView, Scene
from state.model import LedgerName, TenantSlug

VERSION = version("dun-connector")
Sample = tuple[tuple[str, ...], float]  # values of the labels, and the figure


class Figures(Collector):
    """One reading. Make a new one for each time somebody asks."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def collect(self) -> Iterator[Metric]:
        yield from _daemon(self._scene)
        yield from _cycles(self._scene.seen.tenants)
        yield from _reminders(self._scene.seen.tenants)
        yield from _last_reports(self._scene.seen.tenants)
        yield from _connections(self._scene.registry)
        yield from _alerts(self._scene.registry)
        yield from _spending(self._scene)
        yield _webhooks(self._scene.webhooks)


def _daemon(scene: Scene) -> Iterator[Metric]:
    seen, now = scene.seen, scene.now
    yield _gauge("dun_build_info", "Always 1; the label tells the version.", [((VERSION,), 1)], "version")
    yield _gauge("dun_up", "1 while the metronome beats, 0 when it has stopped.", [((), alive(seen, now))])
    yield _gauge("dun_beat_age_seconds", "Seconds since the metronome was heard.", [((), beat_age(seen, now))])
    yield _gauge(
        "dun_start_time_seconds", "When this process began, in Unix time.", [((), seen.started_at.timestamp())]
    )


def _cycles(tenants: Mapping[TenantSlug, TenantPulse]) -> Iterator[Metric]:
    each = tenants.items()
    yield _counter("dun_cycles", "Cycles that ended.", [((slug,), pulse.cycles) for slug, pulse in each])
    yield _counter(
        "dun_cycle_failures",
        "Cycles that ended with a problem, or not at all.",
        [((slug,), pulse.failures) for slug, pulse in each],
    )
    yield _gauge(
        "dun_cycle_duration_seconds",
        "How long the last cycle took.",
        [((slug,), pulse.seconds) for slug, pulse in each if pulse.cycles],
        "tenant",
    )
    yield _gauge(
        "dun_cycle_running",
        "1 while a cycle is at work.",
        [((slug,), pulse.working) for slug, pulse in each],
        "tenant",
    )
    yield _counter("dun_api_calls", "Calls to the ledger.", [((slug,), pulse.totals.api_calls) for slug, pulse in each])


def _reminders(tenants: Mapping[TenantSlug, TenantPulse]) -> Iterator[Metric]:
    totals = [(slug, pulse.totals) for slug, pulse in tenants.items()]
    yield _counter(
        "dun_reminders_sent",
        "Reminders that left.",
        [((slug, stage), number) for slug, total in totals for stage, number in total.sent.items()],
        "tenant",
        "stage",
    )
    yield _counter(
        "dun_reminders_stopped",
        "Reminders that the live check stopped.",
        [((slug, reason), number) for slug, total in totals for reason, number in total.stopped.items()],
        "tenant",
        "reason",
    )
    yield _counter(
        "dun_reminders_failed", "Reminders that a carrier refused.", [((slug,), total.failed) for slug, total in totals]
    )
    yield _counter(
        "dun_reminders_unknown",
        "Reminders that perhaps left; a person settles them.",
        [((slug,), total.unknown) for slug, total in totals],
    )
    yield _counter(
        "dun_notes_written", "Notes written to the ledger.", [((slug,), total.notes_written) for slug, total in totals]
    )


def _last_reports(tenants: Mapping[TenantSlug, TenantPulse]) -> Iterator[Metric]:
    last = [(slug, pulse.last) for slug, pulse in tenants.items() if pulse.last]
    for name, help_text, field in (
        ("dun_notes_owed", "Notes still to be written, after the last cycle.", "notes_waiting"),
        ("dun_open_invoices", "Open invoices in the mirror, after the last cycle.", "open_invoices"),
        ("dun_reminders_awaiting_approval", "Reminders a person has to approve.", "awaiting_approval"),
        ("dun_records_quarantined", "Records of the last cycle that could not be understood.", "quarantined"),
    ):
        yield _gauge(name, help_text, [((slug,), getattr(report, field)) for slug, report in last], "tenant")


def _connections(view: RegistryView) -> Iterator[Metric]:
    yield _gauge(
        "dun_tenant_parked",
        "1 while a connection is dead or ended and a person has to mend it.",
        [((tenant.slug,), tenant.parked_at is not None) for tenant in view.connected],
        "tenant",
    )
    yield _gauge(
        "dun_last_success_timestamp_seconds",
        "When the last cycle without a problem ended, in Unix time; it outlives restarts.",
        [((tenant.slug,), tenant.succeeded_at.timestamp()) for tenant in view.connected if tenant.succeeded_at],
        "tenant",
    )
    yield _gauge(
        "dun_connection_ends_timestamp_seconds",
        "When a connection ends if nobody renews it, in Unix time.",
        [((slug,), ends_at.timestamp()) for slug, ends_at in view.endings],
        "tenant",
    )


def _alerts(view: RegistryView) -> Iterator[Metric]:
    yield _gauge(
        "dun_alert",
        "1 for each trouble that lasts; one of the whole installation has an empty tenant.",
        [((a.finding.code, a.finding.tenant or "", a.finding.severity), 1) for a in view.alerts],
        "code",
        "tenant",
        "severity",
    )
    yield _gauge("dun_alert_delivery_failures", "Attempts in a row that told nobody of an alert.", [((), view.untold)])


def _spending(scene: Scene) -> Iterator[Metric]:
    yield _gauge(
        "dun_api_calls_last_day",
        "Calls to the ledger in the last 24 hours, by all processes.",
        [((one.slug, spent.purpose), spent.calls) for one in scene.spending for spent in one.by_purpose],
        "tenant",
        "purpose",
    )
    yield _gauge(
        "dun_api_calls_left_today",
        "Calls that the ledger still allows, as it said last.",
        [((one.slug,), one.left) for one in scene.spending if one.left is not None],
        "tenant",
    )


def _webhooks(posts: Mapping[LedgerName, Mapping[str, int]]) -> Metric:
    samples = [((ledger, outcome), number) for ledger, of in posts.items() for outcome, number in of.items()]
    return _counter("dun_webhooks", "Posts to a webhook receiver.", samples, "ledger", "outcome")


def _gauge(name: str, help_text: str, samples: Iterable[Sample], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, figure in samples:
        family.add_metric(values, figure)
    return family


def _counter(name: str, help_text: str, samples: Iterable[Sample], *labels: str) -> Metric:
    family = CounterMetricFamily(name, help_text, labels=labels or ("tenant",))
    for values, figure in samples:
        family.add_metric(values, figure)
    return family
