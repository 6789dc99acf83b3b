"""`dun charges approve` and `refuse` find the tenant by what waits there, as the other commands do."""

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from unit.agreements.conftest import CONFIG, Office, office
from unit.state.examples import AT, a_contact, an_invoice

from state.charges import ProposedCharge
from state.model import InvoiceId
from state.registry import Registry
from state.store import TenantStore

__all__ = ["office"]
AGREED = '[charges]\nterms = "contract"\ncustomers = "business"\npercent = "12"\n'
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


@pytest.fixture
def charging(office: Office) -> Office:
    """North charges by contract, and has not said where it books that."""
    (office.folder / "config.toml").write_text(f"{CONFIG}{AGREED}")
    return office


def test_who_proposes_is_told_what_is_missing_before_it_can_be_approved(charging: Office) -> None:
    assert "Before it can be approved: it is not configured where north books" in charging.told(
        "charges", "propose", "INV-1"
    )


def test_what_was_handed_over_is_not_charged_a_second_time(charging: Office) -> None:
    with closing(TenantStore.open(charging.folder / TENANTS / "north" / "dun.db")) as store:
        store.handovers.record([InvoiceId("inv-1")], "Agency", "0" * 64, "ada", AT)

    words = charging.refused("charges", "propose", "INV-1")
    assert "is with Agency" in words
    assert "the case claims its charges already" in words


def test_a_statement_says_where_it_was_written(office: Office, tmp_path: Path) -> None:
    told = office.told("statement", "Buyer plc", "--pdf", str(tmp_path / "a.pdf"), "--html", str(tmp_path / "a.html"))

    assert told.count("Written to") == 2
