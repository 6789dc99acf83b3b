"""A forgotten customer is gone from the bytes of the file, stays gone, and is never written to; the figures stay."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tenant_bench import TenantBench

from connectors.ledger import Outage
from connectors.sandbox.documents import Customer, Invoice
from state.agreed import Preference, Share
from state.database import open_database
from state.errors import FileBusy
from state.migrations import TENANT_FILE
from state.model import ContactId, InvoiceId, Rejected, ReminderState

PERSON = {
    "name": "Zebedee Quillfeather",
    "email": "zebedee@quillfeather.example",
    "first_name": "Zebedee",
    "mobile": "07700 900741",
    "street": "Zebedee Cottage",
    "groups": ("Friends of Zebedee",),
}
TRACES = (b"ebedee", b"uillfeather", b"900741")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[TenantBench]:
    made = TenantBench.open(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def customer(bench: TenantBench) -> Customer:
    return bench.customer(**PERSON)


@pytest.fixture
def invoice(bench: TenantBench, customer: Customer) -> Invoice:
    """Asked for once."""
    made = bench.invoice(customer, reference="Zebedee's garden")
    bench.run()
    return made


@pytest.fixture
def forget(bench: TenantBench, customer: Customer) -> Callable[[], object]:
    return lambda: bench.store.forgetting.forget(ContactId(customer.guid), bench.now)


def traces(folder: Path) -> dict[str, bytes]:
    """What of the person is in the bytes of which file."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("dun.db")}
    return {name: trace for name, content in files.items() for trace in TRACES if trace in content}


def test_the_person_was_in_the_file_before(bench: TenantBench, invoice: Invoice, tmp_path: Path) -> None:
    assert traces(tmp_path)


def test_no_byte_of_the_person_is_left(bench: TenantBench, invoice: Invoice, forget, tmp_path: Path) -> None:
    bench.store.holds.place("invoice", invoice.guid, "promise", None, "Zebedee rang", bench.now)
    broken = Rejected("invoice", invoice.guid, None, "no amount for Zebedee", '{"Name": "Zebedee"}', "Zebedee 1")
    bench.store.mirror.quarantine([broken], bench.now)

    forget()

    assert traces(tmp_path) == {}


def test_nothing_people_wrote_about_agreements_is_left(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget, tmp_path: Path
) -> None:
    store, at, contact, key = bench.store, bench.now, ContactId(customer.guid), InvoiceId(invoice.guid)
    shares = [Share(key, 120_00)]
    store.promises.make(key, None, bench.today, 50_00, "GBP", shares, "Zebedee rang", "ada", at)
    store.promises.make(None, contact, bench.today, 50_00, "GBP", shares, "Zebedee wrote", "ada", at)
    opened = store.disputes.open(key, "Zebedee says so", "ada", None, "GBP", "ada", at)
    store.disputes.close(opened.id, "Quillfeather paid", "ada", at)
    wish = Preference(
        contact_id=contact,
        do_not_chase="Zebedee is ill",
        owner="ada",
        escalation_name="Mrs Quillfeather",
        escalation_email="mrs@quillfeather.example",
    )
    store.preferences.save(wish, "ada", at)
    store.ledger_notes.owe(key, "Zebedee promised", at)
    store.write_offs.propose(key, "Zebedee is broke", "ada", at)
    store.audit.record("ada", "promise", "invoice", key, {"note": "Zebedee rang"}, at)
    store.audit.record("ada", "customer", "contact", contact, {"owner": "Zebedee"}, at)

    forget()

    assert traces(tmp_path) == {}
    assert [(entry.who, entry.action, entry.details) for entry in store.audit.entries()] == [
        ("ada", "customer", {}),
        ("ada", "promise", {}),
    ]
    assert [promise.amount_minor for promise in store.promises.open()] == [50_00, 50_00]
    assert store.ledger_notes.owed() == []


def test_a_number_that_answered_stop_goes_and_the_wish_stays(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget, tmp_path: Path
) -> None:
    number = "+447700900123"
    shell = open_database(tmp_path / "dun.db", TENANT_FILE)
    shell.execute("UPDATE message SET recipients = ?", (f'["{number}"]',))  # the reminder had been a text
    shell.close()
    bench.store.opt_outs.opt_out(number, bench.now, "text")
    bench.store.opt_outs.opt_out("+447700900124", bench.now, "text")  # somebody else's

    forget()

    left = {path.name for path in tmp_path.glob("dun.db*") if number.encode() in path.read_bytes()}
    assert left == set()
    assert bench.store.opt_outs.opted_out(number)
    assert bench.store.opt_outs.opted_out("+447700900124")


def test_a_dead_number_goes(bench: TenantBench, customer: Customer, invoice: Invoice, forget, tmp_path: Path) -> None:
    number = "+447700900123"
    shell = open_database(tmp_path / "dun.db", TENANT_FILE)
    shell.execute("UPDATE message SET recipients = ?", (f'["{number}"]',))  # the reminder had been a text
    shell.close()
    bench.store.deliveries.suppress(number, "bounced", bench.now)
    bench.store.deliveries.suppress("+447700900124", "bounced", bench.now)  # somebody else's

    forget()

    assert [each.address for each in bench.store.deliveries.suppressed()] == ["+447700900124"]


def test_the_next_pulls_do_not_bring_it_back(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget, tmp_path: Path
) -> None:
    forget()
    bench.books.edit_customer(customer, email="new@quillfeather.example")
    bench.invoice(customer, reference="for Zebedee", billed_to="zebedee@quillfeather.example")
    bench.ledger.unreadable.add(invoice.guid)
    broken = Rejected("invoice", invoice.guid, None, "no amount for Zebedee", '{"Name": "Zebedee"}')
    bench.store.mirror.quarantine([broken], bench.now)

    bench.live(3)

    assert traces(tmp_path) == {}


def test_nobody_forgotten_is_written_to(bench: TenantBench, customer: Customer, invoice: Invoice, forget) -> None:
    forget()
    later = bench.invoice(customer)

    bench.live(12)

    assert len(bench.channel.offered) == 1
    assert "held" in bench.why(later)


def test_the_hold_on_a_forgotten_customer_cannot_be_released(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget
) -> None:
    forget()

    assert bench.store.holds.release("contact", customer.guid, bench.now) == 0


def test_a_reminder_that_was_ready_does_not_leave(bench: TenantBench, customer: Customer, forget) -> None:
    bench.set(mode="approve")
    ready = bench.invoice(customer)
    bench.run()
    bench.store.reminders.approve([bench.reminder(ready).id], "Ada", bench.now)
    forget()

    bench.live(2)

    assert bench.channel.offered == []


def test_whom_an_approval_was_for_is_not_remembered_even_as_a_digest(
    bench: TenantBench, customer: Customer, forget
) -> None:
    bench.set(mode="approve")
    ready = bench.invoice(customer)
    bench.run()
    bench.approve(ready)

    forget()

    assert [each.terms for each in bench.store.planned_facts(bench.today)] == [None]


def test_the_figures_stay(bench: TenantBench, customer: Customer, invoice: Invoice, forget) -> None:
    asked, due = bench.asks(), bench.store.mirror.invoice(InvoiceId(invoice.guid)).due

    forget()

    assert bench.asks() == asked
    assert bench.store.mirror.invoice(InvoiceId(invoice.guid)).due == due
    assert bench.state(invoice) is ReminderState.NOTED


def test_others_are_not_touched(bench: TenantBench, invoice: Invoice, forget) -> None:
    other = bench.customer(name="Somebody Else")
    bench.invoice(other)
    bench.next_day(5)
    bench.run()
    before = [message.draft for message in bench.messages() if message.draft.contact_id == other.guid]

    forget()

    assert bench.store.mirror.contact(ContactId(other.guid)).name == "Somebody Else"
    assert [message.draft for message in bench.messages() if message.draft.contact_id == other.guid] == before


def test_the_owed_note_names_no_address(bench: TenantBench, customer: Customer, forget) -> None:
    owed = bench.invoice(customer)
    bench.ledger.fail_at("write_note", 1, Outage("no answer"))
    bench.run()
    forget()

    bench.run()

    [note] = bench.notes(owed)
    assert "@" not in note


def test_whoever_was_merged_into_the_customer_is_forgotten_too(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget, tmp_path: Path
) -> None:
    loser = bench.customer(name="Z. Quillfeather", email="z@quillfeather.example")
    bench.invoice(loser, overdue=-20)
    bench.run()
    bench.store.mirror.mark_merged({ContactId(loser.guid): ContactId(customer.guid)})

    erased = forget()

    assert erased.contacts == 2
    assert traces(tmp_path) == {}


def test_forgetting_twice_changes_nothing(bench: TenantBench, invoice: Invoice, forget) -> None:
    first = forget()

    assert forget() == first
    assert len([hold for hold in bench.store.holds.active(bench.today) if hold.reason == "forgotten"]) == 1


def test_it_stands_in_the_file_that_it_was_done(
    bench: TenantBench, customer: Customer, invoice: Invoice, forget
) -> None:
    forget()

    [row] = bench.store._connection.execute("SELECT contact_id, forgotten_at FROM forgotten").fetchall()
    assert row == (customer.guid, "2026-03-02T10:00:00.000Z")


def test_a_reader_in_the_way_is_named(bench: TenantBench, invoice: Invoice, forget, tmp_path: Path) -> None:
    bench.store._connection.execute("PRAGMA busy_timeout = 10")
    reader = open_database(tmp_path / "dun.db", TENANT_FILE)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM contact").fetchone()

    with pytest.raises(FileBusy, match="run `dun forget` again"):
        forget()

    reader.close()
    forget()
    assert traces(tmp_path) == {}
