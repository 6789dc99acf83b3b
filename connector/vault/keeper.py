"""Opening the vault with the configured key, making that key, and changing it. Every step survives a kill."""

from datetime import datetime

from msgspec import Struct

from connector.config.settings import Config
from connector.credentials import CredentialError
from connector.vault.key import WritableKey, key_source
from state.errors import MissingKey, StateError, UnusableKey, WrongKey
from state.model import TenantSlug
from state.registry import Registry
from state.vault import SealedTokens, Vault, fingerprint


class Changed(Struct, frozen=True):
    """What a change of the key came to."""

    key_id: str
    reference: str
    tokens: int  # of how many tenants


class VaultStatus(Struct, frozen=True, kw_only=True):
    """How the vault is. Keys are told by their fingerprints."""

    source: str
    key_id: str | None  # of the configured key; None if it cannot be had
    in_force: str | None  # of the key that tokens are sealed with; None before the first
    trouble: str | None  # why some tokens cannot be opened
    unfinished_rotation: bool
    tokens: list[SealedTokens]


def open_vault(registry: Registry, config: Config) -> Vault:
    """The vault with its configured key. The file in the data folder makes itself; other keys are made on request.

    A key that is missing while there are tokens to open is never replaced: MissingKey says whose they are.
    """
    source = key_source(config)
    vault = Vault(registry, source)
    try:
        vault.check()
    except MissingKey as error:
        _refuse_to_replace(vault, error)
        if config.vault_key or not isinstance(source, WritableKey):
            raise
        source.create()
        vault.check()
    return vault


def create_key(registry: Registry, config: Config, *, forget_tokens: bool) -> list[TenantSlug]:
    """Make the configured key if there is none. With `forget_tokens`, give up those of a lost key; whose they were."""
    source = key_source(config)
    vault = Vault(registry, source)
    with vault.changing_the_key():
        try:
            source.read()
        except MissingKey as error:
            if not forget_tokens:
                _refuse_to_replace(vault, error)
            if not isinstance(source, WritableKey):
                raise
            source.create()
        lost = vault.forget_unopenable() if forget_tokens else []
        vault.check()
    return lost


def change_key(registry: Registry, config: Config, at: datetime) -> Changed:
    """Put a new key in the place of the present one, and seal every token with it."""
    source = key_source(config)
    if not isinstance(source, WritableKey):
        raise UnusableKey(
            f"{source.reference} cannot be written to from here. Put the new key beside it under another name, and run"
            " `dun vault rotate --to REFERENCE`."
        )
    return change_key_of(Vault(registry, source), source, at)


def change_key_of(vault: Vault, source: WritableKey, at: datetime) -> Changed:
    """As `change_key`, for an open vault whose key is at `source`."""
    with vault.changing_the_key():
        vault.check()
        _settle(vault, source)
        key = source.draft()
        tokens = vault.reseal(key, source.reference, at)
        source.adopt_draft()
    return Changed(fingerprint(key), source.reference, tokens)


def move_to_key(registry: Registry, config: Config, reference: str, at: datetime) -> Changed:
    """Seal every token with the key at `reference`, which is made if it can be. The configuration must name it next."""
    target = key_source(config, reference)
    vault = Vault(registry, key_source(config))
    with vault.changing_the_key():
        vault.check()
        if isinstance(target, WritableKey):
            target.create()
        key = target.read()[-1]
        tokens = vault.reseal(key, reference, at)
    return Changed(fingerprint(key), reference, tokens)


def vault_status(registry: Registry, config: Config) -> VaultStatus:
    """How the vault is, whatever is wrong with it."""
    source = key_source(config)
    vault = Vault(registry, source)
    key_id, trouble, unfinished = None, None, False
    try:
        key_id = fingerprint(source.read()[-1])
        unfinished = isinstance(source, WritableKey) and source.drafted() is not None
        _open_all(vault)
    except (StateError, CredentialError) as error:
        trouble = str(error)
    in_force = vault.in_force()
    return VaultStatus(
        source=source.reference,
        key_id=key_id,
        in_force=in_force.key_id if in_force else None,
        trouble=trouble,
        unfinished_rotation=unfinished,
        tokens=vault.sealed(),
    )


def _open_all(vault: Vault) -> None:
    vault.check()
    for tokens in vault.sealed():
        vault.load(tokens.slug)


def _settle(vault: Vault, source: WritableKey) -> None:
    """Finish or undo a change that was interrupted: the registry knows whether the draft was put in force."""
    draft = source.drafted()
    if draft is None:
        return
    in_force = vault.in_force()
    if in_force is not None and in_force.key_id == fingerprint(draft):
        source.adopt_draft()
    else:
        source.discard_draft()


def _refuse_to_replace(vault: Vault, error: MissingKey) -> None:
    sealed = vault.sealed()
    if sealed:
        count = "1 tenant were" if len(sealed) == 1 else f"{len(sealed)} tenants were"
        raise WrongKey(
            f"{error} The tokens of {count} sealed with the key that is missing, so no other is made in its place."
            " Restore the key file from your copy; if it is lost, `dun vault create --forget-tokens` gives the tokens"
            " up, and `dun reconnect` brings each client back."
        ) from None
