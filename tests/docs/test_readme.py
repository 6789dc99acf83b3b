"""The README shows what is there: files in the picture, rooms in the table, targets of make, promises of the page."""

import re
from pathlib import Path

import pytest

from connector.messages.check import check_templates
from state.model import ReminderState

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = re.search(r"^```text\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
PACKAGES = ("connector", "connectors", "state", "sync")


def picture() -> str:
    assert PICTURE is not None
    return PICTURE.group(1)


def exists(name: str) -> bool:
    return (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()


def test_the_picture_of_the_data_flow_names_only_what_exists() -> None:
    named = re.findall(rf"\b(?:{'|'.join(PACKAGES)})/[a-z_]+(?:/[a-z_]+)*", picture())

    assert len(named) >= 8
    assert [name for name in named if not exists(name)] == []


def test_the_picture_walks_through_the_states_of_a_reminder() -> None:
    [walk] = re.findall(r"planned(?: > \w+)+", picture())

    assert set(walk.split(" > ")) <= set(ReminderState)


def test_the_steps_in_the_picture_are_steps_of_the_cycle() -> None:
    cycle = (ROOT / "connector" / "cycle.py").read_text(encoding="utf-8")
    steps = {int(step) for step in re.findall(r"(?:^|[ -])(\d{1,2}) [a-z]+", picture(), re.MULTILINE)}
    spans = re.findall(r"# (\d+)(?: to (\d+))?", cycle)
    covered = {step for first, last in spans for step in range(int(first), int(last or first) + 1)}

    assert steps
    assert steps <= covered


def test_the_rooms_to_read_first_exist() -> None:
    rows = re.findall(r"^\| `([a-z/]+)/` \|[^|]*\| (.+) \|$", README, re.MULTILINE)

    assert len(rows) == 5
    for room, files in rows:
        assert all((ROOT / room / file).is_file() for file in re.findall(r"`([^`]+)`", files)), room


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make ([a-z]+)", README, re.MULTILINE)

    assert targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def test_the_promises_are_those_of_their_page() -> None:
    in_readme = re.findall(r"^\d\. \*\*(.+?)\.\*\*", README, re.MULTILINE)
    page = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")

    assert in_readme == re.findall(r"^## \d\. (.+)$", page, re.MULTILINE)


def test_the_templates_of_the_how_to_pass_the_check(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "write-your-own-templates.md").read_text(encoding="utf-8")
    sources = re.findall(r"^```jinja\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "de").mkdir()
    for file, source in zip(("friendly.txt", "friendly.html", "de/firm.txt", "de/firm.html"), sources, strict=True):
        (tmp_path / file).write_text(source)

    assert check_templates(tmp_path) == []


@pytest.mark.parametrize("view", ["ageing", "open_invoices", "decisions", "reminder_history"])
def test_the_views_for_people_are_explained(view: str) -> None:
    how_to = (ROOT / "docs" / "how-to" / "read-the-database.md").read_text(encoding="utf-8")

    assert f"FROM {view}" in how_to
