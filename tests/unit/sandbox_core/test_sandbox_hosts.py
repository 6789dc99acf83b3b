"""A page in a browser of this machine cannot reach the sandbox under a name of its own."""

from datetime import UTC, datetime

import pytest
from forged_hosts import FOREIGN, OURS, ask

from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.setup import build_world

PATHS = (
    "/_books/clock",
    "/_books/companies",
    "/connections",
    "/api.xro/2.0/Invoices",
    "/v3/company/1/query",
    "/nowhere",
)


@pytest.fixture(scope="module")
def sandbox():
    with RunningSandbox(build_world("hosts", datetime(2026, 3, 2, 9, tzinfo=UTC), ("xero", "quickbooks"))) as running:
        yield running


@pytest.mark.parametrize("hosts", FOREIGN, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_learns_nothing(sandbox, path, hosts) -> None:
    status, text = ask(sandbox.port, path, hosts)

    assert status == 421 or (status == 400 and len(hosts) != 1)  # h11 itself refuses none and two
    assert "http://127.0.0.1" in text or status == 400


def test_a_foreign_host_changes_nothing(sandbox) -> None:
    before = sandbox.world.clock.now()

    ask(sandbox.port, "/_books/clock", ("attacker.example",), "POST", b'{"advance_seconds": 60}')

    assert sandbox.world.clock.now() == before


@pytest.mark.parametrize("host", OURS)
def test_every_name_of_this_machine_is_answered(sandbox, host) -> None:
    assert ask(sandbox.port, "/_books/clock", (host,))[0] == 200
