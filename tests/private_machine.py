"""A machine with a systemd of its own, for units that have to be started for real.

systemd must be the first process of its machine, so it gets one: namespaces over this machine's programs, with a root,
devices and settings of their own and in memory. The kernel's settings and this machine's files are read-only in there.
It lives as long as the test, and at most MOST_SECONDS.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MOST_SECONDS = 110
PATIENCE_SECONDS = 30
_BOOT = Path(__file__).with_suffix(".sh")
_TOOLS = ("unshare", "nsenter", "systemctl", "systemd-run", "systemd-sysusers", "journalctl", "dbus-daemon", "timeout")


def missing() -> str | None:
    """Why no such machine can be had here, or None."""
    if os.geteuid() != 0:
        return "THIS IS NOT ROOT"
    if absent := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        return f"{', '.join(absent).upper()}: NOT INSTALLED"
    if not Path("/lib/systemd/systemd").exists():
        return "SYSTEMD IS NOT INSTALLED"
    if _control_groups() is None:
        return "NO WRITABLE CGROUP2 IS MOUNTED"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup", "true"],
        capture_output=True,
        check=False,
    )
    return None if tried.returncode == 0 else "NAMESPACES ARE NOT ALLOWED"


class Machine:
    """Its first process, seen from outside."""

    def __init__(self, first: int) -> None:
        self._first = first

    def start(self, command: str) -> "subprocess.Popen[str]":
        """Begin a shell command in there, as root and in /srv."""
        return subprocess.Popen(
            [
                *("nsenter", f"--target={self._first}", "--mount", "--pid", "--uts", "--ipc", "--cgroup"),
                *("sh", "-c", f"cd /srv && {command}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "COLUMNS": "80"},
        )

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command to its end."""
        process = self.start(command)
        try:
            printed, complaints = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            printed, complaints = process.communicate()
            raise AssertionError(f"{command} does not end: {printed}{complaints}\n{self.log()}") from None
        return subprocess.CompletedProcess(command, process.returncode, printed, complaints)

    def told(self, command: str) -> str:
        """What a command that succeeds prints."""
        done = self.run(command)
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}\n{self.log()}"
        return done.stdout

    def facts(self, unit: str) -> Mapping[str, str]:
        """The properties of a unit, by name."""
        lines = self.told(f"systemctl show {unit}").splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def log(self, lines: int = 40) -> str:
        """The end of its journal."""
        process = self.start(f"journalctl --no-pager --output=cat --lines={lines}")
        return "".join(process.communicate(timeout=PATIENCE_SECONDS))


def until(holds: Callable[[], object], explained: Callable[[], str]) -> None:
    """Wait for something that another process brings about; `explained` says what there was instead."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, explained()
        time.sleep(0.05)


@contextmanager
def private_machine(folder: Path, contents: Path, shown: Mapping[Path, str]) -> Iterator[Machine]:
    """Boots one in the empty `folder`, with `contents` laid over its root and the `shown` folders in their places."""
    groups = _control_groups()
    assert groups is not None
    group = groups / f"dun-test-{os.getpid()}"
    group.mkdir()
    pairs = [part for source, place in shown.items() for part in (str(source), place)]
    process = subprocess.Popen(
        [
            *("timeout", "--signal=KILL", str(MOST_SECONDS)),
            *("sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group)),
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup"),
            *("sh", str(_BOOT), str(folder), str(contents), *pairs),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        machine = _booted(process, group)
        yield machine
    finally:
        _destroy(process, group)


def _booted(process: "subprocess.Popen[str]", group: Path) -> Machine:
    found: list[int] = []

    def ready() -> bool:
        assert process.poll() is None, process.stdout and process.stdout.read()
        found[:] = _first_process(group)
        return bool(found) and Machine(found[0]).run("systemctl is-system-running").stdout.strip() in (
            "running",
            "degraded",
        )

    until(ready, lambda: "the machine never ran")
    return Machine(found[0])


def _first_process(group: Path) -> list[int]:
    """The process that is number 1 in there, once it is systemd."""
    processes = [each for procs in group.rglob("cgroup.procs") for each in procs.read_text().split()]
    return [int(each) for each in processes if _is_first(each)][:1]


def _is_first(process: str) -> bool:
    try:
        status = dict(line.split(":\t", 1) for line in Path("/proc", process, "status").read_text().splitlines())
    except (FileNotFoundError, ProcessLookupError):  # it came and went: the boot script's own commands do
        return False
    return status["Name"] == "systemd" and status["NSpid"].split()[1:] == ["1"]


def _destroy(process: "subprocess.Popen[str]", group: Path) -> None:
    """With the first process all others end; the control groups remain and are taken away."""
    (group / "cgroup.kill").write_text("1")
    process.wait(PATIENCE_SECONDS)
    until(lambda: "populated 0" in (group / "cgroup.events").read_text(), lambda: "the machine does not end")
    for each in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
        each.rmdir()
    group.rmdir()


def _control_groups() -> Path | None:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    return None
