"""What `dun policy rewind` tells at the terminal: a short list to look at, and how much more there is."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from unit.agreements.conftest import CONFIG, FILE, Office, office
from unit.state.examples import a_contact, a_payment, an_invoice

from state.model import Allocation, InvoiceId, Organisation
from state.store import TenantStore

__all__ = ["office"]
NOW = datetime.now(UTC)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def known(office: Office) -> Office:
    """An office whose file knows its company, as after a first cycle."""
    with closing(TenantStore.open(office.folder / FILE)) as store:
        company = Organisation(
            ledger="xero", id="a-company", name="Harbour Works", currency="GBP", zone="UTC", country="GB"
        )
        store.mirror.save_organisation(company, NOW)
    return office


@pytest.fixture
def paid_late(known: Office) -> Office:
    """Twelve customers who paid twenty days ago what was due a month ago, and it was entered ten days later."""
    with closing(TenantStore.open(known.folder / FILE)) as store:
        for number in range(12):
            key, invoice = f"buyer-{number:02}", InvoiceId(f"old-{number:02}")
            store.mirror.save_contacts([a_contact(key, name=f"Buyer {number:02}")])
            store.mirror.save_invoices(
                [an_invoice(invoice, contact_id=key, issued_on=ago(60).date(), due_on=ago(30).date(), status="paid",
                            due_minor=0, total_minor=600_00)]
            )  # fmt: skip
            part = Allocation("payment", f"pay-{number}", invoice, 600_00)
            store.mirror.save_payments(
                [a_payment(part.source_id, contact_id=key, amount_minor=600_00, paid_on=ago(20).date(),
                           updated_at=ago(10), allocations=(part,))]
            )  # fmt: skip
    return known


def test_the_terminal_lists_ten_and_says_how_many_more_the_json_has(paid_late: Office) -> None:
    told = paid_late.told("policy", "rewind", "--months", "2")
    [north] = paid_late.data("policy", "rewind", "--months", "2")["tenants"]

    met = [message for message in north["messages"] if message["paid"]]
    assert len(met) == north["met_a_paid_invoice"] > 10
    assert f"and {len(met) - 10} more; --json lists them" in told
    latest = met[-1]["paid"][0]
    assert (latest["paid_on"], latest["entered_on"]) == (f"{ago(20):%Y-%m-%d}", f"{ago(10):%Y-%m-%d}")
    assert f"{latest['invoice']} {latest['paid_on']} {latest['entered_on']}" in told
    assert f"and {len(north['customers']) - 10} more; --json lists them" in told


def test_own_times_are_said_to_be_left_out(known: Office) -> None:
    (known.folder / "config.toml").write_text(f"{CONFIG}[policy.best_time]\non = true\nmost_days = 2\n")

    assert "north: Customers' own times are not replayed" in known.told("policy", "rewind")
    assert "2 business days too early" in known.data("policy", "rewind")["tenants"][0]["not_replayed"][0]
