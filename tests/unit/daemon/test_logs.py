"""Log lines come out in one form, ours and those of libraries, and say nothing that is not theirs to say."""

import json
import logging

import pytest
import structlog

from connector.logs import configure, configure_for_command


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
