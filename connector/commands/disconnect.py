"""`dun disconnect`: a client leaves, or takes the access back."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.connecting.disconnect import Ended
from connector.connecting.disconnect import disconnect as leave
from connector.printing import emit_json, json_option, say


@click.command()
@click.argument("tenant", metavar="TENANT", required=False)
@click.option("-t", "--tenant", "option", metavar="NAME", help="The same as TENANT.")
@json_option
@click.pass_obj
def disconnect(config_path: Path, tenant: str | None, option: str | None, as_json: bool) -> None:
    """Give a client's access back and forget the tokens.

    History, mirror and settings are kept. If the service cannot be told, the tokens are forgotten nevertheless, and
    the exit code is 1: remove the app in the ledger's own settings then.
    """
    slug = _the_one(tenant, option)
    with installation(config_path) as opened:
        settings = opened.config.tenant(slug)
        ended = leave(opened, settings)
    if as_json:
        emit_json({"tenant": slug, "ended": ended.ended, "objection": ended.objection, "kept": str(ended.kept)})
    else:
        _say(slug, config_path, ended)
    if ended.objection:
        raise click.exceptions.Exit(1)


def _the_one(tenant: str | None, option: str | None) -> str:
    named = {name for name in (tenant, option) if name is not None}
    if len(named) != 1:
        raise BadInput("say which client, and only one: dun disconnect TENANT; `dun tenants` lists them")
    return named.pop()


def _say(slug: str, config_path: Path, ended: Ended) -> None:
    say(f"Disconnected {slug}: its tokens are forgotten, and nothing is sent for it any more.")
    say(f"Ended at the service: {ended.ended}.")
    if ended.objection:
        say(f"The service did not confirm ({ended.objection}); remove the app in the ledger's own settings as well.")
    say(f"Kept: history and mirror in {ended.kept}, settings in {config_path}. To come back: dun reconnect {slug}")
