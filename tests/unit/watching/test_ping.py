"""The watchman outside hears when rounds begin and end, and can never keep a round from either."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs
from torrents import TorrentServer

from connector.watching import ping as ping_module
from connector.watching import watch


@pytest.fixture
def pinging(keeper, sandbox):
    """A configuration that calls this address."""

    def to(address: str):
        (keeper.folder / "ping").write_text(address + "\n")
        keeper.write(alerts='ping_url = "file:ping"', smtp_port=sandbox.smtp_port)
        return keeper.config

    return to


def test_a_round_that_goes_well_is_start_and_success(pinging, watchman) -> None:
    config = pinging(watchman.url)
    watch.round_started(config)
    watch.round_ended(config, ok=True)

    assert watchman.calls == ["/secret-path/start", "/secret-path"]


def test_a_round_that_goes_wrong_says_so(pinging, watchman) -> None:
    watch.round_ended(pinging(watchman.url), ok=False)

    assert watchman.calls == ["/secret-path/fail"]


def test_nobody_is_called_where_nobody_is_configured(keeper, watchman) -> None:
    with capture_logs() as lines:
        watch.round_started(keeper.config)

    assert (watchman.calls, lines) == ([], [])


def test_a_watchman_who_says_no_is_logged_without_his_address(pinging, watchman) -> None:
    watchman.status = 404
    with capture_logs() as lines:
        watch.round_started(pinging(watchman.url))

    assert lines == [{"event": "ping not accepted", "status": 404, "log_level": "warning"}]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/secret-path", "no address", "http://[", "http://\u00fc..x/"])
def test_an_address_that_cannot_be_called_is_logged_without_it(pinging, address: str) -> None:
    with capture_logs() as lines:
        watch.round_started(pinging(address))

    assert [line["event"] for line in lines] == ["ping failed"]
    assert address not in str(lines)


def test_a_missing_address_is_logged(keeper, sandbox) -> None:
    keeper.write(alerts='ping_url = "file:nowhere"', smtp_port=sandbox.smtp_port)
    with capture_logs() as lines:
        watch.round_ended(keeper.config, ok=True)

    assert [line["event"] for line in lines] == ["ping not possible"]


def test_a_watchman_who_never_answers_keeps_nobody(pinging, watchman, monkeypatch) -> None:
    monkeypatch.setattr(ping_module, "LONGEST_WAIT_SECONDS", 0.2)
    watchman.silent = True
    began = datetime.now(UTC)
    watch.round_started(pinging(watchman.url))

    assert (datetime.now(UTC) - began).total_seconds() < ping_module.TIMEOUT_SECONDS


def test_a_redirect_is_not_followed(pinging, watchman) -> None:
    watchman.status, watchman.location = 302, "/elsewhere"
    watch.round_started(pinging(watchman.url))

    assert watchman.calls == ["/secret-path/start"]


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_watchman_who_talks_without_end_is_not_listened_to(pinging, status: int) -> None:
    with TorrentServer("endless", status, Location="/elsewhere") as server:
        watch.round_started(pinging(server.url))

        assert server.calls == 1
        assert server.sent < 16 << 20
