"""What the doctor learns by asking many ledgers."""

from functools import partial
from pathlib import Path

from conformance import WorldTime
from connected_office import START

from connector.checks.live import GIVEN_UP_AFTER, ledgers_answer
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from connectors.sandbox.faults import raise_fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world
from connectors.sandbox.world import Fault


def test_a_ledger_that_is_away_is_not_waited_for_with_each_of_its_tenants(tmp_path: Path) -> None:
    world = build_world("many", START, ("xero",), companies={"xero": 6}, customers=1)
    with RunningSandbox(world) as sandbox:
        write_sandbox_config(tmp_path / "config.toml", sandbox.url)
        with Installation(load(tmp_path / "config.toml"), WorldTime(world)) as installation:
            tenants = list(installation.config.tenants.values())
            for books, settings in zip(world.companies.values(), tenants, strict=True):
                consent = partial(agree, companies=[books.company.guid])
                connect(installation, settings, consent, lambda found: found[0])
            before = list(ledgers_answer(installation, tenants))
            raise_fault(world, Fault("xero", "503", times=1000, path="/api.xro/"))
            findings = list(ledgers_answer(installation, tenants))

    assert before == []
    assert [finding.code for finding in findings] == ["ledger_unreachable"] * 6
    assert [finding.words.startswith("not asked") for finding in findings] == [False] * GIVEN_UP_AFTER + [True] * 3
