"""The answer to "why was this invoice (not) chased?"."""

from datetime import date, timedelta

import pytest
from unit.dunning.snapshots import a_hold, a_receivable, decide_one, pending, sent

from connector.dunning.explain import explain, sentence
from connector.dunning.reasons import Reason, ReasonCode
from state.model import ReminderState

TODAY = date(2026, 3, 3)

EVERY_PARAMETER = {
    "stage": "soft",
    "after": "friendly",
    "on": "2026-03-03",
    "due_on": "2026-03-03",
    "sent_on": "2026-03-03",
    "since": "2026-03-03",
    "until": "2026-03-03",
    "last_contacted_on": "2026-03-03",
    "expected_on": "2026-03-03",
    "promised_on": "2026-03-02",
    "channels": "sms, letter",
    "group": "VIP",
    "why": "an old friend",
    "owner": "Ann",
    "scope": "invoice",
    "reason": "dispute",
    "amount_minor": 1,
    "credit_minor": 2,
    "tolerance_minor": 3,
    "paid_minor": 4,
    "rest_minor": 5,
    "currency": "JPY",
    "percent": 10,
    "early": 9,
    "counted": 10,
    "weekday": "Friday",
    "on_weekday": 7,
    "days": 9,
    "hour": 14,
    "in_hour": 5,
    "answers": 7,
    "given_up": "fewer were paid",
}


def test_credit_is_explained_with_its_amount() -> None:
    explanation = explain(decide_one(a_receivable(), TODAY, credits={"GBP": 600_00}))

    assert explanation.summary == "not chased: 600.00 GBP unapplied credit would settle it"
    assert explanation.next == "a person applies the credit in the ledger, or refunds it"


def test_a_wait_names_the_reminder_and_the_day_that_come_next() -> None:
    explanation = explain(decide_one(a_receivable(progress=(sent("soft", TODAY),)), TODAY))

    assert explanation.next == "the firm reminder on 2026-03-10"


def test_a_send_says_what_still_stands_between_it_and_the_customer() -> None:
    explanation = explain(decide_one(a_receivable(), TODAY))

    assert explanation.summary == "soft reminder today: due on 2026-03-02, and the soft stage has come"
    assert (
        explanation.next
        == "the soft reminder goes when the live check confirms it, in approve mode after `dun approve`"
    )


def test_a_hold_is_explained_with_its_end() -> None:
    held = explain(decide_one(a_receivable(holds=(a_hold("promise", until=TODAY + timedelta(days=7)),)), TODAY))

    assert held.summary == "not chased: the invoice is on hold (promise) up to and including 2026-03-10"
    assert held.next == "it is looked at again on 2026-03-11"


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (ReminderState.UNKNOWN, "`dun resolve INVOICE sent|skipped`"),
        (ReminderState.FAILED, "`dun resolve INVOICE retry`"),
    ],
)
def test_an_attempt_that_did_not_end_well_is_explained_with_the_command_that_settles_it(state, command) -> None:
    assert explain(decide_one(a_receivable(progress=(pending("soft", state),)), TODAY)).next.endswith(command)


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_reason_has_a_sentence(code) -> None:
    words = sentence(Reason(code, EVERY_PARAMETER))

    assert words
    assert not words.endswith(".")
