"""kill -9 while a client is connected, connected again or disconnected: one more try always ends well."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from connected_office import CONTEXT, ENDS_WITHIN_SECONDS, SLUGS, Office, connected_office

from connector.config.settings import load
from connector.connecting.connect import connect
from connector.connecting.disconnect import disconnect
from connector.demo.consent import agree
from connector.rounds import sync_tenant
from connector.wiring import Installation
from state.mirror import Mirror
from state.model import LedgerName, TenantSlug
from state.registry import Registry
from state.vault import Vault

Journey = Callable[[Installation, TenantSlug], object]
When = Literal["before", "after"]

STEPS: dict[str, tuple[type, str]] = {
    "the company's facts are kept": (Mirror, "save_organisation"),
    "the company is known": (Registry, "add_tenant"),
    "the tokens are there": (Vault, "save"),
    "it is revived": (Registry, "revive"),
    "the service is told": (Vault, "exclusive"),
    "the tokens are gone": (Vault, "forget"),
    "it is parked": (Registry, "park"),
}
CONNECTING, LEAVING = list(STEPS)[:4], list(STEPS)[4:]


def come(own: Installation, slug: TenantSlug) -> object:
    return connect(own, own.config.tenant(slug), agree, lambda found: found[0])


def leave(own: Installation, slug: TenantSlug) -> object:
    return disconnect(own, own.config.tenant(slug))


def live_and_die(config: Path, slug: TenantSlug, journey: Journey, step: str, when: When) -> None:
    """The life of a process that is killed before one step of its journey, or when it is done."""
    owner, name = STEPS[step]
    real = getattr(owner, name)

    def deadly(*arguments: object, **named: object) -> None:
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)
    with Installation(load(config)) as own:
        journey(own, slug)


def kill(config: Path, slug: TenantSlug, journey: Journey, step: str, when: When = "after") -> None:
    process = CONTEXT.Process(target=live_and_die, args=(config, slug, journey, step, when))
    process.start()
    process.join(ENDS_WITHIN_SECONDS)
    assert process.exitcode == -signal.SIGKILL, "it was not killed where it should be"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with connected_office(tmp_path_factory.mktemp("office"), *SLUGS) as made:
        yield made


@pytest.mark.parametrize("step", CONNECTING)
def test_a_killed_reconnection_leaves_a_connection_that_works(office: Office, step: str) -> None:
    kill(office.folder / "config.toml", SLUGS["xero"], come, step)

    with Installation(office.config) as own:
        assert sync_tenant(own, SLUGS["xero"]).problems == []


@pytest.mark.parametrize("step", CONNECTING)
def test_a_killed_first_connection_is_whole_or_not_there_and_one_more_try_makes_it(
    office: Office, tmp_path: Path, step: str
) -> None:
    text = (office.folder / "config.toml").read_text()
    config, slug = office.folder / "first.toml", SLUGS["xero"]
    config.write_text(text.replace('data = "data"', f'data = "{tmp_path / "data"}"'))
    kill(config, slug, come, step)

    with Installation(load(config)) as own:
        assert (own.registry.tenant(slug) is None) is (own.vault.load(slug) is None), "half a connection"
        come(own, slug)
        assert sync_tenant(own, slug).problems == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", CONNECTING)
def test_a_killed_first_connection_is_not_taken_for_a_lost_file(
    office: Office, tmp_path: Path, step: str, when: When
) -> None:
    text = (office.folder / "config.toml").read_text()
    config, slug = office.folder / "first.toml", SLUGS["xero"]
    config.write_text(text.replace('data = "data"', f'data = "{tmp_path / "data"}"'))
    kill(config, slug, come, step, when)

    with Installation(load(config)) as own:
        come(own, slug)
        with own.store(slug) as store:
            assert store.restoration.unlearned() is None, "what was never sent would become unknown"


@pytest.mark.parametrize("ledger", SLUGS)
@pytest.mark.parametrize("step", LEAVING)
def test_a_killed_disconnection_parks_the_client_and_can_be_repeated(
    office: Office, ledger: LedgerName, step: str
) -> None:
    slug = SLUGS[ledger]
    kill(office.folder / "config.toml", slug, leave, step)

    with Installation(office.config) as own:
        assert sync_tenant(own, slug).problems, "it reads on although the service was told"
        known = own.registry.tenant(slug)
        assert known is not None
        assert known.parked_because is not None
        leave(own, slug)
        assert own.vault.load(slug) is None
        come(own, slug)
        assert sync_tenant(own, slug).problems == []
