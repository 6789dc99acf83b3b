"""Who may do what at the terminal: roles are given by the configuration, and accounts by the kernel."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from connector.cli import main
from connector.command_reference import leaves
from connector.config.people import PersonSection, Role
from connector.config.settings import ConfigError, load
from connector.people import COMMANDS, NotAllowed, Person, person, refuse, role_at, same_person

PATHS = [ctx.command_path.removeprefix("dun ") for ctx in leaves(click.Context(main, info_name="dun"))]
ME = pwd.getpwuid(os.getuid()).pw_name
CONFIG = """\
[sending]
from = "accounts@seller.example"
[xero]
client_id = "an-app"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
[tenants.bolt]
ledger = "xero"
zone = "Europe/London"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def listed(config: Path, account: str, role: str, tenants: str = "{}") -> None:
    table = f'[people."{account}"]\nrole = "{role}"\ntenants = {tenants}\n'
    config.write_text(config.read_text() + table)


def dun(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["-c", str(config), *words])


def everybody(**roles: Role) -> dict[str, PersonSection]:
    return {account: PersonSection(role=role) for account, role in roles.items()}


@pytest.mark.parametrize("path", PATHS)
def test_every_command_has_its_role_in_the_table(path: str) -> None:
    assert path in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_table_names_only_commands_that_exist(command: str) -> None:
    assert command in PATHS


@pytest.mark.parametrize("path", [path for path in PATHS if COMMANDS.get(path) != "none"])
def test_who_is_not_listed_is_refused_every_command_that_concerns_a_tenant(config: Path, path: str) -> None:
    listed(config, "somebody-else", "admin")
    context = next(c for c in leaves(click.Context(main, info_name="dun")) if c.command_path == f"dun {path}")
    words: list[str] = []
    for parameter in (p for p in context.command.params if p.required):
        flag = [parameter.opts[-1]] if isinstance(parameter, click.Option) else []
        words += [*flag, _a_word_for(parameter)]

    result = dun(config, *path.split(), *words)

    assert result.exit_code == 2
    assert f"`dun {path}` takes the role" in result.output


def _a_word_for(parameter: click.Parameter) -> str:
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    if isinstance(parameter.type, click.DateTime):
        return "2026-03-02"
    return __file__ if isinstance(parameter.type, click.Path) else "acme"


@pytest.mark.parametrize("path", [path for path in PATHS if COMMANDS.get(path) == "none"])
def test_help_and_harmless_commands_ask_for_no_role(config: Path, path: str) -> None:
    listed(config, "somebody-else", "admin")

    assert dun(config, *path.split(), "--help").exit_code == 0
    assert dun(config, "config", "check").exit_code == 0


def test_while_nobody_is_listed_everybody_may_do_everything() -> None:
    for command in COMMANDS:
        refuse({}, Person("anybody"), command, ["acme"])


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("none", "config check", "preview"),
        ("viewer", "preview", "approve"),
        ("bookkeeper", "approve", "vault rotate"),
        ("admin", "vault rotate", None),
    ],
)
def test_each_role_may_do_what_those_before_it_may(role: Role, may: str, may_not: str | None) -> None:
    people = everybody(anna=role)

    refuse(people, Person("anna"), may, ["acme"])
    if may_not is not None:
        with pytest.raises(NotAllowed, match=f"`dun {may_not}` takes the role"):
            refuse(people, Person("anna"), may_not, ["acme"])


def test_a_command_nobody_has_given_a_role_takes_all_rights() -> None:
    with pytest.raises(NotAllowed, match="takes the role admin"):
        refuse(everybody(anna="bookkeeper"), Person("anna"), "a-new-command", [])


def test_a_role_at_one_tenant_is_none_at_another(config: Path) -> None:
    listed(config, ME, "none", '{ acme = "viewer" }')

    assert "is not connected" in dun(config, "preview", "--tenant", "acme").output
    refused = dun(config, "preview")
    assert "takes the role viewer at bolt" in refused.output
    assert "add --tenant acme" in refused.output


def test_a_role_can_be_less_at_one_tenant() -> None:
    people = {"anna": PersonSection(role="admin", tenants={"acme": "viewer"})}

    refuse(people, Person("anna"), "approve", ["bolt"])
    with pytest.raises(NotAllowed, match="role bookkeeper at acme"):
        refuse(people, Person("anna"), "approve", ["acme", "bolt"])


def test_a_tenant_that_does_not_exist_cannot_be_named(config: Path) -> None:
    listed(config, "anna", "viewer", '{ akme = "admin" }')

    with pytest.raises(ConfigError, match="names 'akme', which is none of the tenants"):
        load(config)


def test_a_role_that_does_not_exist_cannot_be_given(config: Path) -> None:
    listed(config, "anna", "viewer", '{ acme = "boss" }')

    with pytest.raises(ConfigError, match="no role 'boss'"):
        load(config)


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "USERNAME", "LNAME", "SUDO_USER"])
def test_the_environment_makes_nobody_an_admin(config: Path, variable: str) -> None:
    listed(config, "root-of-all", "admin")
    listed(config, ME, "viewer")
    environment = {**os.environ, variable: "root-of-all"}

    done = subprocess.run(
        [sys.executable, "-c", "from connector.cli import main; main()", "-c", str(config), "vault", "rotate"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "`dun vault rotate` takes the role admin" in done.stderr
    assert f"{ME}" in done.stderr


def test_sudo_lends_nobody_the_rights_of_the_account_it_runs_as(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    people = everybody(**{"anna": "viewer", ME: "admin"})

    assert person() == Person(ME, "anna")
    assert role_at(people, person(), "acme") == "viewer"
    assert str(person()) == f"{ME} (sudo by anna)"


def test_sudo_by_somebody_who_is_not_listed_may_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "stranger")

    assert role_at(everybody(**{ME: "admin"}), person(), "acme") == "none"


def test_sudo_to_oneself_is_oneself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", ME)

    assert person() == Person(ME)


def test_an_account_without_a_name_goes_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)

    assert person() == Person("4000000000")


def test_a_broken_file_opens_no_door(config: Path) -> None:
    config.write_text(CONFIG + "[people.anna\n")

    result = dun(config, "restore", __file__)

    assert result.exit_code == 2
    assert "[people.anna" in result.output or "line" in result.output


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ada", "ada", True),
        ("ada", "grace", False),
        ("ada", "dun (sudo by ada)", True),
        ("dun (sudo by ada)", "dun (sudo by grace)", False),
        ("dun (sudo by ada)", "dun (sudo by ada)", True),
        ("dun", "dun (sudo by grace)", True),
        ("ada", "ada (sudo by grace)", True),
        ("dun (sudo by ada)", "root (sudo by ada)", True),
    ],
)
def test_two_names_of_the_audit_are_one_person_unless_two_people_are_behind_them(
    one: str, other: str, same: bool
) -> None:
    assert same_person(one, other) is same
    assert same_person(other, one) is same
