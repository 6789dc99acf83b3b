"""The doctor finds what is broken, however broken it is, and never shows a traceback."""

import json
import os
import shutil
from pathlib import Path

import pytest
import requests

from connector.connecting.disconnect import PARKED
from state.clock import SystemClock
from state.model import TenantSlug
from state.registry import Registry


@pytest.fixture
def office(filled_office: Path, ask, tmp_path: Path) -> Path:
    """Both firms connected and synced a moment ago, and the doctor standing in their folder."""
    shutil.copytree(filled_office, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def diagnosis(ask):
    """What the doctor says: the exit code, and severities by code and tenant."""

    def of(*arguments: str) -> tuple[int, dict[tuple[str, str | None], str]]:
        result = ask.run("doctor", "--json", *arguments)
        findings = json.loads(result.stdout)["findings"]
        assert all(finding["words"] and finding["mend"] for finding in findings)
        return result.exit_code, {(f["code"], f["tenant"]): f["severity"] for f in findings}

    return of


NOBODY = {("nobody_told", None): "notice"}


def switch(books, **switches: object) -> None:
    requests.post(f"{books.url}/_books/switches", json=switches, timeout=10).raise_for_status()


def test_a_healthy_installation_is_asked_for_nothing_but_a_keeper(office, diagnosis) -> None:
    assert diagnosis() == (0, NOBODY)


def test_when_nothing_is_wrong_it_says_so(office, ask) -> None:
    config = office / "config.toml"
    relay = '\n[alerts]\nto = ["ops@example.com"]\nchannel = "sendgrid"\n'
    config.write_text(config.read_text() + relay)

    assert ask.told("doctor") == "Everything is fine.\n"


def test_people_get_a_table_with_the_mend(office, ask) -> None:
    printed = ask.told("doctor")

    assert "notice" in printed
    assert "[alerts]" in printed


def test_an_empty_folder_is_told_how_to_begin(ask, diagnosis) -> None:
    code, found = diagnosis()

    assert (code, found) == (2, {("config_wrong", None): "critical"})
    assert "dun init" in ask.run("doctor").stdout


def test_a_broken_configuration_is_a_finding_for_each_mistake(office, diagnosis, ask) -> None:
    config = office / "config.toml"
    config.write_text(config.read_text().replace('zone = "Europe/London"', 'zone = "Europe/Londn"\ncolour = "red"'))

    assert diagnosis() == (2, {("config_wrong", None): "critical"})
    result = json.loads(ask.run("doctor", "--json").stdout)
    assert len(result["findings"]) == 2


def test_before_the_first_connection_it_names_the_next_step(ask, books, diagnosis) -> None:
    ask.told("init", "--sandbox", books.url)

    code, found = diagnosis()
    assert code == 0
    assert found[("not_connected", "north")] == "notice"


def test_an_unknown_tenant_is_bad_input(office, ask) -> None:
    assert "known: north" in ask.refused("doctor", "--tenant", "nort")


def test_one_tenant_alone_can_be_examined(office, diagnosis) -> None:
    (office / "data" / "tenants" / "west" / "dun.db").write_bytes(b"no database" * 500)

    assert diagnosis("--tenant", "north", "--offline") == (0, NOBODY)


def test_a_damaged_file_of_one_tenant_hides_nothing_of_the_other(office, diagnosis) -> None:
    for side in ("", "-wal", "-shm"):
        (office / "data" / "tenants" / "west" / f"dun.db{side}").unlink(missing_ok=True)
    (office / "data" / "tenants" / "west" / "dun.db").write_bytes(b"no database" * 500)
    with Registry.open(office / "data" / "registry.db") as registry:
        registry.park(TenantSlug("north"), "it is dead", SystemClock().now())

    code, found = diagnosis("--offline")
    assert code == 2
    assert found == NOBODY | {("parked", "north"): "critical", ("file_unusable", "west"): "critical"}


def test_a_lost_file_is_told_before_a_new_one_is_made_in_its_place(office, diagnosis) -> None:
    shutil.rmtree(office / "data" / "tenants" / "north")

    assert diagnosis("--offline")[1][("file_unusable", "north")] == "critical"
    assert not (office / "data" / "tenants" / "north").exists()


def test_a_missing_key_is_told_and_the_rest_is_still_examined(office, diagnosis) -> None:
    (office / "data" / "vault.key").unlink()
    with Registry.open(office / "data" / "registry.db") as registry:
        registry.park(TenantSlug("north"), "it is dead", SystemClock().now())

    code, found = diagnosis()
    assert code == 2
    assert found == NOBODY | {("key_unusable", None): "critical", ("parked", "north"): "critical"}
    assert not (office / "data" / "vault.key").exists()


def test_another_key_opens_nothing_and_that_is_told(office, diagnosis) -> None:
    key = office / "data" / "vault.key"
    key.write_bytes(bytes(len(key.read_bytes())))

    code, found = diagnosis("--offline")
    assert code == 2
    assert {"key_unusable", "tokens_unusable"} & {kind for kind, _ in found}


def test_a_registry_that_is_none_is_told(office, diagnosis) -> None:
    for side in ("", "-wal", "-shm"):
        (office / "data" / f"registry.db{side}").unlink(missing_ok=True)
    (office / "data" / "registry.db").write_bytes(b"no database" * 500)

    assert diagnosis("--offline") == (2, {("registry_unusable", None): "critical"})


def test_counts_of_calls_that_cannot_be_read_are_told(office, diagnosis) -> None:
    for side in ("", "-wal", "-shm"):
        (office / "data" / f"budgets.db{side}").unlink(missing_ok=True)
    (office / "data" / "budgets.db").write_bytes(b"no database" * 500)

    assert diagnosis() == (2, NOBODY | {("registry_unusable", None): "critical"})


def test_a_folder_others_may_look_into_is_a_warning(office, diagnosis) -> None:
    (office / "data").chmod(0o755)

    assert diagnosis("--offline") == (1, NOBODY | {("folder_open", None): "warning"})


def test_a_secret_that_is_not_there_is_told_without_a_call(office, diagnosis) -> None:
    (office / "sandbox-quickbooks-secret").unlink()

    code, found = diagnosis()
    assert code == 2
    assert found[("secret_missing", None)] == "critical"


def test_a_sandbox_that_is_gone_is_told(office, diagnosis) -> None:
    config = office / "config.toml"
    text = config.read_text()
    clock = next(line for line in text.splitlines() if line.startswith("clock"))
    config.write_text(text.replace(clock, 'clock = "http://127.0.0.1:1/_books/clock"'))

    assert diagnosis() == (2, {("clock_unusable", None): "critical"})


def test_a_carrier_that_refuses_the_key_is_found_without_sending(office, books, diagnosis) -> None:
    before = len(books.get("messages"))
    switch(books, **{"sendgrid.revoked_keys": "all"})
    try:
        code, found = diagnosis()
        offline = diagnosis("--offline")
    finally:
        switch(books, **{"sendgrid.revoked_keys": None})

    assert (code, found) == (2, NOBODY | {("carrier_refusing", None): "critical"})
    assert offline == (0, NOBODY)
    assert len(books.get("messages")) == before


def test_xeros_own_reminders_are_found_the_moment_they_are_switched_on(office, books, diagnosis) -> None:
    switch(books, **{"xero.own_reminders": "on"})
    try:
        code, found = diagnosis()
    finally:
        switch(books, **{"xero.own_reminders": None})

    assert (code, found) == (1, NOBODY | {("own_reminders_on", "north"): "warning"})


@pytest.mark.parametrize(
    ("kind", "code", "finding"),
    [("500", 1, "ledger_unreachable"), ("403", 2, "ledger_refuses"), ("html", 1, "ledger_unreachable")],
)
def test_a_ledger_that_does_not_answer_is_found(office, books, diagnosis, kind, code, finding) -> None:
    fault = {"face": "xero", "kind": kind, "times": 8, "path": "/Organisation"}
    requests.post(f"{books.url}/_books/faults", json=fault, timeout=10).raise_for_status()
    try:
        found = diagnosis("--tenant", "north")
    finally:
        requests.delete(f"{books.url}/_books/faults", timeout=10)

    assert found[0] == code
    assert (finding, "north") in found[1]


def test_asking_disturbs_no_cycle_that_runs_meanwhile(office, books, diagnosis, ask) -> None:
    """The doctor may be the one who refreshes; the next cycle uses what it got."""
    books.post("tokens/expire", service="xero")

    assert diagnosis() == (0, NOBODY)
    assert ask.run("sync", "--tenant", "north").exit_code == 0


def test_a_data_folder_that_is_gone_is_told_and_not_made_anew(office, diagnosis) -> None:
    (office / "data").rename(office / "elsewhere")

    assert diagnosis() == (2, {("folder_unusable", None): "critical"})
    assert not (office / "data").exists()


def test_a_client_who_left_can_be_closed(office, diagnosis) -> None:
    with Registry.open(office / "data" / "registry.db") as registry:
        registry.park(TenantSlug("north"), PARKED, SystemClock().now())
    configured = diagnosis("--offline")
    config = office / "config.toml"
    config.write_text(config.read_text().replace("[tenants.north", "[tenants.other"))
    removed = diagnosis("--offline")
    shutil.rmtree(office / "data" / "tenants" / "north")

    gone = {("disconnected", "north"): "notice"}
    assert configured == (0, NOBODY | gone)
    assert removed == (0, NOBODY | gone | {("not_connected", "other"): "notice"})
    assert diagnosis("--offline") == (0, NOBODY | {("not_connected", "other"): "notice"})


def test_a_damaged_token_is_found_once_with_its_own_mend(office, ask) -> None:
    with Registry.open(office / "data" / "registry.db") as registry, registry.connection as connection:
        connection.execute("UPDATE token SET sealed = zeroblob(length(sealed)) WHERE slug = 'north'")
    findings = [f for f in json.loads(ask.run("doctor", "--json").stdout)["findings"] if f["tenant"] == "north"]

    assert [(f["code"], "right key" in f["mend"]) for f in findings] == [("tokens_unusable", False)]


@pytest.mark.skipif(os.geteuid() == 0, reason="rights do not bind root")
def test_a_folder_that_is_read_only_is_found_once(office, ask) -> None:
    (office / "data").chmod(0o500)
    try:
        findings = json.loads(ask.run("doctor", "--json", "--offline").stdout)["findings"]
    finally:
        (office / "data").chmod(0o700)

    assert [f["code"] for f in findings if f["severity"] == "critical"] == ["folder_unusable"]
