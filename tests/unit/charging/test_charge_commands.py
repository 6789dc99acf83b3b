"""`dun charges approve` and `refuse` find the tenant by what waits there, as the other commands do."""

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from unit.agreements.conftest import CONFIG, Office, office
from unit.state.examples import AT, a_contact, an_invoice

from state.charges import ProposedCharge
from state.registry import Registry
from state.store import TenantStore

__all__ = ["office"]
TENANTS = Path("data") / "tenants"


def propose(office: Office, slug: str, invoice: str) -> None:
    with closing(TenantStore.open(office.folder / TENANTS / slug / "dun.db")) as store:
        charge = ProposedCharge(
            invoice_id=invoice,
            number=invoice.upper(),
            up_to=date(2026, 3, 1),
            currency="GBP",
            interest_minor=3_94,
            fixed_minor=40_00,
            source="a contract",
        )
        store.charges.propose(charge, "ada", AT)


@pytest.fixture
def two_firms(office: Office) -> Office:
    """North and south, each with charges that wait."""
    south = '[tenants.south]\nledger = "xero"\nzone = "UTC"\n'
    (office.folder / "config.toml").write_text(f"{CONFIG}{south}")
    with Registry.open(office.folder / "data" / "registry.db") as registry:
        registry.add_tenant("south", "xero", "another", "Harbour Works South", AT)
    with closing(TenantStore.open(office.folder / TENANTS / "south" / "dun.db")) as store:
        store.mirror.save_contacts([a_contact("buyer", name="Buyer plc")])
        store.mirror.save_invoices([an_invoice(key, contact_id="buyer") for key in ("inv-1", "inv-8")])
    propose(office, "north", "inv-1")
    propose(office, "south", "inv-8")
    return office


def test_the_invoice_says_which_tenant(two_firms: Office) -> None:
    assert two_firms.data("charges", "refuse", "INV-8")["tenant"] == "south"


def test_an_invoice_with_charges_at_two_tenants_is_not_guessed_about(two_firms: Office) -> None:
    propose(two_firms, "south", "inv-1")

    assert "several tenants (north, south); add --tenant" in two_firms.refused("charges", "refuse", "INV-1")


def test_what_waits_nowhere_is_told(two_firms: Office) -> None:
    assert "no charge waits on 'INV-9'" in two_firms.refused("charges", "refuse", "INV-9")
