"""A rule of security that is switched off says why, in the line or above it."""

import re
import tomllib
from pathlib import Path

from drill.leaks import tracked

ROOT = Path(__file__).parents[2]
SWITCHED_OFF = re.compile(r"#\s*(?:ruff:\s*)?noqa:\s*S\d{3}(?:\s*,\s*[A-Z]+\d+)*\s*(?P<why>.*)")
WITHOUT_CODES = re.compile(r"#\s*(?:ruff:\s*)?noqa(?!:)")


def code() -> dict[str, str]:
    files = (path for path in tracked() if path.suffix == ".py" and path != Path(__file__))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


def test_each_line_that_is_let_off_a_rule_of_security_says_why() -> None:
    silent = [
        (name, match[0])
        for name, text in code().items()
        for match in SWITCHED_OFF.finditer(text)
        if len(match["why"].strip(" -#")) < 4
    ]

    assert silent == []


def test_no_line_is_let_off_all_rules() -> None:
    assert [name for name, text in code().items() if WITHOUT_CODES.search(text)] == []


def test_no_rule_of_security_is_off_for_the_connector_itself() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    off = {folder for folder, rules in lint["per-file-ignores"].items() if any(rule.startswith("S1") for rule in rules)}
    off |= {folder for folder, rules in lint["per-file-ignores"].items() if {"S311", "S603", "S607"} & set(rules)}

    assert "S" in lint["select"]
    assert off == {"tests/**", "drill/**", "bench/**", "connectors/sandbox/**"}
