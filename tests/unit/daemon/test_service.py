"""Whom the daemon works for, and what it does with a configuration that changes under it."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connector.config.settings import Config, load
from connector.report import CycleReport
from connector.running.daemon import Outcome
from connector.running.service import Round, Service
from connector.vault.keeper import create_key, move_to_key
from connector.vault.key import key_source
from state.clock import ManualClock
from state.locks import exclusive
from state.model import Organisation, TenantSlug, TokenSet
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
NORTH, WEST, EAST = TenantSlug("north"), TenantSlug("west"), TenantSlug("east")
CONFIG = """
data = "data"
[sending]
channel = "dry"
from = "accounts@rehearsal.example"
[daemon]
nightly = "03:30"
workers = 2
[xero]
client_id = "app"
[tenants.north]
ledger = "xero"
zone = "Europe/London"
[tenants.west]
ledger = "xero"
zone = "America/New_York"
poll_minutes = 60
"""


class Office:
    """A configuration file, a registry, and the service that reads both."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.toml"
        self.file.write_text(CONFIG)
        self.told: list[CycleReport] = []
        self.configured: list[Config] = []
        self.service = self.open(None)
        self.registry = Registry.open(self.file.parent / "data" / "registry.db")
        for slug in (NORTH, WEST, EAST):
            self.registry.add_tenant(slug, "xero", f"id of {slug}", "Firm", MONDAY)
            with TenantStore.open(self.file.parent / "data" / "tenants" / slug / "dun.db") as store:
                store.mirror.save_organisation(firm(slug), MONDAY)

    def open(self, only: TenantSlug | None) -> Service:
        config = load(self.file)
        config.data.mkdir(exist_ok=True)
        return Service(config, ManualClock(MONDAY), self.told.append, only=only, configure_logs=self.configured.append)

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))


def firm(slug: TenantSlug) -> Organisation:
    return Organisation(ledger="xero", id=f"id of {slug}", name="Firm", currency="GBP", zone=None, country="GB")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_it_looks_after_tenants_that_are_configured_and_connected(office: Office) -> None:
    shifts = office.service.shifts()  # east is connected, but nobody has configured it

    assert {slug: (shift.interval, shift.zone.key, shift.nightly) for slug, shift in shifts.items()} == {
        NORTH: (timedelta(minutes=15), "Europe/London", time(3, 30)),
        WEST: (timedelta(minutes=60), "America/New_York", time(3, 30)),
    }


def test_it_can_look_after_a_single_one(office: Office) -> None:
    assert office.open(WEST).shifts().keys() == {WEST}


def test_a_parked_tenant_is_left_alone_until_it_is_revived_and_both_are_said_once(office: Office) -> None:
    with capture_logs() as lines:
        office.registry.park(NORTH, "the connection has ended", MONDAY)
        parked = [office.service.shifts().keys() for _ in range(3)][-1]
        office.registry.revive(NORTH, MONDAY)
        revived = [office.service.shifts().keys() for _ in range(3)][-1]

    assert (parked, revived) == ({WEST}, {NORTH, WEST})
    assert [(line["event"], line["tenant"]) for line in lines] == [
        ("parked until somebody connects it again", NORTH),
        ("not parked any more", NORTH),
    ]


def test_somebody_else_at_work_is_tried_again_and_not_talked_about(office: Office) -> None:
    with capture_logs() as lines, exclusive(office.file.parent / "data" / "locks", "north.cycle", wait=False):
        outcome = office.service.work(NORTH, lambda: False)

    assert (outcome, [line for line in lines if line["log_level"] != "debug"]) == (Outcome(try_again=True), [])


def test_what_keeps_a_tenant_from_working_is_a_sentence_in_the_log(office: Office) -> None:
    office.edit('client_id = "app"', 'client_id = "app"\nclient_secret = "env:DUN_NOT_THERE"')
    service = office.open(None)
    with capture_logs() as lines:
        outcome = service.work(NORTH, lambda: False)

    assert (outcome, [line["event"] for line in lines]) == (Outcome(), ["nothing could be tried"])
    assert "DUN_NOT_THERE" in lines[0]["reason"]


def test_a_new_configuration_is_in_force_after_it_is_read(office: Office) -> None:
    office.edit("poll_minutes = 60", "poll_minutes = 5")
    office.edit("workers = 2", "workers = 7")
    before = (office.service.shifts()[WEST].interval, office.service.workers)
    office.service.reload()

    assert before == (timedelta(minutes=60), 2)
    assert (office.service.shifts()[WEST].interval, office.service.workers) == (timedelta(minutes=5), 7)
    assert len(office.configured) == 1


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("poll_minutes = 60", "poll_minutes = -1", "tenants.west.poll_minutes"),
        ('data = "data"', 'data = "other"', "stop it and start it again"),
        ("[sending]", "[rehearsal]\nclock = 'http://127.0.0.1:1/'\n[sending]", "rehearsal"),
        (CONFIG, "half a fi", "TOML"),
    ],
)
def test_a_configuration_that_is_not_right_is_refused_in_words(office: Office, old: str, new: str, named: str) -> None:
    office.edit(old, new)
    with capture_logs() as lines:
        office.service.reload()

    assert named in lines[0]["reason"]
    assert (office.service.shifts()[WEST].interval, office.configured) == (timedelta(minutes=60), [])


def test_a_key_that_moved_while_it_ran_is_found_once_the_configuration_is_read_again(office: Office) -> None:
    config = load(office.file)
    create_key(office.registry, config, forget_tokens=False)
    tokens = TokenSet(access_token="access", refresh_token=None, expires_at=MONDAY)
    Vault(office.registry, key_source(config)).save(NORTH, tokens, MONDAY)
    move_to_key(office.registry, config, "file:moved.key", MONDAY)
    office.edit('data = "data"', 'data = "data"\nvault.key = "file:moved.key"')
    with capture_logs() as lines:
        before = office.service.work(NORTH, lambda: False)
        office.service.reload()
        after = office.service.work(NORTH, lambda: False)

    assert "sealed with another key" in lines[0]["reason"]
    assert (before.report, after.report is None) == (None, False)


def test_a_configuration_file_that_is_gone_changes_nothing(office: Office) -> None:
    office.file.unlink()
    office.service.reload()

    assert office.service.shifts().keys() == {NORTH, WEST}


def test_a_round_begins_once_and_ends_with_the_last_tenant() -> None:
    made = Round()
    begins = [made.begins(), made.begins()]
    first = [made.ended(NORTH, True, {NORTH, WEST}), made.ended(NORTH, True, {NORTH, WEST})]
    end = made.ended(WEST, True, {NORTH, WEST})

    assert (begins, first, end, made.begins()) == ([True, False], [None, None], True, True)


def test_a_round_in_which_one_turn_failed_did_not_go_well_but_the_next_can() -> None:
    made = Round()
    made.ended(NORTH, False, {NORTH, WEST})
    failed = made.ended(WEST, True, {NORTH, WEST})
    made.ended(NORTH, True, {NORTH, WEST})

    assert (failed, made.ended(WEST, True, {NORTH, WEST})) == (False, True)


def test_a_tenant_that_has_left_is_not_waited_for() -> None:
    made = Round()
    made.ended(NORTH, True, {NORTH, WEST})

    assert made.ended(NORTH, True, {NORTH}) is True


def test_a_configuration_with_a_secret_that_is_missing_is_refused_as_a_start_would(office: Office) -> None:
    office.edit('client_id = "app"', 'client_id = "app"\nwebhook_key = "env:DUN_NOT_THERE"')
    office.edit("poll_minutes = 60", "poll_minutes = 5")
    with capture_logs() as lines:
        office.service.reload()

    assert "DUN_NOT_THERE" in lines[0]["reason"]
    assert (office.service.shifts()[WEST].interval, office.configured) == (timedelta(minutes=60), [])
