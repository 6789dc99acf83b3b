"""A bounced address as the commands tell it: what happened, when, and what to do; never as one that is missing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from connected_office import SLUGS, Office, connected_office

from connector.cli import main
from connector.wiring import tenant_file
from state.addresses import usable_addresses
from state.store import TenantStore

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def bounced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Every address of the firm's customers has bounced."""
    with connected_office(tmp_path_factory.mktemp("office"), "xero", customers=6) as office:
        dun(office.folder, "sync")
        with closing(store_of(office)) as store:
            for address in store.correspondence.customers_by_address():
                store.deliveries.suppress(address, "bounced", AT)
        yield office


def store_of(office: Office) -> TenantStore:
    return TenantStore.open(tenant_file(office.config, SLUGS["xero"]))


def dun(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["-c", str(folder / "config.toml"), *words])
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def an_invoice(office: Office) -> tuple[str, str]:
    """The number of an invoice of somebody with an address, and the address."""
    with closing(store_of(office)) as store:
        for account in store.receivables.accounts(AT.date()):
            contact = store.mirror.contact(account.contact_id)
            if account.refused_mail is not None and contact is not None:
                return account.receivables[0].number or "", usable_addresses(contact.email)[0]
    raise AssertionError("nobody owes anything")


def test_why_says_that_it_bounced_on_which_day_and_how_it_is_written_to_again(bounced: Office) -> None:
    number, address = an_invoice(bounced)

    told = dun(bounced.folder, "why", number)

    assert "mail to this customer's address bounced on 2026-03-01" in told
    assert "`dun replies allow ADDRESS`" in told
    assert "no usable e-mail address" not in told
    assert address not in told


def test_preview_says_it_over_the_invoices_that_wait_for_it(bounced: Office) -> None:
    told = dun(bounced.folder, "preview")

    assert "held (mail to this customer's address bounced on 2026-03-01" in told
    assert "no address" not in told


def test_allowed_again_it_is_written_to(bounced: Office) -> None:
    number, address = an_invoice(bounced)

    dun(bounced.folder, "replies", "allow", address)

    assert "bounced on" not in dun(bounced.folder, "why", number)
