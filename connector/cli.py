"""The `dun` command: one group, and one place where errors become sentences and exit codes.

Exit 0: done. Exit 1: something is in the way, said in words. Exit 2: the command line or the configuration is wrong.
A traceback means a bug in Dun, never a mistake of the person at the terminal.
"""

from pathlib import Path
from typing import Any

import click

from connector.callback import ConsentError
from connector.commands.approve import approve
from connector.commands.config import config
from connector.commands.connect import connect
from connector.commands.demo import demo
from connector.commands.history import history
from connector.commands.holds import hold, release
from connector.commands.init import init
from connector.commands.preview import preview
from connector.commands.run import run
from connector.commands.sandbox import sandbox
from connector.commands.sync import sync
from connector.commands.tenants import tenants
from connector.commands.why import why
from connector.config import ConfigError, UnknownTenant
from connector.credentials import CredentialError
from connector.holding import TargetError
from connector.logs import configure
from connector.messages.context import MessageError
from connector.printing import diagnostics
from connector.rehearsal import RehearsalError
from connectors.ledger import LedgerError
from state.errors import StateError

_EXPECTED = (ConsentError, CredentialError, LedgerError, MessageError, RehearsalError, StateError, TargetError)


class Commands(click.Group):
    """Commands in the order in which a new user needs them, with expected errors in plain words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the arguments
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            diagnostics.print(str(error), style="red", markup=False, soft_wrap=True)
            ctx.exit(2)
        except UnknownTenant as error:
            diagnostics.print(str(error.args[0]), style="red", markup=False, soft_wrap=True)
            ctx.exit(2)
        except _EXPECTED as error:
            diagnostics.print(str(error), style="red", markup=False, soft_wrap=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    envvar="DUN_CONFIG",
    help="The configuration file (or set DUN_CONFIG).",
)
@click.version_option(package_name="dun-connector", prog_name="dun")
@click.pass_context
def main(ctx: click.Context, config_path: Path) -> None:
    """Chases unpaid invoices in Xero and QuickBooks Online, and never a paid one."""
    configure("warning")
    ctx.obj = config_path


for command in (
    init,
    connect,
    tenants,
    sync,
    preview,
    run,
    why,
    history,
    approve,
    hold,
    release,
    config,
    sandbox,
    demo,
):
    main.add_command(command)
