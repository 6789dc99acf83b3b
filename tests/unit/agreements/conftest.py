"""An office with one connected client, whose mirror was filled by hand, and `dun` without a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from unit.state.examples import AT, a_contact, an_invoice

from connector.cli import main
from state.model import ContactId, InvoiceId
from state.registry import Registry
from state.store import TenantStore

CONFIG = """\
data = "data"
[sending]
from = "accounts@seller.example"
[xero]
client_id = "an-app"
[tenants.north]
ledger = "xero"
zone = "UTC"
"""
BUYER, EURO = ContactId("buyer"), ContactId("euro")
FILE = Path("data") / "tenants" / "north" / "dun.db"


class Office:
    """`dun` as ada types it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._runner = CliRunner()

    def run(self, *arguments: str) -> Result:
        """The command, whatever comes of it but a traceback."""
        result = self._runner.invoke(main, ["--config", str(self.folder / "config.toml"), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return result

    def told(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return " ".join(result.stdout.split())

    def data(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)

    def refused(self, *arguments: str) -> str:
        """Why; nothing is on standard output, and nothing new in the trail."""
        before = self.deeds()
        result = self.run(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert self.deeds() == before
        return " ".join(result.stderr.split())

    def deeds(self) -> list[tuple[str, str]]:
        """Who did what, the first first."""
        with closing(TenantStore.open(self.folder / FILE)) as store:
            return [(entry.who, entry.action) for entry in reversed(store.audit.entries())]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Buyer plc owes 600.00 and 200.00 GBP, Euro SA 600.00 GBP and 300.00 EUR; invoice `paid` is settled."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("connector.people._account", lambda _: "ada")
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "data").mkdir(mode=0o700)
    with Registry.open(tmp_path / "data" / "registry.db") as registry:
        registry.add_tenant("north", "xero", "a-company", "Harbour Works", AT)
    with TenantStore.open(tmp_path / FILE) as store:
        store.mirror.save_contacts([a_contact("buyer", name="Buyer plc"), a_contact("euro", name="Euro SA")])
        store.mirror.save_invoices(
            [
                an_invoice("inv-1", contact_id=BUYER),
                an_invoice("inv-2", contact_id=BUYER, due_minor=200_00),
                an_invoice("paid", contact_id=BUYER, status="paid", due_minor=0),
                an_invoice("inv-3", contact_id=EURO),
                an_invoice("inv-4", contact_id=EURO, currency="EUR", due_minor=300_00),
            ]
        )
    return Office(tmp_path)


@pytest.fixture
def north(office: Office) -> Iterator[TenantStore]:
    with closing(TenantStore.open(office.folder / FILE)) as store:
        yield store


@pytest.fixture
def inv_1() -> InvoiceId:
    return InvoiceId("inv-1")
