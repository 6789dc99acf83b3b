"""What people get wrong, and what they are told: everything at once, in words, with exit code 2 and no traceback."""

import os
import socket
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connector import approval
from connector.holding import TargetError
from state.locks import exclusive
from state.model import Rejected
from state.store import TenantStore
from state.terms import Terms

CONFIG = """\
data = "data"
[sending]
from = "accounts@seller.example"
[xero]
client_id = "an-app"
[quickbooks]
client_id = "an-app"
client_secret = "file:secret"
[tenants.acme]
ledger = "xero"
zone = "Europe/London"
"""
WRONG = """\
data = 5
colour = "red"
[sending]
from = "not an address"
mode = "automatic"
[[policy.stages]]
name = "friendly"
offset_days = 5
[[policy.stages]]
name = "soft"
offset_days = 5
[tenants.acme]
ledger = "sage"
zone = "Mars/Base"
"""
ALL_COMMANDS = (
    ["tenants"],
    ["sync"],
    ["preview"],
    ["run"],
    ["run", "--once"],
    ["why", "INV-1"],
    ["history"],
    ["approve"],
    ["hold", "INV-1"],
    ["release", "INV-1"],
    ["config", "check"],
    ["connect", "xero", "--tenant", "acme"],
)


@pytest.fixture
def office(ask: Any) -> Any:
    """A folder with a configuration that is right and a tenant that is not connected."""
    (ask.folder / "config.toml").write_text(CONFIG)
    return ask


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=" ".join)
def test_without_a_configuration_every_command_says_how_to_begin(ask: Any, command: list[str]) -> None:
    assert "dun init" in ask.refused(*command)


def test_every_mistake_of_a_configuration_is_told_at_once(ask: Any) -> None:
    (ask.folder / "config.toml").write_text(WRONG)
    told = ask.refused("run", "--once")

    for key in ("data", "colour", "sending.from", "sending.mode", "offset_days", "tenants.acme.ledger", "zone"):
        assert key in told
    assert len(told.splitlines()) == 7


def test_a_file_that_is_not_toml_is_told_with_its_place(ask: Any) -> None:
    (ask.folder / "config.toml").write_text("data = = 5")

    assert "line 1" in ask.refused("tenants")


@pytest.mark.parametrize("command", ["sync", "preview", "run", "history", "approve"])
def test_without_a_connection_the_command_that_connects_is_named(office: Any, command: str) -> None:
    assert "dun connect xero --tenant acme" in office.refused(command)


def test_an_unknown_tenant_is_told_who_there_is(office: Any) -> None:
    told = office.refused("preview", "--tenant", "nobody")

    assert "'nobody'" in told
    assert "acme" in told


@pytest.mark.parametrize("command", ["sync", "preview", "history", "approve"])
def test_a_named_tenant_that_is_not_connected_is_told_how(office: Any, command: str) -> None:
    assert "dun connect xero --tenant acme" in office.refused(command, "--tenant", "acme")


@pytest.mark.parametrize("command", ["hold", "release"])
def test_an_unknown_invoice_is_told_what_brings_new_ones(office: Any, command: str) -> None:
    assert "dun sync" in office.refused(command, "INV-404")


@pytest.mark.parametrize("arguments", [[], ["INV-1", "--customer", "Buyer"], ["--everything"]])
def test_a_hold_is_on_exactly_one_thing(office: Any, arguments: list[str]) -> None:
    office.refused("hold", *arguments)


def test_invoices_and_all_of_them_cannot_both_be_approved(office: Any) -> None:
    assert "use --all" in office.refused("approve", "INV-1", "--all")


@pytest.mark.parametrize("option", ["--dry-run", "--json"])
def test_what_belongs_to_one_cycle_is_refused_for_the_endless_run(office: Any, option: str) -> None:
    assert "--once" in office.refused("run", option)


def test_a_second_init_does_not_overwrite(office: Any) -> None:
    assert "--force" in office.refused("init")
    assert (office.folder / "config.toml").read_text() == CONFIG


def test_init_with_force_keeps_the_key(ask: Any) -> None:
    ask.told("init")
    key = (ask.folder / "data" / "vault.key").read_bytes()
    ask.told("init", "--force")

    assert (ask.folder / "data" / "vault.key").read_bytes() == key


def test_a_fresh_configuration_is_right_and_its_data_private(ask: Any) -> None:
    ask.told("init")

    assert "is right" in ask.told("config", "check")
    assert (ask.folder / "data").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense"])
def test_init_without_a_sandbox_says_how_to_start_one(ask: Any, url: str) -> None:
    assert "dun sandbox" in ask.refused("init", "--sandbox", url)
    assert list(ask.folder.iterdir()) == []


def test_a_place_that_cannot_hold_a_configuration_is_named(ask: Any) -> None:
    (ask.folder / "plain").write_text("a file, not a folder")

    assert "plain/config.toml cannot be written" in ask.refused("--config", "plain/config.toml", "init")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tenant", "Bad Name", "--zone", "Europe/London"], "no name for a tenant"),
        (["--tenant", "north", "--zone", "Mars/Base"], "not a time zone"),
        (["--tenant", "north"], "add --zone"),
        (["--tenant", "acme", "--zone", "Europe/Paris"], "configured with zone Europe/London"),
    ],
)
def test_a_client_that_cannot_be_added_leaves_the_configuration_alone(
    office: Any, arguments: list[str], told: str
) -> None:
    assert told in office.refused("connect", "xero", *arguments)
    assert (office.folder / "config.toml").read_text() == CONFIG


def test_a_tenant_of_one_ledger_is_not_connected_to_the_other(office: Any) -> None:
    assert "configured for xero" in office.refused("connect", "quickbooks", "--tenant", "acme")


def test_the_example_app_is_refused_before_a_browser_opens(ask: Any) -> None:
    ask.told("init")

    assert "xero.client_id" in ask.refused("connect", "xero", "--tenant", "acme")


def test_a_taken_redirect_port_is_named(office: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = CONFIG.replace("[quickbooks]", f"redirect_port = {port}\n[quickbooks]")
        (office.folder / "config.toml").write_text(text)

        told = office.refused("connect", "xero", "--tenant", "acme", "--no-browser", code=1)

    assert f"port {port} is taken" in told


def test_a_rehearsal_without_its_sandbox_says_what_is_missing(office: Any) -> None:
    text = CONFIG + '[xero.endpoints]\napi = "http://127.0.0.1:9/x"\n[rehearsal]\nclock = "http://127.0.0.1:9/c"\n'
    (office.folder / "config.toml").write_text(text)

    assert "no sandbox answers at http://127.0.0.1:9/c" in office.refused("hold", "--everything", "--tenant", "acme")


def test_a_data_folder_that_others_can_write_to_is_refused(office: Any) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data").chmod(0o777)

    assert "chmod 700" in office.refused("tenants")


def test_a_data_folder_that_others_can_look_into_is_found_by_the_check(office: Any) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data").chmod(0o755)
    (office.folder / "secret").write_text("s")
    result = office.run("config", "check")

    assert result.exit_code == 2
    assert "chmod 700" in result.stdout


def test_a_data_folder_that_is_a_file_is_named(office: Any) -> None:
    (office.folder / "data").write_text("a file")

    assert "cannot be created" in office.refused("tenants")


def test_a_key_that_others_can_read_is_refused(office: Any) -> None:
    office.told("tenants")
    (office.folder / "data" / "vault.key").chmod(0o644)

    assert "chmod 600" in office.refused("tenants")


def test_half_a_key_is_refused(office: Any) -> None:
    office.told("tenants")
    (office.folder / "data" / "vault.key").write_bytes(b"half")

    assert "Restore your backup" in office.refused("tenants")


def test_a_registry_that_is_no_database_is_named(office: Any) -> None:
    (office.folder / "data").mkdir(mode=0o700)
    (office.folder / "data" / "registry.db").write_bytes(os.urandom(4096))

    assert "registry.db" in office.refused("tenants")


def test_an_unknown_invoice_has_no_story(connected: Any) -> None:
    assert "no invoice 'INV-404'" in connected.refused("why", "INV-404")


def test_an_invoice_that_cannot_be_read_is_not_called_absent(connected: Any) -> None:
    with TenantStore.open(connected.folder / "data" / "tenants" / "north" / "dun.db") as store:
        odd = Rejected("invoice", "8c1c06b7", None, "unknown currency 'XTS'", "{}", "OM-XTS")
        store.mirror.quarantine([odd], datetime(2026, 3, 2, tzinfo=UTC))

    told = connected.refused("why", "OM-XTS")

    assert "north: invoice 'OM-XTS' is in the ledger, but cannot be read: unknown currency 'XTS'" in told
    assert "correct it in the ledger" in told


def test_a_missing_secret_is_named_where_it_is_needed(connected: Any) -> None:
    (connected.folder / "sandbox-sendgrid-key").unlink()

    assert "sandbox-sendgrid-key cannot be read" in connected.refused("run", "--once")


def test_a_lost_key_is_told_with_both_ways_out(connected: Any) -> None:
    (connected.folder / "data" / "vault.key").unlink()
    told = connected.refused("sync")

    assert "Restore the key file" in told
    assert "dun reconnect" in told


def test_a_damaged_database_is_named(connected: Any) -> None:
    path = connected.folder / "data" / "tenants" / "north" / "dun.db"
    path.write_bytes(os.urandom(8192))

    assert "tenants/north/dun.db" in connected.refused("preview")


def test_a_damaged_tenant_does_not_keep_the_others_from_their_cycle(connected_twice: Any) -> None:
    path = connected_twice.folder / "data" / "tenants" / "north" / "dun.db"
    path.write_bytes(os.urandom(8192))
    result = connected_twice.run("run", "--once")
    north, west = (line for line in result.stdout.splitlines() if line[0] != " ")

    assert result.exit_code == 1
    assert "tenants/north/dun.db" in result.stdout
    assert north.startswith("north 2026-03-02: nothing sent")
    assert west.startswith("west 2026-03-02:")
    assert "waiting for approval" in result.stdout


def test_a_cycle_that_is_under_way_elsewhere_is_no_mistake(connected: Any) -> None:
    with exclusive(connected.folder / "data" / "locks", "north.cycle", wait=False):
        told = connected.refused("sync", code=1)

    assert "Another process" in told


def test_a_client_that_is_configured_no_more_is_still_listed(connected: Any) -> None:
    config = connected.folder / "config.toml"
    config.write_text(config.read_text().replace("[tenants.north", "[tenants.other"))

    assert "not in the" in " ".join(connected.told("tenants").split())


def test_nothing_is_left_where_a_command_was_refused(ask: Any) -> None:
    ask.refused("preview")

    assert list(Path(ask.folder).iterdir()) == []


def test_a_hold_that_would_be_over_already_is_refused(connected: Any) -> None:
    told = connected.refused("hold", "--everything", "--tenant", "north", "--until", "2026-03-01")

    assert "today is 2026-03-02 for north" in told


def test_a_number_that_two_clients_use_is_not_approved() -> None:
    rows = [waiting("north", "Buyer plc"), waiting("west", "Buyer Inc")]

    with pytest.raises(TargetError, match="'INV-1' is not clear: Buyer plc of north, Buyer Inc of west"):
        approval.named(rows, ["INV-1"])


def waiting(tenant: str, customer: str) -> approval.Waiting:
    return approval.Waiting(
        tenant=tenant,
        reminder_id=f"reminder of {tenant}",
        invoice_id=f"invoice of {tenant}",
        invoice="INV-1",
        customer_id=f"customer of {tenant}",
        customer=customer,
        stage="soft",
        due="1.00 GBP",
        planned_for=date(2026, 3, 2),
        why="",
        approval_ended="",
        edit=0,
        credit="",
        asked="1.00 GBP",
        deducted="",
        disputed="",
        terms=Terms(words=0, language="en", channel="email", addressees="", dispute="", agreement="", asked_minor=1_00),
    )
