"""The page about people names the role of every command as the table in the code does."""

import re
from pathlib import Path

from connector.people import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "people.md"


def test_the_page_has_every_command_in_the_row_of_its_role() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {command: role for role, commands in rows for command in re.findall(r"`([^`]+)`", commands)}

    assert documented == dict(COMMANDS)
