"""Which Host headers name this machine."""

import pytest

from connectors.loopback import asks_this_machine

PORT = 8485


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8485", "LocalHost:8485", "localhost.", "localhost.:8485", "127.0.0.1", "127.0.0.1:8485",
     "127.1.2.3", "[::1]", "[::1]:8485", "[0:0:0:0:0:0:0:1]:8485"],
)  # fmt: skip
def test_names_of_this_machine_are_known(host: str) -> None:
    assert asks_this_machine([host], PORT)


NOT_OURS = """
    attacker.example attacker.example:8485 127.0.0.1.attacker.example localhost.attacker.example
    localhost:8486 localhost:0 localhost: localhost:99999999 localhost:8485:8485 localhost..
    10.0.0.1:8485 0.0.0.0:8485 [::] [::2]:8485 ::1 2130706433 127.1 user@localhost localhost/ l\u00f6calhost
    localhost:\u0668\u0664\u0668\u0665
""".split()


@pytest.mark.parametrize("host", [*NOT_OURS, "", " localhost", "localhost\n", "localhost, attacker.example"])
def test_everything_else_is_foreign(host: str) -> None:
    assert not asks_this_machine([host], PORT)


@pytest.mark.parametrize("headers", [[], ["localhost", "localhost"], ["localhost", "attacker.example"]])
def test_a_request_names_its_host_exactly_once(headers: list[str]) -> None:
    assert not asks_this_machine(headers, PORT)
