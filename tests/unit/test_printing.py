"""Tables at a terminal: whatever its width, no column and no digit is lost."""

import subprocess
import sys

import pytest

_SHOW = """
from connector.printing import show, table
name, money = "A customer with a long name Ltd", "2,628,100.01 EUR"
row = ("harbour", name, "final", "2026-03-04", money, "INV-1 INV-2 INV-3", TEXT)
columns = ("tenant", "customer", "stage", "day", "asks", "invoices", "by")
show(table("To be sent", columns, [row], right=("asks",), prose=("customer", "invoices")))
"""


def shown(width: int, text: str = "email") -> str:
    code = f"TEXT = {text!r}\n{_SHOW}"
    environment = {"COLUMNS": str(width), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, encoding="utf-8"
    ).stdout


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_every_column_and_number_is_whole_however_narrow_the_terminal_is(width: int) -> None:
    told = shown(width)

    for whole in ("tenant", "customer", "stage", "invoices", "harbour", "2026-03-04", "2,628,100.01 EUR", "email"):
        assert whole in told


def test_a_strangers_endless_text_does_not_widen_the_table_without_end() -> None:
    assert max(map(len, shown(80, "x" * 5000).splitlines())) < 250
