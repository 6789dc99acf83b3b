"""kill -9 around a refresh and around a change of the vault's key: no connection is lost, no lock stays behind."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from connected_office import (
    CONTEXT,
    ENDS_WITHIN_SECONDS,
    SLUGS,
    DeathAfterSaving,
    DeathBeforeAsking,
    DeathBeforeSaving,
    Office,
    ask_and_die,
    connected_office,
    token_source,
)
from unit.state.examples import AT, LATER

from connector.vault.keeper import change_key_of
from connector.vault.key import KeyFile
from connector.wiring import Installation, VaultDrawer
from connectors.ledger import Reauthorise
from state.model import LedgerName, TenantSlug, TokenSet
from state.registry import Registry
from state.vault import Vault

EXPIRY = timedelta(hours=1)
WITHIN_XEROS_GRACE = timedelta(minutes=25)  # and before a saved token expires
LEDGERS: tuple[LedgerName, ...] = get_args(LedgerName)
ACME, OTHER = TenantSlug("acme"), TenantSlug("other")
TOKENS = TokenSet(access_token="access-1", refresh_token="refresh-1", expires_at=LATER)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with connected_office(tmp_path_factory.mktemp("office"), *LEDGERS) as made:
        yield made


def kill(office: Office, ledger: LedgerName, drawer: type[VaultDrawer]) -> None:
    process = CONTEXT.Process(target=ask_and_die, args=(office.folder, ledger, drawer))
    process.start()
    process.join(ENDS_WITHIN_SECONDS)
    assert process.exitcode == -signal.SIGKILL, "it was not killed where it should be"


def ask(office: Office, ledger: LedgerName) -> str:
    with Installation(office.config) as own:
        return token_source(own, SLUGS[ledger]).access_token()


@pytest.mark.parametrize("ledger", LEDGERS)
@pytest.mark.parametrize(
    ("drawer", "asked_again"),
    [(DeathBeforeAsking, 1), (DeathBeforeSaving, 2), (DeathAfterSaving, 1)],
    ids=["before the service is asked", "before the new token is saved", "after it is saved"],
)
def test_a_kill_during_a_refresh_loses_no_connection(
    office: Office, ledger: LedgerName, drawer: type[VaultDrawer], asked_again: int
) -> None:
    office.let_pass(EXPIRY)
    before = office.refreshes(ledger).refreshes

    kill(office, ledger, drawer)
    office.let_pass(WITHIN_XEROS_GRACE)
    token = ask(office, ledger)

    assert token == ask(office, ledger)
    assert office.refreshes(ledger).refreshes == before + asked_again
    assert office.refreshes(ledger).invalid_grants == 0


def test_what_was_saved_before_the_kill_is_what_the_next_process_uses(office: Office) -> None:
    office.let_pass(EXPIRY)
    kill(office, "xero", DeathAfterSaving)
    refreshes = office.refreshes("xero").refreshes
    office.let_pass(timedelta(minutes=20))

    with Installation(office.config) as own:
        saved = own.vault.load(SLUGS["xero"])
        assert token_source(own, SLUGS["xero"]).access_token() == saved.access_token
    assert office.refreshes("xero").refreshes == refreshes


class KillingKey(KeyFile):
    """A key file whose change is cut short."""

    step: str = ""

    def draft(self) -> bytes:
        made = super().draft()
        self._die_at("drafted")
        return made

    def adopt_draft(self) -> None:
        self._die_at("resealed")
        super().adopt_draft()
        self._die_at("adopted")

    def _die_at(self, step: str) -> None:
        if step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def change_and_die(folder: Path, step: str) -> None:
    key = KillingKey(folder / "vault.key", "vault.key", step)
    with Registry.open(folder / "registry.db") as registry:
        change_key_of(Vault(registry, key), key, LATER)


@pytest.mark.parametrize("step", ["drafted", "resealed", "adopted"])
def test_a_kill_during_a_change_of_the_key_leaves_tokens_that_open(tmp_path: Path, step: str) -> None:
    key = KeyFile(tmp_path / "vault.key", "vault.key")
    key.create()
    with Registry.open(tmp_path / "registry.db") as registry:
        vault = Vault(registry, key)
        vault.save(ACME, TOKENS, AT)
        vault.save(OTHER, TOKENS, AT)
        process = CONTEXT.Process(target=change_and_die, args=(tmp_path, step))
        process.start()
        process.join(ENDS_WITHIN_SECONDS)
        assert process.exitcode == -signal.SIGKILL

        vault.check()
        assert vault.load(ACME) == vault.load(OTHER) == TOKENS

        change_key_of(vault, key, LATER)
        assert vault.load(ACME) == vault.load(OTHER) == TOKENS
    assert key.drafted() is None
    with Registry.open(tmp_path / "registry.db") as registry:
        assert Vault(registry, key).load(ACME) == TOKENS


def test_a_dead_connection_is_found_once_and_then_left_alone(office: Office) -> None:
    office.let_pass(timedelta(days=200))
    with Installation(office.config) as own, pytest.raises(Reauthorise):
        token_source(own, SLUGS["quickbooks"]).access_token()

    assert office.refreshes("quickbooks").invalid_grants == 1
