"""Under which names the daemon's port may be asked, and what those who use another one hear."""

import pytest
from forged_hosts import FOREIGN, OURS, ask
from unit.web.posts import CONFIG, HEADERS, KEYS, ORGANISATION, signature, xero_post

from connector.config.settings import ConfigError

PAGES = ("/health", "/ready", "/metrics")
BEHIND_A_PROXY = CONFIG + 'hosts = ["dun.example.com"]\n'
IN_A_CONTAINER = CONFIG.replace("127.0.0.1:0", "0.0.0.0:0") + 'hosts = ["dun"]\n'


def number(port) -> int:
    return int(port.url.rpartition(":")[2])


def post(port, *hosts: str) -> int:
    body = xero_post(ORGANISATION)
    signed = {HEADERS["xero"]: signature(KEYS["xero"], body)}
    return ask(number(port), "/webhooks/xero", hosts, "POST", body, **signed)[0]


@pytest.mark.parametrize("hosts", FOREIGN, ids=str)
@pytest.mark.parametrize("path", [*PAGES, "/webhooks/xero", "/nowhere"])
def test_a_page_that_points_a_name_of_its_own_here_learns_nothing(port, path, hosts) -> None:
    status, text = ask(number(port), path, hosts)

    assert status == 421 or (status == 400 and len(hosts) != 1)  # h11 itself refuses none and two
    assert "north" not in text


def test_who_is_turned_away_reads_what_to_do(port) -> None:
    _, text = ask(number(port), "/health", ("attacker.example",))

    assert f"ask http://127.0.0.1:{number(port)}" in text
    assert "[daemon] hosts" in text


@pytest.mark.parametrize("host", OURS)
@pytest.mark.parametrize("path", PAGES)
def test_this_machine_may_ask_by_any_of_its_names(port, path, host) -> None:
    assert ask(number(port), path, (host,))[0] != 421


@pytest.mark.parametrize("host", ["dun.example.com", "dun.example.com:443", "DUN.example.com", "dun.example.com."])
def test_a_proxy_hands_webhooks_on_under_its_public_name(served, host) -> None:
    port = served(BEHIND_A_PROXY)

    assert (post(port, host), port.nudged) == (200, ["north"])


@pytest.mark.parametrize("path", PAGES)
def test_a_proxy_that_hands_everything_on_publishes_no_figures(served, path) -> None:
    assert ask(number(served(BEHIND_A_PROXY)), path, ("dun.example.com",))[0] == 421


def test_a_genuine_webhook_under_an_unknown_name_is_refused_and_the_log_says_what_is_missing(port, log_output) -> None:
    assert (post(port, "dun.example.com"), post(port, "dun.example.com"), port.nudged) == (421, 421, [])

    assert [line["event"] for line in log_output if "webhook" in line["event"]] == [
        "a webhook was refused: [daemon] hosts does not have the name it came under"
    ]


@pytest.mark.parametrize(
    "host", ["dun:8485", "dun", "172.18.0.2:8485", "[fd00::2]:8485", "localhost:9000", "127.0.0.1"]
)
def test_a_container_is_asked_by_address_by_its_given_name_and_through_a_published_port(served, host) -> None:
    assert ask(number(served(IN_A_CONTAINER)), "/health", (host,))[0] == 200


@pytest.mark.parametrize("host", ["attacker.example:8485", "dun.attacker.example", "other:8485"])
@pytest.mark.parametrize("path", PAGES)
def test_a_container_does_not_answer_to_other_names(served, path, host) -> None:
    assert ask(number(served(IN_A_CONTAINER)), path, (host,))[0] == 421


@pytest.mark.parametrize("name", ["https://dun.example.com", "dun.example.com:443", "*", "", "a b", "dun/x"])
def test_only_plain_names_are_taken(served, name) -> None:
    with pytest.raises(ConfigError, match=r'is not the name of a host; write the name alone, as "dun\.example\.com"'):
        served(CONFIG + f'hosts = ["{name}"]\n')
