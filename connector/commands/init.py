"""`dun init`: a configuration to start from, and the key that encrypts tokens."""

from pathlib import Path

import click
import requests

from connector.commands.options import how_to_connect
from connector.commands.refusals import BadInput
from connector.config.errors import toml_value
from connector.config.example import render
from connector.config.settings import Config, load
from connector.credentials import KEYRING, CredentialError, is_reference
from connector.data_folder import prepare
from connector.printing import emit_json, json_option, say
from connector.sandbox_config import write_sandbox_config
from connector.vault import desktop_keyring
from connector.vault.keeper import create_key
from connector.vault.key import KEY_FILE
from state.errors import MissingKey
from state.registry import Registry


@click.command()
@click.option(
    "--sandbox", "sandbox_url", metavar="URL", help="Point everything at the `dun sandbox` that runs at this address."
)
@click.option(
    "--key",
    "key",
    metavar="REFERENCE",
    default="",
    help="Where the key is to be: file:PATH, keyring:SERVICE/NAME, env:NAME or systemd:NAME.",
)
@click.option("--force", is_flag=True, help="Overwrite a configuration that is already there.")
@json_option
@click.pass_obj
def init(config_path: Path, sandbox_url: str | None, key: str, force: bool, as_json: bool) -> None:
    """Write a configuration and the key that encrypts tokens.

    The file has every key with its description. Without --key the key is a file in the data folder. One that is already
    there is kept, even with --force.
    """
    if config_path.exists() and not force:
        raise BadInput(f"{config_path} exists already; edit it, or use --force to start over")
    if key and not is_reference(key):
        raise BadInput("--key names a place, not the key: file:PATH, keyring:SERVICE/NAME, env:NAME or systemd:NAME")
    if key.startswith(KEYRING):
        desktop_keyring.get(key.removeprefix(KEYRING))  # one that cannot be used is refused before anything is written
    try:
        config_path.parent.mkdir(parents=True, exist_ok=True)
        _write(config_path, sandbox_url, key)
    except OSError as error:
        raise BadInput(f"{config_path} cannot be written: {error.strerror}") from None
    config = load(config_path)
    prepare(config.data)
    lacking = _make_key(config)
    place = key or str(config.data / KEY_FILE)
    if as_json:
        emit_json({"config": str(config_path), "key": place, "key_missing": lacking, "tenants": list(config.tenants)})
        return
    say(f"Wrote {config_path}." if lacking else f"Wrote {config_path} and {place}.")
    say(lacking or "Keep a copy of the key elsewhere: without it every client has to be connected again.")
    _say_next(config_path, config, sandbox=sandbox_url is not None)


def _write(config_path: Path, sandbox_url: str | None, key: str) -> None:
    if sandbox_url is None:
        config_path.write_text(render(), encoding="utf-8")
    else:
        _write_rehearsal(config_path, sandbox_url)
    if key:
        config_path.write_text(_with_key(config_path.read_text(encoding="utf-8"), key), encoding="utf-8")


def _write_rehearsal(config_path: Path, sandbox_url: str) -> None:
    try:
        write_sandbox_config(config_path, sandbox_url.rstrip("/"), mode="approve")
    except requests.RequestException:
        raise BadInput(f"no sandbox answers at {sandbox_url}; start one with `dun sandbox --port 8765`") from None


def _with_key(text: str, reference: str) -> str:
    """`text` with the key's place under [vault], which a rehearsal's file does not have."""
    line = f"key = {toml_value(reference)}\n"
    heading = "[vault]\n"
    return text.replace(heading, heading + line, 1) if heading in text else f"{text}\n{heading}{line}"


def _make_key(config: Config) -> str | None:
    """Make the key where one can be made; otherwise what somebody else has to do."""
    with Registry.open(config.data / "registry.db") as registry:
        try:
            create_key(registry, config, forget_tokens=False)
        except (MissingKey, CredentialError) as error:
            return str(error)
    return None


def _say_next(config_path: Path, config: Config, *, sandbox: bool) -> None:
    if sandbox:
        say(f"Next: {how_to_connect(config)}")
    else:
        say(f"Next: fill in {config_path}, check it with `dun config check`, then {how_to_connect(config)}")
