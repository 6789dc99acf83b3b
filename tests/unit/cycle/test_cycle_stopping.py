"""A cycle that is asked to stop ends after the message or note in hand, and the next one goes on from there."""

from dataclasses import replace

from tenant_bench import TenantBench

from connector.cycle import run_cycle
from connector.report import CycleReport
from sync.notes import write_owed_notes


class Patience:
    """Ends after so many questions."""

    def __init__(self, questions: int) -> None:
        self._left = questions

    def over(self) -> bool:
        self._left -= 1
        return self._left < 0


def run_until(bench: TenantBench, sent: int) -> CycleReport:
    """A cycle that is asked to stop while the `sent`-th message is on its way."""
    return run_cycle(replace(bench.tenant, stopping=lambda: len(bench.channel.offered) >= sent))


def test_no_message_leaves_after_the_one_in_hand(bench: TenantBench) -> None:
    for _ in range(5):
        bench.invoice()

    report = run_until(bench, sent=2)

    assert (len(bench.channel.accepted), report.messages, report.waiting["stopping"]) == (2, 2, 3)


def test_the_message_in_hand_is_settled_and_its_note_owed(bench: TenantBench) -> None:
    document = bench.invoice()
    report = run_until(bench, sent=1)

    assert (bench.states(), bench.notes(document), report.problems) == ({"sent": 1}, [], [])


def test_the_next_cycle_sends_the_rest_and_writes_all_notes(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(40)]  # more than share one live read
    run_until(bench, sent=7)
    bench.run()

    assert len(bench.channel.accepted) == 40
    assert [len(bench.notes(document)) for document in documents] == [1] * 40
    assert bench.judgement() == {}


def test_a_cycle_that_is_to_stop_from_the_beginning_sends_nothing(bench: TenantBench) -> None:
    bench.invoice()
    report = run_cycle(replace(bench.tenant, stopping=lambda: True))

    assert (report.messages, report.planned, bench.channel.offered) == (0, 0, [])


def test_a_stop_between_two_notes_leaves_the_rest_owed(bench: TenantBench) -> None:
    for _ in range(3):
        bench.invoice()
    run_until(bench, sent=3)  # all sent, no notes yet
    tenant = bench.tenant
    report = write_owed_notes(tenant.ledger, tenant.store, tenant.clock, lambda _: "Sent", enough=Patience(2).over)

    assert (report.written, report.waiting, report.problems) == (2, 1, [])
    assert bench.states() == {"noted": 2, "sent": 1}
