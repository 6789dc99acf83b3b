"""What becomes of a reminder when the carrier does not simply take the message, and that nothing leaves twice."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connectors.channels.channel import Message, NotSent, RefusedMessage, Unsure
from connectors.ledger import Outage
from state.model import MessageId
from state.store import TenantStore


def test_a_message_that_was_not_handed_over_is_planned_again_and_leaves_later(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(NotSent("no connection"))
    report = bench.run()
    waiting = (bench.state(document), bench.reminder(document).reason)

    bench.run()

    assert report.waiting == Counter(channel_unreachable=1)
    assert waiting == ("planned", "no connection")
    assert (bench.sent_stages(document), len(bench.channel.accepted)) == (["soft"], 1)


def test_after_three_in_a_row_the_carrier_is_left_in_peace(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(6)]
    for _ in range(6):
        bench.channel.fail_next(NotSent("no connection"))

    report = bench.run()

    assert (len(bench.channel.offered), report.waiting) == (3, Counter(channel_unreachable=6))
    assert {bench.state(document) for document in documents} == {"planned"}
    assert Counter(bench.reminder(document).reason for document in documents) == {
        "no connection": 3,
        "channel_unreachable": 3,
    }


def test_failures_that_are_not_in_a_row_stop_nobody(bench: TenantBench) -> None:
    failing = {1, 2, 4, 5}

    def fail_some(_: Message) -> None:
        if len(bench.channel.offered) + 1 in failing:
            bench.channel.fail_next(NotSent("no connection"))

    bench.channel.before_send = fail_some
    for _ in range(6):
        bench.invoice()

    report = bench.run()

    assert (report.messages, len(bench.channel.offered)) == (2, 6)


def test_a_refused_message_waits_for_a_person(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(RefusedMessage("the mailbox does not exist"))

    report = bench.run()

    assert (report.failed, bench.state(document)) == (1, "failed")
    assert [(problem.code, problem.needs_person) for problem in report.problems] == [("refused", True)]


def test_a_refused_message_is_not_offered_again_by_itself(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(RefusedMessage("the mailbox does not exist"))

    bench.live(30)

    assert (len(bench.channel.offered), bench.why(document)) == (1, ["send_failed"])


def test_a_refused_message_leaves_after_a_person_has_mended_the_cause(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(RefusedMessage("the mailbox does not exist"))
    bench.run()
    bench.store.reminders.retry([bench.reminder(document).id], "bookkeeper", bench.now)

    bench.run()

    assert bench.sent_stages(document) == ["soft"]
    assert bench.judgement() == {}


@pytest.mark.parametrize("arrives", [True, False])
def test_a_message_of_unknown_fate_is_never_sent_again(bench: TenantBench, arrives: bool) -> None:
    document = bench.invoice()
    bench.channel.fail_next(Unsure("the connection broke after the last byte"), arrives=arrives)
    first = bench.run()

    bench.live(60)

    assert (first.unknown, len(bench.channel.offered)) == (1, 1)
    assert (bench.state(document), bench.action(document)) == ("unknown", "ask_person")
    assert (bench.notes(document), bench.judgement()) == ([], {})


def test_evidence_settles_an_unknown_one_and_the_sequence_goes_on(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.channel.fail_next(Unsure("the connection broke"), arrives=True)
    bench.run()
    bench.store.reminders.resolve(bench.reminder(document).id, "sent", "the customer answered", bench.now)
    bench.run()
    bench.next_day(7)

    bench.run()

    assert bench.sent_stages(document) == ["soft", "firm"]
    assert len(bench.notes(document)) == 2


def test_an_unknown_message_counts_for_the_gap_to_the_next(bench: TenantBench) -> None:
    customer = bench.customer()
    bench.invoice(customer)
    bench.channel.fail_next(Unsure("the connection broke"), arrives=True)
    bench.run()
    bench.next_day()
    second = bench.invoice(customer)

    bench.run()

    assert bench.why(second) == ["minimum_gap"]


@pytest.mark.parametrize("error", [RefusedMessage("no"), Unsure("who knows")], ids=lambda e: type(e).__name__)
def test_one_customers_trouble_is_not_the_others(bench: TenantBench, error: Exception) -> None:
    for _ in range(4):
        bench.invoice()
    bench.channel.fail_next(error)

    assert bench.run().messages == 3


def test_a_second_cycle_right_after_writes_to_nobody(bench: TenantBench) -> None:
    for _ in range(5):
        bench.invoice()
    bench.run()
    states = bench.states()

    def blown_up(*_: object, **__: object) -> None:
        raise AssertionError("a writer was called")

    bench.channel.send = blown_up
    bench.ledger.write_note = blown_up
    report = bench.run()

    assert (report.planned, report.messages, report.notes_written, report.problems) == (0, 0, 0, [])
    assert bench.states() == states


def test_a_proof_that_has_grown_too_old_sends_nothing_and_says_so(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(4)]
    bench.channel.before_send = lambda _: bench.let_pass(timedelta(seconds=200))  # a slow carrier

    report = bench.run()

    assert (report.messages, report.waiting) == (2, Counter(proof_too_old=2))
    assert Counter(bench.state(document) for document in documents) == {"noted": 2, "planned": 2}
    assert Counter(bench.reminder(document).reason for document in documents) == {None: 2, "proof_too_old": 2}


def test_what_a_slow_carrier_left_over_is_read_afresh_by_the_next_cycle(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(4)]
    bench.channel.before_send = lambda _: bench.let_pass(timedelta(seconds=200))
    bench.run()
    waiting = [document for document in documents if bench.state(document) == "planned"]
    bench.pay(waiting[0])

    bench.run()

    assert (bench.sent_stages(waiting[0]), bench.sent_stages(waiting[1])) == ([], ["soft"])
    assert bench.judgement() == {}


def test_a_message_is_written_down_before_its_first_byte_leaves(bench: TenantBench, tmp_path: Path) -> None:
    document = bench.invoice()
    seen: list[object] = []

    def look(message: Message) -> None:
        with TenantStore.open(tmp_path / "dun.db") as elsewhere:
            [reminder] = elsewhere.reminders.for_message(MessageId(message.id))
            seen.append((reminder.state, reminder.invoice_id, reminder.proof is not None))

    bench.channel.before_send = look

    bench.run()

    assert seen == [("sending", document.guid, True)]


def test_a_cycle_that_died_while_sending_leaves_an_unknown_one(bench: TenantBench) -> None:
    class Killed(BaseException):
        pass

    def die(_: Message) -> None:
        raise Killed

    document = bench.invoice()
    bench.channel.before_send = die
    with pytest.raises(Killed):
        bench.run()
    bench.channel.before_send = lambda _: None

    bench.live(30)

    assert (bench.state(document), bench.channel.offered) == ("unknown", [])
    assert bench.action(document) == "ask_person"


def test_a_note_that_could_not_be_written_is_written_by_the_next_cycle(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.ledger.fail_next("write_note", Outage("no answer"))
    first = bench.run()

    second = bench.run()

    assert (first.notes_waiting, [problem.code for problem in first.problems]) == (1, ["note"])
    assert (second.notes_written, len(bench.notes(document))) == (1, 1)


def test_a_report_is_kept_with_its_cycle_and_names_no_address(bench: TenantBench) -> None:
    bench.invoice(bench.customer(email="secret@customer.example"))
    bench.channel.fail_next(RefusedMessage("the mailbox does not exist"))

    bench.run()

    [cycle] = bench.store.cycles.last(5)
    assert json.loads(cycle.report)["failed"] == 1
    assert "secret" not in cycle.report
