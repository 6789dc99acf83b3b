"""Tenants and the vault."""

import multiprocessing
import os
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from unit.state.examples import AT, LATER

from state.errors import AlreadyConnected, CompanyChanged, UnknownTenant, UnsafeKeyFile, WrongKey
from state.model import TenantSlug, TokenSet
from state.registry import Registry
from state.vault import Vault, read_or_create_key

ACME, OTHER = TenantSlug("acme"), TenantSlug("other")
KEY = bytes(range(32))
TOKENS = TokenSet(
    access_token="access-1", refresh_token="refresh-1", expires_at=LATER, refresh_expires_at=None, scope="accounting"
)


@pytest.fixture
def acme(registry: Registry) -> Registry:
    registry.add_tenant(ACME, "xero", "org-1", "Acme Ltd", AT)
    return registry


def test_a_tenant_comes_back_as_it_was_added(acme: Registry) -> None:
    tenant = acme.tenant(ACME)

    assert (tenant.slug, tenant.ledger, tenant.external_id, tenant.name) == ("acme", "xero", "org-1", "Acme Ltd")
    assert tenant.added_at == AT
    assert tenant.parked_because is tenant.succeeded_at is None
    assert acme.tenant(OTHER) is None


def test_tenants_are_listed_by_slug(acme: Registry) -> None:
    acme.add_tenant(TenantSlug("aaa"), "quickbooks", "realm-1", "Aaa", AT)

    assert [tenant.slug for tenant in acme.tenants()] == ["aaa", "acme"]


def test_adding_a_tenant_again_renames_it(acme: Registry) -> None:
    acme.add_tenant(ACME, "xero", "org-1", "Acme Group", LATER)

    assert (acme.tenant(ACME).name, acme.tenant(ACME).added_at) == ("Acme Group", AT)


@pytest.mark.parametrize(("ledger", "company"), [("xero", "org-2"), ("quickbooks", "org-1")])
def test_a_tenant_does_not_change_its_company(acme: Registry, ledger: str, company: str) -> None:
    with pytest.raises(CompanyChanged, match="new name"):
        acme.add_tenant(ACME, ledger, company, "Acme", AT)

    assert acme.tenant(ACME).external_id == "org-1"


def test_one_company_is_not_chased_for_by_two_tenants(acme: Registry) -> None:
    with pytest.raises(AlreadyConnected, match="'acme'"):
        acme.add_tenant(OTHER, "xero", "org-1", "Acme again", AT)


def test_a_parked_tenant_says_why_and_since_when(acme: Registry) -> None:
    acme.park(ACME, "reconnect", AT)
    acme.park(ACME, "still: reconnect", LATER)
    assert (acme.tenant(ACME).parked_because, acme.tenant(ACME).parked_at) == ("still: reconnect", AT)

    acme.revive(ACME, LATER)
    assert (acme.tenant(ACME).parked_because, acme.tenant(ACME).parked_at) == (None, None)
    assert acme.tenant(ACME).mended_at == LATER


def test_success_is_remembered(acme: Registry) -> None:
    acme.succeeded(ACME, LATER)

    assert acme.tenant(ACME).succeeded_at == LATER


def test_an_unknown_tenant_is_named(registry: Registry) -> None:
    with pytest.raises(UnknownTenant, match="'other'"):
        registry.park(OTHER, "why", AT)
    with pytest.raises(UnknownTenant):
        registry.succeeded(OTHER, AT)


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

    with pytest.raises(WrongKey, match="Restore the key file") as caught:
        Vault(registry, bytes(32)).load(ACME)

    assert "access-1" not in str(caught.value)


def test_tokens_moved_to_another_tenant_do_not_open(registry: Registry) -> None:
    vault = Vault(registry, KEY)
    vault.save(ACME, TOKENS, AT)
    with closing(sqlite3.connect(registry.path)) as shell:
        shell.execute("UPDATE token SET slug = 'other'")
        shell.commit()

    with pytest.raises(WrongKey):
        vault.load(OTHER)


def test_a_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "vault.key"

    key = read_or_create_key(path)

    assert len(key) == 32
    assert read_or_create_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["vault.key"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "vault.key"
    read_or_create_key(path)
    path.chmod(mode)

    with pytest.raises(UnsafeKeyFile, match="chmod 600"):
        read_or_create_key(path)


def test_half_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(b"short")
    path.chmod(0o600)

    with pytest.raises(UnsafeKeyFile, match="5 bytes, not 32"):
        read_or_create_key(path)


def test_of_two_who_make_the_key_both_get_the_same(tmp_path: Path) -> None:
    path, keys, start = tmp_path / "vault.key", [], threading.Barrier(4)

    def make() -> None:
        start.wait()
        keys.append(read_or_create_key(path))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 4
    assert len(set(keys)) == 1


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
