"""`dun people`: links for others, and what becomes of an account."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from page_guest import PASSWORD, open_page

from connector.cli import main
from state.clock import SystemClock


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("", encoding="utf-8")
    return path


def dun(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *arguments])


def test_a_link_leads_to_an_account_with_its_role(config: Path) -> None:
    link = json.loads(dun(config, "people", "add", "ben", "--role", "bookkeeper", "--json").stdout)["link"]
    assert json.loads(dun(config, "people", "list", "--json").stdout)["invited"] == ["ben"]
    with open_page(config.parent) as opened:
        opened.wall.at = SystemClock().now()
        path = link.removeprefix("http://127.0.0.1:8486")
        guest = opened.guest().get(path).press(path, password=PASSWORD)
        assert guest.path == "/"

    told = json.loads(dun(config, "people", "list", "--json").stdout)
    assert [(each["name"], each["role"]) for each in told["accounts"]] == [("ben", "bookkeeper")]


def test_the_link_goes_to_the_address_of_the_proxy_if_one_is_named(config: Path) -> None:
    config.write_text('[page]\nhosts = ["dun.example.com"]\n', encoding="utf-8")

    assert "https://dun.example.com/welcome/" in dun(config, "people", "add", "ben").stdout


@pytest.mark.parametrize(("more", "told"), [((), True), (("--url", "http://127.0.0.1:9999"), False)])
def test_a_link_to_where_the_page_would_be_says_how_to_name_another_address(config, more, told) -> None:
    assert ("If it is open elsewhere: --url" in dun(config, "people", "add", "ben", *more).stdout) is told


def test_somebody_whom_the_configuration_does_not_list_is_told_of(config: Path) -> None:
    config.write_text('[people.root]\nrole = "admin"\n', encoding="utf-8")

    assert "not listed in [people]" in " ".join(dun(config, "people", "add", "ben").stdout.split())


@pytest.mark.parametrize("arguments", [("add", "no such name"), ("remove", "nobody"), ("role", "nobody", "viewer")])
def test_what_cannot_be_is_refused_in_words(config: Path, arguments: tuple[str, ...]) -> None:
    refused = dun(config, "people", *arguments)

    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_a_role_is_changed_and_an_account_is_removed(config: Path) -> None:
    with open_page(config.parent) as opened:
        guest = opened.signed_in("ben", "viewer")
        assert dun(config, "people", "role", "ben", "admin").exit_code == 0
        assert guest.get("/connect").status == 200

        assert "can sign in no more" in dun(config, "people", "remove", "ben").stdout
        assert guest.get("/").path.startswith("/sign-in")


def test_an_empty_list_says_what_comes_next(config: Path) -> None:
    assert "dun people add NAME" in dun(config, "people", "list").stdout
