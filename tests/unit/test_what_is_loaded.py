"""Every command and report reads the configuration: what few firms need is not in its memory before it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

_CONFIG = """
[sending]
from = "a@firm.example"

[xero]
client_id = "c"

[tenants.firm]
ledger = "xero"
zone = "Europe/London"
"""
_LOAD = """
import sys
from pathlib import Path
from babel import localedata
from connector.config.settings import load
load(Path(sys.argv[1]))
print(*sorted(sys.modules), *(f"names:{each}" for each in localedata._cache))
"""


@pytest.mark.parametrize("heavy", ["holidays", "phonenumbers.timezone", "names:en"])
def test_reading_a_configuration_loads_no_tables_that_it_does_not_need(tmp_path: Path, heavy: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(_CONFIG)

    told = subprocess.run(
        [sys.executable, "-c", _LOAD, str(config)], check=True, capture_output=True, encoding="utf-8"
    ).stdout.split()

    assert "connector.config.settings" in told
    assert heavy not in told
