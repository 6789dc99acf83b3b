"""`dun vault`: the key that encrypts the tokens, looked at, made and changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from connector.commands.refusals import BadInput
from connector.config.settings import Config, load
from connector.credentials import ENVIRONMENT, SYSTEMD, is_reference
from connector.data_folder import prepare
from connector.logs import configure_for_command
from connector.printing import count, emit_json, json_option, say, show, table
from connector.vault.keeper import Changed, VaultStatus, change_key, create_key, move_to_key, vault_status
from connector.wiring import clock_of
from state.model import TenantSlug
from state.registry import Registry
from state.vault import SealedTokens

_GIVEN = (ENVIRONMENT, SYSTEMD)  # handed to a process when it starts, and not again


@click.group()
def vault() -> None:
    """Look after the key that encrypts the tokens."""


@vault.command()
@json_option
@click.pass_obj
def status(config_path: Path, as_json: bool) -> None:
    """Say where the key is, and whose tokens it seals.

    Keys are shown by a fingerprint, which gives nothing of them away. Exit code 1 if the tokens cannot be opened.
    """
    with _opened(config_path) as (config, registry, _):
        told = vault_status(registry, config)
    if as_json:
        emit_json(told)
    else:
        _print(told)
    if told.trouble:
        raise click.exceptions.Exit(1)


@vault.command()
@click.option("--forget-tokens", is_flag=True, help="Give up the tokens of a key that is lost.")
@json_option
@click.pass_obj
def create(config_path: Path, forget_tokens: bool, as_json: bool) -> None:
    """Make the configured key, if there is none yet.

    Refused while there are tokens that were sealed with another key: restore that key. Only when it is lost for good,
    use --forget-tokens, and connect the clients it names again.
    """
    with _opened(config_path) as (config, registry, _):
        lost = create_key(registry, config, forget_tokens=forget_tokens)
        told = vault_status(registry, config)
    if as_json:
        emit_json({"source": told.source, "key_id": told.key_id, "forgotten": lost})
        return
    say(f"The key is {told.source}, id {told.key_id}. Keep a copy of it elsewhere.")
    if lost:
        say(f"Forgot the tokens of {', '.join(lost)}. Next: {_reconnect(config, lost)}")


@vault.command()
@click.option(
    "--to",
    "reference",
    metavar="REFERENCE",
    help="Move to the key at another place: file:PATH, keyring:SERVICE/NAME, env:NAME or systemd:NAME.",
)
@json_option
@click.pass_obj
def rotate(config_path: Path, reference: str | None, as_json: bool) -> None:
    """Change the key, and seal all tokens again.

    Safe while a daemon runs, and when it is interrupted: run it again. The old key opens nothing that is sealed from
    now on, only older backups. Keys from the environment and from systemd are changed with --to, which says what to
    write into the configuration afterwards.
    """
    if reference is not None and not is_reference(reference):
        raise BadInput("--to names a place: file:PATH, keyring:SERVICE/NAME, env:NAME or systemd:NAME")
    with _opened(config_path) as (config, registry, now):
        if reference is None:
            changed = change_key(registry, config, now)
        else:
            changed = move_to_key(registry, config, reference, now)
    if as_json:
        emit_json(changed)
        return
    _say_changed(changed, config_path, moved=reference is not None)


@contextmanager
def _opened(config_path: Path) -> Iterator[tuple[Config, Registry, datetime]]:
    """The registry without its vault: these commands are for when the key is not right."""
    config = load(config_path)
    configure_for_command(config.log_level, config.log_format)
    prepare(config.data)
    clock = clock_of(config)
    with Registry.open(config.data / "registry.db") as registry:
        yield config, registry, clock.now()


def _print(told: VaultStatus) -> None:
    rows = (
        (tokens.slug, f"{tokens.saved_at:%Y-%m-%d %H:%M}", tokens.key_id or "older", _asked(tokens))
        for tokens in told.tokens
    )
    show(table("Tokens", ("tenant", "saved", "key", "newer asked for"), rows), "No tokens yet: no client is connected.")
    say(f"Key: {told.source}, id {told.key_id or 'unknown'}.")
    if told.unfinished_rotation:
        say("A change of the key was interrupted. Nothing is lost; finish it: dun vault rotate")
    if told.trouble:
        say(told.trouble)


def _asked(tokens: SealedTokens) -> str:
    """Only when the answer to the last refresh was not kept."""
    asked = tokens.asked_at
    return f"{asked:%Y-%m-%d %H:%M}, no answer kept" if asked and asked > tokens.saved_at else ""


def _say_changed(changed: Changed, config_path: Path, *, moved: bool) -> None:
    say(f"Sealed the tokens of {count(changed.tokens, 'tenant')} with a new key, id {changed.key_id}.")
    if moved:
        how = "restart the daemon" if changed.reference.startswith(_GIVEN) else "send the daemon SIGHUP"
        say(f"Next: write this into {config_path}, and {how}:", "[vault]", f'key = "{changed.reference}"')
        say("Until then the daemon looks after nobody: it cannot open the tokens.")
    say("Keep a copy of the new key elsewhere, and make a new backup: older ones need the old key.")


def _reconnect(config: Config, lost: list[TenantSlug]) -> str:
    known = [config.tenants[slug] for slug in lost if slug in config.tenants]
    return " and ".join(f"`dun reconnect {tenant.slug}`" for tenant in known)
