"""Answers of QuickBooks that were spoilt on the way: at most the record that was hit is lost, and it is told."""

import re

import pytest

from connectors.ledger import Outage, Reauthorise
from connectors.quickbooks.ledger import QuickBooksLedger

BOTTOMLESS = b"[" * 5000 + b"]" * 5000


def test_an_answer_nested_without_end_is_no_usable_answer(server, ledger, wire) -> None:
    spoilt = wire.json(wire.batch(wire.rows(Invoice=[wire.invoice(DocNumber="@")])))
    server.otherwise = lambda _: wire.answer(200, spoilt.body.replace(b'"@"', BOTTOMLESS))
    with pytest.raises(Outage):
        ledger.read_invoices(["130"])


def test_a_fault_nested_without_end_is_an_outage(server, ledger, wire) -> None:
    server.otherwise = lambda _: wire.answer(400, b'{"Fault":' + BOTTOMLESS + b"}")
    with pytest.raises(Outage):
        ledger.read_invoices(["130"])


@pytest.mark.parametrize("encoding", ["foo", "gbk", "utf-7", "idna", "punycode", "rot13"])
def test_a_fault_in_letters_nobody_knows_is_judged_by_its_status(server, ledger, wire, encoding) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><IntuitResponse><Fault type="x"/></IntuitResponse>'
    server.otherwise = lambda _: wire.answer(401, body.encode())
    with pytest.raises(Reauthorise):
        ledger.read_invoices(["130"])


@pytest.mark.parametrize("garbled", [b'"\xff"', b'{"Error":[{"code":1e999}]}', b'{"Error":[{"Detail":"\xc3"}]}'])
def test_a_fault_inside_a_batch_that_cannot_be_read_is_an_outage(server, ledger, wire, garbled) -> None:
    server.otherwise = lambda _: wire.answer(200, b'{"BatchItemResponse":[{"bId":"q0","Fault":%b}]}' % garbled)
    with pytest.raises(Outage):
        ledger.read_invoices(["130"])


def test_a_record_with_a_number_beyond_all_numbers_still_has_its_name(server, ledger, wire) -> None:
    spoilt = wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("130", Balance="@"), wire.invoice("131")])))
    server.otherwise = lambda _: wire.answer(200, spoilt.body.replace(b'"@"', b"1e999"))
    reading = ledger.read_invoices(["130", "131"])
    assert [(one.id, one.contact_id) for one in reading.rejected] == [("130", "7")]
    assert set(reading.found) == {"131"}


def test_a_balance_above_the_total_is_nobodys_debt(server, ledger, wire) -> None:
    server.otherwise = lambda _: wire.json(
        wire.batch(wire.rows(Invoice=[wire.invoice(TotalAmt=362.07, Balance=3620.7)]))
    )
    reading = ledger.read_invoices(["130"])
    assert reading.found == {}
    assert [one.reason for one in reading.rejected] == ["Balance is more than TotalAmt"]


@pytest.mark.parametrize("parent", [None, {}, {"value": ""}])
def test_a_job_without_its_parent_is_not_a_customer_of_its_own(server, ledger, wire, parent) -> None:
    job = wire.customer("8", Job=True, ParentRef=parent)
    server.otherwise = lambda _: wire.json({"Customer": job, "time": wire.time})
    reading = ledger.read_contacts(["8"])
    assert [one.reason for one in reading.rejected] == ["ParentRef is absent from a job"]


@pytest.mark.parametrize("answer", ["query", "changes", "batch"])
def test_rows_that_are_announced_and_do_not_come_are_an_outage(server, ledger, wire, answer) -> None:
    rows = {"query": wire.query, "changes": wire.changes, "batch": lambda **rows: wire.batch(wire.rows(**rows))}[answer]
    whole = wire.json(rows(Invoice=[wire.invoice()]))
    server.otherwise = lambda _: wire.answer(200, whole.body.replace(b'"Invoice"', b'"Invoize"'))
    ask = {
        "query": lambda: list(ledger.changes("changes", None)),
        "changes": lambda: list(ledger.changes("changes", "2026-03-02T11:00:00+00:00")),
        "batch": lambda: ledger.read_invoices(["130"]),
    }[answer]
    with pytest.raises(Outage, match="announced"):
        ask()


FUTURE = {"LastUpdatedTime": "2090-01-15T09:30:00-08:00"}


@pytest.mark.parametrize("answer", ["changes", "batch"])
def test_a_record_from_the_future_would_outrank_the_truth_and_is_rejected(server, ledger, wire, answer) -> None:
    rows = [wire.invoice("7", MetaData=FUTURE), wire.invoice("8")]
    if answer == "changes":
        server.otherwise = lambda _: wire.json(wire.changes(Invoice=rows))
        (page,) = ledger.changes("changes", "2026-03-02T11:00:00+00:00")
        found, rejected = {one.id for one in page.invoices}, page.rejected
    else:
        server.otherwise = lambda _: wire.json(wire.batch(wire.rows(Invoice=rows)))
        reading = ledger.read_invoices(["7", "8"])
        found, rejected = set(reading.found), reading.rejected
    assert found == {"8"}
    assert [(one.id, one.reason) for one in rejected] == [("7", "MetaData.LastUpdatedTime is in the future")]


def test_a_record_from_the_future_at_its_own_address_is_rejected_too(server, ledger, wire) -> None:
    server.otherwise = lambda _: wire.json({"Customer": wire.customer("7", MetaData=FUTURE), "time": wire.time})
    reading = ledger.read_contacts(["7"])
    assert [(one.id, one.reason) for one in reading.rejected] == [("7", "MetaData.LastUpdatedTime is in the future")]


def test_a_tombstone_from_the_future_is_rejected(server, ledger, wire) -> None:
    stone = {**wire.tombstone("130"), "MetaData": FUTURE}
    server.otherwise = lambda _: wire.json(wire.changes(Invoice=[stone]))
    (page,) = ledger.changes("changes", "2026-03-02T11:00:00+00:00")
    assert (page.gone, [one.id for one in page.rejected]) == ([], ["130"])


def test_a_walk_does_not_follow_a_record_into_the_future(server, clock, tokens, meter, wire) -> None:
    rows = [wire.customer(str(n), MetaData={"LastUpdatedTime": f"2026-01-15T09:30:0{n}-08:00"}) for n in range(1, 6)]

    def reply(seen):
        if "FROM Customer" not in seen.body:
            return wire.json(wire.query())
        since = re.search(r"LastUpdatedTime >= '2026-01-15T17:30:0(.)", seen.body)
        position = re.search(r"STARTPOSITION (.)", seen.body)
        left = rows[int(since[1]) - 1 if since else 0 :][int(position[1]) - 1 if position else 0 :][:2]
        spoilt = [{**row, "MetaData": FUTURE} if row["Id"] == "2" else row for row in left]
        return wire.json(wire.query(Customer=spoilt))

    server.otherwise = reply
    ledger = QuickBooksLedger(server.endpoints, "9130350000001", tokens, clock, meter, page_size=2)
    brought = {one.id for page in ledger.changes("changes", None) for one in page.contacts}
    assert brought == {"1", "3", "4", "5"}


@pytest.mark.parametrize("since", [None, "2026-03-02T11:00:00+00:00"])
def test_a_cursor_is_never_ahead_of_our_own_clock(server, ledger, wire, clock, since) -> None:
    ahead = {"time": "2050-03-02T04:00:00.512-08:00"}
    server.otherwise = lambda seen: wire.json((wire.changes() if seen.path.endswith("cdc") else wire.query()) | ahead)
    *_, page = ledger.changes("changes", since)
    assert page.cursor == clock.now().isoformat()


def test_a_cursor_from_the_first_day_of_the_calendar_asks_for_everything(server, ledger, wire) -> None:
    server.otherwise = lambda _: wire.json(wire.query())
    list(ledger.changes("changes", "0001-01-01T00:00:00+00:00"))
    assert {seen.path.rsplit("/", 1)[1] for seen in server.seen} == {"query"}
    assert not any("LastUpdatedTime >=" in seen.body for seen in server.seen)


def test_a_record_older_than_was_asked_for_does_not_stop_the_walk(server, clock, tokens, meter, wire) -> None:
    rows = [wire.customer(str(n), MetaData={"LastUpdatedTime": f"2026-01-15T09:30:0{n}-08:00"}) for n in range(1, 6)]

    def reply(seen):
        if "FROM Customer" not in seen.body:
            return wire.json(wire.query())
        since = re.search(r"LastUpdatedTime >= '2026-01-15T17:30:0(.)", seen.body)
        position = re.search(r"STARTPOSITION (.)", seen.body)
        left = rows[int(since[1]) - 1 if since else 0 :][int(position[1]) - 1 if position else 0 :][:2]
        old = {"LastUpdatedTime": "0001-01-01T00:00:00Z"}
        return wire.json(wire.query(Customer=[{**row, "MetaData": old} if row["Id"] == "3" else row for row in left]))

    server.otherwise = reply
    ledger = QuickBooksLedger(server.endpoints, "9130350000001", tokens, clock, meter, page_size=2)
    brought = {one.id for page in ledger.changes("changes", None) for one in page.contacts}
    assert brought == {"1", "2", "3", "4", "5"}
