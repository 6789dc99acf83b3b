"""Never twice: the claim, its outcomes, and what a kill leaves behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from unit.state.examples import AT, LATER, a_draft, claimed, planned, verified

from state.errors import Contradiction, NestedClaim
from state.model import MessageId, ReminderId, ReminderState
from state.records import RecoveryReport
from state.store import TenantStore

MSG = MessageId("msg-1")


def test_a_claim_takes_all_or_nothing(store: TenantStore) -> None:
    ready, waiting = verified(store, "a"), planned(store, "b")

    assert not store.reminders.claim([ready, waiting], a_draft(), "worker", AT, AT)
    assert store.reminders.get(ready).state == "verified"
    assert store.reminders.messages(None, 10) == []

    store.reminders.verified(waiting, "{}", AT)
    assert store.reminders.claim([ready, waiting], a_draft(), "worker", AT, AT)
    assert {found.id for found in store.reminders.for_message(MSG)} == {ready, waiting}


def test_a_claimed_reminder_cannot_be_claimed_again(store: TenantStore) -> None:
    reminder = claimed(store)

    assert not store.reminders.claim([reminder], a_draft("msg-2"), "worker", AT, AT)


def test_a_proof_that_has_grown_old_permits_nothing(store: TenantStore) -> None:
    reminder = verified(store)

    assert not store.reminders.claim([reminder], a_draft(), "worker", LATER, AT + timedelta(milliseconds=1))
    assert store.reminders.claim([reminder], a_draft(), "worker", LATER, AT)


def test_a_proof_from_the_future_permits_nothing(store: TenantStore) -> None:
    """The clock was set back since it was read: how old it is, nobody can tell."""
    reminder = verified(store)

    assert not store.reminders.claim([reminder], a_draft(), "worker", AT - timedelta(milliseconds=1), AT - timedelta(1))


def test_naming_a_reminder_twice_claims_it_once(store: TenantStore) -> None:
    reminder = verified(store)

    assert store.reminders.claim([reminder, reminder], a_draft(), "worker", AT, AT)


def test_a_claim_of_nothing_is_a_mistake(store: TenantStore) -> None:
    with pytest.raises(ValueError, match="at least one"):
        store.reminders.claim([], a_draft(), "worker", AT, AT)


def test_a_claim_inside_a_transaction_is_refused(store: TenantStore) -> None:
    """It could still be rolled back after the message has left."""
    reminder = verified(store)

    with store.transaction(), pytest.raises(NestedClaim):
        store.reminders.claim([reminder], a_draft(), "worker", AT, AT)


def test_an_attempt_needs_an_id_of_its_own(store: TenantStore) -> None:
    claimed(store, "a", "msg-1")
    other = verified(store, "b")

    with pytest.raises(Contradiction):
        store.reminders.claim([other], a_draft("msg-1"), "worker", AT, AT)

    assert store.reminders.get(other).state == "verified"


@pytest.mark.parametrize("_", range(5))
def test_of_two_who_claim_at_once_exactly_one_wins(store: TenantStore, path: Path, _: int) -> None:
    reminder, start, won = verified(store), threading.Barrier(4), []

    def race(name: str) -> None:
        with TenantStore.open(path) as own:
            start.wait()
            if own.reminders.claim([reminder], a_draft(f"msg-{name}"), name, AT, AT):
                won.append(name)

    threads = [threading.Thread(target=race, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert [record.owner for record in store.reminders.messages(None, 10)] == won


def test_a_sent_reminder_carries_when_and_by_what(store: TenantStore) -> None:
    reminder = claimed(store)

    assert store.reminders.sent(MSG, "provider-7", LATER) == 1
    assert store.reminders.sent(MSG, "provider-7", LATER) == 0

    found = store.reminders.get(reminder)
    assert (found.state, found.sent_at, found.message_id) == (ReminderState.SENT, LATER, MSG)
    assert found.proof is not None
    assert store.reminders.messages(None, 1)[0].provider_id == "provider-7"


def test_a_refused_message_fails_its_reminders(store: TenantStore) -> None:
    reminder = claimed(store)

    assert store.reminders.refused(MSG, "no such mailbox", LATER) == 1

    found = store.reminders.get(reminder)
    assert (found.state, found.reason) == (ReminderState.FAILED, "no such mailbox")
    assert store.reminders.messages(None, 1)[0].outcome == "refused"


def test_a_message_that_did_not_leave_is_planned_again_without_its_proof(
    store: TenantStore, sql: Callable[..., list[tuple]]
) -> None:
    reminder = claimed(store)

    assert store.reminders.not_sent(MSG, "no route", LATER) == 1

    found = store.reminders.get(reminder)
    assert (found.state, found.proof, found.message_id, found.reason) == (ReminderState.PLANNED, None, None, "no route")
    assert store.reminders.messages(None, 1)[0].outcome == "not_sent"
    assert sql("SELECT message_id FROM reminder_event WHERE from_state = 'sending'") == [("msg-1",)]


def test_doubt_is_final_until_somebody_knows(store: TenantStore) -> None:
    reminder = claimed(store)

    assert store.reminders.unsure(MSG, "timeout", LATER) == 1
    assert store.reminders.get(reminder).state == "unknown"
    assert not store.reminders.verified(reminder, "{}", LATER)
    assert store.reminders.not_sent(MSG, "late answer", LATER) == 0
    assert store.reminders.skip([reminder], "paid", LATER) == 0


def test_a_late_receipt_is_evidence(store: TenantStore) -> None:
    reminder = claimed(store)
    store.reminders.unsure(MSG, "timeout", LATER)

    assert store.reminders.sent(MSG, "provider-1", LATER) == 1
    assert store.reminders.get(reminder).state == "sent"


def test_a_known_outcome_is_not_overridden(store: TenantStore) -> None:
    claimed(store)
    store.reminders.sent(MSG, "provider-1", AT)

    for settle in (store.reminders.refused, store.reminders.not_sent, store.reminders.unsure):
        assert settle(MSG, "late", LATER) == 0
    assert store.reminders.messages(None, 1)[0].outcome == "sent"


def test_an_outcome_of_an_unknown_message_moves_nothing(store: TenantStore) -> None:
    assert store.reminders.sent(MessageId("never"), None, AT) == 0


@pytest.mark.parametrize(("to", "outcome"), [("sent", "sent"), ("skipped", "not_sent")])
def test_a_person_resolves_what_is_unknown(store: TenantStore, to: str, outcome: str) -> None:
    reminder = claimed(store)
    store.reminders.unsure(MSG, "timeout", LATER)

    assert store.reminders.resolve(reminder, to, "the customer says so", LATER + timedelta(days=2))
    assert not store.reminders.resolve(reminder, to, "again", LATER)

    found = store.reminders.get(reminder)
    assert (found.state, found.reason) == (to, "the customer says so")
    assert found.sent_at == (AT if to == "sent" else None)
    assert store.reminders.messages(None, 1)[0].outcome == outcome


def test_nothing_else_can_be_resolved(store: TenantStore) -> None:
    assert not store.reminders.resolve(claimed(store), "sent", "I think so", AT)


def test_recovery_makes_abandoned_attempts_unknown_and_drops_unused_proofs(store: TenantStore) -> None:
    abandoned = claimed(store, "a", "m-a")
    unclaimed = verified(store, "b")

    assert store.reminders.recover(LATER) == RecoveryReport(unknown=1, replanned=1)
    assert store.reminders.recover(LATER) == RecoveryReport(unknown=0, replanned=0)
    assert [store.reminders.get(key).state for key in (abandoned, unclaimed)] == ["unknown", "planned"]
    assert store.reminders.get(unclaimed).proof is None


KILLED_AFTER_CLAIM = """
import os, signal, sys
from pathlib import Path
from unit.state.examples import AT, a_draft
from state.store import TenantStore

store = TenantStore.open(Path(sys.argv[1]))
assert store.reminders.claim([sys.argv[2]], a_draft(), "killed", AT, AT)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_claim_survives_a_kill(store: TenantStore, path: Path) -> None:
    reminder = verified(store)
    roots = [str(Path(__file__).parents[2]), str(Path(__file__).parents[3])]

    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER_CLAIM, str(path), reminder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert store.reminders.get(reminder).state == "sending"
    assert not store.reminders.claim([reminder], a_draft("msg-2"), "next", AT, AT)
    assert store.reminders.recover(LATER).unknown == 1


def test_an_error_inside_a_claim_leaves_nothing_behind(store: TenantStore, sql: Callable[..., list[tuple]]) -> None:
    reminder = verified(store)
    sql("CREATE TRIGGER crash BEFORE UPDATE ON reminder BEGIN SELECT RAISE(ABORT, 'crash'); END")

    with pytest.raises(Contradiction):
        store.reminders.claim([reminder], a_draft(), "worker", AT, AT)

    assert store.reminders.messages(None, 10) == []
    assert store.reminders.get(ReminderId(reminder)).state == "verified"
