"""OAuth tokens at rest: encrypted, and never lost.

Both services rotate refresh tokens, and whoever loses the newest one loses the connection. So a saved token is on the
disk when `save` returns, and one refresh at a time runs over all threads and processes. A stolen registry file is
worth nothing without the key, which lies elsewhere; a token copied into another tenant's row does not open.

The registry remembers by a fingerprint which key is in force. That is how a process that was started before the key
was changed notices, and how a key that was lost is told from a token that was damaged.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from state.columns import instant_text, read_instant, read_optional_instant
from state.database import immediate
from state.errors import DamagedToken, WrongKey, explaining
from state.locks import exclusive
from state.model import TenantSlug, TokenSet
from state.registry import Registry

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeySource(Protocol):
    """Where the key is kept. `reference` names the place as the configuration does; it is no secret."""

    @property
    def reference(self) -> str: ...

    def read(self) -> Sequence[bytes]:
        """What is found there now, the key for new tokens last: one, or two while the key is being changed.

        Raises UnusableKey.
        """
        ...


class KeyInForce(Struct, frozen=True):
    """What the registry knows of the key that new tokens are sealed with."""

    key_id: str
    reference: str
    since: datetime


class SealedTokens(Struct, frozen=True, kw_only=True):
    """What can be said of a tenant's tokens without opening them."""

    slug: TenantSlug
    key_id: str | None  # None: sealed before fingerprints were kept
    saved_at: datetime
    asked_at: datetime | None  # when newer ones were last asked for; later than `saved_at`: no answer was kept


def fingerprint(key: bytes) -> str:
    """A name for a key that gives nothing of it away: keys are random, so nobody can try them all."""
    return hashlib.sha256(b"dun vault key" + key).hexdigest()[:12]


class Vault:
    """The tokens of all tenants, in the registry (AES-256-GCM; the slug is authenticated too)."""

    def __init__(self, registry: Registry, source: KeySource) -> None:
        self._registry = registry
        self._source = source
        self._keys: dict[str, bytes] = {}

    def check(self) -> None:
        """Raise WrongKey if the key in force is not to be found. With no tokens to lose, another one takes its place.

        Raises UnusableKey if there is no key at all.
        """
        keys = self._look()
        in_force = self.in_force()
        if in_force is None or in_force.key_id in keys:
            return
        with immediate(self._registry.connection) as connection:
            if self.sealed():
                raise self._wrong_key(in_force.key_id)
            connection.execute("DELETE FROM vault")

    def save(self, slug: TenantSlug, tokens: TokenSet, at: datetime) -> None:
        """Durable when it returns."""
        with immediate(self._registry.connection) as connection:
            key_id, key = self._key_in_force(connection, at)
            connection.execute(
                "INSERT INTO token (slug, sealed, saved_at, key_id) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (slug) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at,"
                " key_id = excluded.key_id",
                (slug, _seal(key, slug, msgspec.json.encode(tokens)), instant_text(at), key_id),
            )

    def prepare_to_save(self, slug: TenantSlug, at: datetime) -> None:
        """Prove that a save would work: the key is there, and the disk takes a write.

        A refresh token is given away for a newer one only after this: what comes back must have a place.
        """
        with immediate(self._registry.connection) as connection:
            self._key_in_force(connection, at)
            connection.execute("UPDATE token SET asked_at = ? WHERE slug = ?", (instant_text(at), slug))

    @explaining()
    def load(self, slug: TenantSlug) -> TokenSet | None:
        """None if nothing was saved; WrongKey if it was sealed with a key we have not, DamagedToken if altered."""
        missed = False
        while True:
            row = self._registry.connection.execute(
                "SELECT sealed, key_id FROM token WHERE slug = ?", (slug,)
            ).fetchone()
            if row is None:
                return None
            sealed, key_id = row
            key = self._key(key_id)
            if key is not None:
                return msgspec.json.decode(_open(key, slug, sealed, key_id), type=TokenSet)
            if missed:
                raise self._wrong_key(key_id)
            missed = True  # perhaps the key was changed between the row and the look for its key: once more

    def forget(self, slug: TenantSlug) -> None:
        with immediate(self._registry.connection) as connection:
            connection.execute("DELETE FROM token WHERE slug = ?", (slug,))

    def forget_unopenable(self) -> list[TenantSlug]:
        """Give up the tokens that do not open with any key we have, and let the present key be in force; whose."""
        with immediate(self._registry.connection) as connection:
            self._look()
            rows = connection.execute("SELECT slug, sealed, key_id FROM token ORDER BY slug").fetchall()
            lost = [TenantSlug(slug) for slug, sealed, key_id in rows if not self._opens(slug, sealed, key_id)]
            connection.executemany("DELETE FROM token WHERE slug = ?", [(slug,) for slug in lost])
            in_force = self.in_force()
            if in_force is not None and in_force.key_id not in self._keys:
                connection.execute("DELETE FROM vault")
        return lost

    def reseal(self, key: bytes, reference: str, at: datetime) -> int:
        """Seal every tenant's tokens with `key`, which is in force from then on: all of them or none. How many.

        Waits for refreshes under way, whose rotated tokens might otherwise meet a key that their process has not.
        """
        with ExitStack() as nobody_refreshes:
            for tokens in self.sealed():
                nobody_refreshes.enter_context(self.exclusive(tokens.slug))
            with immediate(self._registry.connection) as connection:
                rows = connection.execute("SELECT slug, sealed, key_id FROM token").fetchall()
                opened = [(slug, self._opened(slug, sealed, key_id)) for slug, sealed, key_id in rows]
                key_id = fingerprint(key)
                connection.executemany(
                    "UPDATE token SET sealed = ?, key_id = ? WHERE slug = ?",
                    [(_seal(key, slug, text), key_id, slug) for slug, text in opened],
                )
                _put_in_force(connection, key_id, reference, at)
        return len(opened)

    @explaining()
    def in_force(self) -> KeyInForce | None:
        """None until the first tokens are saved."""
        row = self._registry.connection.execute("SELECT key_id, reference, since FROM vault").fetchone()
        return None if row is None else KeyInForce(row[0], row[1], read_instant(row[2]))

    @explaining()
    def sealed(self) -> list[SealedTokens]:
        """Whose tokens there are, in the order of their slugs. No key is needed."""
        rows = self._registry.connection.execute("SELECT slug, key_id, saved_at, asked_at FROM token ORDER BY slug")
        return [
            SealedTokens(
                slug=TenantSlug(slug),
                key_id=key_id,
                saved_at=read_instant(saved_at),
                asked_at=read_optional_instant(asked_at),
            )
            for slug, key_id, saved_at, asked_at in rows
        ]

    def exclusive(self, slug: TenantSlug) -> AbstractContextManager[None]:
        """One refresh of this tenant's tokens at a time, over all threads and processes; a kill frees the lock.

        A lock file rather than a transaction: the refresh is a network call, and other tenants must not wait for it.
        """
        return exclusive(self._registry.path.parent / "locks", f"{slug}.tokens", wait=True)

    def changing_the_key(self) -> AbstractContextManager[None]:
        """One change of the key at a time; Busy while another is under way."""
        return exclusive(self._registry.path.parent / "locks", "vault", wait=False)

    def _key_in_force(self, connection: sqlite3.Connection, at: datetime) -> tuple[str, bytes]:
        """Read inside the caller's transaction, so that a change of the key comes before it or after it."""
        in_force = self.in_force()
        if in_force is None:
            key = self._source.read()[-1]
            _put_in_force(connection, fingerprint(key), self._source.reference, at)
            return fingerprint(key), key
        found = self._key(in_force.key_id)
        if found is None:
            raise self._wrong_key(in_force.key_id)
        return in_force.key_id, found

    def _key(self, key_id: str | None) -> bytes | None:
        """The key of this name; one that is not known yet may have come since we last looked."""
        if key_id is None:
            return self._source.read()[-1]
        return self._keys.get(key_id) or self._look().get(key_id)

    def _look(self) -> dict[str, bytes]:
        self._keys = {fingerprint(key): key for key in self._source.read()}
        return self._keys

    def _opened(self, slug: str, sealed: bytes, key_id: str | None) -> bytes:
        key = self._key(key_id)
        if key is None:
            raise self._wrong_key(key_id)
        return _open(key, slug, sealed, key_id)

    def _opens(self, slug: str, sealed: bytes, key_id: str | None) -> bool:
        try:
            self._opened(slug, sealed, key_id)
        except (WrongKey, DamagedToken):
            return False
        return True

    def _wrong_key(self, key_id: str | None) -> WrongKey:
        strange = sum(tokens.key_id == key_id for tokens in self.sealed())
        whose = "the tokens of 1 tenant were" if strange == 1 else f"the tokens of {strange} tenants were"
        in_force = self.in_force()
        origin = f" from {in_force.reference}" if in_force and in_force.key_id == key_id and in_force.reference else ""
        found = " and ".join(self._keys) or "none"
        return WrongKey(
            f"This is not the key of this vault: {whose} sealed with another key (id {key_id}{origin}), and"
            f" {self._source.reference or 'the key'} has id {found}. Restore that key or mend [vault] key; if it"
            " is lost, `dun vault create --forget-tokens` gives the tokens up, and `dun reconnect` brings each client"
            " back."
        )


def _seal(key: bytes, slug: str, text: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, slug.encode())


def _open(key: bytes, slug: str, sealed: bytes, key_id: str | None) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], slug.encode())
    except (InvalidTag, ValueError):  # ValueError: too short to be anything
        pass
    if key_id is None:
        raise WrongKey(
            f"The tokens of {slug!r} do not open with this key. Restore the key they were saved with, or run"
            f" `dun reconnect {slug}`."
        )
    raise DamagedToken(
        f"The tokens of {slug!r} are damaged: the key is right, but they do not open. Restore the last backup, or run"
        f" `dun reconnect {slug}`."
    )


def _put_in_force(connection: sqlite3.Connection, key_id: str, reference: str, at: datetime) -> None:
    connection.execute(
        "INSERT INTO vault (only_row, key_id, reference, since) VALUES (1, ?, ?, ?)"
        " ON CONFLICT (only_row) DO UPDATE SET key_id = excluded.key_id, reference = excluded.reference,"
        " since = excluded.since",
        (key_id, reference, instant_text(at)),
    )
