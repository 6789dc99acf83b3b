"""deploy/dun.service under a systemd that really starts it: installed line by line as the how-to says, then used.

The machine is private (tests/private_machine.py). Three things differ from the how-to: packages are lent by the
environment of the tests instead of fetched, the ledger and the carrier are the sandbox, and what failed is started
again at once. Tests share the service, which is started where it does not run.
"""

import json
import re
import shlex
import shutil
import socket
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from private_machine import PATIENCE_SECONDS, Machine, missing, private_machine, until

from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "run-as-a-service.md"
PACKAGES = ("connector", "connectors", "state", "sync")
STARTED_AT_ONCE = "[Service]\nRestartSec=100ms\n"
HASTY = Path("/run/systemd/system/dun.service.d/hasty.conf")
IN_HASTE = r"[Service]\nWatchdogSec=2\nTimeoutAbortSec=100ms\n"  # a stopped process hears no SIGABRT, only SIGKILL
CONNECT = "dun-admin connect xero --tenant north --zone Europe/London --no-browser"
CREDENTIALS = "/run/credentials/dun.service"
NOT_OURS = ["/etc/dun", "/etc", "/opt/dun", "/srv", "/var", "/var/backups/dun", "/run", "/home", "/dev/shm"]  # noqa: S108 - to be kept out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

# What the service could do beyond its work, tried from inside its own sandbox.
PROBE = f"""
import json, mmap, os, socket, subprocess
from pathlib import Path

def can(act):
    try:
        act()
    except OSError:
        return False
    return True

def opens(family):
    return can(lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close())

families = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_VSOCK")
credentials = Path(os.environ["CREDENTIALS_DIRECTORY"])
Path("/var/lib/dun/probe.json").write_text(json.dumps({{
    "root": os.getuid() == 0,
    "writable": [each for each in {NOT_OURS!r} if can(Path(each, "probe").touch)],
    "sockets": [each for each in families if opens(each)],
    "namespace": subprocess.run(["unshare", "--user", "true"], stderr=subprocess.DEVNULL).returncode == 0,
    "executable memory": can(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "sees others": Path("/proc/1").exists(),
    "credentials": sorted(each.name for each in credentials.iterdir() if each.read_bytes()),
}}))
"""


@pytest.fixture(scope="module")
def port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture(scope="module")
def machine(books: Any, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the how-to was followed to the end, but for the start."""
    if reason := missing():
        pytest.skip(f"{reason}: THE SERVICE UNIT WAS NOT STARTED FOR REAL")
    contents = tmp_path_factory.mktemp("contents")
    _place_programs(contents / "opt" / "dun")
    _place_settings(contents, books.url, port)
    shown = {
        Path(sys.base_prefix): "/opt/python",
        Path(sysconfig.get_path("purelib")): "/opt/lent",
        ROOT / "deploy": "/srv/deploy",
    }
    with private_machine(tmp_path_factory.mktemp("machine"), contents, shown) as booted:
        for line in _how_to():
            booted.told(line)
        _connect(booted)
        yield booted


def _place_programs(home: Path) -> None:
    """What `pip install` makes of a wheel: tests/system/test_wheel.py looks at a real one."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = home / "lib" / version / "site-packages"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, site / package)
    (site / "lent.pth").write_text("/opt/lent\n")
    libraries = home.parents[1] / "etc" / "ld.so.conf.d"
    libraries.mkdir(parents=True)
    (libraries / "00-python.conf").write_text("/opt/python/lib\n")
    (home / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(f"/opt/python/bin/{version}")
    program = home / "bin" / "dun"
    program.write_text("#!/opt/dun/bin/python\nfrom connector.cli import main\n\nmain()\n")
    program.chmod(0o755)


def _place_settings(contents: Path, sandbox: str, port: int) -> None:
    """The rehearsal's configuration with the how-to's changes, and the secrets that a person puts in place."""
    credentials = contents / "etc" / "dun" / "credentials"
    credentials.mkdir(parents=True)
    example = contents / "srv" / "config.example.toml"
    example.parent.mkdir()
    write_sandbox_config(example, sandbox)
    (example.parent / "sandbox-sendgrid-key").rename(credentials / "sendgrid_api_key")
    for secret in example.parent.glob("sandbox-*"):
        secret.rename(contents / "etc" / "dun" / secret.name)
    config, _, _ = example.read_text().partition("[tenants.")
    config = config.replace('data = "data"', 'data = "/var/lib/dun"')
    config = config.replace("file:sandbox-sendgrid-key", "systemd:sendgrid_api_key")
    example.write_text(f'{config}\n[vault]\nkey = "systemd:vault.key"\n\n[daemon]\nlisten = "127.0.0.1:{port}"\n')
    (example.parent / "probe.py").write_text(PROBE)
    own = contents / "etc" / "systemd" / "system" / "dun.service.d"
    own.mkdir(parents=True)
    (own / "at-once.conf").write_text(STARTED_AT_ONCE)


def _how_to() -> list[str]:
    """The lines of the how-to that install, without those that fetch packages."""
    [block, *_] = re.findall(r"```console\n(.*?)```", HOW_TO.read_text(), flags=re.DOTALL)
    fetching = ("python3 -m venv", "python3 deploy/pinned.py", "/opt/dun/bin/pip", "make wheel")
    return [line for line in block.splitlines() if not line.startswith(fetching)]


def _connect(machine: Machine) -> None:
    journey = machine.start(CONNECT)
    assert journey.stdout is not None
    assert journey.stderr is not None
    seen = []
    for line in journey.stderr:
        seen.append(line)
        if line.startswith("http"):
            agree(line.strip())
            break
    printed, complaints = journey.communicate(timeout=60)
    assert journey.returncode == 0, "".join(seen) + printed + complaints + machine.log()


@pytest.fixture
def service(machine: Machine) -> Machine:
    """The service, running."""
    machine.told("systemctl reset-failed dun; systemctl enable --now dun")
    return machine


def said(machine: Machine, event: str) -> list[dict[str, Any]]:
    """What the service logged about this, as the how-to says that one reads it."""
    lines = machine.told("journalctl --unit=dun --output=cat --no-pager").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["event"] == event]


def restarted(machine: Machine, before: Mapping[str, str]) -> bool:
    now = machine.facts("dun")
    return (
        now["ActiveState"] == "active"
        and now["MainPID"] != before["MainPID"]
        and now["NRestarts"] > before["NRestarts"]
    )


def test_it_is_running_once_it_says_so(service: Machine) -> None:
    facts = service.facts("dun")

    assert (facts["Type"], facts["ActiveState"], facts["SubState"]) == ("notify", "active", "running")
    assert facts["UnitFileState"] == "enabled"


def test_a_whole_cycle_passes_the_sandboxing(service: Machine, books: Any, port: int) -> None:
    until(lambda: said(service, "cycle ended"), service.log)
    [ended, *_] = said(service, "cycle ended")

    assert requests.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
    assert books.get("messages")
    assert (ended["level"], ended["tenant"]) == ("info", "north")


def test_systemd_hears_it_beat(service: Machine) -> None:
    def heard() -> bool:
        facts = service.facts("dun")
        return int(facts["WatchdogTimestampMonotonic"]) > int(facts["ActiveEnterTimestampMonotonic"])

    until(heard, service.log)
    assert service.facts("dun")["WatchdogUSec"] == "1min"


def test_a_reload_is_obeyed(service: Machine) -> None:
    before = service.facts("dun")
    service.told("systemctl reload dun")
    until(lambda: said(service, "the new configuration is in force"), service.log)

    after = service.facts("dun")
    assert (after["ActiveState"], after["MainPID"]) == ("active", before["MainPID"])


def test_one_that_was_killed_or_hangs_is_started_again(service: Machine) -> None:
    service.told(f"mkdir -p {HASTY.parent} && printf '{IN_HASTE}' > {HASTY} && systemctl daemon-reload")
    first = service.facts("dun")
    service.told(f"kill -KILL {first['MainPID']}")
    until(lambda: restarted(service, first), service.log)
    second = service.facts("dun")
    service.told(f"kill -STOP {second['MainPID']}")
    until(lambda: restarted(service, second), service.log)
    service.told(f"systemctl stop dun; rm {HASTY} && systemctl daemon-reload")

    assert "Failed with result 'watchdog'" in service.log(1000)


def test_a_stop_is_clean(machine: Machine) -> None:
    machine.told("systemctl start dun")
    machine.told("systemctl stop dun")

    facts = machine.facts("dun")
    assert (facts["ActiveState"], facts["Result"], facts["ExecMainStatus"]) == ("inactive", "success", "0")
    assert said(machine, "stopped")


def test_a_broken_configuration_is_not_started_again(machine: Machine) -> None:
    machine.told("systemctl stop dun; cp -p /etc/dun/config.toml /srv/ && echo half a >> /etc/dun/config.toml")
    started = machine.run("systemctl start dun")
    facts = machine.facts("dun")
    machine.told("mv /srv/config.toml /etc/dun/ && systemctl reset-failed dun")

    assert started.returncode != 0
    assert (facts["ActiveState"], facts["ExecMainStatus"], facts["NRestarts"]) == ("failed", "2", "0")


@pytest.fixture(scope="module")
def probe(machine: Machine) -> dict[str, Any]:
    """What the probe found in the service's place."""
    unit = (ROOT / "deploy" / "dun.service").read_text().replace("Type=notify", "Type=oneshot")
    unit = re.sub(r"^ExecStart=.*", "ExecStart=/opt/dun/bin/python /srv/probe.py", unit, flags=re.MULTILINE)
    unit = re.sub(r"^(Restart|WatchdogSec)=.*\n", "", unit, flags=re.MULTILINE)
    machine.told(f"echo {shlex.quote(unit)} > /etc/systemd/system/probe.service && systemctl daemon-reload")
    machine.told("systemctl start probe")
    found: dict[str, Any] = json.loads(machine.told("cat /var/lib/dun/probe.json"))
    return found


def test_it_can_do_no_more_than_its_work(probe: dict[str, Any]) -> None:
    assert probe == {
        "root": False,
        "writable": [],
        "sockets": ["AF_INET", "AF_INET6", "AF_UNIX"],
        "namespace": False,
        "executable memory": False,
        "sees others": False,
        "credentials": ["sendgrid_api_key", "vault.key"],
    }


def test_its_credentials_are_read_by_nobody_else(service: Machine) -> None:
    read = service.run(f"setpriv --reuid=65534 --regid=65534 --clear-groups cat {CREDENTIALS}/vault.key")

    assert "Permission denied" in read.stderr
    assert service.told(f"cat {CREDENTIALS}/vault.key") == service.told("cat /etc/dun/credentials/vault.key")


def test_a_command_runs_as_the_service_beside_it(service: Machine) -> None:
    service.told("dun-admin backup /var/backups/dun")

    assert service.told("stat --format=%U /var/backups/dun/*").split() == ["dun"]


def test_a_command_at_a_terminal_has_one(machine: Machine) -> None:
    assert "north" in machine.told("script --quiet --return --command 'dun-admin tenants' /dev/null")


def test_a_refused_command_says_so_with_its_exit_code(machine: Machine) -> None:
    refused = machine.run("dun-admin preview --tenant nobody")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "nobody" in refused.stderr


def test_a_command_that_is_stopped_does_not_go_on_behind_our_back(machine: Machine) -> None:
    journey = machine.start(f"echo $$ && exec {CONNECT}")
    assert journey.stdout is not None
    assert journey.stderr is not None
    process = journey.stdout.readline().strip()
    assert any(line.startswith("http") for line in iter(journey.stderr.readline, ""))
    machine.told(f"kill {process}")
    journey.communicate(timeout=PATIENCE_SECONDS)

    assert journey.returncode != 0

    def listed() -> str:
        return machine.told("systemctl list-units --full --plain '*.service'")

    until(lambda: "connect xero" not in listed(), listed)
