"""The service unit, the image and the compose file: what can be tried without a booted systemd or a container runtime.

tests/system/test_unit_for_real.py boots one. Here the unit's own command line is run with everything systemd hands it:
credentials, a notification socket, a watchdog. Its settings are judged by systemd's own tools. The image's recipe is
read, not built.
"""

import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.config.service import DaemonSection

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DUN = Path(sys.executable).with_name("dun")
MOST_EXPOSED = 1.1  # of 10, by systemd's own count
PATIENCE_SECONDS = 30


class Unit(dict[str, list[str]]):
    """The settings of dun.service, each with all its values."""

    @classmethod
    def read(cls) -> "Unit":
        unit = cls()
        for line in (DEPLOY / "dun.service").read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                unit.setdefault(key, []).append(value)
        return unit

    def one(self, key: str) -> str:
        [value] = self[key]
        return value


UNIT = Unit.read()


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name.upper()} IS NOT INSTALLED: the service unit was not examined")
    return found


# -- the unit ------------------------------------------------------------------------------------------------------


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    placed = tmp_path / "dun.service"
    placed.write_text((DEPLOY / "dun.service").read_text().replace("/opt/dun/bin/dun", "/bin/true"))

    verdict = subprocess.run([tool("systemd-analyze"), "verify", placed], capture_output=True, text=True, check=False)

    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_systemd_finds_the_unit_little_exposed() -> None:
    command = [tool("systemd-analyze"), "security", "--offline=true", "--no-pager", str(DEPLOY / "dun.service")]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    [exposure] = re.findall(r"Overall exposure level for dun.service: ([\d.]+)", told)
    assert float(exposure) <= MOST_EXPOSED


def test_a_stop_waits_longer_than_the_grace_time() -> None:
    assert int(UNIT.one("TimeoutStopSec")) > DaemonSection().grace_seconds


def test_what_starting_again_cannot_mend_is_not_started_again() -> None:
    assert UNIT.one("RestartPreventExitStatus") == "2"


def test_the_admin_script_runs_as_the_service_does() -> None:
    script = (DEPLOY / "dun-admin").read_text()

    places = ("StateDirectory", "StateDirectoryMode", "WorkingDirectory")
    for key in ("User", "Group", "UMask", "LoadCredential", "LimitCORE", *places):
        for value in UNIT[key]:
            assert f"--property={key}={value}" in script
    assert UNIT.one("ExecStart").removesuffix(" run") in script
    subprocess.run(["/bin/sh", "-n", DEPLOY / "dun-admin"], check=True)


class Supervised:
    """The unit's command line in a folder that stands for the machine, and the socket its supervisor listens to."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(PATIENCE_SECONDS)
        watchdog = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": f"{int(UNIT.one('WatchdogSec'))}000000"}
        command = UNIT.one("ExecStart").replace("/opt/dun/bin/dun", str(DUN))
        self.process = subprocess.Popen(
            command.replace("/etc/dun/config.toml", str(folder / "config.toml")).split(),
            cwd=folder,
            env=environment | watchdog,
            umask=int(UNIT.one("UMask"), 8),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def hears(self, word: str) -> str:
        """The first message with this word in it."""
        while True:
            message = self._socket.recv(4096).decode()
            if word in message:
                return message

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        self._socket.close()


@pytest.fixture
def supervised(terminal: Any, books: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervised]:
    """The service with a firm connected, its secrets in credentials only."""
    folder: Path = terminal.folder
    terminal.told("init", "--sandbox", books.url)
    credentials = folder / "credentials"
    credentials.mkdir(mode=0o700)
    (folder / "data" / "vault.key").unlink()
    (credentials / "vault.key").write_text("7f" * 32)
    (folder / "sandbox-sendgrid-key").rename(credentials / "sendgrid_api_key")
    config = (folder / "config.toml").read_text().replace("file:sandbox-sendgrid-key", "systemd:sendgrid_api_key")
    (folder / "config.toml").write_text(config + '\n[vault]\nkey = "systemd:vault.key"\n\n[daemon]\nlisten = ""\n')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    terminal.connect("xero", "north")
    started = Supervised(folder, terminal.environment)
    yield started
    started.close()


@pytest.mark.slow
def test_the_command_of_the_unit_reports_beats_reloads_and_stops(supervised: Supervised) -> None:
    supervised.hears("READY=1")
    supervised.hears("WATCHDOG=1")
    assert UNIT.one("ExecReload") == "/bin/kill -HUP $MAINPID"
    supervised.process.send_signal(signal.SIGHUP)
    supervised.hears("RELOADING=1")
    supervised.hears("READY=1")

    code = supervised.end()

    supervised.hears("STOPPING=1")
    assert code == 0


# -- the image -----------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (re.sub(r"\s+", " ", line).partition(" ") for line in lines)]


def final_stage() -> list[tuple[str, str]]:
    steps = instructions()
    return steps[max(position for position, (name, _) in enumerate(steps) if name == "FROM") :]


def test_both_stages_stand_on_a_pinned_tag() -> None:
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]

    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)


def test_the_image_runs_as_a_user_who_is_not_root() -> None:
    [user] = [rest for name, rest in final_stage() if name == "USER"]

    assert user == "10001:10001"
    assert [name for name, _ in final_stage()].index("USER") > max(
        position for position, (name, _) in enumerate(final_stage()) if name in ("RUN", "COPY")
    )


def test_nothing_is_fetched_but_packages_whose_hashes_are_known() -> None:
    steps = instructions()
    installs = re.findall(r"pip install ([^&]*)", " ".join(rest for name, rest in steps if name == "RUN"))

    assert "ADD" not in {name for name, _ in steps}
    assert not any(re.search(r"https?://|curl|wget|apt", rest) for name, rest in steps if name in ("RUN", "COPY"))
    assert installs
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)


def test_the_image_says_whether_it_is_well() -> None:
    [check] = [rest for name, rest in final_stage() if name == "HEALTHCHECK"]

    assert "http://127.0.0.1:8485/health" in check


def test_no_secret_is_baked_in() -> None:
    steps = instructions()

    assert not any(
        re.search(r"secret|password|token|key", rest, re.IGNORECASE) for name, rest in steps if name == "ENV"
    )
    assert not any(name == "ARG" for name, _ in steps)
    assert [rest for name, rest in final_stage() if name == "COPY"] == ["--from=build /opt/dun /opt/dun"]


def test_what_is_copied_exists_and_is_sent_to_the_builder() -> None:
    sent = {line.removeprefix("!") for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()}
    copied = {
        source
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }

    assert copied <= sent
    assert all((ROOT / source).exists() for source in copied)


def pinned(*root: str) -> dict[str, str]:
    """What deploy/pinned.py prints, by package."""
    command = [sys.executable, DEPLOY / "pinned.py", ROOT / "requirements.lock", *root]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    return {entry.partition("==")[0]: entry for entry in entries if entry}


def test_the_image_holds_what_dun_needs_and_none_of_the_tests_tools() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[<>=!;\[ ]", each)[0].lower() for each in project["project"]["dependencies"]}
    tools = {re.split(r"[<>=!;\[ ]", each)[0].lower() for each in project["dependency-groups"]["dev"]}

    assert wanted <= pinned().keys()
    assert not (tools - wanted) & pinned().keys()


def test_every_package_in_the_image_has_its_hashes() -> None:
    for entry in (*pinned().values(), *pinned("hatchling").values()):
        assert "--hash=sha256:" in entry


# -- compose -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["dun"]
    return told


def test_the_container_cannot_write_to_its_program(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert "./config:/config:ro" in service["volumes"]


def test_the_container_has_no_rights_to_lose(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["user"] == "10001:10001"


def test_the_port_is_published_on_this_machine_only(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_secrets_come_as_files(service: dict[str, Any]) -> None:
    declared = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["secrets"]

    assert set(service["secrets"]) == declared.keys()
    assert all(set(secret) == {"file"} for secret in declared.values())
    assert "environment" not in service


def test_a_container_is_given_time_to_finish(service: dict[str, Any]) -> None:
    assert int(service["stop_grace_period"].removesuffix("s")) > 60
