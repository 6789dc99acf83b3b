"""Log lines come out in one form, ours and those of libraries, and say nothing that is not theirs to say."""

import json
import logging

import pytest
import structlog
from hostile_people import FORGED, NAMES, Hostile, commanding, forged_lines

from connector.logs import Form, configure, configure_for_command


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> object:
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


def test_off_a_terminal_each_line_is_an_object_with_its_tenant_and_cycle(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "auto")
    with structlog.contextvars.bound_contextvars(tenant="north", cycle=7):
        structlog.get_logger().info("sent", reminders=["A"])

    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "sent", "level": "info", "tenant": "north", "cycle": 7, "reminders": ["A"]}


def test_libraries_are_heard_from_warnings_up_and_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", "json")
    logging.getLogger("some.library").info("the key is SG.secret")
    logging.getLogger("some.library").warning("the disk is slow")

    [line] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["event"], line["level"], line["logger"]) == ("the disk is slow", "warning", "some.library")


def test_configuring_twice_says_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    configure("info", "json")
    logging.getLogger("some.library").warning("once")

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_commands_that_print_what_they_do_log_only_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    configure_for_command("info", "console")
    structlog.get_logger().info("everyday")
    structlog.get_logger().warning("trouble")

    said = capsys.readouterr().err
    assert ("everyday" in said, "trouble" in said) == (False, True)


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure("error", "json")
    structlog.get_logger().warning("not so bad")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["console", "json"])
@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: hostile.attacks)
def test_an_event_is_one_line_whatever_stands_in_it(
    capsys: pytest.CaptureFixture[str], hostile: Hostile, form: Form
) -> None:
    configure("info", form)
    structlog.get_logger().warning(f"paused: {hostile.text}", reason=hostile.text, among=[hostile.text])
    logging.getLogger("some.library").warning("%s was refused", hostile.text)

    said = capsys.readouterr().err
    assert (len(said.splitlines()), commanding(said), forged_lines(said)) == (2, set(), [])
    assert len(said) < 20_000


def test_no_line_of_a_traceback_looks_like_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "console")
    error = ValueError(f"Eve\n{FORGED} [info] sent\x1b[2J")
    structlog.get_logger().error("cycle ended unexpectedly", exc_info=error)

    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if not line.startswith("    ")] == said[:1]
    assert (said[-1], said[-2]) == (f"    {FORGED} [info] sent [2J", "    ValueError: Eve")
