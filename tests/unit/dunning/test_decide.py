"""What forbids asking, and what follows from it."""

from datetime import date, timedelta

import pytest
from unit.dunning.snapshots import (
    DEFAULT,
    EVERY_DAY,
    a_hold,
    a_receivable,
    an_account,
    codes,
    decide_one,
    pending,
    sent,
)

from connector.dunning.decide import DecisionPass, decide
from connector.dunning.reasons import Action, reasons_from_json
from connector.dunning.rows import to_rows
from state.model import ContactStatus, ReminderState

TODAY = date(2026, 3, 3)  # one day after the due date: an ordinary invoice gets its soft reminder
LATER = TODAY + timedelta(days=5)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "action", "code", "next_on"),
    [
        ({}, "send", "stage_due", TODAY),
        ({"unreadable": True}, "ask_person", "unreadable", None),
        ({"disputed": True}, "stop", "disputed", None),
        ({"payment_scheduled": True}, "skip", "payment_scheduled", None),
        ({"due_on": None}, "ask_person", "no_due_date", None),
        ({"due_minor": 1_00}, "skip", "below_tolerance", None),
        ({"due_minor": 1_01}, "send", "stage_due", TODAY),
        ({"due_minor": 0}, "skip", "below_tolerance", None),
        ({"due_minor": -5_00}, "skip", "below_tolerance", None),
        ({"currency": "XXX"}, "ask_person", "unreadable", None),
        ({"expected_on": LATER}, "wait", "promised", LATER + timedelta(days=1)),
        ({"expected_on": TODAY}, "wait", "promised", TODAY + timedelta(days=1)),
        ({"expected_on": TODAY - timedelta(days=1)}, "send", "stage_due", TODAY),
        ({"holds": (a_hold(until=LATER),)}, "wait", "held", LATER + DAY),
        ({"holds": (a_hold(until=TODAY),)}, "wait", "held", TODAY + DAY),
        ({"holds": (a_hold(until=TODAY - DAY),)}, "send", "stage_due", TODAY),
        ({"holds": (a_hold(),)}, "stop", "held", None),
    ],
)
def test_what_an_invoice_says_about_itself(fields, action, code, next_on) -> None:
    decision = decide_one(a_receivable(**fields), TODAY)

    assert (decision.action, codes(decision), decision.next_on) == (action, [code], next_on)


@pytest.mark.parametrize(
    ("fields", "action", "code", "next_on"),
    [
        ({"status": ContactStatus.ARCHIVED}, "stop", "customer_archived", None),
        ({"addresses": ()}, "ask_person", "no_address", None),
        ({"unreadable": True}, "ask_person", "customer_unreadable", None),
        ({"holds": (a_hold(scope="contact", until=LATER),)}, "wait", "held", LATER + DAY),
        ({"holds": (a_hold("suspicious", scope="tenant"),)}, "stop", "held", None),
    ],
)
def test_what_is_said_about_the_customer(fields, action, code, next_on) -> None:
    decision = decide_one(a_receivable(), TODAY, **fields)

    assert (decision.action, codes(decision), decision.next_on) == (action, [code], next_on)


def test_all_obstacles_are_told_and_the_weightiest_decides() -> None:
    receivable = a_receivable(disputed=True, holds=(a_hold(until=LATER),), payment_scheduled=True)

    decision = decide_one(receivable, TODAY, addresses=())

    assert decision.action is Action.STOP
    assert codes(decision) == ["disputed", "held", "payment_scheduled", "no_address"]


def test_a_hold_without_end_outweighs_one_that_ends() -> None:
    decision = decide_one(a_receivable(holds=(a_hold(until=LATER), a_hold("dispute"))), TODAY)

    assert (decision.action, decision.next_on) == ("stop", None)


def test_of_a_hold_and_a_promise_the_later_end_counts() -> None:
    decision = decide_one(a_receivable(holds=(a_hold(until=LATER),), expected_on=LATER), TODAY)

    assert decision.next_on == LATER + timedelta(days=1)


def test_a_disputed_invoice_does_not_hold_the_customers_others() -> None:
    account = an_account(a_receivable("one", disputed=True), a_receivable("two"))

    assert [d.action for d in decide(account, DEFAULT, EVERY_DAY, TODAY)] == ["stop", "send"]


def test_while_one_message_is_leaving_the_customers_other_invoices_wait() -> None:
    account = an_account(a_receivable("one", progress=(pending("soft", ReminderState.SENDING),)), a_receivable("two"))

    decisions = decide(account, DEFAULT, EVERY_DAY, TODAY)

    assert [(d.action, codes(d)) for d in decisions] == [("wait", ["send_under_way"])] * 2


def test_an_invoice_whose_sending_is_unknown_does_not_hold_the_customers_others() -> None:
    account = an_account(a_receivable("one", progress=(pending("soft", ReminderState.UNKNOWN),)), a_receivable("two"))

    assert [d.action for d in decide(account, DEFAULT, EVERY_DAY, TODAY)] == ["ask_person", "send"]


def test_ordinary_invoices_in_the_same_situation_share_one_outcome() -> None:
    day = DecisionPass(DEFAULT, EVERY_DAY, TODAY)

    (first,) = day.decide(an_account(a_receivable("one")))
    (second,) = day.decide(an_account(a_receivable("two")))

    assert first.outcome is second.outcome


def test_what_is_remembered_of_one_customer_is_not_told_of_another() -> None:
    day = DecisionPass(DEFAULT, EVERY_DAY, TODAY)
    accounts = [
        an_account(a_receivable()),
        an_account(a_receivable(), last_contacted_on=TODAY),
        an_account(a_receivable(progress=(sent("soft", TODAY),))),
        an_account(a_receivable(), addresses=()),
        an_account(a_receivable(disputed=True)),
        an_account(a_receivable(), credits={"GBP": 600_00}),
    ]

    together = [[(d.action, d.reasons) for d in day.decide(account)] for account in accounts]

    alone = [[(d.action, d.reasons) for d in decide(account, DEFAULT, EVERY_DAY, TODAY)] for account in accounts]
    assert together == alone


def test_rows_keep_the_reasons_in_a_form_that_reads_back() -> None:
    decisions = decide(an_account(a_receivable(), last_contacted_on=TODAY), DEFAULT, EVERY_DAY, TODAY)

    (row,) = to_rows(decisions)

    assert row.reasons == '[["minimum_gap",{"last_contacted_on":"2026-03-03","until":"2026-03-07"}]]'
    assert reasons_from_json(row.reasons) == decisions[0].reasons
    assert (row.invoice_id, row.action, row.stage, row.next_on) == ("inv-1", "wait", "soft", date(2026, 3, 7))
