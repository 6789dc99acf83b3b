"""A file of an earlier release, opened by this one: nothing is lost, and what it did not keep can be read again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from unit.state.examples import a_contact

from state.database import open_database
from state.migrations import TENANT_FILE
from state.model import ContactId, PostalAddress
from state.store import TenantStore

FIRST_RELEASE = type(TENANT_FILE)(TENANT_FILE.name, TENANT_FILE.application_id, TENANT_FILE.steps[:5])
CUSTOMER = ContactId("customer")
CURSOR = "2026-03-10T09:30:00+00:00"
AT = "2026-03-10T09:30:00.000Z"
CONTACT = (
    "INSERT INTO contact (id, name, status, email, cc, first_name, country, updated_at, version)"
    " VALUES ('customer', 'Customer', 'active', 'customer@example.test', '[]', 'Ada', 'NZ', ?, '1')"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file as the first release wrote it, with one contact that has been read."""
    file = tmp_path / "dun.db"
    with closing(open_database(file, FIRST_RELEASE)) as connection:
        connection.execute(CONTACT, (AT,))
        connection.execute("INSERT INTO stream VALUES ('contacts', ?, ?)", (CURSOR, AT))
    return file


def test_a_contact_keeps_what_was_known_and_has_nothing_new_yet(path: Path) -> None:
    with TenantStore.open(path) as store:
        assert store.mirror.contact(CUSTOMER) == a_contact(first_name="Ada", country="NZ")


def test_no_cursor_is_lost_and_the_new_stream_is_due(path: Path) -> None:
    with TenantStore.open(path) as store:
        assert store.mirror.cursor("contacts") == CURSOR
        assert store.mirror.pulled_at("customers") is None


def test_a_version_with_the_same_stamp_brings_what_the_earlier_release_left_out(path: Path) -> None:
    postal = PostalAddress(lines=("12 Mill Lane",), city="Eastmere")

    with TenantStore.open(path) as store:
        assert store.mirror.save_contacts([a_contact(phones=("07700 900123",), postal=postal, groups=("Trade",))]) == 1
        read = store.mirror.contact(CUSTOMER)

    assert read is not None
    assert (read.phones, read.postal, read.groups) == (("07700 900123",), postal, ("Trade",))


@pytest.mark.parametrize(
    "forged", ["phones = '{}'", "phones = NULL", "postal = '[]'", "groups = '\"Trade\"'", "groups = 'Trade'"]
)
def test_the_file_takes_no_list_that_is_none(path: Path, forged: str) -> None:
    TenantStore.open(path).close()

    with closing(sqlite3.connect(path)) as shell, pytest.raises(sqlite3.Error, match=r"CHECK|NOT NULL|malformed"):
        shell.execute(f"UPDATE contact SET {forged}")  # noqa: S608 - from above
