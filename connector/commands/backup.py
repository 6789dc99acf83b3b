"""`dun backup`: everything that cannot be made again, in one file."""

from pathlib import Path

import click

from connector.config.settings import load
from connector.keeping.backup import back_up
from connector.logs import configure
from connector.printing import count, emit_json, json_option, say
from connector.wiring import clock_of


@click.command()
@click.argument("target", metavar="FILE_OR_FOLDER", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Also the key of the vault: whoever has this file has the connections.")
@json_option
@click.pass_obj
def backup(config_path: Path, target: Path, with_key: bool, as_json: bool) -> None:
    """Copy everything into one file, also while Dun runs.

    In it are all clients' databases, the registry with the encrypted tokens, and the configuration. Not in it are the
    key of the vault (without it the tokens are worthless), secrets that the configuration refers to, and templates.

    A folder that exists gets a file named after the instant; the name of a file ends in .tar.gz. Nothing is
    overwritten. A damaged file stops the backup: without one client's history a restore would send twice.
    """
    config = load(config_path)
    configure(config.log_level)
    made = back_up(config, target, clock_of(config), with_key=with_key)
    if as_json:
        emit_json({"file": str(made.path), "with_key": with_key, "manifest": made.manifest})
        return
    size = made.path.stat().st_size
    say(f"Backed up {count(len(made.manifest.tenants), 'client')} to {made.path} ({size:,} bytes), and read it back.")
    if with_key:
        say("The key is in it: whoever has this file can read and write the clients' ledgers. Keep it locked away.")
    else:
        say("The key of the vault is not in it. Keep a copy of the key elsewhere, or every client connects anew.")
