"""Connections that end elsewhere: found out, parked with words, and never at a neighbour's expense."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.connecting.connect import connect
from connector.cycle import run_cycle
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.tenant import Tenant
from connectors.sandbox.access import REVOKED, cut_off
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.world import Fault
from state.model import TenantSlug

NORTH, NORTH_2 = TenantSlug("north"), TenantSlug("north-2")
LEDGERS = pytest.mark.parametrize(("ledger", "tenant"), [("xero", "north"), ("quickbooks", "west")])


def parked_because(office: Any, slug: str) -> str | None:
    with office.open() as installation:
        because: str | None = installation.registry.tenant(slug).parked_because
    return because


@pytest.fixture
def both(office: Any) -> Any:
    """north and north-2, whom the same person has connected, each in a consent of its own."""
    office.told("connect", "xero", "--tenant", "north")
    office.visitor.choices = [str(office.world.companies["xero-2"].company.guid)]
    office.told("connect", "xero", "--tenant", "north-2")
    return office


def end_inside_xero(office: Any, company: str = "xero") -> None:
    assert office.world.grants["xero"].end_connection(office.world.companies[company].company)


def test_an_organisation_disconnected_inside_xero_is_parked_and_its_neighbour_works_on(both: Any) -> None:
    end_inside_xero(both)
    told = both.dun("run", "--once")

    assert told.exit_code == 1
    assert "dun reconnect north" in told.output
    assert parked_because(both, "north") == "the organisation was disconnected inside Xero"
    assert parked_because(both, "north-2") is None
    calls = both.world.calls["xero"].total()
    both.dun("run", "--once", "--tenant", "north")
    assert both.world.calls["xero"].total() == calls, "a parked tenant asked its ledger"
    [state, *_] = [each["state"] for each in json.loads(both.told("tenants", "--json"))["tenants"]]
    assert state == "parked: the organisation was disconnected inside Xero; dun reconnect north"


def test_what_was_disconnected_inside_xero_comes_back_with_a_new_consent(both: Any) -> None:
    end_inside_xero(both)
    both.dun("sync", "--tenant", "north")
    both.visitor.choices = [str(both.world.companies["xero"].company.guid)]
    both.told("reconnect", "north")

    both.told("sync")
    assert parked_because(both, "north") is None


def test_a_refusal_that_xeros_list_of_connections_contradicts_parks_nobody(both: Any) -> None:
    raise_fault(both.world, Fault("xero", "403", path="/api.xro/", times=1))
    both.dun("sync", "--tenant", "north")

    assert parked_because(both, "north") is None


def test_while_xero_cannot_list_its_connections_nobody_is_parked(both: Any) -> None:
    end_inside_xero(both)
    raise_fault(both.world, Fault("xero", "503", path="/connections", times=99))
    both.dun("sync", "--tenant", "north")

    assert parked_because(both, "north") is None


@LEDGERS
def test_a_connection_renewed_while_its_cycle_found_the_old_one_dead_is_not_parked(
    office: Any, ledger: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_somebody_comes_back_from_the_consent_page(opened: Tenant, *, dry_run: bool) -> CycleReport:
        found = run_cycle(opened, dry_run=dry_run)
        office.world.clock.advance(timedelta(minutes=1))
        with office.open() as person:
            connect(person, person.config.tenant(tenant), office.visitor, lambda found: found[0])
        return found

    office.told("connect", ledger, "--tenant", tenant)
    cut_off(office.world, ledger, REVOKED)
    monkeypatch.setattr("connector.rounds.run_cycle", and_somebody_comes_back_from_the_consent_page)
    with office.open() as installation:
        report = run_tenant(installation, TenantSlug(tenant))

    assert [problem.code for problem in report.problems] == ["reauthorise"]
    assert parked_because(office, tenant) is None


@LEDGERS
def test_tokens_that_do_not_open_are_forgotten_all_the_same(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    with office.open() as installation:
        installation.registry.connection.execute("UPDATE token SET sealed = zeroblob(80)")
    left = office.dun("disconnect", tenant)

    assert left.exit_code == 1
    assert "the stored tokens do not open" in left.stdout
    assert office.stored() == [(tenant, False)]
    assert parked_because(office, tenant) == "it was disconnected from here"
    office.told("reconnect", tenant)
    office.told("sync", "--tenant", tenant)


@LEDGERS
def test_a_dead_connection_names_the_command_that_revives_it(office: Any, ledger: str, tenant: str) -> None:
    office.told("connect", ledger, "--tenant", tenant)
    cut_off(office.world, ledger, REVOKED)

    assert f"run `dun reconnect {tenant}`" in office.dun("sync", "--tenant", tenant).output
    assert f"run `dun reconnect {tenant}`" in office.dun("sync", "--tenant", tenant).output
    assert f"run `dun reconnect {tenant}`" in office.dun("doctor", "--tenant", tenant).output


def test_a_client_whose_tokens_were_given_up_is_told_at_once_with_the_way_on(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    (office.folder / "data" / "vault.key").unlink()
    office.told("vault", "create", "--forget-tokens")
    [north, *_] = json.loads(office.told("tenants", "--json"))["tenants"]

    assert north["state"] == "it has no tokens; dun reconnect north"


@pytest.mark.parametrize("named", [["north", "--tenant", "west"], []], ids=["two clients", "none"])
def test_who_is_to_be_disconnected_is_never_guessed(office: Any, named: list[str]) -> None:
    assert "say which client, and only one" in office.refused("disconnect", *named, code=2)


def test_a_synchronisation_that_broke_off_does_not_say_that_nothing_is_open(office: Any) -> None:
    office.told("connect", "xero", "--tenant", "north")
    office.told("disconnect", "north")
    told = office.dun("sync", "--tenant", "north")

    assert told.exit_code == 1
    assert "0 invoices open" not in told.stdout
