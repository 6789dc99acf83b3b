"""The threat model names every asset and attacker, and each of its rows the tests that hold it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSETS = [
    "the tokens and the vault's key",
    "the ledger's books",
    "customers' money and patience",
    "customers' addresses and texts",
    "the mail channel",
    "the data folder",
    "configuration and templates",
    "webhooks",
    "the loopback services",
    "backups and exports",
    "logs and alerts",
    "the supply chain",
]
ATTACKERS = [
    "a customer",
    "a ledger user",
    "the network path",
    "another user of the machine",
    "a web page in the bookkeeper's browser",
    "a caller of the webhook port",
    "a service that misbehaves or is taken over",
    "a thief of a backup or disk",
    "a power cut or kill",
    "a malicious or vulnerable package",
]
HEAD = ["asset", "attacker and attack", "what Dun does", "what remains", "held by"]
LINK = re.compile(r"\[(?P<file>\w+\.py)(?:::(?P<test>\w+))?\]\((?P<path>tests/[\w/]+\.py)\)")


def table() -> list[list[str]]:
    lines = (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    head, _, *rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    assert [cell.strip() for cell in head] == HEAD
    return [[cell.strip() for cell in row] for row in rows]


ROWS = table()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: re.sub(r"\W+", "-", f"{row[0]}-{row[1][:60]}"))
def test_a_row_is_whole_and_led_to_the_tests_that_hold_it(row: list[str]) -> None:
    assert len(row) == len(HEAD)
    assert all(row)
    assert row[0] in ASSETS
    assert re.match(r"\*\*(.+?)\*\* \w", row[1])[1] in ATTACKERS
    assert LINK.search(row[-1])
    assert [link[0] for link in LINK.finditer(row[-1]) if not holds(link)] == []
    assert LINK.sub("", row[-1]).strip(" ,") == ""


def holds(link: re.Match[str]) -> bool:
    path = ROOT / link["path"]
    if path.name != link["file"] or not path.is_file():
        return False
    return link["test"] is None or re.search(rf"^def {link['test']}\(", path.read_text(), re.MULTILINE) is not None


def test_every_asset_has_a_row() -> None:
    assert [asset for asset in ASSETS if asset not in {row[0] for row in ROWS}] == []


def test_every_attacker_has_a_row() -> None:
    assert [attacker for attacker in ATTACKERS if not any(f"**{attacker}**" in row[1] for row in ROWS)] == []


def test_no_row_is_there_twice() -> None:
    assert len({tuple(row[:2]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    "words",
    [
        "[test_gone.py](tests/docs/test_gone.py)",
        "[test_links.py](tests/docs/test_readme.py)",
        "[test_links.py::test_that_is_not_there](tests/docs/test_links.py)",
    ],
)
def test_a_test_that_is_not_there_holds_nothing(words: str) -> None:
    link = LINK.fullmatch(words)

    assert link is not None
    assert not holds(link)
