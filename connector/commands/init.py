"""`dun init`: a configuration to start from, and the key that encrypts tokens."""

from pathlib import Path

import click
import requests

from connector.commands.options import how_to_connect
from connector.commands.refusals import BadInput
from connector.config import Config, load
from connector.config_example import render
from connector.data_folder import prepare
from connector.printing import emit_json, json_option, say
from connector.sandbox_config import write_sandbox_config
from state.vault import read_or_create_key


@click.command()
@click.option(
    "--sandbox", "sandbox_url", metavar="URL", help="Point everything at the `dun sandbox` that runs at this address."
)
@click.option("--force", is_flag=True, help="Overwrite a configuration that is already there.")
@json_option
@click.pass_obj
def init(config_path: Path, sandbox_url: str | None, force: bool, as_json: bool) -> None:
    """Write a configuration and the key that encrypts tokens.

    The file has every key with its description. A key that is already there is kept, even with --force.
    """
    if config_path.exists() and not force:
        raise BadInput(f"{config_path} exists already; edit it, or use --force to start over")
    try:
        config_path.parent.mkdir(parents=True, exist_ok=True)
        _write(config_path, sandbox_url)
    except OSError as error:
        raise BadInput(f"{config_path} cannot be written: {error.strerror}") from None
    config = load(config_path)
    prepare(config.data)
    key = config.data / "vault.key"
    read_or_create_key(key)
    if as_json:
        emit_json({"config": str(config_path), "key": str(key), "tenants": list(config.tenants)})
        return
    say(f"Wrote {config_path} and {key}.")
    say("Keep a copy of the key elsewhere: without it every client has to be connected again.")
    _say_next(config_path, config, sandbox=sandbox_url is not None)


def _write(config_path: Path, sandbox_url: str | None) -> None:
    if sandbox_url is None:
        config_path.write_text(render(), encoding="utf-8")
        return
    try:
        write_sandbox_config(config_path, sandbox_url.rstrip("/"), mode="approve")
    except requests.RequestException:
        raise BadInput(f"no sandbox answers at {sandbox_url}; start one with `dun sandbox --port 8765`") from None


def _say_next(config_path: Path, config: Config, *, sandbox: bool) -> None:
    if sandbox:
        say(f"Next: {how_to_connect(config)}")
    else:
        say(f"Next: fill in {config_path}, check it with `dun config check`, then {how_to_connect(config)}")
