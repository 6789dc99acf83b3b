"""`dun init`: a configuration to start from, and the key that encrypts tokens."""

from pathlib import Path

import click
import requests

from connector.config import load
from connector.config_example import render
from connector.printing import emit_json, json_option, say
from connector.sandbox_config import write_sandbox_config
from state.vault import read_or_create_key


@click.command()
@click.option("--sandbox", "sandbox_url", help="Point everything at a running `dun sandbox` (its address).")
@click.option("--force", is_flag=True, help="Overwrite a configuration that is already there.")
@json_option
@click.pass_obj
def init(config_path: Path, sandbox_url: str | None, force: bool, as_json: bool) -> None:
    """Write a configuration file and the key that encrypts tokens."""
    if config_path.exists() and not force:
        raise click.ClickException(f"{config_path} exists already; edit it, or use --force to start over")
    config_path.parent.mkdir(parents=True, exist_ok=True)
    _write(config_path, sandbox_url)
    config = load(config_path)
    key = config.data / "vault.key"
    read_or_create_key(key)
    if as_json:
        emit_json({"config": str(config_path), "key": str(key), "tenants": list(config.tenants)})
        return
    say(f"Wrote {config_path} and {key}. Keep a copy of the key: without it every client has to be connected again.")
    if sandbox_url:
        for tenant in config.tenants.values():
            say(f"Next: dun connect {tenant.ledger} --tenant {tenant.slug}")
    else:
        say(f"Next: fill in {config_path}, check it with `dun config check`, then `dun connect xero --tenant NAME`.")


def _write(config_path: Path, sandbox_url: str | None) -> None:
    if sandbox_url is None:
        config_path.write_text(render(), encoding="utf-8")
        return
    try:
        write_sandbox_config(config_path, sandbox_url.rstrip("/"))
    except requests.RequestException as error:
        raise click.ClickException(
            f"no sandbox answers at {sandbox_url}; start one with `dun sandbox --port 8765`"
        ) from error
