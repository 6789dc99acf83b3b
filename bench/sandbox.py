"""Other people's servers, in a process of their own, so that what they cost is not charged to the connector.

It is the sandbox that `dun sandbox` starts, asked over its documented control API. Its clock stands still and its rate
limits are off: how many calls are made is measured, not how long one has to wait for them.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from bench.access import Access
from connector.config.settings import load
from connector.connecting.connect import connect
from connector.demo.consent import agree
from connector.sandbox_config import write_sandbox_config
from connector.wiring import Installation
from state.model import LedgerName

START = "2026-03-02T06:00:00+00:00"
_PATIENCE_SECONDS = 120
_DUN = "from connector.cli import main; main()"


class Sandbox:
    """A running sandbox with one company."""

    def __init__(self, url: str, ledger: LedgerName) -> None:
        self.url = url
        self.ledger = ledger
        self._control = requests.Session()
        self._control.trust_env = False
        self.tell("switches", {"rate_limits": False})

    def tell(self, what: str, body: dict[str, Any]) -> Any:
        """POST to the control API."""
        return self._answer(self._control.post(f"{self.url}/_books/{what}", json=body, timeout=_PATIENCE_SECONDS))

    def ask(self, what: str, **query: str | int) -> Any:
        """GET from the control API."""
        return self._answer(self._control.get(f"{self.url}/_books/{what}", params=query, timeout=_PATIENCE_SECONDS))

    def now(self) -> datetime:
        return datetime.fromisoformat(self.ask("clock")["now"])

    def connect(self) -> Access:
        """Go through the consent of a person, as `dun connect` does; what is needed to open the company's ledger."""
        with TemporaryDirectory(prefix="dun-bench-") as folder:
            config = Path(folder) / "config.toml"
            write_sandbox_config(config, self.url)
            with Installation(load(config)) as installation:
                company, token = self._consent(installation)
        return Access(ledger=self.ledger, url=self.url, company=company, token=token, now=self.now())

    def _consent(self, installation: Installation) -> tuple[str, str]:
        """The company's id and an access token."""
        [settings] = installation.config.tenants.values()
        connect(installation, settings, agree, lambda found: found[0])
        tenant, tokens = installation.registry.tenant(settings.slug), installation.vault.load(settings.slug)
        assert tenant is not None
        assert tokens is not None
        return tenant.external_id, tokens.access_token

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        response.raise_for_status()
        return response.json()


@contextmanager
def running(ledger: LedgerName, *, invoices: int | None = None) -> Iterator[Sandbox]:
    """A sandbox with one company of `ledger`: a small firm, or one with so many `invoices`. Stopped at the end."""
    command = [sys.executable, "-c", _DUN, "sandbox", "--json", "--seed=bench", f"--clock={START}"]
    command.append(f"--ledgers={ledger}")
    if invoices is not None:
        command.append(f"--invoices={invoices}")
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Sandbox(json.loads(process.stdout.readline())["url"], ledger)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)
