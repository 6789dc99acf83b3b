"""Writes to the people who look after Dun: what is newly wrong, and what is over, in one plain message.

Two processes never tell the same twice, because telling has a lock of its own. Where it is not certain that a mail has
left, or the process is killed before that could be written down, it is told again: unlike a customer, a keeper is
better told twice than not at all.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from connector.config.settings import Config
from connector.config.values import parse_mailbox
from connector.credentials import CredentialError
from connector.wiring import Installation
from connectors.channels.channel import Address, ChannelError, Message
from state.alerts import Alert, DeliveryFailure, Finding, News
from state.clock import Clock
from state.errors import Busy
from state.locks import exclusive
from state.model import TenantSlug
from state.plain_text import bounded, plain
from state.registry import Registry

PATIENCE_SECONDS = 10
FIRST_PAUSE = timedelta(minutes=5)  # after a failed attempt; doubled with every further one
LONGEST_PAUSE = timedelta(hours=6)

log = structlog.get_logger()


def tell(installation: Installation) -> None:
    """Send what nobody has been told yet, if there is anything and somebody to tell.

    An attempt that fails is kept in the registry, is shown by `dun doctor`, and is repeated after a pause.
    """
    try:
        with exclusive(installation.config.data / "locks", "alerts", wait=False):
            _tell(installation)
    except Busy:
        return  # somebody is telling right now; what he does not know yet is told with the next look


def _tell(installation: Installation) -> None:
    alerts, now = installation.registry.alerts, installation.clock.now()
    news = alerts.news(now)
    failure = alerts.failure()
    if not news or not _somebody(installation.config) or (failure and _too_soon(failure, now)):
        return
    try:
        channel = installation.carrier(installation.config.alerts.channel, PATIENCE_SECONDS)
        channel.send(message(installation.config, news))
    except (ChannelError, CredentialError, ValueError) as error:  # ValueError: settings no carrier can use
        alerts.not_told(str(error), installation.clock.now())
        log.warning("keepers could not be told", reason=str(error))
    else:
        alerts.told(news, installation.clock.now())
        log.info("keepers told", new=_codes(news.new), over=_codes(news.over))


class Unopened(Installation):
    """As much of an installation as there is without a key: enough to write to the keepers."""

    def __init__(self, config: Config, clock: Clock, registry: Registry | None = None) -> None:
        self.config = config
        self.clock = clock
        if registry is not None:
            self.registry = registry


def tell_directly(config: Config, clock: Clock, finding: Finding) -> bool:
    """Send this one although there is no registry to remember it in. Whether it has left."""
    if not _somebody(config):
        return True
    now = clock.now()
    alert = Alert(finding=finding, since=now, seen_at=now, told_at=None, cleared_at=None)
    try:
        channel = Unopened(config, clock).carrier(config.alerts.channel, PATIENCE_SECONDS)
        channel.send(message(config, News((alert,), ())))
    except (ChannelError, CredentialError, ValueError) as error:
        log.warning("keepers could not be told", reason=str(error))
        return False
    log.info("keepers told", new=_codes((alert,)), over=[])
    return True


def message(config: Config, news: News) -> Message:
    """Everything new and everything over, most urgent first; nothing of any customer."""
    if config.alerts_sender is None:
        raise ValueError("alerts have no sender")
    return Message(
        id=f"alert-{secrets.token_hex(8)}",
        sender=config.alerts_sender,
        reply_to=None,
        to=tuple(_recipients(config)),
        subject=_subject(news),
        text="\n".join(plain(bounded(line)) for line in _text(news)),
        html="",
        stage="alert",
        tenant="dun",
    )


def _somebody(config: Config) -> bool:
    return bool(config.alerts.to) and config.alerts_sender is not None


def _recipients(config: Config) -> Iterator[Address]:
    return (parse_mailbox(text) for text in config.alerts.to)


def _too_soon(failure: DeliveryFailure, now: datetime) -> bool:
    """Also false for a failure in the future: the clock was ahead then."""
    pause = min(FIRST_PAUSE * (1 << min(failure.failures - 1, 10)), LONGEST_PAUSE)
    return timedelta(0) <= now - failure.failed_at < pause


def _subject(news: News) -> str:
    if not news.new:
        return f"Dun: over: {_about(news.over)}"
    worst = "needs you now" if any(alert.finding.severity == "critical" for alert in news.new) else "needs a look"
    return f"Dun {worst}: {_about(news.new)}"


def _about(alerts: tuple[Alert, ...]) -> str:
    """The tenants concerned, or this machine."""
    return ", ".join(dict.fromkeys(_place(alert.finding.tenant) for alert in alerts))


def _codes(alerts: tuple[Alert, ...]) -> list[str]:
    return [f"{alert.finding.tenant or '*'}:{alert.finding.code}" for alert in alerts]


def _place(tenant: TenantSlug | None) -> str:
    return tenant or "the installation"


def _text(news: News) -> Iterator[str]:
    for alert in sorted(news.new, key=_urgency):
        yield from (_headline(alert.finding), f"  What to do: {alert.finding.mend}.", "")
    if news.over:
        yield from ("Over:", *(f"- {_headline(alert.finding)}" for alert in news.over), "")
    yield "`dun doctor` shows everything that is wrong now. Each trouble is told once, and once more when it is over."


def _urgency(alert: Alert) -> tuple[bool, str]:
    return alert.finding.severity != "critical", alert.finding.tenant or ""


def _headline(finding: Finding) -> str:
    return f"{_place(finding.tenant)}: {finding.words}"
