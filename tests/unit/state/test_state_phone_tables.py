"""Opt-outs that nobody can lose, and what messages have cost to the last fraction of a cent."""

import sqlite3
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.state.examples import AT, LATER, TODAY, a_draft, claimed, sent, verified

from state.message_costs import Unpriced
from state.model import MessageId
from state.store import TenantStore

NUMBER, OTHER = "+447700900123", "+447700900124"
PRICES = st.decimals(min_value=0, max_value=999_999, places=5)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def test_a_number_is_opted_out_until_it_opts_in(store: TenantStore) -> None:
    assert not store.opt_outs.opted_out(NUMBER)

    assert store.opt_outs.opt_out(NUMBER, AT, "text")
    assert store.opt_outs.opted_out(NUMBER)
    assert not store.opt_outs.opted_out(OTHER)

    assert store.opt_outs.opt_in(NUMBER, LATER)
    assert not store.opt_outs.opted_out(NUMBER)


def test_of_many_numbers_those_opted_out_are_told(store: TenantStore) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")

    assert store.opt_outs.opted_out_among([OTHER, NUMBER, NUMBER]) == {NUMBER}
    assert store.opt_outs.opted_out_among([]) == frozenset()


def test_telling_it_again_changes_nothing(store: TenantStore) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")

    assert not store.opt_outs.opt_out(NUMBER, LATER, "carrier")
    assert store.opt_outs.opted_out(NUMBER)


def test_an_opt_in_that_came_before_the_opt_out_does_not_end_it(store: TenantStore) -> None:
    store.opt_outs.opt_out(NUMBER, LATER, "text")

    assert not store.opt_outs.opt_in(NUMBER, AT)
    assert store.opt_outs.opted_out(NUMBER)


def test_an_opt_out_read_again_does_not_undo_the_opt_in_after_it(store: TenantStore) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")
    store.opt_outs.opt_in(NUMBER, LATER)

    assert not store.opt_outs.opt_out(NUMBER, AT, "text")
    assert not store.opt_outs.opted_out(NUMBER)


def test_whoever_opts_out_again_is_opted_out(store: TenantStore) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")
    store.opt_outs.opt_in(NUMBER, LATER)

    assert store.opt_outs.opt_out(NUMBER, LATER + timedelta(days=1), "person")
    assert store.opt_outs.opted_out(NUMBER)


def test_an_opt_in_of_somebody_who_never_opted_out_means_nothing(store: TenantStore) -> None:
    assert not store.opt_outs.opt_in(NUMBER, AT)
    assert not store.opt_outs.opted_out(NUMBER)


def test_an_opt_out_is_never_deleted(store: TenantStore, sql) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")

    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        sql("DELETE FROM phone_opt_out")


@pytest.mark.parametrize("change", ["number = '+447700900199'", "fingerprint = printf('%064d', 1)"])
def test_an_opt_out_is_not_given_to_another_number(store: TenantStore, sql, change) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")

    with pytest.raises(sqlite3.IntegrityError, match="stays with its number"):
        sql(f"UPDATE phone_opt_out SET {change}")  # noqa: S608 - from the lines above


@pytest.mark.parametrize("number", ["", "07700900123", "+0", "+44x", "+44 7700"])
def test_what_is_no_number_cannot_be_stored(store: TenantStore, sql, number) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        sql("INSERT INTO phone_opt_out VALUES (printf('%064d', 1), ?, 'now', 'text', NULL)", number)


def test_an_erased_number_is_still_known(store: TenantStore, sql) -> None:
    store.opt_outs.opt_out(NUMBER, AT, "text")
    sql("UPDATE phone_opt_out SET number = NULL")

    assert store.opt_outs.opted_out(NUMBER)
    assert not store.opt_outs.opt_out(NUMBER, LATER, "text")


def test_costs_of_a_month_add_up_by_currency(store: TenantStore) -> None:
    for number, (amount, currency) in enumerate([("0.00750", "USD"), ("0.0079", "USD"), ("0.05", "EUR")]):
        sent(store, f"inv-{number}", f"msg-{number}")
        store.costs.record(MessageId(f"msg-{number}"), Decimal(amount), currency, AT)

    assert store.costs.spent_in_month(FIRST, LAST) == {"USD": Decimal("0.01540"), "EUR": Decimal("0.05")}
    assert store.costs.spent_in_month(date(2026, 2, 1), date(2026, 2, 28)) == {}


def test_the_last_price_told_counts(store: TenantStore) -> None:
    sent(store)
    for amount in ("0.01", "0.02"):
        store.costs.record(MessageId("msg-1"), Decimal(amount), "USD", AT)

    assert store.costs.spent_in_month(FIRST, LAST) == {"USD": Decimal("0.02")}


def test_a_cost_belongs_to_a_message(store: TenantStore) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.costs.record(MessageId("nobody"), Decimal("0.01"), "USD", AT)


@pytest.mark.parametrize("amount", ["", "-1", "1e3", "NaN", "0.0.1", "1" * 21])
def test_what_is_no_amount_cannot_be_stored(store: TenantStore, sql, amount) -> None:
    sent(store)
    with pytest.raises(sqlite3.IntegrityError):
        sql("INSERT INTO message_cost VALUES ('msg-1', ?, 'USD', 'now')", amount)


def test_no_fraction_of_a_cent_is_lost(store: TenantStore) -> None:
    sent(store, "inv-0", "msg-0")
    sent(store, "inv-1", "msg-1")

    @settings(deadline=None, max_examples=50)
    @given(PRICES, PRICES)
    def costs_add_up(first: Decimal, second: Decimal) -> None:
        store.costs.record(MessageId("msg-0"), first, "USD", AT)
        store.costs.record(MessageId("msg-1"), second, "USD", AT)
        assert store.costs.spent_in_month(FIRST, LAST) == {"USD": first + second}

    costs_add_up()


def a_text(store: TenantStore, invoice: str, message: str) -> None:
    reminder = verified(store, invoice)
    assert store.reminders.claim([reminder], a_draft(message, channel="twilio-sms"), "worker", AT, AT)


def test_messages_without_a_price_are_listed_oldest_first(store: TenantStore) -> None:
    a_text(store, "inv-1", "msg-1")
    store.reminders.sent(MessageId("msg-1"), "SM1", AT)
    a_text(store, "inv-2", "msg-2")

    assert store.costs.unpriced(["twilio-sms"], FIRST, LAST) == [
        Unpriced(MessageId("msg-1"), "twilio-sms", TODAY, "SM1"),
        Unpriced(MessageId("msg-2"), "twilio-sms", TODAY, None),
    ]


def test_what_has_a_price_or_cannot_cost_anything_is_not_listed(store: TenantStore) -> None:
    a_text(store, "inv-1", "msg-1")
    store.reminders.sent(MessageId("msg-1"), "SM1", AT)
    store.costs.record(MessageId("msg-1"), Decimal("0.01"), "USD", AT)
    a_text(store, "inv-2", "msg-2")
    store.reminders.not_sent(MessageId("msg-2"), "no connection", AT)
    claimed(store, "inv-3", "msg-3")

    assert store.costs.unpriced(["twilio-sms", "twilio-voice"], FIRST, LAST) == []
    assert store.costs.unpriced(["smtp"], FIRST, LAST) != []
    assert store.costs.unpriced(["smtp"], LAST, LAST) == []
    assert TODAY < LAST
