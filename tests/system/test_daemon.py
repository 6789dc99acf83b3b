"""`dun run` as it runs for years: a process of its own, the sandbox's clock, real signals, and nobody watching."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from state.locks import exclusive

DUN = Path(sys.executable).with_name("dun")
BOTH = [signal.SIGINT, signal.SIGTERM]
PATIENCE_SECONDS = 60
HOUR = 3600.0

pytestmark = pytest.mark.slow


class Running:
    """A `dun run` whose log is read as it is written."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self.printed = ""
        self._pause = Event()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def until(self, event: str, times: int = 1, **facts: Any) -> dict[str, Any]:
        """The line that says so for the `times`-th time."""
        for _ in range(PATIENCE_SECONDS * 100):
            found = self.said(event, **facts)
            if len(found) >= times:
                return found[times - 1]
            self._pause.wait(0.01)
        raise AssertionError(f"never said {event!r} {facts}: {self.lines}")

    def said(self, event: str, **facts: Any) -> list[dict[str, Any]]:
        return [line for line in list(self.lines) if line["event"] == event and facts.items() <= line.items()]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.send(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.printed = self.process.stdout.read()
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(json.loads(line))


class Office:
    """A firm connected to the sandbox, and its daemons."""

    def __init__(self, terminal: Any, books: Any) -> None:
        self.terminal = terminal
        self.books = books
        self._began: deque[Running] = deque()

    @property
    def config(self) -> Path:
        path: Path = self.terminal.folder / "config.toml"
        return path

    def run(self, **variables: str) -> Running:
        process = subprocess.Popen(
            [DUN, "run"],
            cwd=self.terminal.folder,
            env={**self.terminal.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running = Running(process)
        self._began.append(running)
        return running

    @property
    def today(self) -> str:
        """The date in London, for times of day at which it is the same in UTC."""
        instant: str = self.books.get("clock")["now"]
        return instant[:10]

    def let_pass(self, seconds: float) -> None:
        self.books.post("clock", advance_seconds=seconds)

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    def close(self) -> None:
        for running in self._began:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()


@pytest.fixture(scope="module")
def size() -> list[str]:
    """Firms with a long past, for enough must be due on every Monday to be sent."""
    return []


@pytest.fixture(scope="module")
def firm(books: Any, tmp_path_factory: pytest.TempPathFactory, terminal_in: Any) -> Any:
    """A folder with one firm, connected in a rehearsal whose clock is far ahead of this machine's."""
    books.post("clock", set="2035-03-05T15:00:00+00:00")
    terminal = terminal_in(tmp_path_factory.mktemp("firm"))
    terminal.told("init", "--sandbox", books.url)
    terminal.connect("xero", "north")
    return terminal


@pytest.fixture
def office(firm: Any, books: Any) -> Iterator[Office]:
    """The firm on some later Monday, inside its sending window, with the configuration as it was in the beginning."""
    now = datetime.fromisoformat(books.get("clock")["now"])
    monday = now.replace(hour=15, minute=0) + timedelta(days=7 - now.weekday())
    books.post("clock", set=monday.isoformat())
    books.delete("faults")
    books.delete("messages")
    config: Path = firm.folder / "config.toml"
    before = config.read_text()
    config.write_text(before + '\n[page]\nlisten = ""\n[daemon]\nlisten = ""\ngrace_seconds = 20\n')
    office = Office(firm, books)
    yield office
    office.close()
    config.write_text(before)


@pytest.mark.parametrize("number", BOTH, ids=lambda number: number.name)
def test_it_works_until_it_is_stopped(office: Office, number: signal.Signals) -> None:
    running = office.run()
    ended = running.until("cycle ended")
    code = running.end(number)

    assert (ended["tenant"], ended["business_day"]) == ("north", office.today)
    assert (code, running.printed, running.lines[-1]["event"]) == (0, "", "stopped")


def test_the_rehearsals_clock_says_when_a_tenant_is_due(office: Office) -> None:
    running = office.run()
    first = running.until("cycle ended")
    office.let_pass(HOUR)
    second = running.until("cycle ended", times=2)
    office.let_pass(24 * HOUR)
    third = running.until("cycle ended", times=3)

    assert (second["cycle"] - first["cycle"], third["cycle"] - first["cycle"]) == (1, 2)
    assert (third["business_day"], running.end()) == (office.today, 0)


def test_a_person_at_a_terminal_reads_sentences(office: Office) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [DUN, "run"],
        cwd=office.terminal.folder,
        env={**office.terminal.environment, "TERM": "dumb"},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    with os.fdopen(ours) as screen:
        first = [screen.readline().rstrip(), screen.readline().rstrip()]
        process.send_signal(signal.SIGINT)
        code, rest = process.wait(PATIENCE_SECONDS), screen.readline().rstrip()
        while rest.startswith("  "):
            rest = screen.readline().rstrip()

    assert first[0] == "Running for north; stop with Ctrl-C."
    assert first[1].startswith(f"north {office.today}: nothing sent")
    assert (code, rest) == (0, "Stopped.")


def test_progress_and_everyday_log_lines_are_not_for_commands_that_print(office: Office) -> None:
    done = office.terminal.dun("sync")

    assert (done.returncode, done.stderr) == (0, "")


def test_somebody_else_at_work_is_nothing_to_talk_about(office: Office) -> None:
    with exclusive(office.terminal.folder / "data" / "locks", "north.cycle", wait=False):
        running = office.run()
        running.until("running")
        office.let_pass(40)
        office.let_pass(40)
    while not running.said("cycle ended"):
        office.let_pass(40)

    assert running.end() == 0
    assert {line["level"] for line in running.lines} == {"info"}


def test_a_broken_edit_of_the_configuration_changes_nothing(office: Office) -> None:
    running = office.run()
    running.until("cycle ended")
    office.edit('zone = "', 'zome = "')
    running.send(signal.SIGHUP)
    refused = running.until("the new configuration is refused and the old one stays in force")
    office.let_pass(HOUR)
    running.until("cycle ended", times=2)

    assert "zome" in refused["reason"]
    assert running.end() == 0


def test_a_broken_edit_that_nobody_asked_to_read_is_not_even_noticed(office: Office) -> None:
    running = office.run()
    running.until("cycle ended")
    office.config.write_text("half a")
    office.let_pass(HOUR)
    running.until("cycle ended", times=2)

    assert running.end() == 0
    assert running.said("nothing could be tried") == []


def test_a_good_edit_is_in_force_for_the_next_cycle(office: Office) -> None:
    running = office.run()
    running.until("cycle ended")
    office.edit('ledger = "xero"', 'ledger = "xero"\npoll_minutes = 1')
    running.send(signal.SIGHUP)
    running.until("the new configuration is in force")
    office.let_pass(70)
    running.until("cycle ended", times=2)

    assert running.end() == 0


def test_the_data_folder_cannot_move_under_a_running_daemon(office: Office) -> None:
    running = office.run()
    running.until("cycle ended")
    office.edit('data = "data"', 'data = "elsewhere"')
    running.send(signal.SIGHUP)
    refused = running.until("the new configuration is refused and the old one stays in force")

    assert "stop it and start it again" in refused["reason"]
    assert running.end() == 0


def test_a_tenant_joins_when_it_is_connected_and_leaves_when_it_is_not(office: Office) -> None:
    running = office.run()
    running.until("cycle ended", tenant="north")
    office.terminal.connect("quickbooks", "west")
    running.until("cycle ended", tenant="west")
    office.terminal.told("disconnect", "--tenant", "north")
    running.until("parked until somebody connects it again", tenant="north")
    before = len(running.said("cycle ended", tenant="north"))
    office.let_pass(HOUR)
    running.until("cycle ended", times=2, tenant="west")
    meanwhile = len(running.said("cycle ended", tenant="north"))
    office.terminal.connect("xero", "north")
    running.until("cycle ended", times=before + 1, tenant="north")

    assert meanwhile == before
    assert running.end() == 0


@pytest.fixture
def slow_carrier(office: Office) -> Office:
    """Reminders that go by themselves, one at a time, and a carrier that takes its time with each."""
    office.edit("grace_seconds = 20", "grace_seconds = 20\nworkers = 1")
    office.edit('mode = "approve"', 'mode = "auto"\ndaily_cap = 6')
    office.books.post("faults", face="sendgrid", kind="slow", seconds=1.5, times=100, method="POST")
    return office


def message_on_its_way(office: Office) -> None:
    pause = Event()
    for _ in range(PATIENCE_SECONDS * 50):
        if office.books.get("messages"):
            return
        pause.wait(0.02)
    raise AssertionError("nothing was sent")


def test_a_stop_in_the_middle_of_a_send_settles_the_message_and_sends_no_other(slow_carrier: Office) -> None:
    running = slow_carrier.run()
    message_on_its_way(slow_carrier)
    code = running.end()
    told = json.loads(slow_carrier.terminal.told("history", "--limit", "1", "--json"))

    assert (code, len(running.said("sent")), told["messages"][0]["outcome"]) == (0, 1, "sent")
    assert len(slow_carrier.books.get("messages")) == 1


def test_the_next_start_goes_on_where_the_last_one_stopped(slow_carrier: Office) -> None:
    running = slow_carrier.run()
    message_on_its_way(slow_carrier)
    running.end()
    slow_carrier.books.delete("faults")
    again = slow_carrier.run()
    again.until("cycle ended")

    assert again.end() == 0
    truth = slow_carrier.books.get("truth")
    assert (truth["duplicates"], truth["chased_paid"]) == (0, 0)


def test_what_outlasts_the_grace_time_is_broken_off_and_told(slow_carrier: Office) -> None:
    slow_carrier.edit("grace_seconds = 20", "grace_seconds = 1")
    slow_carrier.books.delete("faults")
    slow_carrier.books.post("faults", face="sendgrid", kind="slow", seconds=20.0, method="POST")
    running = slow_carrier.run()
    message_on_its_way(slow_carrier)

    assert (running.end(), running.lines[-1]["level"]) == (3, "error")


def test_a_second_signal_breaks_off_at_once(slow_carrier: Office) -> None:
    running = slow_carrier.run()
    message_on_its_way(slow_carrier)
    running.send(signal.SIGTERM)
    running.until("stopping")

    assert running.end() == 3


def test_two_daemons_and_a_single_run_beside_them_double_nothing(slow_carrier: Office) -> None:
    slow_carrier.books.delete("faults")
    daemons = [slow_carrier.run(), slow_carrier.run()]
    for _ in range(3):
        slow_carrier.terminal.dun("run", "--once")
        slow_carrier.let_pass(HOUR / 4)
    for _ in range(5):
        slow_carrier.let_pass(40)
    daemons[0].until("cycle ended")
    codes = [daemon.end() for daemon in daemons]

    truth = slow_carrier.books.get("truth")
    assert (codes, truth["duplicates"], truth["chased_paid"]) == ([0, 0], 0, 0)
    assert slow_carrier.books.get("messages")


def test_a_supervisor_hears_it_come_up_live_reload_and_go(office: Office, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(PATIENCE_SECONDS)
        running = office.run(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="30000000")
        up = hear(ear, until="STATUS=") + hear(ear, until="WATCHDOG=1")
        running.send(signal.SIGHUP)
        reloaded = hear(ear, until="RELOADING=1\nMONOTONIC_USEC=") and hear(ear, until="READY=1")
        running.send(signal.SIGTERM)
        hear(ear, until="STOPPING=1")

    assert "READY=1" in up
    assert (bool(reloaded), running.ended()) == (True, 0)


def hear(ear: socket.socket, *, until: str) -> list[str]:
    said = [""]
    while not said[-1].startswith(until):
        said.append(ear.recv(4096).decode())
    return said
