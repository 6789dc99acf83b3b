"""Each reminder ends as exactly one note, whatever happens to the answers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenant_bench import TenantBench

from connectors.ledger import BadData, Forbidden, LedgerError, Outage, Reauthorise, Refused, RetryLater
from connectors.sandbox.documents import Invoice
from state.model import MessageId, ReminderState
from state.records import MessageDraft, PlannedStage
from sync.notes import LONGEST_NOTE, NotesReport, fit, marker, write_owed_notes
from sync.pull import pull


def sent(bench: TenantBench, *documents: Invoice) -> None:
    """Messages about `documents` have left, and no note has been tried."""
    pull(bench.ledger, bench.store, bench.tenant.clock)
    reminders = bench.store.reminders
    for document in documents:
        contact = bench.owner_of(document).guid
        plan = PlannedStage(
            invoice_id=document.guid, contact_id=contact, stage="soft", round=1, planned_for=bench.today
        )
        reminders.plan([plan], bench.now)
        [reminder] = reminders.for_invoice(document.guid)
        reminders.verified(reminder.id, "{}", bench.now)
        message = MessageDraft(
            id=MessageId(f"message-{document.id}"),
            contact_id=contact,
            channel="smtp",
            stage="soft",
            subject="Reminder",
            recipients=("pay@customer.example",),
            text="Please pay.",
            totals="{}",
        )
        assert reminders.claim([reminder.id], message, "bench", bench.now, bench.now)
        reminders.sent(message.id, None, bench.now)


def write(bench: TenantBench, words: str = "Soft reminder sent.") -> NotesReport:
    return write_owed_notes(bench.ledger, bench.store, bench.tenant.clock, lambda _: words)


def test_a_sent_reminder_gets_a_note_with_its_marker(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)

    report = write(bench)

    assert bench.notes(document) == [f"Soft reminder sent. {marker(bench.reminder(document))}"]
    assert (report.written, report.waiting, bench.state(document)) == (1, 0, ReminderState.NOTED)


def test_a_note_is_written_once(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)
    write(bench)

    report = write(bench)

    assert (report.written, len(bench.notes(document))) == (0, 1)


def test_a_first_attempt_does_not_look_for_what_cannot_be_there(bench: TenantBench) -> None:
    sent(bench, bench.invoice())

    write(bench)

    assert bench.ledger.calls["notes"] == 0


def test_a_note_whose_answer_was_lost_is_found_and_not_written_again(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)
    bench.ledger.fail_next("write_note_answer", Outage("the answer was lost"))
    first = write(bench)
    bench.let_pass(timedelta(hours=1))  # the service has forgotten the idempotency key meanwhile
    second = write(bench)

    assert len(bench.notes(document)) == 1
    assert (first.waiting, second.found, second.written) == (1, 1, 0)
    assert bench.state(document) is ReminderState.NOTED


def test_a_note_that_never_arrived_is_written_by_the_next_run(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)
    bench.ledger.fail_next("write_note", Outage("the request was lost"))
    write(bench)
    bench.books.add_note(document, "A note of somebody else's")

    report = write(bench)

    assert (report.found, report.written) == (0, 1)
    assert len(bench.notes(document)) == 2


def test_a_run_that_cannot_look_does_not_write(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)
    bench.ledger.fail_next("write_note_answer", Outage("the answer was lost"))
    write(bench)
    bench.ledger.fail_next("notes", Outage("no history either"))

    report = write(bench)

    assert (report.waiting, len(bench.notes(document)), bench.state(document)) == (1, 1, ReminderState.SENT)


def test_a_kill_between_the_note_and_its_row_does_not_double_it(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)

    class Killed(BaseException):
        pass

    noted = bench.store.reminders.noted

    def killed(*_: object) -> bool:
        raise Killed

    bench.store.reminders.noted = killed
    with pytest.raises(Killed):
        write(bench)
    bench.store.reminders.noted = noted

    write(bench)

    assert len(bench.notes(document)) == 1


def test_a_refused_note_stays_owed_and_is_reported_with_its_reason(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)
    bench.ledger.fail_next("write_note", Refused("the period is closed"))

    report = write(bench)

    assert (report.waiting, report.problems) == (1, ["the period is closed"])
    assert bench.reminder(document).reason == "the period is closed"
    assert [reminder.id for reminder in bench.store.reminders.owed_notes()] == [bench.reminder(document).id]


def test_a_refused_note_does_not_keep_the_others_waiting(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(3)]
    sent(bench, *documents)
    bench.ledger.fail_next("write_note", Refused("the period is closed"))

    report = write(bench)

    assert (report.written, report.waiting) == (2, 1)
    assert [bench.state(document) for document in documents] == [
        ReminderState.SENT,
        ReminderState.NOTED,
        ReminderState.NOTED,
    ]


def test_a_note_on_an_invoice_that_is_gone_does_not_keep_the_others_waiting(bench: TenantBench) -> None:
    lost, other = bench.invoice(), bench.invoice()
    sent(bench, lost, other)
    del bench.books.by_guid[lost.guid]

    report = write(bench)

    assert (report.written, report.waiting) == (1, 1)


@pytest.mark.parametrize(
    "error",
    [
        RetryLater("slow down", after=timedelta(minutes=1), limit="minute"),
        Reauthorise("connect again"),
        Forbidden("no right to write notes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_service_out_of_reach_is_not_asked_for_every_note(bench: TenantBench, error: LedgerError) -> None:
    documents = [bench.invoice() for _ in range(4)]
    sent(bench, *documents)
    bench.ledger.fail_at("write_note", 2, error)

    report = write(bench)

    assert (report.written, report.waiting, bench.ledger.calls["write_note"]) == (1, 3, 2)
    assert report.problems == [str(error)]


@pytest.mark.parametrize("error", [Outage("no answer"), BadData("not JSON")], ids=lambda error: type(error).__name__)
def test_one_note_that_fails_keeps_no_other_from_being_written(bench: TenantBench, error: LedgerError) -> None:
    sent(bench, *(bench.invoice() for _ in range(4)))
    bench.ledger.fail_at("write_note", 2, error)

    report = write(bench)

    assert (report.written, report.waiting) == (3, 1)


def test_after_two_outages_in_a_row_the_rest_stays_owed(bench: TenantBench) -> None:
    sent(bench, *(bench.invoice() for _ in range(5)))
    bench.ledger.fail_at("write_note", 2, Outage("no answer"))
    bench.ledger.fail_at("write_note", 3, Outage("no answer"))

    report = write(bench)

    assert (report.written, report.waiting, bench.ledger.calls["write_note"]) == (1, 4, 3)


def test_what_was_left_owed_is_written_later(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(4)]
    sent(bench, *documents)
    bench.ledger.fail_at("write_note", 2, Outage("no answer"))
    write(bench)

    write(bench)

    assert [len(bench.notes(document)) for document in documents] == [1, 1, 1, 1]
    assert bench.store.reminders.owed_notes() == []


def test_a_long_note_is_shortened_but_keeps_its_marker(bench: TenantBench) -> None:
    document = bench.invoice()
    sent(bench, document)

    write(bench, "reminder " * 60)

    [note] = bench.notes(document)
    assert len(note) <= LONGEST_NOTE
    assert note.endswith(f"\u2026 {marker(bench.reminder(document))}")


@given(st.text(max_size=400), st.text("[dun:ABC]", min_size=1, max_size=20))
def test_a_note_is_one_line_within_the_limit_and_ends_with_its_marker(text: str, ending: str) -> None:
    note = fit(text, ending)

    assert len(note) <= LONGEST_NOTE
    assert note.endswith(f" {ending}")
    assert len(note.splitlines()) == 1
