"""`make audit`: has anything that requirements.lock pins a known vulnerability?

pip-audit asks, and its own verdict cannot be taken as it is: where an index answers "not found" to every question it
says "No known vulnerabilities found" and 0, and it passes over pins for other platforms. So every pin is asked about,
a service is believed only if it knows a hole that is public since 2019, and a pin without an answer counts.
Exit code 1: a vulnerable pin, or one that a believed service does not know (a withdrawn release looks like that).
Where no service can be believed, standard error says that nothing was checked, and the exit code is 0.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec
from msgspec import Struct

from drill.plant import HOUSE

LOCK = HOUSE / "requirements.lock"
KNOWN_HOLE = {"jinja2": "2.10"}  # a way out of the sandbox; every service that keeps advisories has it
SERVICES: Mapping[str, tuple[str, ...]] = {"PyPI": ("pypi",), "OSV": ("osv",)}
PATIENCE_SECONDS = 300
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)

Pins = Mapping[str, str]  # version by name


class Vulnerability(Struct, frozen=True):
    id: str
    fix_versions: list[str] = []
    aliases: list[str] = []


class Audited(Struct, frozen=True):
    """What pip-audit tells of one pin; a service that does not know it leaves a reason instead of a version."""

    name: str
    version: str = ""
    vulns: list[Vulnerability] = []
    skip_reason: str = ""


class Report(Struct, frozen=True):
    dependencies: list[Audited]


class Verdict(Struct, frozen=True):
    vulnerable: list[Audited]
    unknown: dict[str, str]  # pin to reason

    @property
    def is_clean(self) -> bool:
        return not self.vulnerable and not self.unknown


class NoAnswer(Exception):
    """The service said nothing that can be believed; the message says what it did."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lock", type=click.Path(exists=True, path_type=Path), default=LOCK, help="Another list of pins.")
@click.option("--osv-url", help="Ask this service, which speaks OSV's protocol, and no other.")
def main(lock: Path, osv_url: str | None) -> None:
    """Ask the advisory services about every pin of requirements.lock. Exit code 1 if one is vulnerable."""
    pins = pins_of(lock.read_text(encoding="utf-8"))
    services = {osv_url: ("osv", "--osv-url", osv_url)} if osv_url else SERVICES
    sys.exit(audit(pins, services))


def pins_of(lock: str) -> Pins:
    """Every pin, also those for other platforms: somebody installs them."""
    found = _PIN.findall(lock)
    pins = dict(found)
    if not pins or len(pins) != len(found):
        raise ValueError("a list of pins names each package once, and at least one")
    return pins


def audit(pins: Pins, services: Mapping[str, tuple[str, ...]]) -> int:
    """The exit code, with the reasons printed; the first service that can be believed decides."""
    for name, options in services.items():
        try:
            verdict = judged_by(options, pins)
        except NoAnswer as why:
            click.echo(f"audit: {name} cannot be believed: {why}", err=True)
        else:
            _tell(name, pins, verdict)
            return 0 if verdict.is_clean else 1
    click.echo(f"AUDIT NOT DONE: none of {len(pins)} pins was checked for known vulnerabilities.", err=True)
    click.echo(f"Asked: {', '.join(services)}. Run `make audit` where one of them can be reached.", err=True)
    return 0


def judged_by(service: tuple[str, ...], pins: Pins) -> Verdict:
    known = judge(ask(service, KNOWN_HOLE), KNOWN_HOLE)
    if not known.vulnerable:
        (hole,) = (f"{name} {version}" for name, version in KNOWN_HOLE.items())
        raise NoAnswer(f"it does not know the hole of {hole}. {' '.join(known.unknown.values())}".strip())
    return judge(ask(service, pins), pins)


def ask(service: tuple[str, ...], pins: Pins) -> bytes:
    """pip-audit's report as it printed it. Nothing is taken from a cache, which may be older than an advisory."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "pins.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(listed), "--no-deps", "--disable-pip"]
        command += ["--format", "json", "--progress-spinner", "off", "--cache-dir", str(Path(folder) / "cache")]
        command += ["--vulnerability-service", *service]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise NoAnswer(f"nothing within {PATIENCE_SECONDS} seconds") from late
    if not done.stdout.strip():
        raise NoAnswer((done.stderr.decode(errors="replace").strip().splitlines() or ["no word"])[-1])
    return done.stdout


def judge(report: bytes, pins: Pins) -> Verdict:
    """What pip-audit's report says about `pins`; one that it does not mention is unknown."""
    try:
        told = {each.name: each for each in msgspec.json.decode(report, type=Report).dependencies}
    except msgspec.MsgspecError as garbled:
        raise NoAnswer(f"its report cannot be read: {garbled}") from garbled
    about = {name: told.get(name, Audited(name, skip_reason="not mentioned")) for name in pins}
    return Verdict(
        vulnerable=[each for each in about.values() if each.vulns],
        unknown={name: each.skip_reason for name, each in about.items() if each.version != pins[name]},
    )


def _tell(service: str, pins: Pins, verdict: Verdict) -> None:
    for each in verdict.vulnerable:
        for hole in each.vulns:
            cure = f"fixed in {', '.join(hole.fix_versions)}" if hole.fix_versions else "no fixed release"
            click.echo(f"VULNERABLE: {each.name} {each.version}: {hole.id}, {cure}", err=True)
    for name, why in verdict.unknown.items():
        click.echo(f"UNKNOWN to {service}: {name} {pins[name]}: {why or 'told of another version'}", err=True)
    holes = sum(len(each.vulns) for each in verdict.vulnerable)
    click.echo(
        f"{len(pins)} pins asked of {service}: {holes} known vulnerabilities, {len(verdict.unknown)} unknown pins"
    )


if __name__ == "__main__":
    main()
