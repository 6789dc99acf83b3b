"""`dun disconnect`: a client leaves, or takes the access back."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.disconnect import disconnect as leave
from connector.printing import emit_json, json_option, say


@click.command()
@click.option("-t", "--tenant", "slug", required=True, help="Short name of the client.")
@json_option
@click.pass_obj
def disconnect(config_path: Path, slug: str, as_json: bool) -> None:
    """Give a client's access back and forget the tokens. History and mirror are kept."""
    with installation(config_path) as opened:
        settings = opened.config.tenant(slug)
        objection = leave(opened, settings)
        kept = opened.config.data / "tenants" / settings.slug
    if as_json:
        emit_json({"tenant": slug, "objection": objection, "kept": str(kept)})
        return
    say(f"Disconnected {slug}: tokens forgotten; nothing is sent for it any more. Kept: {kept}")
    if objection:
        say(f"The service did not confirm it ({objection}); remove the app in the ledger's own settings as well.")
