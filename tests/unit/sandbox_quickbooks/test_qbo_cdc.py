"""Change data capture: what it tells, what it keeps to itself, and what time it thinks it is."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from truth.quickbooks_truth import Wire, work

DAY = date(2026, 1, 1)
POLLED = "Invoice,Payment,CreditMemo,Customer"


def changed(wire: Wire, entities: str, since: str) -> list[Any]:
    answer = wire.get("/cdc", entities=entities, changedSince=since)
    assert answer.status_code == 200, answer.text
    return answer.json(parse_float=Decimal)["CDCResponse"][0]["QueryResponse"]


def now(wire: Wire) -> str:
    return wire.world.clock.now().isoformat(timespec="seconds")


def test_each_entity_has_its_group_in_the_order_asked_and_quiet_ones_are_empty(firm: Wire) -> None:
    since = now(firm)
    firm.world.clock.advance(timedelta(minutes=1))
    firm.books.edit_invoice(firm.books.invoices[6], private_note="new")
    invoices, *quiet = changed(firm, POLLED, "2026-03-03T17:31:00Z")
    assert since < "2026-03-03T17:31:00Z"
    assert [row["Id"] for row in invoices["Invoice"]] == ["6"]
    assert (invoices["startPosition"], invoices["maxResults"]) == (1, 1)
    assert quiet == [{}, {}, {}]


def test_the_second_itself_counts(wire: Wire) -> None:
    wire.books.add_customer("A")
    second = now(wire)
    assert len(changed(wire, "Customer", second)[0]["Customer"]) == 1
    wire.world.clock.advance(timedelta(seconds=1))
    assert changed(wire, "Customer", now(wire)) == [{}]


def test_a_time_without_an_offset_is_pacific(wire: Wire) -> None:
    wire.books.add_customer("A")
    assert changed(wire, "Customer", "2026-03-02T09:30:15") != [{}]
    assert changed(wire, "Customer", "2026-03-02T09:30:16") == [{}]
    assert changed(wire, "Customer", "2026-03-02T17:30:15") == [{}]  # what a client that thinks in UTC would send


def test_in_summer_pacific_is_an_hour_nearer(wire: Wire) -> None:
    for _ in range(2):
        wire.wait(timedelta(days=60))
    wire.books.add_customer("A")
    assert changed(wire, "Customer", "2026-06-30T10:30:15") != [{}]
    assert changed(wire, "Customer", "2026-06-30T10:30:16") == [{}]


def test_paying_bumps_the_invoice(firm: Wire) -> None:
    firm.wait(timedelta(hours=1))
    since = now(firm)
    firm.books.pay(firm.books.customers[1], Decimal("58.12"), on=DAY, against={6: Decimal("58.12")})
    invoices, payments = changed(firm, "Invoice,Payment", since)
    assert [(row["Id"], row["SyncToken"], row["Balance"]) for row in invoices["Invoice"]] == [("6", "1", 200)]
    assert payments["Payment"][0]["Line"][0]["LinkedTxn"] == [{"TxnId": "6", "TxnType": "Invoice"}]


@pytest.mark.parametrize(("switch", "bumped"), [("no", False), ("yes", True)])
def test_deleting_a_payment_bumps_its_invoices_only_by_switch(firm: Wire, switch: str, bumped: bool) -> None:
    firm.world.switches["quickbooks.payment_delete_bumps_invoice"] = switch
    firm.wait(timedelta(hours=1))
    since = now(firm)
    payment = next(p for p in firm.books.payments.values() if p.amount == 150)
    firm.books.delete_payment(payment)
    invoices, payments = changed(firm, "Invoice,Payment", since)
    assert bool(invoices) is bumped
    stamp = "2026-03-03T10:30:15-08:00"
    dead = {"domain": "QBO", "status": "Deleted", "Id": str(payment.id), "MetaData": {"LastUpdatedTime": stamp}}
    assert payments["Payment"] == [dead]
    assert firm.get("/invoice/7").json()["Invoice"]["Balance"] == 100


def test_a_deleted_invoice_leaves_a_tombstone_and_a_void_one_does_not(firm: Wire) -> None:
    dead = [row for row in changed(firm, "Invoice", "2026-03-01")[0]["Invoice"] if row.get("status") == "Deleted"]
    assert [set(row) for row in dead] == [{"domain", "status", "Id", "MetaData"}]
    assert firm.get(f"/invoice/{dead[0]['Id']}").json()["Fault"]["Error"][0]["code"] == "610"


def test_taking_a_credit_memo_off_again_leaves_a_tombstone_of_its_payment(firm: Wire) -> None:
    def zero_payments() -> list[str]:
        return [row["Id"] for row in firm.rows("select * from Payment where TotalAmt = '0'") if row["Line"]]

    made_up = zero_payments()
    assert len(made_up) == 1
    firm.wait(timedelta(hours=1))
    since = now(firm)
    memo = next(credit for credit in firm.books.credits.values() if credit.kind == "credit_note")
    firm.books.unallocate(memo, firm.books.invoices[memo.allocations[0].invoice_id])
    assert [row["Id"] for row in changed(firm, "Payment", since)[0]["Payment"]] == made_up
    assert zero_payments() == []


def test_an_inactive_customer_comes_as_a_record_and_a_merged_one_not_at_all(firm: Wire) -> None:
    names = [row["DisplayName"] for row in changed(firm, "Customer", "2026-03-01")[0]["Customer"]]
    assert "Gone Away Ltd (deleted)" in names
    assert not [name for name in names if "copy" in name]


@pytest.mark.parametrize(("switch", "counts"), [("response", [1000, 0]), ("entity", [1000, 20])])
def test_a_thousand_objects_and_not_one_more(wire: Wire, switch: str, counts: list[int]) -> None:
    wire.world.switches["quickbooks.cdc_cap"] = switch
    customers = [wire.books.add_customer(f"C{number}") for number in range(20)]
    for _ in range(1005):
        wire.books.add_invoice(customers[0], work("1.00"), issued=DAY)
    groups = changed(wire, "Invoice,Customer", "2026-03-01")
    assert [group.get("maxResults", 0) for group in groups] == counts


def test_what_is_older_than_thirty_days_is_silently_missing(wire: Wire) -> None:
    wire.books.add_customer("Old")
    wire.wait(timedelta(days=31))
    assert changed(wire, "Customer", "2026-01-01") == [{}]
    wire.world.switches["quickbooks.cdc_look_back"] = "all"
    assert len(changed(wire, "Customer", "2011-10-10T09:00:00-07:00")[0]["Customer"]) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"entities": "Invoice"}, "2020"),
        ({"changedSince": "2026-03-01"}, "2020"),
        ({"entities": "Invoice,TaxRate", "changedSince": "2026-03-01"}, "2010"),
        ({"entities": "Invoice", "changedSince": "yesterday"}, "4001"),
        ({"entities": "Invoice", "changedSince": "2026-03-01T00:00:00 00:00"}, "4001"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(wire: Wire, params: dict[str, str], code: str) -> None:
    answer = wire.get("/cdc", **params)
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


def test_changes_come_oldest_first_dead_and_living_mixed(firm: Wire) -> None:
    rows = changed(firm, "Payment", "2026-03-01")[0]["Payment"]
    stamps = [row["MetaData"]["LastUpdatedTime"] for row in rows]
    assert stamps == sorted(stamps)
    assert Counter(row.get("status") for row in rows) == {None: 4, "Deleted": 1}
