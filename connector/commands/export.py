"""`dun export`: a client's data in files that every program reads."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.keeping.export import export as write_export
from connector.printing import count, emit_json, json_option, say


@click.command()
@click.argument("tenant")
@click.option(
    "--to", "folder", required=True, metavar="FOLDER", type=click.Path(path_type=Path), help="A folder that is new."
)
@json_option
@click.pass_obj
def export(config_path: Path, tenant: str, folder: Path, as_json: bool) -> None:
    """Write everything about a client as CSV and JSON lines.

    One file of each form per table; amounts as decimal text next to their currency, instants in UTC. No tokens and no
    secrets. In CSV, cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    with installation(config_path) as opened:
        slug = opened.config.tenant(tenant).slug
        if not opened.tenant_file(slug).exists():
            raise BadInput(f"nothing is known of {tenant!r} yet; run `dun sync` first")
        with opened.store(slug) as store:
            rows = write_export(store, folder)
    if as_json:
        emit_json({"tenant": slug, "folder": str(folder), "rows": rows})
        return
    say(f"Exported {count(sum(rows.values()), 'row')} in {count(len(rows), 'table')} of {slug} to {folder}.")
