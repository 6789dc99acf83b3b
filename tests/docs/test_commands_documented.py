"""The reference of the commands is what the commands say of themselves, and no page shows one that does not exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from connector.cli import main
from connector.command_reference import leaves, render

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "commands.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LEAVES = {ctx.command_path: ctx for ctx in leaves(click.Context(main, info_name="dun"))}


GROUPS = {path.rpartition(" ")[0] for path in LEAVES}


def shown(page: Path) -> Iterator[str]:
    """Every command line that begins with `dun`, in code blocks and between backticks."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```(?:console|bash|sh)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from (line.removeprefix("$ ") for line in block.splitlines() if re.match(r"(\$ )?dun ", line))
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from (" ".join(code.split()) for code in re.findall(r"`(dun [^`]+)`", outside))


def test_the_reference_is_in_step_with_the_commands() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render(), "run: python -m connector.command_reference"


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_is_documented(path: str) -> None:
    assert f"## `{path}`" in REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_and_every_option_has_help(path: str) -> None:
    command = LEAVES[path].command

    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


@pytest.mark.parametrize("path", [path for path in LEAVES if path != "dun config schema"])  # prints nothing else
def test_every_command_speaks_json(path: str) -> None:
    options = {name for parameter in LEAVES[path].command.params for name in parameter.opts}

    assert "--json" in options


@pytest.mark.parametrize("path", [path for path in LEAVES if path != "dun sandbox"])  # whose sentence is a long list
def test_the_list_of_commands_shows_whole_sentences(path: str) -> None:
    assert not LEAVES[path].command.get_short_help_str(67).endswith("...")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_show_only_commands_and_options_that_exist(page: Path) -> None:
    wrong = [line for line in shown(page) if not exists(line)]

    assert wrong == []


def exists(line: str) -> bool:
    """Whether the line names a command and, after it, nothing but options that this command has."""
    path, *words = shlex.split(line, comments=True)
    if words[:1] in (["-c"], ["--config"]):
        words = words[2:]
    while path in GROUPS and words and not words[0].startswith("-"):
        path = f"{path} {words.pop(0)}"
    if path not in LEAVES:
        return path == "dun" and words in (["--help"], ["--version"])
    command = LEAVES[path].command
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word in known for word in words if word.startswith("-"))


def test_the_check_of_shown_commands_finds_mistakes() -> None:
    assert exists("dun config check")
    assert exists("dun -c other.toml run --once  # a comment")
    assert not exists("dun surgeon")
    assert not exists("dun run --twice")
