"""The page about findings knows every kind of finding with its severity, and no others."""

import re
from pathlib import Path

from connector.checks.finding import SEVERITIES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "findings.md"


def test_every_finding_is_explained_with_its_severity() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (notice|warning|critical)\b", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert dict(rows) == dict(SEVERITIES)


def test_every_kind_of_finding_can_be_found() -> None:
    sources = [*(ROOT / "connector" / "checks").glob("*.py"), ROOT / "connector" / "watching" / "doctor.py"]
    used = set(re.findall(r'found\(\s*"([a-z_]+)"', "".join(path.read_text(encoding="utf-8") for path in sources)))

    assert used == set(SEVERITIES)
