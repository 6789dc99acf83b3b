"""What the watch sees after a cycle and once in a while, and that nothing it meets gets in anybody's way."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from connector.report import CycleReport
from connector.watching import watch
from state.alerts import CALM
from state.model import TenantSlug, TokenSet

NORTH, SOUTH = TenantSlug("north"), TenantSlug("south")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def report(installation, slug: TenantSlug = NORTH) -> CycleReport:
    return CycleReport(tenant=slug, business_day=installation.clock.now().date())


def ending(installation, days: int) -> TokenSet:
    end = installation.clock.now() + days * DAY
    return TokenSet(access_token="access", refresh_token="refresh", expires_at=end, refresh_expires_at=end)


def test_a_healthy_installation_is_silent(installation, keeper) -> None:
    watch.after_cycle(installation, report(installation))
    watch.after_beat(installation)

    assert keeper.mails == []
    assert installation.registry.alerts.lasting() == []


def test_a_parked_tenant_is_told_once_and_over_once(installation, keeper) -> None:
    installation.registry.park(NORTH, "Xero no longer honours this authorisation", keeper.clock.now())
    for _ in range(10):
        watch.after_cycle(installation, report(installation))
        watch.after_beat(installation)
        keeper.let_pass(HOUR)
    installation.registry.revive(NORTH, keeper.clock.now())
    installation.vault.save(SOUTH, ending(installation, 60), keeper.clock.now())
    watch.after_cycle(installation, report(installation))
    keeper.let_pass(CALM)
    watch.after_cycle(installation, report(installation))

    parked = [mail for mail in keeper.mails if "no longer honours" in mail.text]
    assert [mail.subject.partition(":")[0] for mail in parked] == ["Dun needs you now", "Dun"]
    assert parked[1].text.splitlines()[:2] == ["Over:", f"- north: {parked[0].text.splitlines()[0].partition(': ')[2]}"]


def test_a_connection_that_dies_soon_after_it_was_mended_is_told_again(installation, keeper) -> None:
    for _ in range(2):
        installation.registry.park(NORTH, "Xero no longer honours this authorisation", keeper.clock.now())
        watch.after_cycle(installation, report(installation))
        watch.after_cycle(installation, report(installation))
        keeper.let_pass(HOUR / 4)
        installation.registry.revive(NORTH, keeper.clock.now())
        watch.after_cycle(installation, report(installation))

    assert keeper.subjects == ["Dun needs you now: north"] * 2


def test_another_suspicion_right_after_the_first_was_released_is_told(installation, keeper) -> None:
    for words in ("the clocks differ", "open invoices vanished"):
        with installation.store(NORTH) as store:
            store.holds.release("tenant", "*", keeper.clock.now())
            at = keeper.clock.now()
            store.holds.place("tenant", "*", reason="shrunk", until=None, note=words, at=at)
        watch.after_cycle(installation, report(installation))
        watch.after_cycle(installation, report(installation))

    assert [words in keeper.mails[-1].text for words in ("the clocks differ", "open invoices vanished")] == [
        False,
        True,
    ]
    assert len(keeper.mails) == 2


def test_a_tenant_without_cycles_is_seen_by_the_beat(installation, keeper) -> None:
    installation.vault.save(SOUTH, ending(installation, 5), keeper.clock.now())
    watch.after_cycle(installation, report(installation, NORTH))
    before = list(keeper.mails)
    watch.after_beat(installation)

    assert before == []
    assert [mail.subject for mail in keeper.mails] == ["Dun needs a look: south"]


def test_a_token_near_its_end_is_told_again_when_it_becomes_urgent(installation, keeper) -> None:
    installation.vault.save(NORTH, ending(installation, 10), keeper.clock.now())
    installation.store(NORTH).close()
    for _ in range(9):
        watch.after_cycle(installation, report(installation))
        keeper.let_pass(DAY)

    told = [mail.subject for mail in keeper.mails if "the connection ends" in mail.text]
    assert told == ["Dun needs a look: north", "Dun needs you now: north"]


def test_a_file_that_cannot_be_read_is_told_and_ends_nothing_else(installation, keeper) -> None:
    installation.registry.park(NORTH, "dead", keeper.clock.now())
    watch.after_beat(installation)
    file = keeper.config.data / "tenants" / "north" / "dun.db"
    for side in ("", "-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    file.write_bytes(b"this is no database" * 100)
    watch.after_beat(installation)
    keeper.let_pass(2 * CALM)
    watch.after_beat(installation)

    lasting = {alert.finding.code for alert in installation.registry.alerts.lasting()}
    assert {"file_unusable", "parked"} <= lasting
    assert not any("Over:" in mail.text for mail in keeper.mails)


def test_a_tenant_that_left_has_no_troubles_any_more(installation, keeper) -> None:
    installation.registry.park(NORTH, "dead", keeper.clock.now())
    watch.after_beat(installation)
    text = (keeper.folder / "config.toml").read_text()
    (keeper.folder / "config.toml").write_text(text.replace("[tenants.north]", "[tenants.other]"))
    with keeper.opened() as changed:
        watch.after_beat(changed)

    assert [alert.finding.tenant for alert in installation.registry.alerts.lasting()] == []


def test_a_full_disk_is_told_before_it_is_full(installation, keeper, sandbox) -> None:
    text = (keeper.folder / "config.toml").read_text()
    (keeper.folder / "config.toml").write_text(text.replace("disk_free_mb = 10", "disk_free_mb = 1000000"))
    with keeper.opened() as changed:
        watch.after_beat(changed)

    assert "MB are free" in keeper.mails[0].text


@pytest.mark.parametrize("look", ["after_cycle", "after_beat"])
def test_a_watchman_who_stumbles_takes_nothing_down_and_repeats_no_secret(installation, keeper, look: str) -> None:
    installation.registry.close()
    arguments = (report(installation),) if look == "after_cycle" else ()
    with capture_logs() as lines:
        getattr(watch, look)(installation, *arguments)

    assert [line["event"] for line in lines] == ["watching failed"]
    assert keeper.mails == []


def test_no_mail_names_a_token(installation, keeper) -> None:
    installation.registry.park(NORTH, "dead", keeper.clock.now())
    installation.vault.save(SOUTH, ending(installation, 2), keeper.clock.now())
    watch.after_beat(installation)

    [mail] = keeper.mails
    assert "dead" in mail.text
    assert all(secret not in mail.text for secret in ("access", "refresh"))
