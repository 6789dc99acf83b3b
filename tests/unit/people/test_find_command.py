"""`dun find` over a connected office."""

import json
from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import CliRunner, Result
from connected_office import SLUGS, Office, connected_office

from connector.cli import main
from connector.wiring import tenant_file
from state.store import TenantStore

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with connected_office(tmp_path_factory.mktemp("find"), "xero", customers=6) as office:
        dun(office, "sync")
        yield office


def dun(office: Office, *words: str) -> Result:
    result = CliRunner().invoke(main, ["-c", str(office.folder / "config.toml"), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def test_an_invoice_is_found_by_a_part_of_its_number(office: Office) -> None:
    with TenantStore.open(tenant_file(office.config, SLUGS["xero"])) as store:
        invoice = next(
            store.mirror.invoice(row.invoice_id) for a in store.receivables.accounts(DAY) for row in a.receivables
        )

    found = json.loads(dun(office, "find", invoice.number[1:], "--json").stdout)["found"]

    assert (invoice.id, invoice.contact_id) in {(hit["id"], hit["customer_id"]) for hit in found}


def test_people_read_a_table(office: Office) -> None:
    found = dun(office, "find", "INV-").stdout

    assert "invoice" in found
    assert "Found" in found


def test_nothing_found_is_said_in_words(office: Office) -> None:
    assert "Nothing is found" in dun(office, "find", "no such thing").stdout
