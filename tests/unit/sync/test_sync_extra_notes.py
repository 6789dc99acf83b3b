"""What was agreed ends as exactly one note, whatever happens to the answers, and is never taken for a reminder's."""

from datetime import timedelta

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage, Reauthorise, Refused
from connectors.sandbox.documents import Invoice
from sync.extra_notes import extra_marker, write_extra_notes
from sync.notes import LONGEST_NOTE, NotesReport, marked
from sync.pull import pull

WORDS = "Promised: 250.00 GBP by 2026-04-30."


def owe(bench: TenantBench, *documents: Invoice, words: str = WORDS) -> None:
    pull(bench.ledger, bench.store, bench.tenant.clock)
    for document in documents:
        bench.store.ledger_notes.owe(document.guid, words, bench.now)


def write(bench: TenantBench, stop_after: int = 99) -> NotesReport:
    written = iter(range(stop_after))
    return write_extra_notes(bench.ledger, bench.store, bench.tenant.clock, enough=lambda: next(written, None) is None)


def test_an_owed_note_is_written_once_with_a_marker_of_its_own(bench: TenantBench) -> None:
    document = bench.invoice()
    owe(bench, document)
    [owed] = bench.store.ledger_notes.owed()

    first, second = write(bench), write(bench)

    assert bench.notes(document) == [f"{WORDS} {extra_marker(owed)}"]
    assert (first.written, second.written, bench.store.ledger_notes.owed()) == (1, 0, [])
    assert marked(bench.notes(document)[0]) == []


def test_a_note_whose_answer_was_lost_is_found_and_not_written_again(bench: TenantBench) -> None:
    document = bench.invoice()
    owe(bench, document)
    bench.ledger.fail_next("write_note_answer", Outage("the answer was lost"))
    first = write(bench)
    bench.let_pass(timedelta(hours=1))  # the service has forgotten the idempotency key meanwhile

    second = write(bench)

    assert (first.waiting, second.found, second.written, len(bench.notes(document))) == (1, 1, 0, 1)


def test_a_kill_between_the_note_and_its_row_does_not_double_it(
    bench: TenantBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = bench.invoice()
    owe(bench, document)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(bench.store.ledger_notes, "written", killed)
        with pytest.raises(Killed):
            write(bench)
    bench.let_pass(timedelta(hours=1))

    assert write(bench).found == 1
    assert len(bench.notes(document)) == 1


def test_a_refused_note_stays_owed_and_keeps_no_other_waiting(bench: TenantBench) -> None:
    documents = [bench.invoice(), bench.invoice()]
    owe(bench, *documents)
    bench.ledger.fail_next("write_note", Refused("the period is closed"))

    report = write(bench)

    assert (report.written, report.waiting, report.problems) == (1, 1, ["the period is closed"])
    assert [note.tried for note in bench.store.ledger_notes.owed()] == [True]


def test_a_dead_connection_is_not_asked_for_every_note(bench: TenantBench) -> None:
    owe(bench, *(bench.invoice() for _ in range(3)))
    bench.ledger.fail_next("write_note", Reauthorise("connect again"))

    report = write(bench)

    assert (report.written, report.waiting, bench.ledger.calls["write_note"]) == (0, 3, 1)


def test_a_daemon_that_wants_to_leave_leaves_the_rest_owed(bench: TenantBench) -> None:
    owe(bench, *(bench.invoice() for _ in range(3)))

    report = write(bench, stop_after=1)

    assert (report.written, report.waiting, len(bench.store.ledger_notes.owed())) == (1, 2, 2)


def test_a_long_note_is_shortened_and_keeps_its_marker(bench: TenantBench) -> None:
    document = bench.invoice()
    owe(bench, document, words="promised " * 60)

    write(bench)

    [note] = bench.notes(document)
    assert len(note) <= LONGEST_NOTE
    assert note.endswith("]")


def test_after_a_restore_a_note_is_looked_for_before_it_is_written(bench: TenantBench) -> None:
    document = bench.invoice()
    owe(bench, document)
    [owed] = bench.store.ledger_notes.owed()
    bench.books.add_note(document, f"{WORDS} {extra_marker(owed)}")  # by the file that was lost
    bench.store.restoration.begin(bench.now, bench.now, "restored")

    report = write(bench)

    assert (report.found, report.written, len(bench.notes(document))) == (1, 0, 1)
