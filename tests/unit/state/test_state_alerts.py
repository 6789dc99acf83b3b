"""Each trouble is news once, and once more when it is over, however often somebody looks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from state.alerts import CALM, Alerts, Finding, Severity
from state.model import TenantSlug
from state.registry import Registry

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
ACME, OTHER = TenantSlug("acme"), TenantSlug("other")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Alerts]:
    with Registry.open(tmp_path / "registry.db") as registry:
        yield registry.alerts


def finding(code: str = "parked", tenant: TenantSlug | None = ACME, severity: Severity = "warning") -> Finding:
    return Finding(code=code, severity=severity, tenant=tenant, words=f"{code} it is", mend="do something")


def told(alerts: Alerts, at: datetime) -> tuple[list[str], list[str]]:
    """The codes that are told at this instant: new ones, and ended ones."""
    news = alerts.news(at)
    alerts.told(news, at)
    return [alert.finding.code for alert in news.new], [alert.finding.code for alert in news.over]


def test_a_trouble_is_news_once_however_often_it_is_seen(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    first = told(alerts, AT)
    alerts.observed(ACME, [finding()], AT + 5 * MINUTE)

    assert first == (["parked"], [])
    assert told(alerts, AT + 5 * MINUTE) == ([], [])
    [lasting] = alerts.lasting()
    assert (lasting.since, lasting.seen_at, lasting.told_at) == (AT, AT + 5 * MINUTE, AT)


def test_the_end_of_a_trouble_is_told_once_after_a_calm(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    told(alerts, AT)
    alerts.observed(ACME, [], AT + MINUTE)

    assert told(alerts, AT + CALM) == ([], [])
    assert told(alerts, AT + MINUTE + CALM) == ([], ["parked"])
    assert told(alerts, AT + 2 * CALM) == ([], [])
    assert alerts.lasting() == []


def test_a_trouble_that_comes_back_within_the_calm_is_neither_over_nor_new(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    told(alerts, AT)
    alerts.observed(ACME, [], AT + MINUTE)
    alerts.observed(ACME, [finding()], AT + CALM)

    assert told(alerts, AT + 3 * CALM) == ([], [])
    assert alerts.lasting()[0].since == AT


def test_a_trouble_that_comes_back_after_its_end_was_told_is_new(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    told(alerts, AT)
    alerts.observed(ACME, [], AT)
    told(alerts, AT + CALM)
    alerts.observed(ACME, [finding()], AT + 2 * CALM)

    assert told(alerts, AT + 2 * CALM) == (["parked"], [])
    assert alerts.lasting()[0].since == AT + 2 * CALM


def test_what_ended_before_anybody_was_told_is_never_told(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    alerts.observed(ACME, [], AT + MINUTE)

    assert told(alerts, AT + 2 * CALM) == ([], [])


def test_a_trouble_that_becomes_critical_is_told_again(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding("connection_ends")], AT)
    told(alerts, AT)
    alerts.observed(ACME, [finding("connection_ends", severity="critical")], AT + MINUTE)

    assert told(alerts, AT + MINUTE) == (["connection_ends"], [])
    alerts.observed(ACME, [finding("connection_ends", severity="critical")], AT + 2 * MINUTE)
    assert told(alerts, AT + 2 * MINUTE) == ([], [])


def test_a_look_that_could_not_see_everything_ends_nothing(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    alerts.observed(ACME, [finding("file_unusable")], AT, complete=False)

    assert [alert.finding.code for alert in alerts.lasting()] == ["file_unusable", "parked"]


def test_looking_at_one_tenant_says_nothing_about_the_others(alerts: Alerts) -> None:
    for tenant in (ACME, OTHER, None):
        alerts.observed(tenant, [finding(tenant=tenant)], AT)
    alerts.observed(ACME, [], AT)

    assert [alert.finding.tenant for alert in alerts.lasting()] == [None, OTHER]


def test_an_end_that_was_told_while_the_trouble_came_back_is_put_right(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    told(alerts, AT)
    alerts.observed(ACME, [], AT)
    news = alerts.news(AT + CALM)
    alerts.observed(ACME, [finding()], AT + CALM)
    alerts.told(news, AT + CALM)

    assert told(alerts, AT + CALM) == (["parked"], [])


def test_failed_attempts_at_telling_are_counted_until_one_succeeds(alerts: Alerts) -> None:
    alerts.observed(ACME, [finding()], AT)
    alerts.not_told("no connection", AT)
    alerts.not_told("login refused", AT + MINUTE)

    failure = alerts.failure()
    assert failure is not None
    assert (failure.failures, failure.failed_at, failure.words) == (2, AT + MINUTE, "login refused")
    assert told(alerts, AT + MINUTE) == (["parked"], [])
    assert alerts.failure() is None


@settings(max_examples=60, deadline=None)  # each example is a file on the disk
@given(looks=st.lists(st.tuples(st.booleans(), st.integers(0, 90)), min_size=1, max_size=30))
def test_new_and_over_take_turns_and_never_within_the_calm(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[bool, int]]
) -> None:
    """Whoever reads the mails knows how it stands, but for the last hour."""
    now, heard, there_at = AT, [], AT - 2 * CALM
    with Registry.open(tmp_path_factory.mktemp("alerts") / "registry.db") as registry:
        for there, minutes in looks:
            now += minutes * MINUTE
            registry.alerts.observed(ACME, [finding()] if there else [], now)
            new, over = told(registry.alerts, now)
            heard += ["new"] * len(new) + ["over"] * len(over)
            there_at = now if there else there_at
            assert not over or now - there_at >= CALM
            assert not there or heard[-1] == "new"

    assert heard == [word for word, _ in zip(["new", "over"] * len(heard), heard, strict=False)]
