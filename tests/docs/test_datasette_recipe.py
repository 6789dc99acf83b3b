"""The recipe for datasette names views, columns and queries that a tenant's file really has."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from state.store import TenantStore

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "look-with-datasette.md"


@pytest.fixture
def metadata() -> dict[str, Any]:
    [block] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    described: dict[str, Any] = yaml.safe_load(re.sub(r"^   ", "", block, flags=re.MULTILINE))["databases"]["dun"]
    return described


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    TenantStore.open(tmp_path / "dun.db").close()
    with closing(sqlite3.connect(f"file:{tmp_path / 'dun.db'}?immutable=1", uri=True)) as opened:
        yield opened


def test_every_view_and_column_that_is_described_exists(metadata: dict[str, Any], file: sqlite3.Connection) -> None:
    for name, words in metadata["tables"].items():
        columns = {column for _, column, *_ in file.execute("SELECT * FROM pragma_table_info(?)", (name,))}
        assert columns, name
        assert set(words.get("columns", {})) <= columns, name


def test_every_query_runs(metadata: dict[str, Any], file: sqlite3.Connection) -> None:
    for query in metadata["queries"].values():
        assert file.execute(query["sql"]).fetchall() == []
