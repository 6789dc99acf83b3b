"""The page about leaving names every table and column of an export, and no others."""

import re
from pathlib import Path

from state.export import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "leave-with-your-data.md"


def test_the_page_lists_the_tables_and_columns_that_are_exported() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {name: tuple(re.findall(r"`(\w+)`", columns)) for name, columns in rows}

    assert documented == {table.name: table.columns for table in TABLES}
