"""What must be known of a message after the power failed: thanks count as reminders do."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connector.data_folder import prepare
from connector.vault.key import KEY_FILE, KeyFile
from drill.power.examination import Told, examine
from state.courtesies import NewCourtesy
from state.model import ContactId, InvoiceId, MessageId, TenantSlug, TokenSet
from state.records import MessageDraft
from state.registry import Registry
from state.vault import Vault

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
THANKS = MessageId("a" * 24)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    made = TenantBench.open(tmp_path)
    yield made
    made.store.close()


def claim_thanks(bench: TenantBench) -> None:
    invoice = bench.invoice()
    bench.run()
    thanks = NewCourtesy(
        invoice_id=InvoiceId(invoice.guid),
        occasion="paid",
        amount_minor=1,
        paid_on=bench.today,
        planned_for=bench.today,
    )
    bench.store.courtesies.plan([thanks], bench.now)
    draft = MessageDraft(
        id=THANKS,
        contact_id=ContactId(bench.owner_of(invoice).guid),
        channel="smtp",
        stage="thanks",
        subject="Thank you",
        recipients=("customer@example.com",),
        text="Thank you.",
        totals="{}",
    )
    [planned] = bench.store.courtesies.planned()
    assert bench.store.courtesies.claim([planned.id], draft, "{}", "vm:1:a", bench.now)


def left_on_the_disk(bench: TenantBench, folder: Path) -> Path:
    """A data folder with this tenant alone, as it is found when the power is back."""
    prepare(folder)
    key = KeyFile(folder / KEY_FILE, KEY_FILE)
    key.create()
    with Registry.open(folder / "registry.db") as registry:
        slug = TenantSlug("harbour")
        registry.add_tenant(slug, "xero", "company", "Harbour Test Works", NOW)
        Vault(registry, key).save(slug, TokenSet(access_token="access", refresh_token="refresh", expires_at=NOW), NOW)
    (folder / "tenants" / "harbour").mkdir(parents=True)
    copy = sqlite3.connect(folder / "tenants" / "harbour" / "dun.db")
    bench.store._connection.backup(copy)
    copy.close()
    return folder


def told(*lines: str) -> Told:
    heard = Told()
    for line in lines:
        heard.hear(line, THANKS)
    return heard


def test_thanks_that_may_have_left_are_known(bench: TenantBench, tmp_path: Path) -> None:
    claim_thanks(bench)

    assert list(examine(left_on_the_disk(bench, tmp_path / "data"), told("committed claim"), NOW)) == []


def test_thanks_that_may_have_left_and_are_forgotten_are_found(bench: TenantBench, tmp_path: Path) -> None:
    [said] = examine(left_on_the_disk(bench, tmp_path / "data"), told("committed claim"), NOW)

    assert said == f"message {THANKS} may have left, and would be sent again"


def test_thanks_that_nobody_took_may_be_said_again(bench: TenantBench, tmp_path: Path) -> None:
    claim_thanks(bench)
    bench.store.courtesies.not_sent(THANKS, "the carrier was not there", bench.now)

    found = examine(left_on_the_disk(bench, tmp_path / "data"), told("committed claim", "committed untaken"), NOW)

    assert list(found) == []


def test_thanks_whose_receipt_is_lost_are_found(bench: TenantBench, tmp_path: Path) -> None:
    claim_thanks(bench)

    found = examine(left_on_the_disk(bench, tmp_path / "data"), told("committed claim", "committed receipt"), NOW)

    assert list(found) == [f"message {THANKS} was received, and the file says sending"]
