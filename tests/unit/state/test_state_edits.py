"""Edited messages and forewarnings as the file keeps them: what was written is not rewritten, and told once."""

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest
from unit.state.examples import AT, a_contact

from state.edits import NewEdit
from state.model import ContactId, ReminderId
from state.store import TenantStore

A, B, C = (ReminderId(letter) for letter in "ABC")
DAY = date(2026, 3, 3)


def an_edit(*reminders: ReminderId) -> NewEdit:
    return NewEdit(
        contact_id=ContactId("buyer"),
        reminders=reminders or (A,),
        kind="email",
        basis="0" * 64,
        reference="dun:x",
        subject="Hello",
        text="Words of theirs.",
        edited_by="anna",
    )


@pytest.fixture
def store(tmp_path: Path):
    with TenantStore.open(tmp_path / "dun.db") as made:
        yield made


@pytest.fixture
def execute(store: TenantStore) -> Callable[[str], object]:
    return lambda statement: store._connection.execute(statement)


def test_a_text_is_found_by_any_of_its_reminders(store: TenantStore) -> None:
    store.edits.keep(an_edit(A, B), AT)

    assert [len(store.edits.in_force([each])) for each in (A, B, C)] == [1, 1, 0]
    assert store.edits.in_force([B, C])[0].reminders == (A, B)


def test_a_new_text_replaces_those_that_share_a_reminder(store: TenantStore) -> None:
    store.edits.keep(an_edit(A), AT)
    store.edits.keep(an_edit(C), AT)
    store.edits.keep(msgspec.structs.replace(an_edit(A, B), text="Newer."), AT)

    assert [edit.text for edit in store.edits.in_force([A, B, C])] == ["Words of theirs.", "Newer."]


def test_what_was_dropped_asks_until_it_is_worded_anew(store: TenantStore) -> None:
    store.edits.keep(an_edit(A, B), AT)
    store.edits.drop([A], AT)
    asked = store.edits.unanswered()
    store.edits.keep(an_edit(A), AT)

    assert (asked, store.edits.unanswered(), len(store.edits.in_force([A, B]))) == ({A, B}, frozenset(), 1)


def test_what_was_withdrawn_asks_nobody(store: TenantStore) -> None:
    store.edits.keep(an_edit(), AT)

    assert (store.edits.withdraw([A], AT), store.edits.withdraw([A], AT)) == (1, 0)
    assert store.edits.unanswered() == frozenset()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE edited_message SET text = 'other'",
        "UPDATE edited_message SET edited_by = 'ben'",
        "UPDATE edited_message SET basis = replace(basis, '0', '1')",
        "UPDATE edited_message SET reminders = '[\"C\"]'",
        "UPDATE edited_message SET state = 'answered', ended_at = '2026-03-02T10:00:00.000Z'",
        "UPDATE edited_message SET state = 'dropped'",
        "DELETE FROM edited_message",
        "UPDATE forewarning SET day = '2026-03-04'",
        "UPDATE forewarning SET outcome = 'sending', tries = 2",
        "DELETE FROM forewarning",
    ],
)
def test_the_file_refuses_what_must_never_happen(store: TenantStore, execute, statement: str) -> None:
    store.edits.keep(an_edit(), AT)
    store.forewarnings.claim(DAY, AT)

    with pytest.raises(sqlite3.IntegrityError):
        execute(statement)


def test_a_text_that_was_dropped_is_never_in_force_again(store: TenantStore, execute) -> None:
    store.edits.keep(an_edit(), AT)
    store.edits.drop([A], AT)

    with pytest.raises(sqlite3.IntegrityError):
        execute("UPDATE edited_message SET state = 'in_force', ended_at = NULL")


def test_a_day_is_claimed_once_unless_it_certainly_failed(store: TenantStore) -> None:
    claims = [store.forewarnings.claim(DAY, AT), store.forewarnings.claim(DAY, AT)]
    store.forewarnings.settle(DAY, "failed", "away")
    claims.append(store.forewarnings.claim(DAY, AT))
    store.forewarnings.settle(DAY, "sent", None)
    claims.append(store.forewarnings.claim(DAY, AT))

    assert claims == [True, False, True, False]


def test_a_sent_forewarning_stays_sent(store: TenantStore, execute) -> None:
    store.forewarnings.claim(DAY, AT)
    store.forewarnings.settle(DAY, "sent", None)

    store.forewarnings.settle(DAY, "failed", "too late")  # finds nothing that is being sent
    with pytest.raises(sqlite3.IntegrityError):
        execute("UPDATE forewarning SET outcome = 'failed'")
    assert store.forewarnings.outcome(DAY) == "sent"


def test_the_words_of_a_forgotten_customer_are_emptied(store: TenantStore, execute, tmp_path: Path) -> None:
    store.mirror.save_contacts([a_contact("buyer", name="Buyer plc")])
    store.edits.keep(an_edit(), AT)

    store.forgetting.forget(ContactId("buyer"), AT)

    assert execute("SELECT subject, text FROM edited_message").fetchall() == [("", "")]
    assert b"Words of theirs" not in (tmp_path / "dun.db").read_bytes()
