"""Stands before every command and asks whether the person at the terminal may run it."""

from collections.abc import Callable, Iterator
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any

import click


def guarded(command: click.Command, path: str) -> click.Command:
    """`command`, or all commands below it, refusing with NotAllowed whoever has not the role for it."""
    made = copy(command)
    if isinstance(made, click.Group):
        made.commands = {name: guarded(inner, f"{path} {name}") for name, inner in made.commands.items()}
    if made.callback is not None and (not isinstance(made, click.Group) or made.invoke_without_command):
        made.callback = _asking_first(made.callback, path)
    return made


def _asking_first(callback: Callable[..., Any], path: str) -> Callable[..., Any]:
    @wraps(callback)
    def asked(*args: Any, **kwargs: Any) -> Any:
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is None:  # else that one asks
            _ask(ctx, path)
        return callback(*args, **kwargs)

    return asked


def _ask(ctx: click.Context, path: str) -> None:
    config_path: Path = ctx.find_root().obj
    from connector.people import needed, person, refuse  # what a role is takes the configuration's modules

    role = needed(path)
    if role == "none" or not config_path.exists() or not _lists_people(config_path, strict=role != "viewer"):
        return
    from connector.config.settings import load

    config = load(config_path)
    refuse(config.people, person(), path, list(_named(ctx)) or config.tenants)


def _lists_people(config_path: Path, *, strict: bool) -> bool:
    """Whether the file has a table of people. One that cannot be read hides whether it has: ConfigError if `strict`."""
    from connector.config.errors import ConfigError
    from connector.config.text import parse, read

    try:
        return "people" in parse(config_path, read(config_path))
    except ConfigError:
        if strict:
            raise
        return False


def _named(ctx: click.Context) -> Iterator[str]:
    """The tenant that the command line names."""
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name or "")
        if isinstance(value, str) and (parameter.name in {"slug", "tenant"} or "--tenant" in parameter.opts):
            yield value
