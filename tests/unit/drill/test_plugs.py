"""What the simulation plugs into the adapters is gone with it."""

from pathlib import Path

import connectors.xero.ledger
from drill.simulation.life import Life


def test_a_simulated_firm_leaves_the_adapters_as_they_were(tmp_path: Path) -> None:
    before = dict(vars(connectors.xero.ledger))

    Life("all1/0", tmp_path, [])

    assert vars(connectors.xero.ledger) == before
