"""A disk that is full, or read-only: told in words, nothing lost and nothing doubled, and all is well when it mends."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from connected_office import SLUGS, Office, connected_office, token_source
from small_disk import SmallDisk, on_a_small_disk

from connector.cli import main
from connector.config.settings import load
from connector.rounds import run_tenant
from connector.wiring import Installation, VaultDrawer
from connectors.channels.channel import Message, Receipt
from connectors.channels.sendgrid import SendGridChannel
from connectors.sandbox.judge import verdict
from state.errors import DiskFull
from state.model import LedgerName, ReminderState

MEGABYTES = 16
EXPIRY_SECONDS = 3600
ROOM = (0, 40_000, 80_000, 150_000, 300_000)  # bytes that are left when a cycle begins


@pytest.fixture
def office(tmp_path: Path) -> Any:
    with connected_office(tmp_path / "office", "xero", "quickbooks") as made:
        made.world.switches["quickbooks.refresh_grace"] = "86400"
        yield made


def moved_in(disk: SmallDisk, office: Path) -> Path:
    """The office's folder, copied to the small disk; its configuration."""
    shutil.copytree(office, disk.folder / "office")
    return disk.folder / "office" / "config.toml"


# -- tokens ------------------------------------------------------------------------------------------------------


def refresh_while_full(disk: SmallDisk, office: Path, ledger: LedgerName) -> tuple[str, bool]:
    config = load(moved_in(disk, office))
    with Installation(config) as own:
        own.clock.sleep(EXPIRY_SECONDS)
        source = token_source(own, SLUGS[ledger])
        held = own.vault.load(SLUGS[ledger])
        disk.fill()
        with pytest.raises(DiskFull) as refused:
            source.access_token()
        disk.free()
    with Installation(config) as later:
        return str(refused.value), token_source(later, SLUGS[ledger]).access_token() != held.access_token


@pytest.mark.parametrize("ledger", SLUGS)
def test_on_a_full_disk_no_refresh_token_is_given_away(office: Office, ledger: LedgerName, tmp_path: Path) -> None:
    words, renewed = on_a_small_disk(tmp_path / "disk", MEGABYTES, refresh_while_full, office.folder, ledger)

    assert "The disk is full" in words
    assert renewed
    assert office.refreshes(ledger).refreshes == 1, "asked once, when there was room for the answer"


class Filling(VaultDrawer):
    """The last of the room goes while the service answers."""

    disk: SmallDisk

    def prepare_to_save(self) -> None:
        super().prepare_to_save()
        self.disk.fill()


def fill_while_refreshing(disk: SmallDisk, office: Path, ledger: LedgerName) -> tuple[str, str]:
    config = load(moved_in(disk, office))
    Filling.disk = disk
    with Installation(config) as own:
        own.clock.sleep(EXPIRY_SECONDS)
        with pytest.raises(DiskFull) as refused:
            token_source(own, SLUGS[ledger], Filling).access_token()
        disk.free()
    with Installation(config) as later:
        return str(refused.value), token_source(later, SLUGS[ledger]).access_token()


@pytest.mark.parametrize("ledger", SLUGS)
def test_a_token_that_could_not_be_saved_is_not_used_and_asked_for_again(
    office: Office, ledger: LedgerName, tmp_path: Path
) -> None:
    words, token = on_a_small_disk(tmp_path / "disk", MEGABYTES, fill_while_refreshing, office.folder, ledger)

    assert "The disk is full" in words
    assert token
    seen = office.refreshes(ledger)
    assert (seen.refreshes, seen.invalid_grants) == (2, 0)


# -- cycles ------------------------------------------------------------------------------------------------------


def cycles_with_little_room(disk: SmallDisk, office: Path) -> tuple[list[str], dict[str, int]]:
    """A cycle at every amount of room, then two with plenty; the words of the refusals, and the states at the end."""
    config, refusals = load(moved_in(disk, office)), []
    for room in ROOM:
        disk.fill(leave=room)
        refusals += _cycle(config)
    disk.free()
    refusals_with_room = [words for _ in range(2) for words in _cycle(config)]
    assert refusals_with_room == []
    with Installation(config) as own, own.store(SLUGS["xero"]) as store:
        store.check()
        return refusals, {str(state): count for state, count in store.reminders.count_by_state().items()}


def _cycle(config: Any) -> list[str]:
    try:
        with Installation(config) as own:
            run_tenant(own, SLUGS["xero"])
    except DiskFull as error:
        return [str(error)]
    return []


def test_cycles_on_a_full_disk_lose_and_double_nothing(office: Office, tmp_path: Path) -> None:
    refusals, states = on_a_small_disk(tmp_path / "disk", MEGABYTES, cycles_with_little_room, office.folder)

    assert refusals, "there was room enough all the time"
    assert all("full" in words for words in refusals)
    counts = verdict(office.world)
    assert [counts[name] for name in ("chased_paid", "duplicates", "wrong_amounts")] == [0, 0, 0]
    assert counts["reminders_without_note"] <= states.get("unknown", 0)
    assert states.get("noted", 0) + states.get("unknown", 0) > 0
    assert set(states) <= {"noted", "unknown", "planned", "skipped"}


def fill_while_sending(disk: SmallDisk, office: Path) -> tuple[str, dict[str, int], list[str]]:
    config = load(moved_in(disk, office))
    send = SendGridChannel.send

    def send_and_fill(channel: SendGridChannel, message: Message) -> Receipt:
        receipt = send(channel, message)
        disk.fill()
        return receipt

    SendGridChannel.send = send_and_fill
    [words] = _cycle(config)
    SendGridChannel.send = send
    disk.free()
    with Installation(config) as own:
        report = run_tenant(own, SLUGS["xero"])
        with own.store(SLUGS["xero"]) as store:
            states = {str(state): count for state, count in store.reminders.count_by_state().items()}
    return words, states, [problem.code for problem in report.problems]


def test_a_receipt_that_could_not_be_kept_becomes_unknown_and_is_never_sent_again(
    office: Office, tmp_path: Path
) -> None:
    words, states, problems = on_a_small_disk(tmp_path / "disk", MEGABYTES, fill_while_sending, office.folder)

    assert "The disk is full" in words
    assert states[ReminderState.UNKNOWN] >= 1
    assert "unsettled_sends" in problems
    assert verdict(office.world)["duplicates"] == 0


# -- a disk that takes nothing -------------------------------------------------------------------------------------


def commands_on_a_read_only_disk(disk: SmallDisk, office: Path) -> list[tuple[int, str, bool]]:
    config = moved_in(disk, office)
    before = _content(config.parent)
    disk.make_read_only()
    told = []
    for command in (["tenants"], ["sync"], ["run", "--once"], ["vault", "rotate"], ["approve", "--all"]):
        result = CliRunner().invoke(main, ["--config", str(config), *command])
        told.append((result.exit_code, result.stderr, _content(config.parent) == before))
    return told


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_read_only_disk_is_refused_before_anything_is_tried(office: Office, tmp_path: Path) -> None:
    calls = sum(office.world.calls["xero"].values())
    told = on_a_small_disk(tmp_path / "disk", MEGABYTES, commands_on_a_read_only_disk, office.folder)

    for code, words, untouched in told:
        assert (code, untouched) == (2, True)
        assert "may not be written to" in words
    assert sum(office.world.calls["xero"].values()) == calls


def make_the_first_key(disk: SmallDisk) -> tuple[int, str, list[str]]:
    disk.fill()
    result = CliRunner().invoke(main, ["--config", str(disk.folder / "config.toml"), "init"])
    return result.exit_code, result.output, [path.name for path in disk.folder.rglob("*key*")]


def test_a_beginning_on_a_full_disk_leaves_no_half_key(tmp_path: Path) -> None:
    code, words, keys = on_a_small_disk(tmp_path / "disk", 1, make_the_first_key)

    assert code in {1, 2}
    assert "No space left" in words or "full" in words
    assert keys == []
