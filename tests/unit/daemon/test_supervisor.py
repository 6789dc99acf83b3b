"""What a supervisor hears, on a socket as systemd opens it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.running.supervisor import Supervisor


class Ear:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        said = []
        while True:
            try:
                said.append(self._socket.recv(200_000).decode())
            except BlockingIOError:
                return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    ear = Ear(str(tmp_path / "notify") if request.param == "path" else f"@dun-test-{os.getpid()}")
    yield ear
    ear.close()


def test_it_is_told_when_the_daemon_is_ready_and_when_it_stops(ear: Ear) -> None:
    supervisor = Supervisor.of({"NOTIFY_SOCKET": ear.address})

    supervisor.ready()
    supervisor.stopping()

    assert ear.heard() == ["READY=1", "STOPPING=1"]


def test_a_reading_of_the_configuration_carries_the_instant_it_began(ear: Ear) -> None:
    Supervisor.of({"NOTIFY_SOCKET": ear.address}).reloading()

    [said] = ear.heard()
    first, _, instant = said.partition("\nMONOTONIC_USEC=")
    assert (first, instant.isdecimal()) == ("RELOADING=1", True)


def test_a_status_that_stays_the_same_is_said_once(ear: Ear) -> None:
    supervisor = Supervisor.of({"NOTIFY_SOCKET": ear.address})

    for words in ("1 tenant", "1 tenant", "2 tenants"):
        supervisor.status(words)

    assert ear.heard() == ["STATUS=1 tenant", "STATUS=2 tenants"]


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_hears_of_life_if_it_is_one_for_us(
    ear: Ear, variables: dict[str, str], seconds: float | None
) -> None:
    supervisor = Supervisor.of({"NOTIFY_SOCKET": ear.address} | variables)

    supervisor.alive()

    assert (supervisor.watchdog_seconds, ear.heard()) == (seconds, ["WATCHDOG=1"] if seconds else [])


def test_without_a_supervisor_or_with_a_dead_one_the_daemon_goes_on(tmp_path: Path) -> None:
    for variables in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        supervisor = Supervisor.of({"WATCHDOG_USEC": "1000000"} | variables)
        supervisor.ready()
        supervisor.alive()


def test_a_supervisor_that_does_not_read_holds_nothing_up(ear: Ear) -> None:
    supervisor = Supervisor.of({"NOTIFY_SOCKET": ear.address})

    for number in range(12):
        supervisor.status(f"{number} " + "x" * 100_000)

    assert 0 < len(ear.heard()) <= 12
