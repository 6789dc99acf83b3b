"""Replies, deliveries and addresses that take no mail: what the file keeps, and what it refuses."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from unit.state.examples import AT, LATER, TODAY, a_contact, a_fact, a_reply, an_invoice, sent

from state.correspondence import Position
from state.deliveries import SuppressedAddress
from state.errors import Contradiction, IllegalMove
from state.model import ContactId, MessageId
from state.store import TenantStore

ANN = ContactId("ann")
CUSTOMER = ContactId("customer")


def saved(store: TenantStore, *contacts: ContactId, **fields: Any) -> str:
    reply = store.correspondence.save(a_reply(**fields), contacts, AT)
    for contact in contacts:
        hold = store.holds.place("contact", contact, "reply", None, f"reply {reply}", AT)
        store.correspondence.concern(reply, contact, hold.id)
    return reply


def test_a_reply_waits_with_its_customers_until_it_is_handled(store: TenantStore) -> None:
    reply = saved(store, ANN, CUSTOMER)
    [waiting] = store.correspondence.unhandled()

    store.correspondence.handle(reply, "answered", "Ada", LATER, release=False)

    assert (waiting.id, set(waiting.contacts), set(waiting.held)) == (reply, {ANN, CUSTOMER}, {ANN, CUSTOMER})
    assert store.correspondence.unhandled() == []
    handled = store.correspondence.get(reply)
    assert (handled.outcome, handled.handled_by, handled.handled_at) == ("answered", "Ada", LATER)


def test_handling_ends_the_holds_of_this_reply_and_no_others(store: TenantStore) -> None:
    reply = saved(store, ANN)
    other = saved(store, ANN, key="k2")
    store.holds.place("contact", ANN, "dispute", None, None, AT)

    ended = store.correspondence.handle(reply, "paid_says", "Ada", LATER, release=True)

    assert ended == 1
    assert [(hold.reason, hold.note) for hold in store.holds.active(TODAY)] == [
        ("reply", f"reply {other}"),
        ("dispute", None),
    ]


def test_a_reply_is_handled_once(store: TenantStore) -> None:
    reply = saved(store, ANN)
    store.correspondence.handle(reply, "answered", "Ada", LATER, release=False)

    with pytest.raises(IllegalMove, match="handled already"):
        store.correspondence.handle(reply, "dispute", "Bo", LATER, release=False)


def test_the_same_mail_is_not_kept_twice(store: TenantStore) -> None:
    saved(store, ANN)

    assert store.correspondence.knows("k1")
    with pytest.raises(Contradiction):
        store.correspondence.save(a_reply(), [ANN], AT)


def test_a_persons_reply_must_hold_its_customer(store: TenantStore) -> None:
    reply = store.correspondence.save(a_reply(), [ANN], AT)

    with pytest.raises(IllegalMove, match="holds its customers"):
        store.correspondence.concern(reply, ANN, None)


def test_a_machines_reply_must_not_hold_anybody(store: TenantStore) -> None:
    reply = store.correspondence.save(a_reply(kind="out_of_office"), [ANN], AT)
    hold = store.holds.place("contact", ANN, "reply", None, None, AT)

    with pytest.raises(IllegalMove, match="holds its customers"):
        store.correspondence.concern(reply, ANN, hold.id)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reply",
        "UPDATE reply SET kind = 'auto_reply'",
        "UPDATE reply SET received_at = '2020'",
        "UPDATE reply SET outcome = 'answered'",
        "DELETE FROM delivery",
        "INSERT INTO delivery (kind, at, detail, source, told_at) VALUES ('read', '', '', '', '')",
        "INSERT INTO suppressed_address (address, reason, since) VALUES ('AP@buyer.example', 'bounced', '')",
        "INSERT INTO suppressed_address (address, reason, since) VALUES ('', 'bounced', '')",
    ],
)
def test_the_file_refuses_what_must_never_happen(store: TenantStore, sql: Callable[..., Any], statement: str) -> None:
    saved(store, ANN)
    store.deliveries.record(a_fact(), AT)

    with pytest.raises(sqlite3.IntegrityError):
        sql(statement)


def test_where_reading_stands_is_remembered_by_source(store: TenantStore) -> None:
    assert store.correspondence.position("imap:a") is None

    store.correspondence.move("imap:a", 42, 7, AT)
    store.correspondence.move("imap:a", 42, 9, LATER)
    store.correspondence.move("sendgrid", 0, 0, AT)

    assert store.correspondence.position("imap:a") == Position(42, 9, LATER)
    assert store.correspondence.position("sendgrid") == Position(0, 0, AT)


def test_customers_are_found_by_every_address_they_are_written_to(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(email="AP@buyer.example; b@buyer.example", cc=("cc@buyer.example",))])
    store.mirror.save_invoices([an_invoice(billed_to=("Bo <billed@buyer.example>",))])

    by_address = store.correspondence.customers_by_address()

    assert set(by_address) == {
        "ap@buyer.example",
        "b@buyer.example",
        "cc@buyer.example",
        "billed@buyer.example",
    }
    assert set(by_address.values()) == {(CUSTOMER,)}


def test_an_address_of_two_customers_leads_to_both(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(), a_contact("ann", email="customer@example.test")])
    store.mirror.save_invoices([an_invoice(), an_invoice("inv-2", contact_id=ANN)])

    assert set(store.correspondence.customers_by_address()["customer@example.test"]) == {ANN, CUSTOMER}


def test_whoever_owes_nothing_and_was_never_written_to_is_no_customer(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact("supplier")])

    assert store.correspondence.customers_by_address() == {}


def test_a_merged_customer_is_found_under_its_new_name(store: TenantStore) -> None:
    sent(store)
    store.mirror.save_contacts([a_contact(merged_into=ANN), a_contact("ann")])

    assert store.correspondence.contact_of(MessageId("msg-1")) == ANN
    assert store.correspondence.customers_by_address()["customer@example.test"] == (ANN,)


def test_a_message_is_found_by_what_its_carrier_calls_it(store: TenantStore) -> None:
    sent(store)

    assert store.deliveries.message_named("provider-1") == MessageId("msg-1")
    assert store.deliveries.message_named("msg-1") == MessageId("msg-1")
    assert store.deliveries.message_named("nobody's") is None


def test_the_last_message_to_an_address_is_one_that_had_left_by_then(store: TenantStore) -> None:
    sent(store)

    assert store.deliveries.last_message_to("customer@example.test", AT) == MessageId("msg-1")
    assert store.deliveries.last_message_to("customer@example.test", AT - timedelta(seconds=1)) is None
    assert store.deliveries.last_message_to("else@example.test", AT) is None


def test_a_fact_is_kept_once(store: TenantStore) -> None:
    sent(store)
    fact = a_fact(message_id=MessageId("msg-1"))

    assert store.deliveries.record(fact, AT)
    assert not store.deliveries.record(fact, LATER)
    assert store.deliveries.of_message(MessageId("msg-1")) == [fact]


def test_a_suppressed_address_is_written_to_again_when_a_person_says_so(store: TenantStore) -> None:
    assert store.deliveries.suppress("AP@buyer.example", "bounced", AT)
    assert not store.deliveries.suppress("ap@buyer.example", "complaint", LATER)
    assert store.deliveries.suppressed() == [SuppressedAddress("ap@buyer.example", "bounced", AT)]

    assert store.deliveries.release("AP@buyer.example", LATER)
    assert not store.deliveries.release("ap@buyer.example", LATER)
    assert store.deliveries.suppressed() == []


def test_an_old_bounce_told_again_does_not_undo_a_release(store: TenantStore) -> None:
    store.deliveries.suppress("ap@buyer.example", "bounced", AT)
    store.deliveries.release("ap@buyer.example", LATER)

    assert not store.deliveries.suppress("ap@buyer.example", "bounced", AT)
    assert store.deliveries.suppress("ap@buyer.example", "bounced", LATER + timedelta(days=1))


def test_the_next_address_is_written_to_in_place_of_a_suppressed_one(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact(cc=("boss@example.test",))])
    store.mirror.save_invoices([an_invoice(billed_to=("billed@example.test",))])

    def addresses() -> tuple[str, ...]:
        [account] = store.receivables.accounts(TODAY)
        return account.addresses

    before = addresses()
    store.deliveries.suppress("customer@example.test", "bounced", AT)
    second = addresses()
    store.deliveries.suppress("boss@example.test", "bounced", AT)
    third = addresses()
    store.deliveries.suppress("billed@example.test", "bounced", AT)

    assert (before, second, third, addresses()) == (
        ("customer@example.test",),
        ("boss@example.test",),
        ("billed@example.test",),
        (),
    )


def test_of_a_forgotten_customers_reply_only_that_it_came_is_kept(store: TenantStore) -> None:
    store.mirror.save_contacts([a_contact()])
    store.forgetting.forget(CUSTOMER, AT)

    reply = store.correspondence.get(saved(store, CUSTOMER))

    assert (reply.sender, reply.sender_name, reply.subject, reply.text) == ("", "", "", "")
    assert reply.contacts == (CUSTOMER,)


def test_what_was_said_of_a_reply_is_taken_back_with_the_holds_it_ended(store: TenantStore) -> None:
    reply = saved(store, CUSTOMER)
    store.correspondence.handle(reply, "answered", "Ada", LATER, release=True)

    assert store.correspondence.take_back(reply, LATER, LATER) == 1

    [waiting] = store.correspondence.unhandled()
    assert (waiting.id, waiting.held, waiting.outcome) == (reply, (CUSTOMER,), None)
    assert store.correspondence.handle(reply, "paid_says", "Bob", LATER, release=True) == 1


def test_what_was_kept_held_is_held_once_after_taking_back(store: TenantStore) -> None:
    reply = saved(store, CUSTOMER)
    store.correspondence.handle(reply, "answered", "Ada", LATER, release=False)

    assert store.correspondence.take_back(reply, LATER, LATER) == 0
    assert len(store.holds.active(TODAY)) == 1


def test_what_somebody_else_has_said_since_is_not_taken_back(store: TenantStore) -> None:
    reply = saved(store)
    store.correspondence.handle(reply, "answered", "Ada", LATER, release=False)

    assert store.correspondence.take_back(reply, AT, LATER) is None
    assert store.correspondence.take_back(reply, LATER, LATER) == 0
    assert store.correspondence.take_back(reply, LATER, LATER) is None


@pytest.mark.parametrize(
    "forged", ["outcome = 'not_ours'", "handled_by = 'eve'", "handled_at = NULL, handled_by = 'eve'"]
)
def test_of_a_handled_reply_nothing_else_is_changed(store: TenantStore, sql: Any, forged: str) -> None:
    store.correspondence.handle(saved(store), "answered", "Ada", LATER, release=False)

    with pytest.raises(sqlite3.IntegrityError, match="handled already"):
        sql(f"UPDATE reply SET {forged}")  # noqa: S608 - from above
