"""A tenant's file goes back to an older state. Nothing that left since may leave again, and nothing be noted twice."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from tenant_bench import TenantBench
from unit.state.examples import a_fact

from connector.config.letters import LetterheadSection
from connector.dunning.policy import Policy, Stage
from connectors.budget import OutOfBudget
from connectors.channels.channel import Unsure
from connectors.ledger import BadData, LedgerError, NotFound, Outage, RetryLater
from connectors.sandbox.documents import Invoice
from state.backup import copy_database
from state.model import ReminderState
from state.store import TenantStore

BACK = "restored from a backup"


@pytest.fixture
def backup(bench: TenantBench, tmp_path: Path) -> Iterator[Callable[[], Callable[..., None]]]:
    """`restore = backup()` copies the file as it is now; `restore()` puts the copy in its place."""
    opened: list[TenantStore] = []

    def make() -> Callable[..., None]:
        made_at, copy = bench.now, tmp_path / "copy.db"
        copy_database(tmp_path / "dun.db", copy)

        def restore(pause: str | None = BACK) -> None:
            bench.store = TenantStore.open(copy)
            opened.append(bench.store)
            bench.store.restoration.begin(made_at, bench.now, pause)

        return restore

    yield make
    for store in opened:
        store.close()


def release(bench: TenantBench) -> None:
    bench.store.holds.release("tenant", "*", bench.now)


def test_what_was_sent_after_the_backup_is_not_sent_again(bench: TenantBench, backup) -> None:
    invoice, other = bench.invoice(), bench.invoice(overdue=0)
    bench.run()
    restore = backup()
    bench.next_day()
    bench.run()
    restore()
    release(bench)

    bench.live(3)

    assert bench.sent_stages(invoice) == bench.sent_stages(other) == ["soft"]
    assert len(bench.channel.accepted) == 2
    assert bench.judgement() == {}


def test_what_was_sent_counts_for_the_day_on_which_it_was_sent(bench: TenantBench, backup) -> None:
    invoice = bench.invoice(overdue=0)
    bench.run()
    restore = backup()
    bench.next_day()
    bench.run()
    bench.next_day()
    restore()

    bench.run()

    [step] = [s for account in bench.store.receivables.accounts(bench.today) for s in account.receivables[0].progress]
    assert (step.stage, step.state, step.sent_on) == ("soft", ReminderState.NOTED, date(2026, 3, 3))
    assert bench.reminder(invoice).id in bench.notes(invoice)[0]


def test_a_planned_reminder_that_left_later_is_recognised(bench: TenantBench, backup) -> None:
    bench.set(mode="approve")
    invoice = bench.invoice()
    bench.run()
    restore = backup()
    bench.store.reminders.approve([bench.reminder(invoice).id], "Ada", bench.now)
    bench.run()
    restore()

    bench.run()

    assert bench.state(invoice) is ReminderState.NOTED


def test_a_restored_tenant_waits_for_a_person(bench: TenantBench, backup) -> None:
    bench.invoice(overdue=0)
    restore = backup()
    restore()
    bench.next_day()

    report = bench.run()

    assert [problem.words for problem in report.problems if problem.code == "paused"] == [BACK]
    assert bench.channel.offered == []


def test_what_may_have_left_without_a_note_is_unknown_and_never_sent_by_itself(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    restore = backup()
    bench.ledger.fail_at("write_note", 1, Outage("no answer"))
    bench.run()
    assert bench.notes(invoice) == []
    restore()
    release(bench)

    bench.live(3)

    assert bench.state(invoice) is ReminderState.UNKNOWN
    assert len(bench.channel.accepted) == 1


def reached_nobody(bench: TenantBench) -> Invoice:
    """An invoice whose first message bounced, and whose stage may go by letter."""
    stages = (Stage("soft", 1, "soft", channels=("email", "letter")), Stage("firm", 30, "firm"))
    street = ("1 Cable Street",)
    head = LetterheadSection(name="Seller Ltd", street=street, city="London", postcode="E1 1AA", country="GB")
    bench.set(policy=Policy(stages=stages), letterhead=head)
    home = {"street": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}
    invoice = bench.invoice(bench.customer(email="gone@x.example", **home))
    bench.run()
    fact = a_fact(message_id=bench.reminder(invoice).message_id, recipient="gone@x.example", at=bench.now)
    bench.store.deliveries.record(fact, bench.now)
    bench.store.deliveries.suppress("gone@x.example", "bounced", bench.now)
    return invoice


def test_a_further_attempt_after_the_backup_is_not_made_again(bench: TenantBench, backup) -> None:
    invoice = reached_nobody(bench)
    bench.run()
    restore = backup()
    bench.next_day(4)
    bench.run()
    assert bench.sent_stages(invoice) == ["soft", "soft/2"]
    restore()
    release(bench)

    bench.live(3)

    assert bench.sent_stages(invoice) == ["soft", "soft/2"]
    assert len(bench.letters.accepted) == 1


def test_a_further_attempt_that_may_have_left_without_a_note_is_unknown(bench: TenantBench, backup) -> None:
    invoice = reached_nobody(bench)
    bench.run()
    restore = backup()
    bench.next_day(4)
    bench.ledger.fail_next("write_note", Outage("no answer"))
    bench.run()
    restore()
    release(bench)

    bench.live(3)

    assert (bench.reminders(invoice)[-1].stage, bench.reminders(invoice)[-1].state) == ("soft/2", ReminderState.UNKNOWN)
    assert len(bench.letters.accepted) == 1


def test_of_one_message_the_invoice_without_a_note_is_not_sent_after_the_gap(bench: TenantBench, backup) -> None:
    customer = bench.customer()
    noted, not_noted = bench.invoice(customer, overdue=2), bench.invoice(customer)
    restore = backup()
    bench.ledger.fail_at("write_note", 2, Outage("no answer"))
    bench.run()
    restore()
    release(bench)

    bench.live(6)

    written = [bool(bench.notes(invoice)) for invoice in (noted, not_noted)]
    states = [bench.state(invoice) for invoice in (noted, not_noted)]
    assert sorted(zip(written, states, strict=True)) == [(False, ReminderState.UNKNOWN), (True, ReminderState.NOTED)]
    assert len(bench.channel.accepted) == 1


def test_an_unknown_one_that_a_person_calls_sent_is_noted_once(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    restore = backup()
    bench.ledger.fail_at("write_note", 1, Outage("no answer"))
    bench.run()
    restore()
    release(bench)
    bench.run()

    bench.store.reminders.resolve(bench.reminder(invoice).id, "sent", "sent, says Ada", bench.now)
    bench.live(2)

    assert len(bench.notes(invoice)) == 1
    assert bench.state(invoice) is ReminderState.NOTED


def test_what_is_due_only_after_the_restore_goes_as_usual(bench: TenantBench, backup) -> None:
    invoice = bench.invoice(overdue=0)
    restore = backup()
    restore()
    release(bench)

    bench.live(2)

    assert bench.sent_stages(invoice) == ["soft"]


def test_a_note_owed_in_the_backup_and_written_since_is_not_written_again(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    bench.ledger.fail_at("write_note", 1, Outage("no answer"))
    bench.run()
    restore = backup()
    bench.run()
    bench.pay(invoice)  # so that its history is not read for its own sake
    bench.next_day()
    restore()

    bench.run()

    assert len(bench.notes(invoice)) == 1
    assert bench.state(invoice) is ReminderState.NOTED


def test_an_unknown_send_of_the_backup_is_settled_by_the_note(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    bench.channel.fail_next(Unsure("cut off"), arrives=True)
    bench.run()
    restore = backup()
    bench.store.reminders.resolve(bench.reminder(invoice).id, "sent", "sent, says Ada", bench.now)
    bench.run()
    restore()

    bench.run()

    assert bench.state(invoice) is ReminderState.NOTED
    assert [message.outcome for message in bench.messages()] == ["sent"]


@pytest.mark.parametrize("error", [Outage("no answer"), RetryLater("slow down", after=None, limit="minute")])
def test_nothing_is_sent_before_all_notes_are_read(bench: TenantBench, backup, error: LedgerError) -> None:
    first, second = bench.invoice(overdue=2), bench.invoice()
    restore = backup()
    bench.run()
    restore()
    release(bench)
    bench.ledger.fail_at("notes", 2, error)

    interrupted = bench.run()
    afterwards = bench.run()

    assert interrupted.problems[0].code == error.code
    assert afterwards.problems == []
    assert [bench.state(invoice) for invoice in (first, second)] == [ReminderState.NOTED] * 2
    assert bench.ledger.calls["notes"] == 3  # the first was not read again
    assert len(bench.channel.accepted) == 2


def test_an_invoice_whose_notes_cannot_be_read_is_held(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    restore = backup()
    bench.run()
    restore()
    release(bench)
    bench.ledger.fail_at("notes", 1, BadData("no history"))

    bench.live(2)

    assert "held" in bench.why(invoice)
    assert len(bench.channel.accepted) == 1


def test_an_invoice_that_is_gone_has_no_notes_to_read(bench: TenantBench, backup) -> None:
    bench.invoice(overdue=-20)
    bench.run()
    restore = backup()
    restore()
    bench.ledger.fail_at("notes", 1, NotFound("no such invoice"))

    bench.run()

    assert bench.store.restoration.unlearned() is None


@pytest.mark.parametrize("said", ["soft", "Soft"])
def test_a_note_is_understood_as_it_is_written_today_and_as_it_was(bench: TenantBench, backup, said: str) -> None:
    invoice = bench.invoice()
    restore = backup()
    bench.ledger.write_note(invoice.guid, f"{said} reminder sent on 02 Mar 2026. [dun:ABCDEFGHIJKL]", "key")
    restore()
    release(bench)

    bench.run()

    assert (bench.sent_stages(invoice), bench.channel.offered) == (["soft"], [])


def test_a_note_of_a_stage_that_the_policy_no_longer_has_holds_the_invoice(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    restore = backup()
    bench.ledger.write_note(invoice.guid, "Gentle reminder sent on 02 Mar 2026. [dun:ABCDEFGHIJKL]", "key")
    restore()
    release(bench)

    bench.run()

    assert bench.action(invoice) in ("stop", "ask_person")
    assert bench.channel.offered == []


def test_notes_of_other_people_are_passed_over(bench: TenantBench, backup) -> None:
    invoice = bench.invoice(overdue=0)
    restore = backup()
    bench.ledger.write_note(invoice.guid, "Soft reminder? I rang them on 02 Mar 2026.", "key")
    restore()
    release(bench)

    bench.live(2)

    assert bench.sent_stages(invoice) == ["soft"]


def test_a_moved_installation_goes_on_at_once(bench: TenantBench, backup) -> None:
    invoice = bench.invoice()
    restore = backup()
    restore(None)

    bench.run()

    assert bench.state(invoice) is ReminderState.NOTED
    assert bench.ledger.calls["notes"] == 0


def test_a_rehearsal_asks_nobody(bench: TenantBench, backup) -> None:
    bench.invoice()
    restore = backup()
    restore()
    release(bench)
    bench.channel.name = "dry"

    bench.run()

    assert bench.ledger.calls["notes"] == 0
    assert bench.store.restoration.unlearned() is not None


def test_restoring_twice_learns_from_the_older_backup_on(bench: TenantBench, backup) -> None:
    bench.invoice()
    made_at = bench.now
    restore = backup()
    restore()
    bench.next_day()
    bench.store.restoration.begin(bench.now, bench.now, BACK)

    assert bench.store.restoration.unlearned().backed_up_at == made_at


def test_nothing_is_learned_from_a_pull_that_was_postponed(bench: TenantBench, backup) -> None:
    """An invoice that came and was chased after the backup is not among those that the mirror knows."""
    restore = backup()
    bench.invoice()
    bench.run()
    restore()
    release(bench)
    bench.ledger.fail_at("changes", 1, OutOfBudget("kept for the notes", after=None, limit="day"))

    postponed = bench.run()
    bench.live(2)

    assert [problem.code for problem in postponed.problems] == ["polling_postponed"]
    assert len(bench.channel.accepted) == 1
