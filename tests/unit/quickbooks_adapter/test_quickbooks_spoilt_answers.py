"""Answers of QuickBooks that were spoilt on the way: at most the record that was hit is lost, and it is told."""

import pytest

from connectors.ledger import Outage, Reauthorise

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
    server.otherwise = lambda _: wire.json(wire.batch(wire.rows(Customer=[job])))
    reading = ledger.read_contacts(["8"])
    assert [one.reason for one in reading.rejected] == ["ParentRef is absent from a job"]


@pytest.mark.parametrize("answer", ["query", "changes", "batch"])
def test_rows_that_are_announced_and_do_not_come_are_an_outage(server, ledger, wire, answer) -> None:
    rows = {"query": wire.query, "changes": wire.changes, "batch": lambda **rows: wire.batch(wire.rows(**rows))}[answer]
    whole = wire.json(rows(Customer=[wire.customer()]))
    server.otherwise = lambda _: wire.answer(200, whole.body.replace(b'"Customer"', b'"Cusdomer"'))
    ask = {
        "query": lambda: list(ledger.changes("changes", None)),
        "changes": lambda: list(ledger.changes("changes", "2026-03-02T11:00:00+00:00")),
        "batch": lambda: ledger.read_contacts(["7"]),
    }[answer]
    with pytest.raises(Outage, match="announced"):
        ask()
