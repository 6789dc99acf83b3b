"""How customers are reached and grouped, from the ledger to the decision: on both ledgers, over real HTTP."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from quickbooks_stage import Stage, quickbooks_stage
from xero_stage import XeroStage, xero_stage

from connectors.sandbox.documents import Customer
from state.model import Account, Contact, ContactId, PostalAddress

FACTS = {
    "mobile": "+44 7700 900123",
    "phone": "01632 960456",
    "fax": "01632 960999",
    "groups": ("Trade",),
    "street": "Unit 4\n12 Mill Lane",
    "city": "Eastmere",
    "region": "Fenshire",
    "postcode": "ZX4 7QP",
}
EMPTY = "UPDATE contact SET phones = '[]', postal = NULL, groups = '[]'"


@dataclass
class Desk:
    """A connected tenant of either ledger, and one customer of whom nothing is due yet, so that nobody is read live."""

    stage: XeroStage | Stage
    customer: Customer
    file: Path

    @property
    def key(self) -> ContactId:
        return ContactId(self.customer.guid if isinstance(self.stage, XeroStage) else str(self.customer.id))

    def cycle(self, after: timedelta = timedelta(minutes=15)) -> None:
        self.stage.world.clock.advance(after)
        self.stage.run() if isinstance(self.stage, XeroStage) else self.stage.cycle()

    def mirrored(self) -> Contact:
        contact = self.stage.store.mirror.contact(self.key)
        assert contact is not None
        return contact

    def accounts(self) -> dict[ContactId, Account]:
        return {account.contact_id: account for account in self.stage.store.receivables.accounts(self.stage.today)}

    def as_an_earlier_release_left_it(self) -> None:
        """The file knows nothing of details, nor of the stream that brings them."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(EMPTY)
            connection.execute("DELETE FROM stream WHERE name = 'customers'")


@pytest.fixture(params=["xero", "quickbooks"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with xero_stage(tmp_path) if request.param == "xero" else quickbooks_stage(tmp_path) as stage:
        customer = stage.customer(**FACTS, country="GB")
        stage.invoice(customer=customer, overdue=-20)
        [file] = tmp_path.rglob("dun.db")
        yield Desk(stage, customer, file)


def test_the_decision_sees_how_the_customer_is_reached(desk: Desk) -> None:
    desk.cycle()

    account, country = desk.accounts()[desk.key], "GB" if isinstance(desk.stage, XeroStage) else "GBR"
    assert (account.phones, account.groups) == (("+44 7700 900123", "01632 960456"), ("Trade",))
    assert account.country == country
    assert account.postal == PostalAddress(
        lines=("Unit 4", "12 Mill Lane"), city="Eastmere", region="Fenshire", postcode="ZX4 7QP", country=country
    )


def test_a_customer_of_whom_nothing_more_is_known_has_nothing(desk: Desk) -> None:
    desk.stage.invoice(customer=desk.stage.customer(), overdue=-20)

    desk.cycle()

    [account] = [account for key, account in desk.accounts().items() if key != desk.key]
    assert (account.phones, account.postal, account.groups) == ((), None, ())


def test_a_change_arrives_with_the_next_hour(desk: Desk) -> None:
    desk.cycle()
    desk.stage.books.edit_customer(desk.customer, mobile=None, street="1 Works Road", groups=("Wholesale",))

    desk.cycle(timedelta(minutes=65))

    read = desk.mirrored()
    assert (read.phones, read.groups) == (("01632 960456",), ("Wholesale",))
    assert read.postal is not None
    assert read.postal.lines == ("1 Works Road",)


def test_a_change_of_group_that_moves_no_stamp_arrives_within_a_day(desk: Desk) -> None:
    desk.cycle()
    desk.stage.books.edit_customer(desk.customer, silently=True, groups=("Wholesale",))
    desk.cycle(timedelta(hours=8))
    assert desk.mirrored().groups == ("Trade",)

    desk.cycle(timedelta(hours=17))

    assert desk.mirrored().groups == ("Wholesale",)


def test_after_an_upgrade_the_first_pull_fills_in_what_the_file_did_not_keep(desk: Desk) -> None:
    desk.cycle()
    before = desk.mirrored()
    desk.as_an_earlier_release_left_it()
    assert desk.mirrored().phones == ()

    desk.cycle()

    assert desk.mirrored() == before


def test_all_customers_are_read_once_a_day_and_not_with_every_pull(desk: Desk) -> None:
    read = []
    for _ in range(5):
        desk.cycle(timedelta(hours=8))
        read.append(desk.stage.store.mirror.pulled_at("customers"))

    assert len(set(read)) == 2
