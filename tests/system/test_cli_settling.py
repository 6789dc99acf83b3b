"""What only a person can settle: unknown and failed sends, and the end of a connection."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from conformance import WorldTime

from connector.config.settings import NotConfigured, load
from connector.connecting.connect import connect
from connector.connecting.disconnect import disconnect
from connector.demo.consent import agree
from connector.holding import TargetError
from connector.resolving import open_sends, resolve
from connector.rounds import run_tenant, sync_tenant
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import Fault
from state.model import TenantSlug

NORTH = TenantSlug("north")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One Xero tenant in auto mode at ten o'clock on a Monday."""
    folder = tmp_path_factory.mktemp("installation")
    world = build_world("settling", datetime(2026, 3, 2, 10, tzinfo=UTC), ("xero",))
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(folder / "config.toml", sandbox.url, mode="auto")
        with Installation(load(folder / "config.toml"), WorldTime(world)) as opened:
            opened.world = world
            connect(opened, opened.config.tenant(NORTH), agree, lambda found: found[0])
            yield opened


def test_an_unknown_send_is_listed_until_a_person_settles_it(installation: Installation) -> None:
    raise_fault(installation.world, Fault("sendgrid", "drop_after", times=1, path="/v3/mail/send"))
    report = run_tenant(installation, NORTH)
    listed = open_sends(installation, [NORTH])

    numbers = {number for _, _, number in listed}
    settled = sum(resolve(installation, "north", number, "sent", "Ada") for number in sorted(numbers))

    assert report.unknown == len(listed) == settled
    assert open_sends(installation, [NORTH]) == []


def test_what_a_person_called_sent_gets_its_note(installation: Installation) -> None:
    installation.world.clock.advance(timedelta(minutes=5))

    report = run_tenant(installation, NORTH)

    assert (report.notes_waiting, report.unknown) == (0, 0)


def test_settling_what_is_not_open_is_refused_in_words(installation: Installation) -> None:
    with installation.store(NORTH) as store:
        number = store.mirror.invoice(next(iter(store.mirror.open_invoice_ids()))).number

    with pytest.raises(TargetError, match="no send whose outcome is"):
        resolve(installation, "north", number, "retry", "Ada")


def test_a_disconnected_tenant_is_parked_and_not_even_tried(installation: Installation) -> None:
    assert disconnect(installation, installation.config.tenant(NORTH)).objection is None
    before = sum(installation.world.calls["xero"].values())

    reports = [run_tenant(installation, NORTH), sync_tenant(installation, NORTH)]

    assert [[problem.code for problem in report.problems] for report in reports] == [["parked"], ["parked"]]
    assert sum(installation.world.calls["xero"].values()) == before


def test_connecting_again_brings_it_back(installation: Installation) -> None:
    connect(installation, installation.config.tenant(NORTH), agree, lambda found: found[0])

    assert sync_tenant(installation, NORTH).problems == []


def test_a_tenant_that_was_never_connected_is_no_parked_one(installation: Installation) -> None:
    with pytest.raises(NotConfigured):
        run_tenant(installation, TenantSlug("nobody"))
