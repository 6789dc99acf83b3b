"""What a query may say, what comes back, and how pages behave."""
# ruff: noqa: S608  # statements of QuickBooks' query language, put together to be sent to the sandbox

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truth.quickbooks_truth import Wire, work

from connectors.sandbox.quickbooks.errors import ServiceFault
from connectors.sandbox.quickbooks.query import parse

DAY = date(2026, 1, 1)


def many_invoices(wire: Wire, count: int) -> None:
    customer = wire.books.add_customer("Bulk Ltd")
    for _ in range(count):
        wire.books.add_invoice(customer, work("10.00"), issued=DAY)


def ids(rows: list[Any]) -> list[str]:
    return [row["Id"] for row in rows]


def error(wire: Wire, statement: str) -> tuple[str, str]:
    answer = wire.ask(statement)
    assert answer.status_code == 400
    fault = answer.json()["Fault"]["Error"][0]
    return fault["code"], fault["Detail"]


def test_a_page_is_a_hundred_rows_unless_asked_otherwise(wire: Wire) -> None:
    many_invoices(wire, 120)
    assert len(wire.rows("select * from Invoice")) == 100
    assert len(wire.rows("select * from Invoice maxresults 1000")) == 120


def test_more_than_a_thousand_rows_are_refused_or_cut_by_switch(wire: Wire) -> None:
    many_invoices(wire, 1001)
    code, detail = error(wire, "select * from Invoice maxresults 1001")
    assert (code, detail) == ("4001", "QueryValidationError: value 1001 is too large. Max allowed value is 1000")
    wire.world.switches["quickbooks.maxresults_over_cap"] = "cap"
    assert len(wire.rows("select * from Invoice maxresults 5000")) == 1000


@pytest.mark.parametrize(
    "tail", ["STARTPOSITION 3 MAXRESULTS 2", "maxresults 2 startposition 3", "MaxResults 2 StartPosition 3"]
)
def test_paging_words_come_in_any_order_and_case(wire: Wire, tail: str) -> None:
    many_invoices(wire, 6)
    answer = wire.ask(f"SELECT * FROM invoice ORDERBY Id {tail}").json()["QueryResponse"]
    assert ids(answer["Invoice"]) == ["4", "5"]
    assert (answer["startPosition"], answer["maxResults"]) == (3, 2)


def test_the_pages_of_a_query_are_its_rows_exactly_once(wire: Wire) -> None:
    many_invoices(wire, 57)
    pages = [wire.rows(f"select * from Invoice startposition {start} maxresults 10") for start in range(1, 62, 10)]
    assert sorted(int(row) for page in pages for row in ids(page)) == sorted(wire.books.invoices)


def test_a_change_between_pages_shifts_the_rest_as_it_does_over_there(wire: Wire) -> None:
    many_invoices(wire, 4)
    first = wire.rows("select * from Invoice where Balance > '0' orderby Id maxresults 2")
    paid = wire.books.invoices[int(first[0]["Id"])]
    wire.books.pay(wire.books.customers[1], Decimal("10.00"), on=DAY, against={paid.id: Decimal("10.00")})
    second = wire.rows("select * from Invoice where Balance > '0' orderby Id startposition 3 maxresults 2")
    assert ids(first) + ids(second) == ["2", "3", "5"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Balance > '0'", 6),
        ("Balance = '0'", 2),
        ("Balance <= '70.25' AND Balance >= '0.01'", 4),
        ("DocNumber LIKE '10%'", 1),
        ("DocNumber like 'inv-%'", 7),
        ("DocNumber = '1001'", 1),
        ("Id IN ('6','7', '12345')", 2),
        ("Id > '6' AND Id < '9'", 2),
        ("CustomerRef = '2'", 1),
        ("DueDate = '2026-02-14'", 7),
        ("DueDate < '2026-02-01'", 1),
        ("TxnDate >= '2026-01-15'", 8),
        ("SalesTermRef = '16'", 1),
        ("MetaData.LastUpdatedTime >= '2026-03-03T17:30:15Z'", 4),
        ("Metadata.CreateTime < '2026-03-02T17:30:15+00:00'", 0),
        ("MetaData.CreateTime = '2026-03-02T09:30:15'", 8),
    ],
)
def test_invoices_are_filtered_by_what_is_filterable(firm: Wire, where: str, found: int) -> None:
    assert len(firm.rows(" ".join(["select * from Invoice where", where]))) == found


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("Invoice", "PrivateNote"), ("Invoice", "EmailStatus"), ("Invoice", "BillEmail"), ("Invoice", "LinkedTxn"),
        ("Invoice", "Line.Amount"), ("Payment", "UnappliedAmt"), ("CreditMemo", "RemainingCredit"),
        ("Customer", "Notes"),
    ],
)  # fmt: skip
def test_what_is_not_filterable_is_4001_in_where_and_order(firm: Wire, entity: str, name: str) -> None:
    refusal = ("4001", f"QueryValidationError: property '{name}' is not queryable")
    assert error(firm, " ".join(["select * from", entity, "where", name, "= '1'"])) == refusal
    assert error(firm, " ".join(["select * from", entity, "orderby", name])) == refusal


def test_or_is_not_supported(firm: Wire) -> None:
    assert error(firm, "select * from Invoice where Id = '1' or Id = '2'")[0] == "4001"


@pytest.mark.parametrize(
    "statement",
    [
        "", "selekt * from Invoice", "select * from", "select * from Invoice where", "select * from Invoice where Id",
        "select * from Invoice where Id != '1'", "select * from Invoice where Id = '1", "select * from Invoice limit 5",
        "select * from Invoice where DisplayName = 'O'Hara'", "select * from Invoice maxresults 1 maxresults 2",
        "select * from Invoice startposition 1.5", "select * from Invoice where Id IN ()",
        "select count * from Invoice",
        "select * from Invoice maxresults 1 orderby Id", "select * from Invoice where not Id = '1'",
    ],
)  # fmt: skip
def test_what_is_not_a_query_is_4000(firm: Wire, statement: str) -> None:
    answer = firm.get("/query", query=statement)
    assert answer.json()["Fault"]["Error"][0]["code"] == "4000"


def test_an_unknown_entity_is_4001(firm: Wire) -> None:
    assert error(firm, "select * from Ledger")[0] == "4001"


def test_a_value_of_the_wrong_type_is_4001(firm: Wire) -> None:
    assert error(firm, "select * from Invoice where Balance > 'much'")[0] == "4001"
    assert error(firm, "select * from Invoice where DueDate = 'soon'")[0] == "4001"


def test_order_by_two_words_and_both_directions(wire: Wire) -> None:
    many_invoices(wire, 3)
    assert ids(wire.rows("select * from Invoice order by Id desc")) == ["4", "3", "2"]
    assert ids(wire.rows("select * from Invoice ORDERBY DueDate ASC, Id DESC")) == ["4", "3", "2"]


def test_a_count_is_only_a_count(firm: Wire) -> None:
    body = firm.ask("SELECT COUNT(*) FROM Invoice WHERE Balance > '0'").json()
    assert body["QueryResponse"] == {"totalCount": 6}


def test_a_page_past_the_end_is_an_empty_query_response(firm: Wire) -> None:
    assert firm.ask("select * from Invoice startposition 999").json()["QueryResponse"] == {}


def test_listed_fields_come_alone_and_sparse(firm: Wire) -> None:
    row = firm.rows("select Id, Balance, MetaData.LastUpdatedTime from Invoice where Id = '6'")[0]
    assert set(row) == {"domain", "sparse", "Id", "Balance", "MetaData"}
    assert row["sparse"] is True


def test_name_lists_hide_the_inactive_unless_asked(firm: Wire) -> None:
    name = "Gone Away Ltd (deleted)"
    assert name not in [row["DisplayName"] for row in firm.rows("select * from Customer")]
    both = firm.rows("select * from Customer where Active in (true, false)")
    gone = next(row for row in both if row["DisplayName"] == name)
    assert gone["Active"] is False
    assert ids(firm.rows("select * from Customer where Active = false")) == [gone["Id"]]
    assert firm.get(f"/customer/{gone['Id']}").json()["Customer"]["FullyQualifiedName"] == name


def test_the_loser_of_a_merge_has_disappeared_and_its_invoice_moved(firm: Wire) -> None:
    loser = next(c for c in firm.books.customers.values() if c.merged_into is not None)
    assert str(loser.id) not in ids(firm.rows("select * from Customer where Active in (true, false)"))
    assert firm.get(f"/customer/{loser.id}").json()["Fault"]["Error"][0]["code"] == "610"
    moved = firm.rows("select * from Invoice where Balance = '9.99'")[0]
    assert moved["CustomerRef"]["value"] == str(loser.merged_into)


def test_bills_drafts_and_deleted_invoices_are_never_returned(wire: Wire) -> None:
    customer = wire.books.add_customer("A")
    wire.books.add_invoice(customer, work("1.00"), issued=DAY, bill=True)
    wire.books.add_invoice(customer, work("1.00"), issued=DAY, state="draft")
    wire.books.delete_invoice(wire.books.add_invoice(customer, work("1.00"), issued=DAY))
    assert wire.rows("select * from Invoice") == []
    for number in wire.books.invoices:
        assert wire.get(f"/invoice/{number}").status_code == 400


def test_attachables_are_found_by_what_they_hang_on(firm: Wire) -> None:
    link = "AttachableRef.EntityRef"
    asked = f"select * from Attachable where {link}.{{0}} = 'Invoice' and {link.lower()}.value = '{{1}}'"
    assert [row["Note"] for row in firm.rows(asked.format("type", 7))] == ["[dunning] step 1"]
    assert [row["Note"] for row in firm.rows(asked.format("Type", 7).replace("'Invoice'", "'invoice'"))] != []
    assert firm.rows(asked.format("type", 6)) == []


def test_one_poisoned_invoice_fails_every_page_it_is_on(firm: Wire) -> None:
    firm.world.switches["quickbooks.poison_invoice"] = "8"
    assert error(firm, "select * from Invoice where Balance > '0'")[0] == "4002"
    assert len(firm.rows("select * from Invoice where Id < '8'")) == 2
    assert firm.get("/invoice/8").status_code == 200


def test_the_poison_may_be_a_reference_to_something_inactive(firm: Wire) -> None:
    firm.world.switches |= {"quickbooks.poison_invoice": "8", "quickbooks.poison_fault": "10000"}
    code, detail = error(firm, "select * from Invoice where Balance > '0'")
    assert code == "10000"
    assert "made inactive" in detail


def test_voided_documents_stay_out_of_queries_by_switch(firm: Wire) -> None:
    assert "Voided - wrong price" in [row.get("PrivateNote") for row in firm.rows("select * from Invoice")]
    firm.world.switches["quickbooks.voids_in_queries"] = "no"
    assert [row for row in firm.rows("select * from Invoice") if row["TotalAmt"] == 0] == []
    assert [row for row in firm.rows("select * from Payment") if row.get("PrivateNote") == "Voided"] == []
    assert firm.get("/invoice/10").json()["Invoice"]["PrivateNote"] == "Voided - wrong price"


def test_a_full_page_holds_a_row_too_many_by_switch(wire: Wire) -> None:
    many_invoices(wire, 5)
    wire.world.switches["quickbooks.row_too_many"] = "yes"
    assert ids(wire.rows("select * from Invoice orderby Id maxresults 3")) == ["2", "3", "4", "5"]
    assert ids(wire.rows("select * from Invoice orderby Id startposition 4 maxresults 3")) == ["5", "6"]


def test_queries_lag_behind_while_reads_by_id_do_not(wire: Wire) -> None:
    many_invoices(wire, 2)
    wire.world.clock.advance(timedelta(hours=1) - timedelta(minutes=30))
    wire.world.switches["quickbooks.query_lag_seconds"] = "30"
    wire.books.pay(wire.books.customers[1], Decimal("10.00"), on=DAY, against={2: Decimal("10.00")})
    wire.books.void_invoice(wire.books.invoices[3])
    wire.books.add_invoice(wire.books.customers[1], work("5.00"), issued=DAY)
    before = wire.rows("select * from Invoice orderby Id")
    assert [(row["Id"], row["Balance"], row["SyncToken"]) for row in before] == [("2", 10, "0"), ("3", 10, "0")]
    assert wire.rows("select * from Payment") == []
    assert [row["Balance"] for row in wire.rows("select * from Customer")] == [20]
    assert wire.get("/customer/1").json()["Customer"]["Balance"] == 5
    assert wire.get("/invoice/2").json()["Invoice"]["Balance"] == 0
    wire.world.clock.advance(timedelta(seconds=30))
    assert [row["Balance"] for row in wire.rows("select * from Invoice orderby Id")] == [0, 0, 5]


def test_the_old_minor_version_changes_nothing(firm: Wire) -> None:
    assert firm.get("/invoice/6", minorversion="4").json()["Invoice"] == firm.get("/invoice/6").json()["Invoice"]


@given(st.text(max_size=40))
def test_any_text_can_be_asked_for_when_escaped(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    assert parse(f"select * from Customer where DisplayName = '{quoted}'").where[0].values == (text,)


@given(st.text(alphabet="select * from Invoice where Id='1' IN(),\\%>< maxresults", max_size=60))
def test_the_parser_answers_or_refuses_but_never_breaks(text: str) -> None:
    try:
        parse(text)
    except ServiceFault as fault:
        assert fault.code in {"4000", "4001"}  # noqa: PT017  # refusing is allowed, anything else is not
