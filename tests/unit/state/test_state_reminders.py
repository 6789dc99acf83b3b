"""Planning, approving, verifying, skipping; and the moves that the file itself refuses."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from unit.state.examples import AT, LATER, TODAY, a_draft, a_stage, an_invoice, claimed, planned, sent, verified

from state.errors import Contradiction
from state.model import ContactId, InvoiceId, InvoiceStatus, MessageId, ReminderId, ReminderState
from state.store import TenantStore

LEGAL = {
    ("planned", "verified"),
    ("planned", "skipped"),
    ("verified", "planned"),
    ("verified", "sending"),
    ("verified", "skipped"),
    ("sending", "sent"),
    ("sending", "failed"),
    ("sending", "unknown"),
    ("sending", "planned"),
    ("sent", "noted"),
    ("unknown", "sent"),
    ("unknown", "skipped"),
    ("failed", "planned"),
}
STATES = [str(state) for state in ReminderState]
WAYS = {
    "planned": [],
    "verified": ["verified"],
    "sending": ["verified", "sending"],
    "sent": ["verified", "sending", "sent"],
    "noted": ["verified", "sending", "sent", "noted"],
    "failed": ["verified", "sending", "failed"],
    "unknown": ["verified", "sending", "unknown"],
    "skipped": ["skipped"],
}
# What a row of each state has to carry, so that only the move itself is judged.
BY_HAND = """
    UPDATE reminder SET state = :state, proof = '{}', verified_at = 'v', message_id = 'msg-1',
        sent_at = CASE WHEN :state IN ('sent', 'noted') THEN 's' END,
        sent_on = CASE WHEN :state IN ('sent', 'noted') THEN 'd' END
"""


@pytest.fixture
def shell(store: TenantStore, path: Path) -> Iterator[sqlite3.Connection]:
    """One planned reminder, and a message it may be bound to."""
    claimed(store, "other", "msg-1")
    planned(store)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def state_of(store: TenantStore, reminder: ReminderId) -> ReminderState:
    return store.reminders.get(reminder).state


@pytest.mark.parametrize(("origin", "target"), [pair for pair in product(STATES, STATES) if pair[0] != pair[1]])
def test_the_file_allows_the_legal_moves_and_no_other(shell: sqlite3.Connection, origin: str, target: str) -> None:
    def move(state: str) -> None:
        shell.execute(f"{BY_HAND} WHERE invoice_id = 'inv-1'", {"state": state})

    for step in WAYS[origin]:
        move(step)

    if (origin, target) in LEGAL:
        move(target)
    else:
        with pytest.raises(sqlite3.IntegrityError, match="does not move this way"):
            move(target)


@pytest.mark.parametrize("state", [state for state in STATES if state != "planned"])
def test_a_reminder_begins_as_planned(shell: sqlite3.Connection, state: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="begins as planned"):
        shell.execute(
            "INSERT INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, changed_at)"
            " VALUES ('x', 'inv-1', 'customer', 'soft', 1, ?, '2026-03-10', 1, 'now')",
            (state,),
        )


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT", "INSERT OR IGNORE"])
def test_a_sent_reminder_cannot_be_replaced_by_a_fresh_one(
    store: TenantStore, sql: Callable[..., list[tuple]], verb: str
) -> None:
    sent(store)

    with pytest.raises(sqlite3.IntegrityError, match="has its reminder already"):
        sql(
            f"{verb} INTO reminder (id, invoice_id, contact_id, stage, round, state, planned_for, approved, changed_at)"
            " VALUES ('x', 'inv-1', 'customer', 'friendly', 1, 'planned', '2026-03-10', 1, 'now')"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reminder",
        "UPDATE reminder SET stage = 'final'",
        "UPDATE reminder SET round = 2",
        "UPDATE reminder SET invoice_id = 'other'",
        "UPDATE reminder SET state = 'verified'",
        "UPDATE reminder SET state = 'nonsense'",
        "UPDATE reminder SET approved = 2",
        "UPDATE reminder SET planned_for = NULL",
        "DELETE FROM reminder_event",
        "UPDATE reminder_event SET to_state = 'skipped'",
    ],
)
def test_what_must_not_happen_is_refused_by_hand_too(shell: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        shell.execute(statement)


def test_every_move_leaves_its_history(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    reminder = planned(store)
    store.reminders.approve([reminder], "Ada", AT)
    store.reminders.verified(reminder, "{}", LATER)
    store.reminders.unverify([reminder], "proof too old", LATER)
    sql("UPDATE reminder SET state = 'skipped', reason = 'by hand'")

    assert sql("SELECT from_state, to_state, reason FROM reminder_event ORDER BY id") == [
        (None, "planned", None),
        ("planned", "planned", "approved by Ada"),
        ("planned", "verified", None),
        ("verified", "planned", "proof too old"),
        ("planned", "skipped", "by hand"),
    ]
    assert sql("SELECT at FROM reminder_event WHERE to_state = 'verified'") == [("2026-03-10T10:30:00.000Z",)]


def test_deciding_twice_plans_once(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    store.mirror.save_invoices([an_invoice()])

    assert store.reminders.plan([a_stage()], AT) == 1
    assert store.reminders.plan([a_stage()], LATER) == 0
    assert sql("SELECT count(*) FROM reminder_event") == [(1,)]


def test_the_same_stage_twice_in_one_plan_is_one_reminder(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice()])

    assert store.reminders.plan([a_stage(), a_stage()], AT) == 1


def test_a_planned_reminder_follows_the_plan(store: TenantStore) -> None:
    reminder = planned(store)

    store.reminders.plan([a_stage(planned_for=date(2026, 3, 12), contact_id=ContactId("winner"))], LATER)

    found = store.reminders.get(reminder)
    assert (found.planned_for, found.contact_id, found.approved) == (date(2026, 3, 12), "winner", False)


def test_planning_again_does_not_take_an_approval_back(store: TenantStore) -> None:
    reminder = planned(store)
    store.reminders.approve([reminder], "Ada", AT)

    store.reminders.plan([a_stage()], LATER)

    assert store.reminders.get(reminder).approved


def test_a_note_for_an_invoice_that_is_gone_is_tried_once(store: TenantStore) -> None:
    reminder = sent(store)
    store.mirror.mark_gone([InvoiceId("inv-1")], LATER)
    assert [owed.id for owed in store.reminders.owed_notes()] == [reminder]

    store.reminders.note_tried(reminder, LATER)

    assert store.reminders.owed_notes() == []


def test_a_reminder_that_has_moved_on_is_not_touched_by_the_plan(store: TenantStore) -> None:
    reminder = sent(store)
    before = store.reminders.get(reminder)

    assert store.reminders.plan([a_stage(planned_for=date(2027, 1, 1))], LATER) == 0
    assert store.reminders.get(reminder) == before


def test_a_new_round_is_a_new_reminder(store: TenantStore) -> None:
    first = planned(store)
    store.reminders.skip([first], "paid", AT)

    assert store.reminders.plan([a_stage(round=2)], LATER) == 1
    assert [(found.round, found.state) for found in store.reminders.for_invoice(InvoiceId("inv-1"))] == [
        (1, ReminderState.SKIPPED),
        (2, ReminderState.PLANNED),
    ]


def test_a_reminder_needs_an_invoice_we_know(store: TenantStore) -> None:
    with pytest.raises(Contradiction):
        store.reminders.plan([a_stage("never-seen")], AT)


def test_planned_reminders_come_earliest_first(store: TenantStore) -> None:
    late = planned(store, "late", planned_for=date(2026, 3, 12))
    early = planned(store, "early")

    assert [found.id for found in store.reminders.planned()] == [early, late]


def test_ids_are_short_and_unique(store: TenantStore) -> None:
    store.mirror.save_invoices([an_invoice(str(n)) for n in range(500)])
    store.reminders.plan([a_stage(str(n)) for n in range(500)], AT)

    ids = {found.id for found in store.reminders.planned()}
    assert len(ids) == 500
    assert all(len(key) == 12 and key.isalnum() for key in ids)


def test_approving_counts_only_what_was_waiting(store: TenantStore) -> None:
    waiting, approved = planned(store, "a"), planned(store, "b")
    store.reminders.approve([approved], "Ada", AT)

    assert store.reminders.approve([waiting, approved, ReminderId("nobody")], "Ada", AT) == 1
    assert store.reminders.approve([waiting], "Ada", AT) == 0


def test_a_verified_reminder_keeps_its_newest_proof(store: TenantStore) -> None:
    reminder = verified(store)

    assert store.reminders.verified(reminder, '{"due_minor": 1}', LATER)
    assert store.reminders.get(reminder).proof == '{"due_minor": 1}'


def test_a_sent_reminder_cannot_be_verified_again(store: TenantStore) -> None:
    assert not store.reminders.verified(sent(store), "{}", AT)


def test_taking_a_proof_back_forgets_it(store: TenantStore) -> None:
    reminder = verified(store)

    assert store.reminders.unverify([reminder], "changed", LATER) == 1

    found = store.reminders.get(reminder)
    assert (found.state, found.proof, found.reason) == (ReminderState.PLANNED, None, "changed")


def test_a_waiting_reminder_says_why(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    reminder = planned(store)

    assert store.reminders.note_reason([reminder], "daily_cap", AT) == 1
    assert store.reminders.note_reason([reminder], "daily_cap", LATER) == 0
    assert store.reminders.get(reminder).reason == "daily_cap"
    assert sql("SELECT count(*) FROM reminder_event WHERE reason = 'daily_cap'") == [(1,)]


def test_only_what_has_not_left_can_be_skipped(store: TenantStore) -> None:
    ids = [planned(store, "a"), verified(store, "b"), claimed(store, "c", "m-c"), sent(store, "d", "m-d")]

    assert store.reminders.skip(ids, "dispute", AT) == 2
    assert [state_of(store, key) for key in ids] == ["skipped", "skipped", "sending", "sent"]


@pytest.mark.parametrize("status", ["paid", "void", "deleted", "gone", "draft"])
def test_a_settled_invoice_ends_what_was_waiting(store: TenantStore, status: str) -> None:
    waiting, proven, left = planned(store, "a"), verified(store, "b"), sent(store, "c")
    store.mirror.save_invoices([an_invoice(key, status=InvoiceStatus(status), version="2") for key in "abc"])
    still_owed = planned(store, "d")

    assert store.reminders.skip_settled(LATER) == {status: 2}
    assert store.reminders.skip_settled(LATER) == {}
    assert store.reminders.get(waiting).reason == store.reminders.get(proven).reason == status
    assert state_of(store, left) == "sent"
    assert state_of(store, still_owed) == "planned"


def test_an_open_invoice_with_nothing_due_is_paid(store: TenantStore) -> None:
    planned(store)
    store.mirror.save_invoices([an_invoice(due_minor=0)])

    assert store.reminders.skip_settled(LATER) == {"paid": 1}


def test_a_reminder_of_an_earlier_round_is_not_sent_in_the_next(store: TenantStore) -> None:
    """Paid and charged back between two polls: what was planned before belongs to the old debt."""
    planned(store)
    store.mirror.save_invoices([an_invoice(status=InvoiceStatus.PAID, due_minor=0, version="2")])
    store.mirror.save_invoices([an_invoice(version="3")])

    assert store.reminders.skip_settled(LATER) == {"settled_before": 1}


def test_a_sent_reminder_owes_a_note_until_it_is_written(store: TenantStore) -> None:
    first, second = sent(store, "a", "m-a"), sent(store, "b", "m-b")
    assert [found.id for found in store.reminders.owed_notes()] == [first, second]

    store.reminders.note_failed(first, "ledger is down", LATER)
    assert store.reminders.noted(second, LATER)
    assert not store.reminders.noted(second, LATER)

    (owed,) = store.reminders.owed_notes()
    assert (owed.id, owed.reason) == (first, "ledger is down")


def test_a_note_that_was_begun_is_remembered(store: TenantStore) -> None:
    reminder = sent(store)
    assert not store.reminders.note_was_tried(reminder)

    store.reminders.note_tried(reminder, AT)

    assert store.reminders.note_was_tried(reminder)
    assert not store.reminders.note_was_tried(ReminderId("nobody"))


def test_a_person_can_retry_what_failed_and_nothing_else(store: TenantStore) -> None:
    failed = claimed(store, "a", "m-a")
    store.reminders.refused(MessageId("m-a"), "no such mailbox", AT)
    done = sent(store, "b", "m-b")

    assert store.reminders.retry([failed, done], "Ada", LATER) == 1

    found = store.reminders.get(failed)
    assert (found.state, found.reason, found.message_id) == (ReminderState.PLANNED, "retry by Ada", None)
    assert state_of(store, done) == "sent"


def test_reminders_are_counted(store: TenantStore) -> None:
    planned(store, "a")
    sent(store, "b", "m-b")
    store.reminders.noted(sent(store, "c", "m-c"), AT)

    assert store.reminders.count_by_state() == {"planned": 1, "sent": 1, "noted": 1}
    assert len(store.reminders.in_state(ReminderState.NOTED)) == 1


def test_messages_are_listed_newest_first(store: TenantStore) -> None:
    sent(store, "a", "m-a")
    reminder = verified(store, "b")
    store.reminders.claim([reminder], a_draft("m-b", contact_id=ContactId("else")), "worker", LATER, AT)

    newest, oldest = store.reminders.messages(None, 10)
    assert (newest.draft.id, newest.outcome, newest.settled_at) == ("m-b", "sending", None)
    assert (oldest.draft, oldest.outcome, oldest.provider_id) == (a_draft("m-a"), "sent", "provider-1")
    assert [record.draft.id for record in store.reminders.messages(ContactId("customer"), 10)] == ["m-a"]
    assert len(store.reminders.messages(None, 1)) == 1
    assert [found.id for found in store.reminders.for_message(MessageId("m-b"))] == [reminder]


def test_a_message_knows_to_whom_it_went(store: TenantStore) -> None:
    sent(store)

    assert store.reminders.recipients(MessageId("msg-1")) == ("customer@example.test",)
    assert store.reminders.recipients(MessageId("never")) == ()


def test_a_thread_holds_only_what_was_accepted(store: TenantStore) -> None:
    sent(store, "a", "m-1")
    claimed(store, "b", "m-2")
    store.reminders.refused(MessageId("m-2"), "no", AT)
    sent(store, "c", "m-3")

    assert store.reminders.thread(ContactId("customer")) == ("m-1", "m-3")
    assert store.reminders.thread(ContactId("nobody")) == ()


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [("UTC", TODAY, 1), ("UTC", TODAY - timedelta(days=1), 0), ("Pacific/Honolulu", TODAY - timedelta(days=1), 1)],
)
def test_messages_of_a_day_are_counted_where_the_tenant_lives(
    store: TenantStore, zone: str, day: date, count: int
) -> None:
    sent(store)  # 09:30 UTC is 23:30 of the day before in Honolulu

    assert store.reminders.messages_on(day, ZoneInfo(zone)) == count


def test_a_message_that_did_not_leave_does_not_count(store: TenantStore) -> None:
    claimed(store)
    store.reminders.not_sent(MessageId("msg-1"), "no route", AT)

    assert store.reminders.messages_on(TODAY, ZoneInfo("UTC")) == 0
