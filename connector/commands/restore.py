"""`dun restore`: a backup becomes the data folder, made safe against sending anything twice."""

from pathlib import Path

import click

from connector.keeping.restore import RestoredBackup, configuration_for
from connector.keeping.restore import restore as put_back
from connector.printing import count, emit_json, json_option, say
from connector.wiring import clock_of

_KEY_WORDS = {
    "restored": "The key of the vault was in the backup and is in its place.",
    "kept": "The key of the vault is the one that was here.",
    "missing": "There is no key of the vault here: put your copy in its place, or connect every client again.",
}


@click.command()
@click.argument("archive", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Set aside what is in the data folder (it is moved, not deleted).")
@click.option(
    "--moved", is_flag=True, help="The old installation was stopped before this backup and has not run since."
)
@json_option
@click.pass_obj
def restore(config_path: Path, archive: Path, force: bool, moved: bool, as_json: bool) -> None:
    """Put a backup in the place of the data folder.

    The backup is examined as a whole before anything is changed. The configuration is taken from it if there is none.

    What was sent after the backup was made is forgotten. So each client is paused; its next cycle learns from the
    ledger's notes what was sent, and what may have left without a note becomes unknown (see `dun resolve`). Then
    `dun release --everything --tenant NAME` lets it go on. With --moved nothing was forgotten, and it goes on at once.
    """
    config, brought = configuration_for(archive, config_path)
    done = put_back(archive, config, clock_of(config), force=force, moved=moved)
    if as_json:
        emit_json(
            {
                "data": str(done.data),
                "set_aside": _text(done.set_aside),
                "key": done.key,
                "moved": moved,
                "config_restored": brought,
                "manifest": done.manifest,
            }
        )
        return
    _say(done, config_path if brought else None, moved=moved)


def _say(done: RestoredBackup, config_path: Path | None, *, moved: bool) -> None:
    tenants = done.manifest.tenants
    say(f"Restored {count(len(tenants), 'client')} as of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC into {done.data}.")
    if done.set_aside:
        say(f"What was there is in {done.set_aside}; delete it when you no longer need it.")
    if config_path:
        say(f"Wrote {config_path} from the backup; the secrets it refers to are not in a backup.")
    say(_KEY_WORDS[done.key])
    if moved:
        return
    say("Every client is paused. Make the holds, agreements, approvals and erasures of the lost time again, run")
    say("`dun sync`, settle what `dun resolve` lists, then: dun release --everything --tenant NAME")
    say("A client whose connection turns out to be dead has a newer token elsewhere: dun reconnect NAME.")


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
