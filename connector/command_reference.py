"""The reference page of the commands, generated from the commands themselves so that it cannot fall behind them.

`python -m connector.command_reference` rewrites docs/reference/commands.md in the current folder; a test fails while
they differ.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from connector.cli import main

_INTRODUCTION = """\
# Commands

Every command has `--help`. Those that say something also have `--json`: one JSON object on standard output and nothing
else there; progress and errors go to standard error.

Names and numbers come from ledgers, where anybody may have typed anything. A terminal gets them as plain text on one
line, without what it would obey and what turns the reading order round; in JSON they are whole, and such characters
are written as escapes.

| exit code | means |
|---|---|
| 0 | done |
| 1 | something was in the way (a ledger, a carrier, another process), the demo broke a promise, or a person must look |
| 2 | nothing was tried: the command line, the configuration, the data folder or a secret is not right |

`dun -c FILE policy check`: which configuration is meant is said before the command, for all of them.

This page is generated from the commands: `python -m connector.command_reference`."""


def render() -> str:
    """The text of docs/reference/commands.md."""
    root = click.Context(main, info_name="dun")
    sections = [_options(root, main), *(_section(ctx) for ctx in leaves(root))]
    return "\n\n".join([_INTRODUCTION, "## Options before the command", *sections]) + "\n"


def leaves(ctx: click.Context) -> Iterator[click.Context]:
    """Every command that does something, in the order of `dun --help`."""
    group = ctx.command
    if not isinstance(group, click.Group) or group.invoke_without_command:
        yield ctx
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is not None:
            yield from leaves(click.Context(command, info_name=name, parent=ctx))


def _section(ctx: click.Context) -> str:
    usage = " ".join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])
    parts = [f"## `{ctx.command_path}`", f"```text\n{usage}\n```", *_help(ctx.command), _options(ctx, ctx.command)]
    return "\n\n".join(part for part in parts if part)


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs; those that click keeps as they stand (after a backspace character) are examples."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            yield f"```console\n{paragraph[1:].strip()}\n```"
        else:
            yield " ".join(paragraph.split())


def _options(ctx: click.Context, command: click.Command) -> str:
    records = [parameter.get_help_record(ctx) for parameter in command.params if isinstance(parameter, click.Option)]
    rows = [f"| `{_cell(names)}` | {_cell(text)} |" for names, text in filter(None, records)]
    return "\n".join(["| option | |", "|---|---|", *rows]) if rows else ""


def _cell(text: str) -> str:
    """A bar would begin the next cell, even inside code."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    Path("docs/reference/commands.md").write_text(render(), encoding="utf-8")
