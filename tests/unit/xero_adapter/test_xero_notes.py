"""Notes can never be taken back: each is written once, or it is known that nobody knows."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.ledger import BadData, Forbidden, NotFound, Outage, Reauthorise, Refused, RetryLater

EXPIRED = b'{"Title":"Unauthorized","Status":401,"Detail":"TokenExpired: token expired at 04/24/2026 12:00:00"}'


@pytest.fixture
def written(documents):
    record = {
        "DateUTCString": "2026-04-24T12:05:00",
        "DateUTC": documents.date(documents.now, offset=""),
        "Details": "A note",
        "ValidationErrors": [],
    }
    return {"Id": documents.guid(1), "Status": "OK", "HistoryRecords": [record]}


@pytest.fixture
def write(ledger, documents):
    return lambda: ledger.write_note(documents.guid(1), "A note", "key-1")


def test_a_note_is_put_once_with_its_key(xero, documents, write, written) -> None:
    xero.says(written)
    write()
    (put,) = xero.seen
    assert (put.method, put.path) == ("PUT", f"/api.xro/2.0/Invoices/{documents.guid(1)}/History")
    assert put.headers["idempotency-key"] == "key-1"
    assert put.headers["content-type"] == "application/json"
    assert json.loads(put.body) == {"HistoryRecords": [{"Details": "A note"}]}


@pytest.mark.parametrize("fault", ["drop", "hang", "truncate"])
def test_a_lost_answer_is_an_outage_and_the_note_is_not_repeated(xero, documents, client, fault) -> None:
    xero.always(documents.reply(b"{}", fault=fault))
    with pytest.raises(Outage):
        client.call("note", invoice_id="i", history_records={"HistoryRecords": []}, idempotency_key="k")
    assert len(xero.seen) == 1


def test_a_limit_means_certainly_not_written(xero, documents, write) -> None:
    xero.always(documents.reply(status=429, headers={"Retry-After": "26", "X-Rate-Limit-Problem": "minute"}))
    with pytest.raises(RetryLater) as caught:
        write()
    assert caught.value.after == timedelta(seconds=26)
    assert len(xero.seen) == 1


@pytest.mark.parametrize(
    ("status", "family"),
    [(400, Refused), (403, Forbidden), (404, NotFound), (500, Outage), (503, Outage), (401, Reauthorise)],
)
def test_a_failed_note_has_its_family(xero, documents, write, status, family) -> None:
    xero.always(documents.reply(status=status))
    with pytest.raises(family):
        write()


def test_an_expired_token_replays_the_note_under_the_same_key(xero, documents, write, written) -> None:
    xero.replies_with(documents.reply(EXPIRED, status=401)).says(written)
    write()
    assert [seen.headers["idempotency-key"] for seen in xero.seen] == ["key-1", "key-1"]
    assert xero.seen[0].body == xero.seen[1].body


@pytest.mark.parametrize("body", [b"", b"<html>OK</html>", b"{}", b'{"HistoryRecords": []}', b'{"HistoryRecords": 1}'])
def test_a_success_that_shows_no_note_is_uncertain(xero, documents, write, body) -> None:
    xero.replies_with(documents.reply(body))
    with pytest.raises(Outage):
        write()
    assert len(xero.seen) == 1


def test_a_note_that_fails_validation_is_refused_without_its_text(xero, write, written) -> None:
    written["HistoryRecords"][0]["ValidationErrors"] = [{"Message": "bo@customer.example"}]
    xero.says(written)
    with pytest.raises(Refused) as caught:
        write()
    assert "bo@" not in str(caught.value)


def test_without_the_right_to_write_the_scope_is_named(xero, documents, write) -> None:
    xero.replies_with(documents.reply(b'{"Detail":"AuthorizationUnsuccessful"}', status=401))
    with pytest.raises(Forbidden, match=r"scope accounting\.invoices;"):
        write()


def test_the_history_is_read_with_what_xero_wrote_itself(xero, ledger, documents) -> None:
    moment = datetime(2026, 4, 24, 9, 30, tzinfo=UTC)
    lines = [
        {"Changes": "Note", "DateUTC": documents.date(moment), "User": "System Generated", "Details": "A note"},
        {"Changes": "Approved", "DateUTC": documents.date(moment - timedelta(days=1))},
        {},
    ]
    xero.says({"HistoryRecords": lines})
    notes = ledger.notes(documents.guid(1))
    assert [(note.text, note.written_at) for note in notes] == [
        ("A note", moment),
        ("Approved", moment - timedelta(days=1)),
        ("", None),
    ]


@pytest.mark.parametrize("answer", [{}, {"HistoryRecords": None}, {"HistoryRecords": [{"DateUTC": "today"}]}], ids=str)
def test_a_history_of_another_shape_is_bad_data(xero, ledger, documents, answer) -> None:
    xero.says(answer)
    with pytest.raises(BadData):
        ledger.notes(documents.guid(1))


def test_a_history_that_is_no_json_is_an_outage(xero, ledger, documents) -> None:
    xero.always(documents.reply(b"<html>"))
    with pytest.raises(Outage):
        ledger.notes(documents.guid(1))
