"""A connection that is dead is found once, parked, and left alone until a person connects it again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from connected_office import SLUGS, TOKEN_PATHS, Office, connected_office

from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.rounds import run_tenant, sync_tenant
from connector.wiring import Installation
from connectors.ledger import Reauthorise
from connectors.sandbox.access import REVOKED, cut_off
from state.model import LedgerName


@pytest.fixture(params=SLUGS)
def ledger(request: pytest.FixtureRequest) -> LedgerName:
    return request.param


@pytest.fixture
def office(tmp_path: Path, ledger: LedgerName) -> Iterator[Office]:
    with connected_office(tmp_path, ledger) as made:
        yield made


def token_calls(office: Office, ledger: LedgerName) -> int:
    return office.world.calls[ledger][f"POST {TOKEN_PATHS[ledger]}"]


def test_after_a_dead_grant_nobody_asks_again_until_somebody_reconnects(office: Office, ledger: LedgerName) -> None:
    slug = SLUGS[ledger]
    cut_off(office.world, ledger, REVOKED)
    with Installation(office.config) as own:
        before = token_calls(office, ledger)
        [problem] = run_tenant(own, slug).problems
        assert (problem.code, problem.needs_person) == (Reauthorise.code, True)
        assert token_calls(office, ledger) == before + 1

        asked = office.world.calls[ledger].total()
        for _ in range(3):
            [parked] = run_tenant(own, slug).problems + sync_tenant(own, slug).problems[1:]
            assert (parked.code, parked.needs_person) == ("parked", True)
        assert office.world.calls[ledger].total() == asked, "a parked tenant asked its ledger"

        connect(own, own.config.tenant(slug), agree, lambda found: found[0])
        assert run_tenant(own, slug).problems == []
