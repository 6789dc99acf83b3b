"""The reference names everything a script can use, so that nobody has to read the source."""

import re
from pathlib import Path

import pytest

from connectors.sandbox.control.routes import control_routes
from connectors.sandbox.world import World

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs" / "reference" / "sandbox.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "connectors" / "sandbox").rglob("*.py"))


def test_every_action_of_the_control_api_is_shown(world: World) -> None:
    for route in control_routes(world):
        last = route.path.rstrip("/").rpartition("/")[2]
        if not last.startswith("{") and "{company}" not in route.path:
            assert f"/{last}" in REFERENCE, route.path


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_switch_is_explained(source: Path) -> None:
    for name in re.findall(r'switch\(\s*f?"([a-z_.]+)"', source.read_text(encoding="utf-8")):
        assert f"{name}`" in REFERENCE, name
