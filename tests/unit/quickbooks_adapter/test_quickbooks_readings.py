"""The last look before a send: few calls, and no doubt taken for an answer."""

from typing import Any

import pytest

from connectors.ledger import BadData, KnownCredits, Outage, Reauthorise, Refused, RetryLater
from connectors.transport import CallMeter
from state.model import CreditKind
from state.plain_text import LONGEST_TEXT


def echo(wire: Any, make: Any, entity: str, poisonous: frozenset[str] = frozenset()) -> Any:
    """A batch endpoint that has every id it is asked for, except that some poison their query."""

    def answer(request: Any) -> Any:
        items = []
        for statement in request.queries:
            ids = statement.split("Id IN ('")[1].split("')")[0].split("', '") if "Id IN" in statement else []
            bad = poisonous & set(ids)
            items.append(wire.fault("4002") if bad else wire.rows(**{entity: [make(one) for one in ids]}))
        return wire.json(wire.batch(*items))

    return answer


def test_a_thousand_reminders_are_verified_in_few_calls(ledger: Any, server: Any, meter: CallMeter, wire: Any) -> None:
    ids = [str(number) for number in range(1, 1001)]
    server.otherwise = echo(wire, wire.invoice, "Invoice")
    assert len(ledger.read_invoices(ids).found) == 1000
    server.otherwise = echo(wire, wire.customer, "Customer")
    assert len(ledger.read_contacts(ids).found) == 1000
    server.otherwise = echo(wire, wire.payment, "Payment")
    ledger.open_credits(KnownCredits(payment_ids=ids, since="2026-03-02T11:00:00+00:00"))
    assert meter.total <= 5


def test_ids_are_asked_for_once_and_in_chunks(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = echo(wire, wire.invoice, "Invoice")
    ledger.read_invoices([*map(str, range(250)), "0", "1"])
    assert [statement.count("', '") + 1 for statement in server.seen[0].queries] == [200, 50]
    assert all(statement.endswith("MAXRESULTS 1000") for statement in server.seen[0].queries)


def test_what_is_not_returned_is_in_neither_list(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("1")])))]
    reading = ledger.read_invoices(["1", "2"])
    assert (set(reading.found), reading.rejected) == ({"1"}, ())


def test_nothing_asked_is_no_call(ledger: Any, server: Any) -> None:
    assert ledger.read_invoices([]).found == {}
    assert server.seen == []


def test_an_unreadable_invoice_is_rejected_not_missing(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("1"), wire.invoice("2", Balance=None)])))]
    reading = ledger.read_invoices(["1", "2"])
    assert set(reading.found) == {"1"}
    assert [one.id for one in reading.rejected] == ["2"]


def test_a_record_without_an_id_puts_every_missing_one_in_doubt(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("1"), wire.invoice(Id=None)])))]
    reading = ledger.read_invoices(["1", "2", "3"])
    assert {one.id for one in reading.rejected} == {None, "2", "3"}


def test_an_invoice_nobody_asked_for_is_ignored(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("1"), wire.invoice("99")])))]
    assert set(ledger.read_invoices(["1"]).found) == {"1"}


def test_a_poisonous_record_is_singled_out(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = echo(wire, wire.invoice, "Invoice", poisonous=frozenset({"77"}))
    reading = ledger.read_invoices([str(number) for number in range(200)])
    assert len(reading.found) == 199
    assert [one.id for one in reading.rejected] == ["77"]


def test_poison_everywhere_is_an_error_not_a_quarantine(ledger: Any, server: Any, wire: Any) -> None:
    ids = [str(number) for number in range(60)]
    server.otherwise = echo(wire, wire.invoice, "Invoice", poisonous=frozenset(ids))
    with pytest.raises(BadData):
        ledger.read_invoices(ids)


@pytest.mark.parametrize(("code", "family"), [("10000", Outage), ("3001", RetryLater), ("4001", Refused)])
def test_a_fault_of_one_item_fails_the_reading(ledger: Any, server: Any, wire: Any, code: str, family: Any) -> None:
    server.otherwise = lambda _: wire.json(wire.batch(wire.fault(code)))
    with pytest.raises(family):
        ledger.read_invoices(["1"])


def test_a_passing_fault_of_one_item_is_retried(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [
        wire.json(wire.batch(wire.fault("10000", kind="SystemFault"))),
        wire.json(wire.batch(wire.rows(Invoice=[wire.invoice("1")]))),
    ]
    assert set(ledger.read_invoices(["1"]).found) == {"1"}


@pytest.mark.parametrize(
    "items",
    [[], [{"bId": "q0"}], [{"bId": "other", "QueryResponse": {}}], [{"bId": "q0", "QueryResponse": None}]],
)
def test_silence_is_not_proof_of_absence(ledger: Any, server: Any, wire: Any, items: list[Any]) -> None:
    server.otherwise = lambda _: wire.json({"BatchItemResponse": items, "time": wire.time})
    with pytest.raises(BadData):
        ledger.read_invoices(["1"])


def test_open_credit_is_memos_and_rests_of_payments(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [
        wire.json(
            wire.batch(
                wire.rows(CreditMemo=[wire.credit_memo("310"), wire.credit_memo("311", RemainingCredit=0)]),
                wire.rows(Payment=[wire.payment("210", UnappliedAmt=5), wire.payment("211")]),
                wire.rows(Payment=[wire.payment("212", UnappliedAmt=7)]),
            )
        )
    ]
    known = KnownCredits(payment_ids=["212", "213"], since="2026-03-02T11:00:00+00:00")
    reading = ledger.open_credits(known)
    assert {(one.kind, one.id, one.remaining_minor) for one in reading.credits} == {
        (CreditKind.CREDIT_NOTE, "310", 4000),
        (CreditKind.UNAPPLIED_PAYMENT, "210", 500),
        (CreditKind.UNAPPLIED_PAYMENT, "212", 700),
    }
    memos, touched, known_ones = server.seen[0].queries
    assert "CreditMemo WHERE Balance > '0'" in memos
    assert "LastUpdatedTime >= '2026-03-02T10:55:00+00:00'" in touched
    assert "Id IN ('212', '213')" in known_ones


def test_a_payment_read_twice_counts_in_its_newest_version(ledger: Any, server: Any, wire: Any) -> None:
    newer = {"LastUpdatedTime": "2026-03-02T03:59:00-08:00"}
    server.script = [
        wire.json(
            wire.batch(
                {},
                wire.rows(Payment=[wire.payment("210", UnappliedAmt=0, MetaData=newer)]),
                wire.rows(Payment=[wire.payment("210", UnappliedAmt=5)]),
            )
        )
    ]
    known = KnownCredits(payment_ids=["210"], since="2026-03-02T11:00:00+00:00")
    assert ledger.open_credits(known).credits == ()


def by_address(wire: Any, batch: Any, **documents: Any) -> Any:
    """Queries that lag behind (`batch`), and documents at their own addresses; others do not exist (610)."""

    def answer(request: Any) -> Any:
        if request.path.endswith("/batch"):
            return wire.json(wire.batch(*(batch for _ in request.queries)))
        kind, identifier = request.path.rstrip("/").split("/")[-2:]
        document = documents.get(f"{kind}_{identifier}")
        return document if document is not None else wire.json(wire.fault("610"), status=400)

    return answer


RECENT = "2026-03-02T11:00:00+00:00"


def test_a_known_payment_that_a_lagging_query_leaves_out_is_read_at_its_address(
    ledger: Any, server: Any, wire: Any
) -> None:
    found = wire.json({"Payment": wire.payment("210", UnappliedAmt=20), "time": wire.time})
    server.otherwise = by_address(wire, {}, payment_210=found)
    reading = ledger.open_credits(KnownCredits(payment_ids=["210"], since=RECENT))
    assert [(one.id, one.remaining_minor) for one in reading.credits] == [("210", 2000)]
    assert reading.rejected == ()


def test_a_known_memo_that_a_lagging_query_leaves_out_is_read_at_its_address(
    ledger: Any, server: Any, wire: Any
) -> None:
    found = wire.json({"CreditMemo": wire.credit_memo("310"), "time": wire.time})
    server.otherwise = by_address(wire, {}, creditmemo_310=found)
    reading = ledger.open_credits(KnownCredits(credit_ids=["310"], since=RECENT))
    assert [(one.id, one.remaining_minor) for one in reading.credits] == [("310", 4000)]


def test_credit_that_quickbooks_says_is_gone_is_in_neither_list(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = by_address(wire, {})
    reading = ledger.open_credits(KnownCredits(payment_ids=["210"], credit_ids=["310"], since=RECENT))
    assert (reading.credits, reading.rejected) == ((), ())


def test_a_memo_that_was_used_up_is_found_by_its_id_and_costs_one_call(
    ledger: Any, server: Any, meter: CallMeter, wire: Any
) -> None:
    server.script = [
        wire.json(wire.batch({}, {})),
        wire.json(wire.batch(wire.rows(CreditMemo=[wire.credit_memo("310", RemainingCredit=0, Balance=0)]))),
    ]
    reading = ledger.open_credits(KnownCredits(credit_ids=["310"], since=RECENT))
    assert (reading.credits, reading.rejected, meter.total) == ((), (), 2)


def test_ids_of_payments_and_memos_are_not_mixed(ledger: Any, server: Any, wire: Any) -> None:
    payment = wire.json({"Payment": wire.payment("5", UnappliedAmt=20), "time": wire.time})
    server.otherwise = by_address(wire, {}, payment_5=payment)
    reading = ledger.open_credits(KnownCredits(payment_ids=["5"], credit_ids=["5"], since=RECENT))
    assert [(one.kind, one.id) for one in reading.credits] == [(CreditKind.UNAPPLIED_PAYMENT, "5")]


@pytest.mark.parametrize("trouble", ["unreadable", "another", "other kind", "no id", "poison", "outage", "refused"])
def test_known_credit_in_doubt_is_rejected_by_its_id(ledger: Any, server: Any, wire: Any, trouble: str) -> None:
    answers = {
        "unreadable": wire.json({"Payment": wire.payment("210", UnappliedAmt=None), "time": wire.time}),
        "another": wire.json({"Payment": wire.payment("211"), "time": wire.time}),
        "other kind": wire.json({"Invoice": wire.invoice("210"), "time": wire.time}),
        "no id": wire.json({"Payment": wire.payment(Id=None), "time": wire.time}),
        "poison": wire.json(wire.fault("4002"), status=400),
        "outage": wire.answer(503, b"<html>maintenance</html>"),
        "refused": wire.json(wire.fault("6000"), status=400),
    }
    server.otherwise = by_address(wire, {}, payment_210=answers[trouble])
    reading = ledger.open_credits(KnownCredits(payment_ids=["210"], since=RECENT))
    assert reading.credits == ()
    assert [(one.entity, one.id) for one in reading.rejected] == [("payment", "210")]


@pytest.mark.parametrize(("code", "family"), [("3001", RetryLater), ("3200", Reauthorise)])
def test_an_address_that_is_closed_to_us_fails_the_reading(
    ledger: Any, server: Any, wire: Any, code: str, family: Any
) -> None:
    server.otherwise = by_address(wire, {}, payment_210=wire.json(wire.fault(code), status=400))
    with pytest.raises(family):
        ledger.open_credits(KnownCredits(payment_ids=["210"], since=RECENT))


def test_a_handful_of_customers_are_read_each_at_its_address(
    ledger: Any, server: Any, meter: CallMeter, wire: Any
) -> None:
    found = wire.json({"Customer": wire.customer("7", Balance=12, CurrencyRef={"value": "USD"}), "time": wire.time})
    garbled = wire.json({"Customer": wire.customer("8", Active=None), "time": wire.time})
    server.otherwise = by_address(wire, {}, customer_7=found, customer_8=garbled)
    reading = ledger.read_contacts(["7", "8", "9", "7"])
    assert {key: contact.owes_minor for key, contact in reading.found.items()} == {"7": 1200}
    assert [one.id for one in reading.rejected] == ["8"]
    assert meter.total == 3


def test_many_customers_are_read_through_queries(ledger: Any, server: Any, meter: CallMeter, wire: Any) -> None:
    server.otherwise = echo(wire, wire.customer, "Customer")
    assert len(ledger.read_contacts([str(number) for number in range(31)]).found) == 31
    assert meter.total == 1


def test_a_customer_who_cannot_be_read_for_a_moment_is_not_one_who_is_gone(ledger: Any, server: Any, wire: Any) -> None:
    server.otherwise = by_address(wire, {}, customer_7=wire.answer(404, b"<html>not here</html>"))
    with pytest.raises(Outage):
        ledger.read_contacts(["7"])


def test_more_memos_than_a_page_are_walked(ledger: Any, server: Any, wire: Any) -> None:
    full = [wire.credit_memo(str(number)) for number in range(1000)]
    rest = [wire.credit_memo(str(number)) for number in range(1000, 1003)]
    server.script = [
        wire.json(wire.batch(wire.rows(CreditMemo=full), {})),
        wire.json(wire.query(CreditMemo=full)),
        wire.json(wire.query(CreditMemo=[full[-1]])),
        wire.json(wire.query(CreditMemo=[*full[-1:], *rest])),
    ]
    reading = ledger.open_credits(KnownCredits(since="2026-03-02T11:00:00+00:00"))
    assert {"0", "999"} <= {one.id for one in reading.credits}


def test_an_unreadable_memo_is_told(ledger: Any, server: Any, wire: Any) -> None:
    bad = wire.credit_memo("310", RemainingCredit=None, Balance=None)
    server.script = [wire.json(wire.batch(wire.rows(CreditMemo=[bad]), {}))]
    reading = ledger.open_credits(KnownCredits(since="2026-03-02T11:00:00+00:00"))
    assert [(one.entity, one.id, one.contact_id) for one in reading.rejected] == [("credit", "310", "7")]


def test_the_nightly_list_asks_for_open_invoices_only(ledger: Any, server: Any, wire: Any) -> None:
    server.script = [wire.json(wire.query(Invoice=[wire.invoice()]))]
    (page,) = ledger.open_invoices()
    assert [one.id for one in page.invoices] == ["130"]
    assert page.cursor is None
    assert "WHERE Balance > '0' ORDERBY MetaData.LastUpdatedTime" in server.seen[0].body


def test_the_company_is_described_in_one_call(ledger: Any, server: Any, meter: CallMeter, wire: Any) -> None:
    server.script = [wire.json(wire.company())]
    company = ledger.organisation()
    assert (company.ledger, company.id, company.name) == ("quickbooks", "9130350000001", "Bayview Supplies")
    assert (company.currency, company.country, company.zone, company.short_code) == ("USD", "US", None, None)
    assert meter.total == 1


def test_of_a_company_s_name_of_a_megabyte_the_beginning_is_kept(ledger: Any, server: Any, wire: Any) -> None:
    answer = wire.company()
    answer["BatchItemResponse"][0]["QueryResponse"]["CompanyInfo"][0]["CompanyName"] = "B" * 1_000_000
    server.script = [wire.json(answer)]
    assert ledger.organisation().name == "B" * LONGEST_TEXT + "…"


def test_a_company_without_a_home_currency_is_bad_data(ledger: Any, server: Any, wire: Any) -> None:
    info = wire.rows(CompanyInfo=[wire.record("1", {}, CompanyName="Bayview Supplies")])
    server.script = [wire.json(wire.batch(info, wire.rows(Preferences=[wire.record("1", {})])))]
    with pytest.raises(BadData):
        ledger.organisation()
