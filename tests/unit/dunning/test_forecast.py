"""What the preview promises for the coming days."""

from datetime import date, timedelta

from unit.dunning.snapshots import (
    DEFAULT,
    EVERY_DAY,
    WEEKDAYS,
    a_hold,
    a_receivable,
    an_account,
    pending,
)

from connector.dunning.forecast import preview
from state.model import ReminderState

DUE = date(2026, 3, 2)


def test_an_unpaid_invoice_goes_through_its_sequence_and_ends_with_a_person() -> None:
    forecast = preview(an_account(a_receivable()), DEFAULT, EVERY_DAY, DUE - timedelta(days=10), days=60)

    assert [((send.on - DUE).days, send.plan.tone) for send in forecast.sends] == [
        (-3, "friendly"),
        (1, "soft"),
        (8, "firm"),
        (21, "final"),
    ]
    assert [(held.since - DUE).days for held in forecast.held] == [35]


def test_the_preview_ends_before_its_last_day() -> None:
    account = an_account(a_receivable())

    assert preview(account, DEFAULT, EVERY_DAY, DUE, days=1).sends == ()
    assert len(preview(account, DEFAULT, EVERY_DAY, DUE, days=2).sends) == 1


def test_a_hold_is_shown_and_then_ends_by_itself() -> None:
    account = an_account(a_receivable(holds=(a_hold("promise", until=DUE + timedelta(days=5)),)))

    forecast = preview(account, DEFAULT, EVERY_DAY, DUE, days=10)

    assert [held.decision.reasons[0].code for held in forecast.held] == ["held"]
    assert [send.on for send in forecast.sends] == [DUE + timedelta(days=6)]


def test_two_invoices_share_the_gap_of_their_customer() -> None:
    """The second invoice's friendly reminder would come on day 4, three days after the first one's soft reminder."""
    account = an_account(a_receivable("one"), a_receivable("two", due_on=DUE + timedelta(days=7)))

    forecast = preview(account, DEFAULT, EVERY_DAY, DUE, days=8)

    assert [(send.on - DUE).days for send in forecast.sends] == [1, 5]


def test_a_weekend_moves_the_send_to_monday() -> None:
    account = an_account(a_receivable(due_on=date(2026, 3, 6)))

    assert preview(account, DEFAULT, WEEKDAYS, date(2026, 3, 6), days=5).sends[0].on == date(2026, 3, 9)


def test_a_message_that_is_leaving_is_taken_to_arrive() -> None:
    account = an_account(a_receivable(progress=(pending("soft", ReminderState.SENDING),)))

    forecast = preview(account, DEFAULT, EVERY_DAY, DUE + timedelta(days=1), days=10)

    assert [((send.on - DUE).days, send.plan.tone) for send in forecast.sends] == [(8, "firm")]


def test_what_never_changes_is_held_once() -> None:
    account = an_account(a_receivable("one", disputed=True), a_receivable("two"))

    forecast = preview(account, DEFAULT, EVERY_DAY, DUE, days=30)

    assert [held.decision.invoice_id for held in forecast.held] == ["one"]
