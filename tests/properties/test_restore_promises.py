"""Whatever happened before and after a backup that is restored: no stage leaves twice, and no note is doubled."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tenant_bench import TenantBench

from connectors.channels.channel import NotSent, Unsure
from connectors.ledger import LedgerError, Outage, Refused, RetryLater
from state.backup import copy_database
from state.store import TenantStore
from sync.notes import marked

NOTE_TROUBLES: tuple[LedgerError, ...] = (
    Outage("no answer"),
    Refused("locked period"),
    RetryLater("slow down", after=timedelta(minutes=1), limit="minute"),
)
SEND_TROUBLES = (Unsure("cut off"), NotSent("no connection"))
DAY = st.tuples(
    st.none() | st.tuples(st.integers(1, 3), st.sampled_from(NOTE_TROUBLES)),
    st.none() | st.sampled_from(SEND_TROUBLES),
    st.booleans(),  # somebody pays
)


def live(bench: TenantBench, days: list[tuple]) -> None:
    for note_trouble, send_trouble, pays in days:
        if note_trouble is not None:
            bench.ledger.fail_at("write_note", *note_trouble)
        if send_trouble is not None:
            bench.channel.fail_next(send_trouble, arrives=isinstance(send_trouble, Unsure))
        if pays and (open_ones := [i for i in bench.books.invoices.values() if i.due_amount > 0]):
            bench.pay(open_ones[0])
        bench.run()
        bench.next_day()


def left(bench: TenantBench) -> set[tuple[str, str, int, str]]:
    """Invoice, stage, round and attempt of every reminder whose message the carrier took, as this file knows them."""
    accepted = {message.id for message in bench.channel.accepted}
    reminders = (r for invoice in bench.books.invoices.values() for r in bench.reminders(invoice))
    return {(r.invoice_id, r.stage, r.round, r.message_id) for r in reminders if r.message_id in accepted}


@settings(max_examples=25, deadline=None)
@given(
    overdue=st.lists(st.integers(-4, 25), min_size=1, max_size=6),
    shared=st.booleans(),
    before=st.lists(DAY, max_size=4),
    lost=st.lists(DAY, max_size=8),
    closed_for=st.integers(0, 6),
    troubles=st.lists(st.sampled_from(NOTE_TROUBLES), max_size=2),
)
@example(overdue=[1], shared=False, before=[], lost=[(None, None, False)], closed_for=0, troubles=[])
@example(overdue=[2, 1], shared=True, before=[], lost=[((2, NOTE_TROUBLES[0]), None, False)], closed_for=0, troubles=[])
def test_nothing_is_doubled_by_a_restore(overdue, shared, before, lost, closed_for, troubles) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        bench = TenantBench.open(folder)
        customer = bench.customer()
        for days in overdue:
            bench.invoice(customer if shared else bench.customer(), overdue=days)
        live(bench, before)
        made_at = bench.now
        copy_database(folder / "dun.db", folder / "copy.db")
        live(bench, lost)
        before_the_loss = left(bench)
        bench.store.close()

        bench.next_day(closed_for)
        bench.store = TenantStore.open(folder / "copy.db")
        bench.store._connection.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        bench.store.restoration.begin(made_at, bench.now, "restored")
        bench.store.holds.release("tenant", "*", bench.now)  # even by somebody in a hurry
        for call, trouble in enumerate(troubles, start=1):
            bench.ledger.fail_at("notes", call, trouble)
        bench.live(12)

        assert bench.store.restoration.unlearned() is None
        times = Counter(each[:3] for each in before_the_loss | left(bench))
        assert {reminder: count for reminder, count in times.items() if count > 1} == {}
        notes = Counter(marker for note in bench.books.notes for marker in marked(note.text))
        assert {marker: count for marker, count in notes.items() if count > 1} == {}
        bench.store.close()
