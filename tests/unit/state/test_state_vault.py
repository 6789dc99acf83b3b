"""Tokens at rest: sealed, durable, one refresher at a time, and a key that may change under them."""

import multiprocessing
import os
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from fixed_key import FixedKey
from unit.state.examples import AT, LATER

from state.errors import Busy, DamagedToken, FileBusy, WrongKey
from state.locks import exclusive
from state.model import TenantSlug, TokenSet
from state.registry import Registry
from state.vault import Vault, fingerprint

ACME, OTHER = TenantSlug("acme"), TenantSlug("other")
KEY, NEW_KEY = FixedKey(bytes(range(32))), FixedKey(bytes(range(32, 64)), "env:NEW")
TOKENS = TokenSet(
    access_token="access-1", refresh_token="refresh-1", expires_at=LATER, refresh_expires_at=None, scope="accounting"
)


class Keys:
    """A place whose keys the test changes, as `dun vault rotate` does from another process."""

    reference = "vault.key"

    def __init__(self, *keys: bytes) -> None:
        self.found = keys

    def read(self) -> tuple[bytes, ...]:
        return self.found


def alter(registry: Registry, statement: str, *values: object) -> None:
    """What damage or a thief does to the file."""
    with closing(sqlite3.connect(registry.path)) as shell:
        shell.execute(statement, values)
        shell.commit()


def test_tokens_come_back_as_they_were_saved(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    assert vault.load(ACME) is None

    vault.save(ACME, TOKENS, AT)
    assert vault.load(ACME) == TOKENS

    vault.forget(ACME)
    assert vault.load(ACME) is None


def test_the_newest_tokens_replace_the_older(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    rotated = TokenSet(access_token="access-2", refresh_token="refresh-2", expires_at=LATER)

    vault.save(ACME, rotated, LATER)

    with Registry.open(registry.path) as other:
        assert Vault(other, KEY).load(ACME) == rotated


def test_nothing_of_a_token_can_be_read_from_the_file(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    registry.close()

    for file in registry.path.parent.iterdir():
        if file.is_file():
            assert b"access-1" not in file.read_bytes()
            assert b"refresh-1" not in file.read_bytes()


def test_the_same_tokens_are_never_sealed_the_same(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    vault.save(OTHER, TOKENS, AT)

    first, second = registry.connection.execute("SELECT sealed FROM token").fetchall()
    assert first != second


def test_another_key_opens_nothing(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)

    with pytest.raises(WrongKey, match="the tokens of 1 tenant were sealed with another key") as caught:
        Vault(registry, FixedKey(bytes(32))).load(ACME)

    assert "access-1" not in str(caught.value)


def test_tokens_moved_to_another_tenant_do_not_open(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    alter(registry, "UPDATE token SET slug = 'other'")

    with pytest.raises(DamagedToken):
        vault.load(OTHER)


def test_one_refresh_at_a_time(registry: Registry) -> None:
    order: list[str] = []
    inside, vault = threading.Event(), Vault(registry, KEY)

    def refresh() -> None:
        with Registry.open(registry.path) as own, Vault(own, KEY).exclusive(ACME):
            order.append("second")

    with vault.exclusive(ACME), vault.exclusive(OTHER):
        waiting = threading.Thread(target=refresh)
        waiting.start()
        inside.wait(0.05)
        order.append("first")
    waiting.join()

    assert order == ["first", "second"]


def _die_while_refreshing(path: Path) -> None:
    with Registry.open(path) as own, Vault(own, KEY).exclusive(ACME):
        os._exit(1)


def test_a_killed_refresh_does_not_block_the_next(registry: Registry) -> None:
    killed = multiprocessing.get_context("spawn").Process(target=_die_while_refreshing, args=(registry.path,))
    killed.start()
    killed.join()

    with Vault(registry, KEY).exclusive(ACME):
        assert killed.exitcode == 1


def test_a_refresh_that_hangs_does_not_stop_the_others_for_ever(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path, "acme.tokens", wait=True),
        pytest.raises(Busy, match=r"acme\.tokens"),
        exclusive(tmp_path, "acme.tokens", wait=True, patience=0.05),
    ):
        pass


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(200)], ids=["nothing", "less than a nonce", "something else"])
def test_a_damaged_row_is_told_from_a_wrong_key(registry: Registry, sealed: bytes) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    alter(registry, "UPDATE token SET sealed = ?", sealed)

    with pytest.raises(DamagedToken, match="'acme' are damaged: the key is right"):
        vault.load(ACME)


def test_a_missing_bit_of_one_tenant_leaves_the_other_alone(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    vault.save(OTHER, TOKENS, AT)
    alter(registry, "UPDATE token SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE slug = 'acme'")

    assert vault.load(OTHER) == TOKENS


def test_the_check_refuses_a_key_that_does_not_open_what_is_there(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    Vault(registry, KEY).save(OTHER, TOKENS, AT)

    with pytest.raises(
        WrongKey, match=f"2 tenants were sealed with another key .id {fingerprint(KEY.key)} from env:TEST"
    ):
        Vault(registry, NEW_KEY).check()


def test_without_tokens_any_key_may_begin(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    Vault(registry, KEY).forget(ACME)
    fresh = Vault(registry, NEW_KEY)

    fresh.check()
    fresh.save(ACME, TOKENS, AT)

    assert fresh.load(ACME) == TOKENS


def test_a_save_with_a_key_that_is_not_in_force_is_refused(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)

    with pytest.raises(WrongKey):
        Vault(registry, NEW_KEY).save(ACME, TOKENS, LATER)

    assert Vault(registry, KEY).load(ACME) == TOKENS


def test_after_a_change_of_the_key_only_the_new_one_opens(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    vault.save(OTHER, TOKENS, AT)

    assert vault.reseal(NEW_KEY.key, "env:NEW", LATER) == 2

    assert Vault(registry, NEW_KEY).load(ACME) == Vault(registry, NEW_KEY).load(OTHER) == TOKENS
    with pytest.raises(WrongKey, match="from env:NEW"):
        Vault(registry, KEY).load(ACME)


def test_a_process_that_was_there_before_the_change_finds_the_new_key(registry: Registry) -> None:
    keys = Keys(KEY.key)
    daemon = Vault(registry, keys)
    daemon.save(ACME, TOKENS, AT)
    assert daemon.load(ACME) == TOKENS

    Vault(registry, KEY).reseal(NEW_KEY.key, "vault.key", LATER)
    keys.found = (NEW_KEY.key,)
    rotated = TokenSet(access_token="access-2", refresh_token="refresh-2", expires_at=LATER)
    assert daemon.load(ACME) == TOKENS
    daemon.save(ACME, rotated, LATER)

    assert Vault(registry, NEW_KEY).load(ACME) == rotated


def test_tokens_that_come_while_the_key_is_changed_are_sealed_with_the_one_in_force(registry: Registry) -> None:
    both = Keys(NEW_KEY.key, KEY.key)  # the draft lies beside the present key and is not in force yet
    Vault(registry, KEY).save(OTHER, TOKENS, AT)

    Vault(registry, both).save(ACME, TOKENS, AT)

    assert Vault(registry, KEY).load(ACME) == TOKENS


def test_one_damaged_row_keeps_the_key_as_it_is_for_all(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    vault.save(OTHER, TOKENS, AT)
    alter(registry, "UPDATE token SET sealed = x'00' WHERE slug = 'other'")

    with pytest.raises(DamagedToken, match="'other'"):
        vault.reseal(NEW_KEY.key, "env:NEW", LATER)

    assert Vault(registry, KEY).load(ACME) == TOKENS


def test_a_change_of_the_key_waits_for_a_refresh_under_way(registry: Registry) -> None:
    vault, order = Vault(registry, KEY), []
    vault.save(ACME, TOKENS, AT)

    def change() -> None:
        with Registry.open(registry.path) as own:
            Vault(own, KEY).reseal(NEW_KEY.key, "env:NEW", LATER)
            order.append("changed")

    with vault.exclusive(ACME):
        changing = threading.Thread(target=change)
        changing.start()
        changing.join(0.05)
        vault.save(ACME, TOKENS, LATER)
        order.append("refreshed")
    changing.join()

    assert order == ["refreshed", "changed"]
    assert Vault(registry, NEW_KEY).load(ACME) == TOKENS


def test_only_what_does_not_open_is_given_up(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    Vault(registry, KEY).save(OTHER, TOKENS, AT)
    alter(registry, "UPDATE token SET sealed = x'00' WHERE slug = 'other'")

    assert Vault(registry, KEY).forget_unopenable() == [OTHER]
    assert Vault(registry, KEY).load(ACME) == TOKENS


def test_after_giving_up_the_present_key_seals(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    vault = Vault(registry, NEW_KEY)

    assert vault.forget_unopenable() == [ACME]
    vault.save(ACME, TOKENS, LATER)

    assert vault.load(ACME) == TOKENS


def test_rows_from_before_fingerprints_still_open(registry: Registry) -> None:
    Vault(registry, KEY).save(ACME, TOKENS, AT)
    alter(registry, "UPDATE token SET key_id = NULL")
    alter(registry, "DELETE FROM vault")

    assert Vault(registry, KEY).load(ACME) == TOKENS
    with pytest.raises(WrongKey, match="Restore the key"):
        Vault(registry, NEW_KEY).load(ACME)


def test_whose_tokens_there_are_can_be_said_without_a_key(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    vault.prepare_to_save(ACME, LATER)

    [tokens] = Vault(registry, Keys()).sealed()
    assert (tokens.slug, tokens.saved_at, tokens.asked_at) == (ACME, AT, LATER)
    assert tokens.key_id == fingerprint(KEY.key)


def test_a_registry_that_takes_no_write_is_noticed_before_the_refresh(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    registry.connection.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(registry.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(FileBusy):
            vault.prepare_to_save(ACME, AT + timedelta(minutes=1))


def test_saved_tokens_are_flushed_to_the_disk(registry: Registry) -> None:
    [[synchronous]] = registry.connection.execute("PRAGMA synchronous").fetchall()

    assert synchronous == 2, "FULL: every commit is flushed"
