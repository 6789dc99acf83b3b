"""The proof of debt: what may leave, and each way in which it may not."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tenant_bench import TenantBench

from connectors.ledger import BadData, ContactReading, Forbidden, LedgerError, Outage, Reauthorise, Refused, RetryLater
from connectors.sandbox.documents import Invoice
from state.model import ContactId, Reminder
from state.records import PlannedStage
from sync.pull import pull
from sync.verify import Proof, Stop, Verification, verify

EVERY_ERROR = [
    Outage("no answer"),
    RetryLater("slow down", after=timedelta(minutes=1), limit="minute"),
    Reauthorise("connect again"),
    Forbidden("not allowed"),
    Refused("no"),
    BadData("not JSON"),
]


def planned(bench: TenantBench, *documents: Invoice) -> list[Reminder]:
    """Reminders of the first stage for `documents`, all pulled."""
    pull(bench.ledger, bench.store, bench.tenant.clock)
    rows = [
        PlannedStage(
            invoice_id=document.guid,
            contact_id=bench.owner_of(document).guid,
            stage="soft",
            round=1,
            planned_for=bench.today,
        )
        for document in documents
    ]
    bench.store.reminders.plan(rows, bench.now)
    return bench.store.reminders.planned()


def verified(bench: TenantBench, reminders: list[Reminder]) -> Verification:
    return verify(bench.ledger, bench.store, reminders)


def stop_after(bench: TenantBench, happening: Callable[[Invoice], object]) -> Stop | None:
    """How the live read judges an invoice after `happening` to it."""
    document = bench.invoice()
    [reminder] = planned(bench, document)
    happening(document)
    verification = verified(bench, [reminder])
    assert (reminder.id in verification.proofs) != (reminder.id in verification.stops)
    return verification.stops.get(reminder.id)


def test_an_invoice_that_is_still_owed_comes_out_with_a_proof(bench: TenantBench) -> None:
    document = bench.invoice(amount="120.50")
    [reminder] = planned(bench, document)
    bench.let_pass(timedelta(minutes=2))

    verification = verified(bench, [reminder])

    proof = verification.proofs[reminder.id]
    assert (proof.due_minor, proof.currency, proof.version) == (12050, "GBP", "0")
    assert proof.read_at == bench.now
    assert msgspec.json.decode(proof.json(), type=Proof) == proof


def test_a_paid_invoice_ends_its_reminder(bench: TenantBench) -> None:
    assert stop_after(bench, bench.pay) == Stop("paid", final=True)


def test_an_invoice_settled_by_a_credit_note_ends_its_reminder(bench: TenantBench) -> None:
    def write_off(document: Invoice) -> None:
        bench.books.write_off(document, on=bench.today)

    assert stop_after(bench, write_off) == Stop("paid", final=True)


def test_a_void_invoice_ends_its_reminder(bench: TenantBench) -> None:
    assert stop_after(bench, bench.books.void_invoice) == Stop("void", final=True)


def test_a_deleted_invoice_ends_its_reminder(bench: TenantBench) -> None:
    assert stop_after(bench, bench.books.delete_invoice) == Stop("deleted", final=True)


def test_an_invoice_taken_back_to_draft_waits(bench: TenantBench) -> None:
    def take_back(document: Invoice) -> None:
        bench.books.edit_invoice(document, state="draft")

    assert stop_after(bench, take_back) == Stop("not_issued", final=False)


def test_an_invoice_the_ledger_does_not_return_waits(bench: TenantBench) -> None:
    def withhold(document: Invoice) -> None:
        bench.ledger.withheld = {document.guid}

    assert stop_after(bench, withhold) == Stop("not_returned_by_the_ledger", final=False)


def test_an_invoice_that_cannot_be_read_waits(bench: TenantBench) -> None:
    def garble(document: Invoice) -> None:
        bench.ledger.unreadable = {document.guid}

    assert stop_after(bench, garble) == Stop("unreadable", final=False)
    assert len(bench.store.mirror.quarantined()) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda bench, document: bench.pay(document, "20.00"), id="part paid"),
        pytest.param(
            lambda bench, document: bench.books.edit_invoice(document, due=bench.today + timedelta(days=9)),
            id="due later",
        ),
        pytest.param(lambda bench, document: bench.books.edit_invoice(document, due=None), id="no due date"),
        pytest.param(lambda bench, document: bench.books.edit_invoice(document, currency="EUR"), id="currency"),
        pytest.param(
            lambda bench, document: bench.books.merge(bench.owner_of(document), bench.customer()), id="customer merged"
        ),
        pytest.param(
            lambda bench, document: bench.books.edit_invoice(document, customer_id=bench.customer().id),
            id="customer exchanged",
        ),
    ],
)
def test_what_changed_since_it_was_decided_waits_to_be_decided_again(
    bench: TenantBench, change: Callable[[TenantBench, Invoice], object]
) -> None:
    stop = stop_after(bench, lambda document: change(bench, document))

    assert stop == Stop("changed_since_decided", final=False)


def test_an_edit_that_concerns_no_reminder_stops_nothing(bench: TenantBench) -> None:
    assert stop_after(bench, lambda document: bench.books.edit_invoice(document, reference="PO 7")) is None


@pytest.mark.parametrize("trouble", ["archived", "withheld", "unreadable"])
def test_a_customer_who_is_not_known_to_be_active_is_not_written_to(bench: TenantBench, trouble: str) -> None:
    def happen(document: Invoice) -> None:
        owner = bench.owner_of(document)
        if trouble == "archived":
            bench.books.edit_customer(owner, archived=True)
        else:
            setattr(bench.ledger, trouble, {owner.guid})

    assert stop_after(bench, happen) == Stop("customer_not_active", final=False)


def test_a_reminder_planned_for_another_customer_waits(bench: TenantBench) -> None:
    document = bench.invoice()
    [reminder] = planned(bench, document)
    moved = msgspec.structs.replace(reminder, contact_id=ContactId("somebody else"))

    assert verified(bench, [moved]).stops[reminder.id].code == "changed_since_decided"


def test_one_bad_invoice_does_not_stop_the_others(bench: TenantBench) -> None:
    documents = [bench.invoice() for _ in range(3)]
    reminders = planned(bench, *documents)
    bench.pay(documents[1])

    verification = verified(bench, reminders)

    assert {r.invoice_id for r in reminders if r.id in verification.proofs} == {documents[0].guid, documents[2].guid}


def test_credit_that_appeared_after_the_decision_is_part_of_the_reading(bench: TenantBench) -> None:
    document = bench.invoice()
    reminders = planned(bench, document)
    bench.credit(bench.owner_of(document), "50.00")

    assert [credit.remaining_minor for credit in verified(bench, reminders).credits] == [5000]


def test_a_new_address_is_in_the_mirror_after_the_live_read(bench: TenantBench) -> None:
    document = bench.invoice()
    reminders = planned(bench, document)
    owner = bench.owner_of(document)
    bench.books.edit_customer(owner, email="new@customer.example")

    verified(bench, reminders)

    contact = bench.store.mirror.contact(ContactId(owner.guid))
    assert contact is not None
    assert contact.email == "new@customer.example"


def test_a_proof_is_as_old_as_the_first_of_its_readings(bench: TenantBench) -> None:
    document = bench.invoice()
    reminders = planned(bench, document)
    began = bench.now
    read_contacts = bench.ledger.read_contacts

    def slowly(ids: list[ContactId]) -> object:
        bench.let_pass(timedelta(seconds=40))
        return read_contacts(ids)

    bench.ledger.read_contacts = slowly

    assert verified(bench, reminders).proofs[reminders[0].id].read_at == began


def reckons(bench: TenantBench, owes_minor: int | None, currency: str = "GBP") -> None:
    """From now on the ledger says of every customer what it owes in all."""
    company = bench.ledger.organisation()
    bench.store.mirror.save_organisation(company, bench.now)
    read_contacts = bench.ledger.read_contacts

    def with_balances(ids: list[ContactId]) -> ContactReading:
        reading = read_contacts(ids)
        found = {
            key: msgspec.structs.replace(contact, owes_minor=owes_minor, currency=currency)
            for key, contact in reading.found.items()
        }
        return msgspec.structs.replace(reading, found=found)

    bench.ledger.read_contacts = with_balances


@pytest.mark.parametrize("owes_minor", [-5_00, 0, 149_99])
def test_a_customer_who_owes_less_than_its_invoices_without_their_credit_is_not_asked(
    bench: TenantBench, owes_minor: int
) -> None:
    document = bench.invoice(amount="120.00")
    bench.invoice(bench.owner_of(document), amount="80.00", overdue=-30)
    bench.credit(bench.owner_of(document), "50.00")
    reminders = planned(bench, document)
    reckons(bench, owes_minor)

    assert verified(bench, reminders).stops == {reminders[0].id: Stop("customer_owes_less", final=False)}


@pytest.mark.parametrize(
    ("owes_minor", "currency"), [(150_00, "GBP"), (900_00, "GBP"), (None, "GBP"), (1_00, "EUR"), (-1_00, "EUR")]
)
def test_a_customer_who_owes_as_much_or_of_whom_it_is_not_known_is_asked(
    bench: TenantBench, owes_minor: int | None, currency: str
) -> None:
    document = bench.invoice(amount="120.00")
    bench.invoice(bench.owner_of(document), amount="80.00", overdue=-30)
    bench.credit(bench.owner_of(document), "50.00")
    bench.invoice(amount="700.00")  # somebody else's
    reminders = planned(bench, document)
    reckons(bench, owes_minor, currency)

    assert set(verified(bench, reminders).proofs) == {reminders[0].id}


@pytest.mark.parametrize("operation", ["read_invoices", "read_contacts", "open_credits"])
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_no_answer_is_no_proof(bench: TenantBench, operation: str, error: LedgerError) -> None:
    reminders = planned(bench, bench.invoice())
    bench.ledger.fail_next(operation, error)

    with pytest.raises(type(error)):
        verified(bench, reminders)
