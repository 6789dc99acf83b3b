"""The page of numbers has every report and every number that one of them shows, by the key of JSON and CSV."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import connector
from connector.reporting.reports import REPORTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "numbers.md").read_text(encoding="utf-8")
NO_NUMBERS = ("text", "day")


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    """Key and kind of each column that the module names."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Column":
            kind = call.args[2] if len(call.args) > 2 else None
            yield _text(call.args[0]), str(kind.value) if isinstance(kind, ast.Constant) else "text"


def _text(key: ast.expr) -> str:
    """Of a key that is made, as for each of several windows, the one of 7 days."""
    if isinstance(key, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in key.values)
    assert isinstance(key, ast.Constant | ast.Name)
    return str(key.value) if isinstance(key, ast.Constant) else key.id


def _numbers() -> Iterator[tuple[str, str]]:
    for path in sorted((Path(connector.__file__).parent / "reports").glob("*.py")):
        for key, kind in _columns(path):
            if kind not in NO_NUMBERS:
                yield path.stem, key


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_has_its_section(name: str) -> None:
    assert f"`dun report {name}" in PAGE


def test_every_number_of_every_report_is_told() -> None:
    numbers = list(_numbers())

    assert len(numbers) > 60
    assert [(module, key) for module, key in numbers if f"`{key}`" not in PAGE] == []
