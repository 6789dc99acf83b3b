"""Everything that happened, in one order: each thing once, found by what it says and by whom it is about."""

import re
from datetime import timedelta
from typing import Any

import pytest
from unit.state.examples import AT, a_contact, a_credit, a_fact, a_payment, a_reply, an_invoice, claimed

from state.history import Wanted
from state.history_sources import SOURCES, places
from state.model import Allocation, ContactId, CreditKind, DocumentStatus, InvoiceId, InvoiceStatus, MessageId
from state.store import TenantStore

CUSTOMER = ContactId("customer")


def at(minutes: int) -> Any:
    return AT + timedelta(minutes=minutes)


@pytest.fixture
def full(store: TenantStore) -> TenantStore:
    """One thing of each kind, a minute apart."""
    store.mirror.save_contacts([a_contact(), a_contact("other")])
    store.mirror.save_invoices([an_invoice("inv-2", contact_id=ContactId("other"))])
    claimed(store)
    store.deliveries.record(a_fact(message_id=MessageId("msg-1"), at=at(1), recipient="a@b.test"), at(1))
    store.correspondence.save(a_reply(received_at=at(2), kind="auto_reply"), [], at(2))
    store.audit.record("ada", "note", "contact", CUSTOMER, {"note": "rang twice"}, at(3))
    store.audit.record("dun", "promise settled", "invoice", "inv-1", {"outcome": "kept"}, at(4))
    store.mirror.save_payments([a_payment(updated_at=at(5))])
    store.ledger_notes.written(store.ledger_notes.owe(InvoiceId("inv-1"), "Disputed.", at(5)), at(6))
    return store


def kinds(store: TenantStore, **wanted: Any) -> list[str]:
    return [each.kind for each in store.history.all(Wanted(**wanted))]


def test_all_kinds_stand_in_one_list_the_newest_first(full: TenantStore) -> None:
    assert kinds(full) == ["note", "money", "automatic", "deed", "reply", "delivery", "message"]


def test_a_kind_is_listed_alone(full: TenantStore) -> None:
    assert {kind: kinds(full, kind=kind) for kind in ("deed", "automatic", "money")} == {
        "deed": ["deed"],
        "automatic": ["automatic"],
        "money": ["money"],
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_of_any_size_have_all_of_it_once(full: TenantStore, limit: int) -> None:
    for n in range(4):  # at one and the same instant
        full.audit.record("ada", "note", "contact", CUSTOMER, {"note": str(n)}, at(5))
    whole = [each.place for each in full.history.all(Wanted())]

    paged, page = [], full.history.page(Wanted(), limit=limit)
    while page:
        paged += [each.place for each in page]
        page = full.history.page(Wanted(), page[-1].place, limit)

    assert paged == whole
    assert len(set(whole)) == 11


def test_deeds_of_one_instant_stand_in_the_order_in_which_they_were_done(full: TenantStore) -> None:
    for n in range(12):
        full.audit.record("ada", "note", "contact", CUSTOMER, {"note": str(n)}, at(9))

    told = [each.details["note"] for each in full.history.page(Wanted(kind="deed"), limit=12)]

    assert told == [str(n) for n in reversed(range(12))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rang twice", ["deed"]),
        ("Disputed.", ["note"]),
        ("friendly reminder", ["message"]),
        ("ap@buyer", ["reply"]),
        ("a@b.test", ["delivery"]),
        ("INV-2", []),
        ("INV-1", ["note", "automatic", "delivery", "message"]),
        ("Customer", ["note", "money", "automatic", "deed", "delivery", "message"]),
        ("In", ["note", "automatic", "reply", "delivery", "message"]),
        ("100%", []),
        ("_", []),
    ],
)
def test_a_text_is_found_in_all_kinds_and_in_the_names_they_are_about(
    full: TenantStore, text: str, found: list[str]
) -> None:
    assert kinds(full, text=text) == found


def test_a_name_that_very_many_bear_finds_the_same(full: TenantStore, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {text: kinds(full, text=text) for text in ("INV-1", "customer", "inv-2", "ther")}
    monkeypatch.setattr("state.history_names._FEW", -1)

    assert {text: kinds(full, text=text) for text in few} == few


@pytest.mark.parametrize("most", [500, -1])
def test_a_payment_is_found_by_the_number_of_what_it_paid(
    store: TenantStore, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("state.history_names._FEW", most)
    store.mirror.save_invoices([an_invoice(), an_invoice("inv-2")])
    store.mirror.save_payments([a_payment(allocations=(_part(),)), a_payment("pay-2")])

    [found] = store.history.all(Wanted(text="INV-1"))

    assert [each.name for each in found.invoices] == ["INV-1"]


def _part(minor: int = 300_00, source_id: str = "pay-1") -> Allocation:
    return Allocation(
        source="payment",
        source_id=source_id,
        invoice_id=InvoiceId("inv-1"),
        amount_minor=minor,
        applied_on=AT.date(),
    )


def test_money_that_only_an_invoice_tells_of_came_in_once_for_each_payment(store: TenantStore) -> None:
    parts = (_part(100_00, "x-1"), _part(200_00, "x-2"), _part(300_00, "pay-1"))
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, allocations=parts)])
    store.mirror.save_payments([a_payment("pay-1")])

    told = store.history.all(Wanted(kind="money"))

    assert sorted(each.amounts for each in told) == [((100_00, "GBP"),), ((200_00, "GBP"),), ((300_00, "GBP"),)]


def test_money_of_no_invoice_came_in_and_what_was_deleted_or_given_did_not(store: TenantStore) -> None:
    store.mirror.save_payments([a_payment(status=DocumentStatus.DELETED)])
    store.mirror.save_credits([a_credit(), a_credit("over", kind=CreditKind.OVERPAYMENT)])

    assert [each.what for each in store.history.all(Wanted())] == ["overpayment"]


def test_an_answer_of_two_customers_names_both(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(), a_contact("other")])
    reply = store.correspondence.save(a_reply(kind="auto_reply"), [], AT)
    for customer in (CUSTOMER, ContactId("other")):
        store.correspondence.concern(reply, customer, None)

    [told] = store.history.all(Wanted(text="other"))

    assert {each.name for each in told.customers} == {"Customer", "Other"}


def test_a_stage_is_one_of_messages(full: TenantStore) -> None:
    assert kinds(full, stage="friendly") == ["message"]
    assert kinds(full, stage="friendly", kind="money") == []
    assert kinds(full, channel="pigeon") == []


def test_a_span_begins_with_its_first_instant_and_ends_before_its_last(full: TenantStore) -> None:
    assert kinds(full, since=at(3), until=at(5)) == ["automatic", "deed"]


def test_the_newest_page_is_read_by_indexes_alone(full: TenantStore, sql: Any) -> None:
    statement = re.sub(r":\w+", "''", places(SOURCES, None, "1"))

    plan = [line for *_, line in sql(f"EXPLAIN QUERY PLAN {statement}") if re.match(r"(SCAN|SEARCH) \w", line)]

    assert plan
    assert [line for line in plan if not re.search("USING|VIRTUAL TABLE|SUBQUERY|organisation", line)] == []
