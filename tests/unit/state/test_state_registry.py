"""Which tenants there are, and how they fare."""

import pytest
from unit.state.examples import AT, LATER

from state.errors import AlreadyConnected, CompanyChanged, UnknownTenant
from state.model import TenantSlug
from state.registry import Registry

ACME, OTHER = TenantSlug("acme"), TenantSlug("other")


@pytest.fixture
def acme(registry: Registry) -> Registry:
    registry.add_tenant(ACME, "xero", "org-1", "Acme Ltd", AT)
    return registry


def test_a_tenant_comes_back_as_it_was_added(acme: Registry) -> None:
    tenant = acme.tenant(ACME)

    assert (tenant.slug, tenant.ledger, tenant.external_id, tenant.name) == ("acme", "xero", "org-1", "Acme Ltd")
    assert tenant.added_at == AT
    assert tenant.parked_because is tenant.succeeded_at is None
    assert acme.tenant(OTHER) is None


def test_tenants_are_listed_by_slug(acme: Registry) -> None:
    acme.add_tenant(TenantSlug("aaa"), "quickbooks", "realm-1", "Aaa", AT)

    assert [tenant.slug for tenant in acme.tenants()] == ["aaa", "acme"]


def test_adding_a_tenant_again_renames_it(acme: Registry) -> None:
    acme.add_tenant(ACME, "xero", "org-1", "Acme Group", LATER)

    assert (acme.tenant(ACME).name, acme.tenant(ACME).added_at) == ("Acme Group", AT)


@pytest.mark.parametrize(("ledger", "company"), [("xero", "org-2"), ("quickbooks", "org-1")])
def test_a_tenant_does_not_change_its_company(acme: Registry, ledger: str, company: str) -> None:
    with pytest.raises(CompanyChanged, match="new name"):
        acme.add_tenant(ACME, ledger, company, "Acme", AT)

    assert acme.tenant(ACME).external_id == "org-1"


def test_one_company_is_not_chased_for_by_two_tenants(acme: Registry) -> None:
    with pytest.raises(AlreadyConnected, match="'acme'"):
        acme.add_tenant(OTHER, "xero", "org-1", "Acme again", AT)


def test_a_company_can_be_checked_before_anything_is_stored(acme: Registry) -> None:
    acme.check_company(ACME, "xero", "org-1", "Acme Ltd")
    with pytest.raises(CompanyChanged, match=r"belongs to Acme Ltd .* leads to Bolt Ltd"):
        acme.check_company(ACME, "xero", "org-2", "Bolt Ltd")

    assert [tenant.slug for tenant in acme.tenants()] == ["acme"]


def test_a_transaction_keeps_all_or_nothing(acme: Registry) -> None:
    def park_both() -> None:
        with acme.transaction():
            acme.park(ACME, "why", AT)
            acme.park(OTHER, "why", AT)

    with pytest.raises(UnknownTenant):
        park_both()
    assert acme.tenant(ACME).parked_because is None


def test_a_parked_tenant_says_why_and_since_when(acme: Registry) -> None:
    acme.park(ACME, "reconnect", AT)
    acme.park(ACME, "still: reconnect", LATER)
    assert (acme.tenant(ACME).parked_because, acme.tenant(ACME).parked_at) == ("still: reconnect", AT)

    acme.revive(ACME, LATER)
    assert (acme.tenant(ACME).parked_because, acme.tenant(ACME).parked_at) == (None, None)
    assert acme.tenant(ACME).mended_at == LATER


def test_success_is_remembered(acme: Registry) -> None:
    acme.succeeded(ACME, LATER)

    assert acme.tenant(ACME).succeeded_at == LATER


def test_an_unknown_tenant_is_named(registry: Registry) -> None:
    with pytest.raises(UnknownTenant, match="'other'"):
        registry.park(OTHER, "why", AT)
    with pytest.raises(UnknownTenant):
        registry.succeeded(OTHER, AT)
