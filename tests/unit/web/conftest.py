"""The daemon's port with everything behind it real: a configuration, a registry, a pulse, and HTTP."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from unit.web.posts import CONFIG, HEADERS, KEYS, NOW, ORGANISATION, REALM, SECOND_REALM, signature

from connector.config.settings import Config, load
from connector.running.pulse import Pulse
from connector.web.service import WebService
from state.clock import ManualClock
from state.model import TenantSlug
from state.registry import Registry


@dataclass
class Port:
    """A served installation, and what came of asking it."""

    folder: Path
    config: Config
    clock: ManualClock
    pulse: Pulse
    nudged: list[TenantSlug] = field(default_factory=list)
    url: str = ""

    def post(self, ledger: str, body: bytes, signed: str | None = None) -> requests.Response:
        """A webhook with the right signature, unless another is given."""
        header = {HEADERS[ledger]: signature(KEYS[ledger], body) if signed is None else signed}
        return requests.post(f"{self.url}/webhooks/{ledger}", data=body, headers=header, timeout=5)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=5)

    @property
    def registry(self) -> Registry:
        return Registry.open(self.config.data / "registry.db")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Port]]:
    """`served(more)` serves an installation with `more` at the end of its configuration; stopped after the test."""
    (tmp_path / "xero.key").write_text(KEYS["xero"])
    (tmp_path / "quickbooks.key").write_text(KEYS["quickbooks"])
    with ExitStack() as stack:

        def serve(text: str = CONFIG) -> Port:
            path = tmp_path / "config.toml"
            path.write_text(text, encoding="utf-8")
            config, clock = load(path), ManualClock(NOW)
            config.data.mkdir()
            port = Port(tmp_path, config, clock, Pulse(NOW))
            with port.registry as registry:
                registry.add_tenant(TenantSlug("north"), "xero", ORGANISATION, "North Ltd", NOW)
                registry.add_tenant(TenantSlug("west"), "quickbooks", REALM, "West Inc", NOW)
                registry.add_tenant(TenantSlug("east"), "quickbooks", SECOND_REALM, "East Inc", NOW)
            port.url = stack.enter_context(WebService(config, port.pulse, port.nudged.append, clock)).url
            return port

        yield serve


@pytest.fixture
def port(served: Callable[..., Port]) -> Port:
    return served()


@pytest.fixture
def log_output() -> Iterator[list[Any]]:
    """The lines that are logged meanwhile."""
    with structlog.testing.capture_logs() as lines:
        yield lines
