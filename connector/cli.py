"""The `dun` command: one group, and one place where errors become sentences and exit codes.

A traceback means a bug in Dun, never a mistake of the person at the terminal.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from connector.commands.guard import guarded
from connector.logs import configure
from state.plain_text import plain

# In the order in which a new user needs them. A command is imported when it is asked for: all together, with the
# sandbox, take many times as long as most of them take to do their work.
_COMMANDS = (
    "init connect reconnect disconnect tenants sync preview run why find history replies approve edit resolve hold"
    " release holds promise dispute defer plan discount charges credits customer statement report tasks decide"
    " handover write-off audit policy status doctor web people config vault backup restore export forget sandbox demo"
).split()
_MODULES = {
    "hold": "holds",
    "release": "holds",
    "holds": "standing",
    "write-off": "write_off",
}  # the others are in modules of their own names
_SAID_BY_CLICK = (click.ClickException, click.exceptions.Exit, click.Abort)


class Commands(click.Group):
    """Commands in the order in which a new user needs them, with expected errors in plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the arguments
        return _COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        module = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"connector.commands.{module}"), cmd_name.replace("-", "_"))
        return guarded(command, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise _in_its_place(error) from None
        except _SAID_BY_CLICK:
            raise
        except Exception as error:
            code = _say(error)
            if code is None:
                raise
            ctx.exit(code)


def _in_its_place(error: click.NoSuchOption) -> click.UsageError:
    """The configuration belongs to `dun` itself, and is looked for behind the command all the same."""
    if error.option_name not in ("-c", "--config") or error.ctx is None:
        return error
    _, _, command = error.ctx.command_path.partition(" ")
    return click.UsageError(f"{error.option_name} stands before the command: dun -c FILE {command}", error.ctx)


def _say(error: Exception) -> int | None:
    """Say an expected error in words; its exit code, or None for a bug. Knowing the errors takes the whole house."""
    from connector.commands.refusals import EXPECTED, exit_code
    from connector.config.settings import ConfigError

    if not isinstance(error, EXPECTED):
        return None
    listed = isinstance(error, ConfigError)  # with its own leads; every other is a sentence that may hold names
    said = "\n".join(map(plain, str(error).split("\n"))) if listed else f"Error: {plain(str(error))}"
    click.echo(said, err=True)
    return exit_code(error)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    envvar="DUN_CONFIG",
    help="The configuration file (or set DUN_CONFIG).",
)
@click.version_option(package_name="dun-connector", prog_name="dun")
@click.pass_context
def main(ctx: click.Context, config_path: Path) -> None:
    """Chases unpaid invoices in Xero and QuickBooks Online, and never a paid one.

    A first hour: dun init, dun connect, dun sync, dun preview, dun run --once, dun approve, dun run.

    Exit code 0: done. 1: something was in the way, or a person must look. 2: nothing was tried, because the command
    line, the configuration or the data folder is not right.
    """
    configure("warning")
    ctx.obj = config_path
