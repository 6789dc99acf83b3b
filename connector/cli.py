"""The `dun` command: one group, and one place where errors become sentences and exit codes.

A traceback means a bug in Dun, never a mistake of the person at the terminal.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from connector.commands.approve import approve
from connector.commands.backup import backup
from connector.commands.config import config
from connector.commands.connect import connect
from connector.commands.disconnect import disconnect
from connector.commands.doctor import doctor
from connector.commands.export import export
from connector.commands.forget import forget
from connector.commands.history import history
from connector.commands.holds import hold, release
from connector.commands.init import init
from connector.commands.preview import preview
from connector.commands.reconnect import reconnect
from connector.commands.refusals import EXPECTED, exit_code
from connector.commands.resolve import resolve
from connector.commands.restore import restore
from connector.commands.run import run
from connector.commands.status import status
from connector.commands.sync import sync
from connector.commands.tenants import tenants
from connector.commands.vault import vault
from connector.commands.why import why
from connector.config import ConfigError
from connector.logs import configure

# These two bring the whole sandbox along, a quarter of the time that a command takes to start.
_ON_DEMAND = {"sandbox": "connector.commands.sandbox", "demo": "connector.commands.demo"}


class Commands(click.Group):
    """Commands in the order in which a new user needs them, with expected errors in plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the arguments
        return [*self.commands, *_ON_DEMAND]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ON_DEMAND:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(_ON_DEMAND[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            lead = "" if isinstance(error, ConfigError) else "Error: "  # a ConfigError is a list, with its own leads
            click.echo(f"{lead}{error}", err=True)
            ctx.exit(exit_code(error))


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


for command in (
    init,
    connect,
    reconnect,
    disconnect,
    tenants,
    sync,
    preview,
    run,
    why,
    history,
    approve,
    resolve,
    hold,
    release,
    status,
    doctor,
    config,
    vault,
    backup,
    restore,
    export,
    forget,
):
    main.add_command(command)
