"""A connection that dies, or is about to, is noticed; one that lives is left in peace."""

from datetime import timedelta

import pytest
from tenant_bench import MONDAY

from connector.checks import connection
from connector.config.service import AlertsSection
from connectors.ledger import Outage
from connectors.xero.oauth import READING, READING_AND_NOTES

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def severities(findings) -> list[str]:
    return [finding.severity for finding in findings]


def test_a_parked_tenant_says_why(sight) -> None:
    [finding] = connection.parked(sight(parked_because="Xero no longer honours this", parked_at=MONDAY))

    assert "Xero no longer honours this" in finding.words
    assert finding.mend == "run `dun reconnect harbour`"


@pytest.mark.parametrize(
    ("days_left", "severity"), [(60, []), (14.1, []), (14, ["warning"]), (3, ["critical"]), (-1, ["critical"])]
)
def test_an_end_that_refreshing_moves_is_told_in_time(sight, tokens, days_left: float, severity: list[str]) -> None:
    ends = tokens(refresh_expires_at=MONDAY + days_left * DAY)

    assert severities(connection.connection_ends(sight(tokens=ends))) == severity


def test_the_five_years_are_told_in_time_although_the_100_days_are_fresh(sight, tokens) -> None:
    ends = tokens(refresh_expires_at=MONDAY + 100 * DAY, consent_expires_at=MONDAY + 10 * DAY)

    [finding] = connection.connection_ends(sight(tokens=ends))
    assert "2026-03-12" in finding.words


def test_a_long_notice_does_not_turn_every_fresh_token_into_a_finding(sight, tokens) -> None:
    longest = AlertsSection(token_days=90)
    consent = tokens(consent_expires_at=MONDAY + 80 * DAY)

    assert severities(connection.connection_ends(sight(longest))) == []
    assert severities(connection.connection_ends(sight(longest, tokens=consent))) == ["warning"]


def test_a_custom_connection_has_no_end(sight, tokens) -> None:
    endless = tokens(refresh_token=None, refresh_expires_at=None)

    assert severities(connection.connection_ends(sight(tokens=endless))) == []


def test_a_ledger_that_was_never_read_is_told_after_a_while(sight, bench) -> None:
    assert severities(connection.never_synced(sight())) == []
    bench.let_pass(7 * HOUR)

    assert severities(connection.never_synced(sight())) == ["warning"]
    assert severities(connection.sync_stale(sight())) == []


def test_a_ledger_that_cannot_be_read_any_more_is_told_with_the_last_words(sight, bench) -> None:
    bench.run()
    bench.let_pass(6 * HOUR)
    bench.ledger.fail_next("changes", Outage("no usable answer from Xero"))
    bench.run()
    fresh = severities(connection.sync_stale(sight()))
    bench.let_pass(HOUR)

    [finding] = connection.sync_stale(sight())
    assert (fresh, finding.severity) == ([], "critical")
    assert finding.words.endswith("the last cycle said: no usable answer from Xero")


def test_a_tenant_that_is_looked_at_daily_is_not_stale_after_hours(sight, bench) -> None:
    bench.set(poll_minutes=1440)
    bench.run()
    bench.let_pass(47 * HOUR)
    still_fine = severities(connection.sync_stale(sight()))
    bench.let_pass(2 * HOUR)

    assert (still_fine, severities(connection.sync_stale(sight()))) == ([], ["critical"])


def test_a_new_consent_is_given_time_to_be_used(sight, bench) -> None:
    bench.run()
    bench.let_pass(30 * DAY)

    assert severities(connection.sync_stale(sight(mended_at=bench.now))) == []
    assert severities(connection.comparison_stale(sight(mended_at=bench.now))) == []


def test_a_daily_comparison_that_fails_for_days_is_told(sight, bench) -> None:
    bench.run()
    bench.let_pass(4 * DAY)

    assert severities(connection.comparison_stale(sight())) == ["warning"]
    bench.run()
    assert severities(connection.comparison_stale(sight())) == []


def test_a_parked_tenant_is_one_finding_and_not_five(sight, bench) -> None:
    bench.run()
    bench.let_pass(90 * DAY)
    seen = sight(parked_because="it is dead", parked_at=bench.now, tokens=None)

    found = [finding for check in vars(connection).values() if callable(check) for finding in _asked(check, seen)]
    assert [finding.code for finding in found] == ["parked"]


def _asked(check, seen):
    is_check = getattr(check, "__module__", "") == connection.__name__ and not check.__name__.startswith("_")
    return check(seen) if is_check else []


def test_a_consent_for_looking_is_too_little_for_notes(sight, bench, tokens) -> None:
    looking = tokens(scope=" ".join(scope for scope in READING if scope != "offline_access"))
    [finding] = connection.scope_missing(sight(tokens=looking))
    bench.set(read_only=True)

    assert "accounting.invoices" in finding.words
    assert severities(connection.scope_missing(sight(tokens=looking))) == []


def test_a_full_consent_lacks_nothing(sight, tokens) -> None:
    full = tokens(scope=" ".join(READING_AND_NOTES))

    assert severities(connection.scope_missing(sight(tokens=full))) == []


def test_after_a_long_rest_the_first_cycle_is_waited_for(sight, bench) -> None:
    bench.run()
    bench.let_pass(10 * DAY)
    at_rest = severities(connection.sync_stale(sight()))
    cycle = bench.store.cycles.start(bench.now, bench.today)
    bench.let_pass(HOUR)
    under_way = severities([*connection.sync_stale(sight()), *connection.comparison_stale(sight())])
    bench.let_pass(6 * HOUR)
    hanging = severities(connection.sync_stale(sight()))
    bench.store.cycles.finish(cycle, bench.now, "{}")

    assert (at_rest, under_way, hanging) == (["critical"], [], ["critical"])
