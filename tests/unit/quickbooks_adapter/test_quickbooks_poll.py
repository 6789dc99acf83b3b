"""One call on a quiet day, and no change lost on a loud one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.ledger import BadData, Outage, Page
from state.clock import ManualClock

CURSOR = "2026-03-02T11:00:00+00:00"
MANY = 1000


def poll(ledger: Any, cursor: str | None = CURSOR) -> list[Page]:
    return list(ledger.changes("changes", cursor))


def empty_queries(wire: Any, **rows: list[Any]) -> Any:
    """Answers every query with the rows of its entity, and the feed with nothing."""

    def answer(request: Any) -> Any:
        if request.path.endswith("/cdc"):
            return wire.json(wire.changes())
        (entity,) = [
            name for name in ("Customer", "Invoice", "CreditMemo", "Payment") if f"FROM {name}" in request.body
        ]
        return wire.json(wire.query(**{entity: rows[entity]} if entity in rows else {}))

    return answer


def test_a_quiet_poll_is_one_call_and_moves_the_cursor(ledger: Any, server: Any, wire: Any, clock: Any) -> None:
    clock.sleep(1)  # ours is ahead of QuickBooks', whose clock is the one that counts
    server.script = [wire.json(wire.changes())]
    (page,) = poll(ledger)
    assert len(server.seen) == 1
    assert datetime.fromisoformat(page.cursor) == datetime.fromisoformat(wire.time)


def test_the_feed_is_asked_with_an_offset_and_an_overlap(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.changes())]
    poll(ledger, "2026-03-02T03:00:00-08:00")
    asked = datetime.fromisoformat(server.seen[0].params["changedSince"])
    assert asked.utcoffset() is not None
    assert asked == datetime.fromisoformat(CURSOR) - timedelta(minutes=5)
    assert set(server.seen[0].params["entities"].split(",")) == {"Invoice", "Payment", "CreditMemo", "Customer"}


def test_every_entity_of_the_feed_arrives(ledger: Any, server: Any, wire: Any) -> None:
    feed = wire.changes(
        Invoice=[wire.invoice()], Payment=[wire.payment()], CreditMemo=[wire.credit_memo()], Customer=[wire.customer()]
    )
    server.script = [wire.json(feed)]
    (page,) = poll(ledger)
    assert [one.id for one in page.invoices] == ["130"]
    assert [one.id for one in page.payments] == ["210"]
    assert [one.id for one in page.credits] == ["310"]
    assert [one.id for one in page.contacts] == ["7"]


def test_tombstones_are_gone_not_paid(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.changes(Invoice=[wire.tombstone("9")], Payment=[wire.tombstone("8")]))]
    (page,) = poll(ledger)
    assert [(one.entity, one.id) for one in page.gone] == [("invoice", "9"), ("payment", "8")]
    assert page.invoices == []
    assert page.cursor is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"Balance": None},
        {"DueDate": "soon"},
        {"TotalAmt": True},
        {"MetaData": {"LastUpdatedTime": "2026-01-15T09:30:00"}},
    ],
)
def test_one_bad_record_leaves_the_good_ones(ledger: Any, server: Any, wire: Any, changes: dict[str, Any]) -> None:
    rows = [wire.invoice("1"), wire.invoice("2", **changes), wire.invoice("3")]
    server.script = [wire.json(wire.changes(Invoice=rows, Payment=[wire.payment()]))]
    (page,) = poll(ledger)
    assert [one.id for one in page.invoices] == ["1", "3"]
    assert len(page.payments) == 1
    (bad,) = page.rejected
    assert (bad.entity, bad.id, bad.contact_id) == ("invoice", "2", "7")
    assert '"Id": "2"' in bad.payload


def test_a_record_that_is_no_record_is_rejected_without_a_name(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.changes(Invoice=["nonsense", {"Id": 5}, wire.invoice("3")]))]
    (page,) = poll(ledger)
    assert [(one.id, one.contact_id) for one in page.rejected] == [(None, None), (None, None)]
    assert [one.id for one in page.invoices] == ["3"]


def test_a_rejected_record_keeps_two_thousand_characters(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.changes(Invoice=[wire.invoice(Balance=None, CustomerMemo={"value": "x" * 5000})]))]
    (page,) = poll(ledger)
    assert len(page.rejected[0].payload) == 2000


def test_text_that_is_not_utf8_costs_its_record_only(ledger: Any, server: Any, wire: Any) -> None:
    good = wire.json(wire.changes(Invoice=[wire.invoice("1", DocNumber="MARK"), wire.invoice("2")]))
    server.script = [wire.answer(200, good.body.replace(b"MARK", b"\xff\xfe"))]
    (page,) = poll(ledger)
    assert ([one.id for one in page.rejected], [one.id for one in page.invoices]) == (["1"], ["2"])


def test_an_overflowing_feed_is_read_again_through_queries(ledger: Any, server: Any, wire: Any) -> None:
    feed = wire.changes(Invoice=[wire.invoice(str(n)) for n in range(MANY - 1)] + [wire.tombstone("9999")])
    server.otherwise = empty_queries(wire, Invoice=[wire.invoice("5000")])
    server.script = [wire.json(feed)]
    pages = poll(ledger)
    assert [one.id for page in pages for one in page.gone] == ["9999"], "tombstones are nowhere but in the feed"
    assert "5000" in {one.id for page in pages for one in page.invoices}
    statements = [request.body for request in server.seen[1:]]
    assert len(statements) == 4
    assert all("MetaData.LastUpdatedTime >= '2026-03-02T10:55:00+00:00'" in statement for statement in statements)


def test_only_the_last_page_carries_the_cursor(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = empty_queries(wire, Invoice=[wire.invoice()], Customer=[wire.customer()])
    *pages, last = poll(ledger, None)
    assert all(page.cursor is None for page in pages)
    assert last.cursor is not None


def test_the_first_pull_reads_everything_also_inactive_customers(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = empty_queries(wire, Customer=[wire.customer(Active=False)])
    pages = poll(ledger, None)
    assert [one.id for page in pages for one in page.contacts] == ["7"]
    assert "Active IN (true, false)" in server.seen[0].body
    assert not any(request.path.endswith("/cdc") for request in server.seen)


def is_full(requests: Any) -> bool:
    """Whether everything was asked for, whenever it changed."""
    queries = [request.body for request in requests if not request.path.endswith("/cdc")]
    return bool(queries) and not any("LastUpdatedTime >=" in query for query in queries)


@pytest.mark.parametrize(("days", "full"), [(28, False), (29, True)])
def test_a_silence_of_a_month_ends_in_a_full_pull(ledger: Any, server: Any, wire: Any, days: int, full: bool) -> None:
    server.otherwise = empty_queries(wire)
    poll(ledger, (datetime.fromisoformat(wire.time) - timedelta(days=days)).isoformat())
    assert is_full(server.seen) is full


def test_what_the_feed_still_remembers_after_a_month_is_heard(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = empty_queries(wire)
    server.script = [wire.json(wire.changes(Invoice=[wire.tombstone("9")]))]
    pages = poll(ledger, (datetime.fromisoformat(wire.time) - timedelta(days=40)).isoformat())
    assert [one.id for page in pages for one in page.gone] == ["9"]


@pytest.mark.parametrize("wrong_by", [timedelta(days=40), timedelta(days=-4000)])
def test_how_long_the_silence_was_is_told_by_the_ledgers_clock_not_by_ours(
    ledger: Any, server: Any, clock: ManualClock, wire: Any, wrong_by: timedelta
) -> None:
    clock.set(clock.now() + wrong_by)
    server.otherwise = empty_queries(wire)
    poll(ledger, CURSOR)
    assert not is_full(server.seen)
    poll(ledger, (datetime.fromisoformat(wire.time) - timedelta(days=40)).isoformat())
    assert is_full(server.seen)


@pytest.mark.parametrize(
    "answer",
    [
        {
            "CDCResponse": [{"Fault": {"Error": [{"code": "10000"}], "type": "SystemFault"}}],
            "time": "2026-03-02T04:00:00Z",
        },
        {
            "CDCResponse": [{"QueryResponse": [{"Fault": {"Error": [{"code": "10000"}], "type": "SystemFault"}}]}],
            "time": "2026-03-02T04:00:00Z",
        },
    ],
)
def test_a_fault_inside_the_feed_is_not_a_quiet_entity(ledger: Any, server: Any, wire: Any, answer: Any) -> None:
    server.otherwise = lambda _: wire.json(answer)
    with pytest.raises(Outage):
        poll(ledger)


@pytest.mark.parametrize(
    "answer",
    [
        {"CDCResponse": [{}], "time": "2026-03-02T04:00:00Z"},
        {"CDCResponse": "nothing", "time": "2026-03-02T04:00:00Z"},
        {"time": "2026-03-02T04:00:00Z"},
        {"CDCResponse": [{"QueryResponse": [{}]}]},
        {"CDCResponse": [{"QueryResponse": [{"Invoice": {}}]}], "time": "2026-03-02T04:00:00Z"},
    ],
)
def test_an_answer_of_another_shape_moves_no_cursor(ledger: Any, server: Any, wire: Any, answer: Any) -> None:
    server.script = [wire.json(answer)]
    with pytest.raises(BadData):
        poll(ledger)


def test_a_feed_poisoned_by_a_record_is_replaced_by_queries(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = empty_queries(wire, Invoice=[wire.invoice()])
    server.script = [wire.json(wire.fault("4002"), 400)]
    pages = poll(ledger)
    assert [one.id for page in pages for one in page.invoices] == ["130"]
    assert pages[-1].cursor is not None


def test_a_currency_left_out_is_looked_up_once(ledger: Any, server: Any, wire: Any) -> None:
    rows = [wire.invoice("1", CurrencyRef=None), wire.invoice("2", CurrencyRef=None)]
    server.script = [wire.json(wire.changes(Invoice=rows)), wire.json(wire.company())]
    (page,) = poll(ledger)
    assert {one.currency for one in page.invoices} == {"USD"}
    assert len(server.seen) == 2


def test_a_currency_left_out_among_several_is_quarantined(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = lambda _: wire.json(wire.company(several_currencies=True))
    server.script = [wire.json(wire.changes(Invoice=[wire.invoice("1", CurrencyRef=None), wire.invoice("2")]))]
    (page,) = poll(ledger)
    assert ([one.id for one in page.rejected], [one.id for one in page.invoices]) == (["1"], ["2"])


def test_the_streams_tell_how_often_they_are_worth_a_call(ledger: Any) -> None:
    assert {stream.name: stream.every for stream in ledger.streams} == {
        "changes": timedelta(0),
        "customers": timedelta(days=1),
    }
    with pytest.raises(ValueError, match="no stream 'invoices'"):
        ledger.changes("invoices", None)


def test_all_customers_are_asked_for_whenever_they_were_last_changed(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = empty_queries(wire, Customer=[wire.customer("7"), wire.customer("8")])
    pages = list(ledger.changes("customers", CURSOR))
    assert [one.id for page in pages for one in page.contacts] == ["7", "8"]
    assert [bool(page.cursor) for page in pages] == [False, True]
    (statement,) = [seen.body for seen in server.seen]
    assert "LastUpdatedTime >=" not in statement
    assert "Active IN (true, false)" in statement


def test_a_second_without_a_lasting_order_is_an_outage_not_an_endless_walk(ledger: Any, server: Any, wire: Any) -> None:
    page = iter(range(0, 10**9, 1000))

    def shuffled(request: Any) -> Any:
        first = next(page)
        return wire.json(wire.query(Customer=[wire.customer(str(first + n)) for n in range(1000)]))

    server.otherwise = shuffled
    with pytest.raises(Outage, match="changing order"):
        poll(ledger, None)
