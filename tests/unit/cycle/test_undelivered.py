"""A message that did not arrive is told to the ledger, whose history calls its reminder sent."""

from datetime import timedelta

import pytest
from tenant_bench import TenantBench
from unit.state.examples import a_fact

from connector.hearing import see_to_undelivered
from connectors.ledger import Outage
from connectors.sandbox.documents import Invoice


@pytest.fixture
def invoice(bench: TenantBench) -> Invoice:
    """Asked for once, in a message whose note is in the ledger."""
    made = bench.invoice(bench.customer(email="ap@buyer.example"))
    bench.run()
    return made


def told(bench: TenantBench, invoice: Invoice, kind: str, recipient: str | None = "ap@buyer.example") -> None:
    message = bench.reminder(invoice).message_id
    bench.store.deliveries.record(a_fact(message_id=message, kind=kind, recipient=recipient, at=bench.now), bench.now)


def further_notes(bench: TenantBench, invoice: Invoice) -> list[str]:
    return [text.split(" [")[0] for text in bench.notes(invoice) if "[dun-note:" in text]


def test_a_bounce_is_a_further_note_and_one_alone_however_often_it_is_told(
    bench: TenantBench, invoice: Invoice
) -> None:
    day = bench.today
    told(bench, invoice, "bounced")
    bench.run()
    told(bench, invoice, "failed")
    bench.live(3)

    assert further_notes(bench, invoice) == [f"soft reminder of {day:%d %b %Y} did not arrive."]


def test_each_invoice_of_a_message_that_did_not_arrive_is_told(bench: TenantBench) -> None:
    customer = bench.customer(email="ap@buyer.example")
    documents = [bench.invoice(customer), bench.invoice(customer)]
    bench.run()
    told(bench, documents[0], "bounced")

    bench.run()

    assert [len(further_notes(bench, each)) for each in documents] == [1, 1]


def test_a_message_that_one_of_two_addresses_took_is_told_as_that(bench: TenantBench, invoice: Invoice) -> None:
    told(bench, invoice, "delivered", recipient="boss@buyer.example")
    told(bench, invoice, "bounced")

    bench.run()

    [note] = further_notes(bench, invoice)
    assert note.endswith("did not arrive at every address.")


@pytest.mark.parametrize("kind", ["delivered", "in_transit", "opened_complaint"])
def test_what_arrived_has_no_further_note(bench: TenantBench, invoice: Invoice, kind: str) -> None:
    told(bench, invoice, kind)

    bench.run()

    assert further_notes(bench, invoice) == []


def test_a_note_whose_answer_was_lost_is_not_written_again(bench: TenantBench, invoice: Invoice) -> None:
    told(bench, invoice, "bounced")
    bench.ledger.fail_next("write_note_answer", Outage("the answer was lost"))
    bench.run()
    bench.let_pass(timedelta(hours=1))

    bench.run()

    assert len(further_notes(bench, invoice)) == 1


def test_a_death_before_the_task_stands_leaves_no_note_behind(
    bench: TenantBench, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(bench, invoice, "bounced")

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bench.store.tasks, "open", dies)
        with pytest.raises(KeyboardInterrupt):
            see_to_undelivered(bench.tenant)

    assert bench.store.ledger_notes.owed() == []
    bench.run()
    assert len(further_notes(bench, invoice)) == 1
