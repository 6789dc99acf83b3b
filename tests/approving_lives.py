"""A cycle in a process of its own that is killed around the moment at which it finds an approval out of date."""

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Literal

import connector.cycle
from connector.config.settings import TenantSettings, load
from connector.rounds import run_tenant
from connector.wiring import Installation
from state.model import TenantSlug
from state.store import TenantStore

Moment = Literal["before", "halfway", "after"]


def killed(folder: Path, slug: TenantSlug, moment: Moment) -> None:
    """Run a cycle to `moment` of its taking approvals back, and no further."""
    take_back = connector.cycle.withdraw_changed

    def taking_back(store: TenantStore, settings: TenantSettings, now: datetime) -> None:
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        with store.transaction():
            take_back(store, settings, now)
            if moment == "halfway":
                os.kill(os.getpid(), signal.SIGKILL)

    def deciding_is_over(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    connector.cycle.withdraw_changed = taking_back
    connector.cycle.dispatch = deciding_is_over
    with Installation(load(folder / "config.toml")) as own:
        run_tenant(own, slug)
