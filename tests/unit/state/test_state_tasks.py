"""The work list: a task is opened once, ends once, and blocks while it is open."""

import sqlite3

import pytest
from unit.state.examples import AT, LATER, TODAY, a_contact, a_draft, claimed, verified

from state.model import ContactId, MessageId
from state.store import TenantStore
from state.tasks import NewTask

CALL = NewTask(
    kind="call", subject="msg-1", contact_id=ContactId("customer"), message_id=MessageId("msg-1"), owner="Ann"
)


@pytest.fixture
def calling(store: TenantStore) -> TenantStore:
    """A call that is on the list, of a reminder that counts as sent."""
    claimed(store)
    store.tasks.open([CALL], AT)
    store.reminders.sent(MessageId("msg-1"), None, AT)
    return store


def pending(store: TenantStore) -> list[tuple[str, ...]]:
    return [r.calls_pending for account in store.receivables.accounts(TODAY) for r in account.receivables]


def test_the_same_task_opened_twice_is_one(calling) -> None:
    assert calling.tasks.open([CALL], LATER) == 0
    assert [task.opened_at for task in calling.tasks.open_ones()] == [AT]


def test_a_call_blocks_its_invoice_until_its_outcome_is_written_down(calling) -> None:
    assert pending(calling) == [("friendly",)]

    [task] = calling.tasks.open_ones()
    assert calling.tasks.close(task.id, "spoke", "will pay", "bob", LATER)

    assert pending(calling) == [()]


def test_a_call_that_does_not_block_holds_nothing_up(store) -> None:
    claimed(store)
    store.tasks.open([NewTask(kind="call", subject="msg-1", contact_id=ContactId("customer"), blocks=False)], AT)

    assert pending(store) == [()]


def test_a_task_ends_once(calling) -> None:
    [task] = calling.tasks.open_ones()

    assert calling.tasks.close(task.id, "spoke", None, "bob", LATER)
    assert not calling.tasks.close(task.id, "no_answer", None, "eve", LATER)
    assert calling.tasks.get(task.id).outcome == "spoke"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE task SET state = 'open', outcome = NULL, closed_at = NULL, closed_by = NULL",
        "UPDATE task SET outcome = 'other'",
        "DELETE FROM task",
    ],
)
def test_what_was_written_down_stays(calling, statement) -> None:
    [task] = calling.tasks.open_ones()
    calling.tasks.close(task.id, "spoke", None, "bob", LATER)

    with pytest.raises(sqlite3.IntegrityError):
        calling._connection.execute(statement)


def test_what_settles_itself_is_closed_by_its_subject(calling) -> None:
    assert calling.tasks.close_subjects("call", ["msg-1", "msg-2"], "paid", LATER) == 1
    assert calling.tasks.open_ones() == []


def test_after_a_kill_the_file_itself_says_whether_the_call_got_onto_the_list(store) -> None:
    store.mirror.save_contacts([a_contact()])
    listed, unlisted = verified(store, "inv-1"), verified(store, "inv-2")
    for reminder, message in ((listed, "msg-1"), (unlisted, "msg-2")):
        store.reminders.claim([reminder], a_draft(message, channel="work-list"), "worker", AT, AT)
    store.tasks.open([CALL], AT)

    assert store.reminders.recover(LATER).unknown == 0
    assert [store.reminders.get(each).state for each in (listed, unlisted)] == ["sent", "planned"]
