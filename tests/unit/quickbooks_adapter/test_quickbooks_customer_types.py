"""Customers carry the id of their type; the mirror keeps the name, and asks for it once."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.ledger import BadData, Outage
from state.model import Contact, ContactId

TRADE = {"value": "5000000000000003466"}


@pytest.fixture
def pull(ledger: Any, server: Any, wire: Any) -> Callable[..., list[Contact]]:
    """Poll once, with these customers in the feed and this answer to the question for the types' names."""

    def pulled(*customers: dict[str, Any], types: Any) -> list[Contact]:
        feed = wire.json(wire.changes(Customer=list(customers)))
        server.otherwise = lambda request: feed if request.path.endswith("/cdc") else types
        return [one for page in ledger.changes("changes", "2026-03-02T11:00:00+00:00") for one in page.contacts]

    return pulled


@pytest.fixture
def listed(wire: Any) -> Callable[..., Any]:
    return lambda *rows: wire.json(wire.batch(wire.rows(CustomerType=list(rows))))


@pytest.fixture
def trade(wire: Any) -> dict[str, Any]:
    return {**wire.record(TRADE["value"], {}), "Name": "Trade", "Active": True}


def test_a_customer_is_in_the_group_that_its_type_is_called(pull, listed, wire, trade) -> None:
    (customer,) = pull(wire.customer(CustomerTypeRef=TRADE), types=listed(trade))

    assert customer.groups == ("Trade",)


def test_the_names_are_asked_for_once_the_inactive_ones_too(pull, listed, wire, trade, server, ledger) -> None:
    customers = [wire.customer(key, CustomerTypeRef=TRADE) for key in ("1", "2", "3")]

    pull(*customers, types=listed(trade))
    pull(*customers, types=listed(trade))

    asked = [seen.queries for seen in server.seen if seen.path.endswith("/batch")]
    assert asked == [["SELECT * FROM CustomerType WHERE Active IN (true, false) MAXRESULTS 1000"]]


def test_nobody_asks_for_names_as_long_as_no_customer_has_a_type(pull, listed, wire, server) -> None:
    (customer,) = pull(wire.customer(), types=listed())

    assert customer.groups == ()
    assert len(server.seen) == 1


def test_a_type_of_no_known_name_stays_under_its_id(pull, listed, wire, trade) -> None:
    (customer,) = pull(wire.customer(CustomerTypeRef={"value": "77"}), types=listed(trade, trade | {"Name": None}))

    assert customer.groups == ("77",)


def test_where_the_names_may_not_be_read_the_customers_still_are(pull, wire) -> None:
    (customer,) = pull(wire.customer(CustomerTypeRef=TRADE), types=wire.json(wire.fault("4001"), status=400))

    assert customer.groups == (TRADE["value"],)


def test_without_an_answer_no_customer_is_taken_to_be_in_no_group(pull, wire) -> None:
    with pytest.raises(Outage):
        pull(wire.customer(CustomerTypeRef=TRADE), types=wire.json({}, status=503))


def test_a_list_of_another_shape_is_bad_data(pull, wire) -> None:
    answer = wire.json(wire.batch({"CustomerType": "Trade", "startPosition": 1, "maxResults": 1}))
    with pytest.raises(BadData, match="customer types"):
        pull(wire.customer(CustomerTypeRef=TRADE), types=answer)


def test_a_live_read_names_the_group_too(ledger, server, wire, listed, trade) -> None:
    customer = wire.json({"Customer": wire.customer(CustomerTypeRef=TRADE), "time": wire.time})
    server.otherwise = lambda request: listed(trade) if request.path.endswith("/batch") else customer

    reading = ledger.read_contacts([ContactId("7")])

    assert reading.found[ContactId("7")].groups == ("Trade",)
