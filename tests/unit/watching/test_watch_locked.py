"""The watch of a daemon whose installation cannot be opened any more: the keepers hear of that before all else."""

from collections.abc import Callable

import pytest

from connector.checks.ground import Ground
from connector.checks.look import EVERYTHING, of_tenant
from connector.connecting.disconnect import PARKED
from connector.report import CycleReport
from connector.running.service import Service
from connector.watching import watch
from state.alerts import CALM
from state.model import TenantSlug

NORTH, SOUTH = TenantSlug("north"), TenantSlug("south")


@pytest.fixture
def service(installation, keeper) -> Service:
    return Service(keeper.config, keeper.clock, lambda _: None, configure_logs=lambda _: None)


def swap_the_key(keeper) -> Callable[[], None]:
    key = keeper.config.data / "vault.key"
    right = key.read_bytes()
    key.write_bytes(b"A" * 43 + b"=\n")
    return lambda: bool(key.write_bytes(right)) and None


def lasting(installation) -> set[tuple[str, TenantSlug | None]]:
    return {(alert.finding.code, alert.finding.tenant) for alert in installation.registry.alerts.lasting()}


def test_a_key_that_is_swapped_while_it_runs_is_told_once_and_over_once(installation, keeper, service) -> None:
    give_back = swap_the_key(keeper)
    for _ in range(3):
        service.look_around()
        service.work(NORTH, lambda: False)
        service.work(SOUTH, lambda: False)
    told, obstacle = keeper.subjects[:], service.obstacle
    locked = lasting(installation)
    give_back()
    service.look_around()
    keeper.let_pass(CALM)
    service.look_around()

    assert (told, locked) == (["Dun needs you now: the installation"], {("key_unusable", None)})
    assert (obstacle is None, service.obstacle) == (False, None)
    assert keeper.subjects[1:] == ["Dun: over: the installation"]


def test_the_first_turn_after_the_key_was_swapped_tells_already(installation, keeper, service) -> None:
    swap_the_key(keeper)
    service.work(NORTH, lambda: False)

    assert "vault" in keeper.mails[0].text


def test_a_registry_that_cannot_be_read_is_told_once_without_one(installation, keeper, service) -> None:
    installation.close()
    for path in keeper.config.data.glob("registry.db*"):
        path.unlink()
    (keeper.config.data / "registry.db").write_bytes(b"no database" * 500)
    for _ in range(3):
        service.look_around()

    assert keeper.subjects == ["Dun needs you now: the installation"]


def test_whatever_keeps_a_tenant_from_being_worked_on_is_told(installation, keeper, service) -> None:
    folder = keeper.folder / "wordings"
    folder.write_text("no folder")
    (keeper.config.data / "locks" / "north.cycle.lock").mkdir(parents=True)
    for _ in range(2):
        service.work(NORTH, lambda: False)
        service.look_around()

    assert ("not_worked_on", NORTH) in lasting(installation)
    assert keeper.subjects == ["Dun needs you now: north"]


def test_tokens_that_are_gone_are_one_trouble_before_and_after_the_tenant_is_parked(installation, keeper) -> None:
    for slug in (NORTH, SOUTH):
        installation.vault.forget(slug)
    watch.after_beat(installation)
    for slug in (NORTH, SOUTH):
        installation.registry.park(slug, "there are no tokens", keeper.clock.now())
        watch.after_cycle(installation, CycleReport(tenant=slug, business_day=keeper.clock.now().date()))

    assert lasting(installation) == {("tokens_unusable", NORTH), ("tokens_unusable", SOUTH)}
    assert keeper.subjects == ["Dun needs you now: north, south"]


def test_who_was_disconnected_on_purpose_is_no_trouble(installation, keeper) -> None:
    installation.vault.forget(NORTH)
    installation.registry.park(NORTH, PARKED, keeper.clock.now())
    watch.after_beat(installation)
    seen_by_the_doctor, _ = of_tenant(Ground.of(installation), NORTH, keeper.clock.now(), EVERYTHING)

    assert (keeper.mails, lasting(installation)) == ([], set())
    assert [(finding.code, finding.severity) for finding in seen_by_the_doctor] == [("disconnected", "notice")]
