"""Agreements in the life of the cycle: what was agreed decides, and what comes in ends it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.agreements.subject import AgreementError
from connector.circumstances import circumstances
from connector.ways_out.work import find_task, of_agreements
from state.agreed import Instalment, PromiseState, Share
from state.model import ContactId, InvoiceId


def promise(bench, invoice, on: date, amount_minor: int = 120_00) -> None:
    key = InvoiceId(invoice.guid)
    bench.run()  # the mirror knows the invoice then
    with bench.store.transaction():
        bench.store.promises.make(
            target=key,
            contact=None,
            promised_on=on,
            amount_minor=amount_minor,
            currency="GBP",
            shares=[Share(key, 120_00)],
            note=None,
            by="bo",
            at=bench.now,
        )
        details = {"promised_on": on, "amount_minor": amount_minor, "currency": "GBP"}
        bench.store.audit.record("bo", "promise", "invoice", key, details, bench.now)


def plan(bench, invoice, *parts: tuple[int, int]) -> None:
    """Instalments as (days from today, minor units)."""
    customer = ContactId(bench.owner_of(invoice).guid)
    instalments = [Instalment(n, bench.today + timedelta(days=d), minor) for n, (d, minor) in enumerate(parts, start=1)]
    bench.store.plans.make(customer, "GBP", [Share(InvoiceId(invoice.guid), 120_00)], instalments, "bo", bench.now)


def test_a_promise_is_waited_for_and_then_kept(bench) -> None:
    invoice = bench.invoice(overdue=-4)
    promise(bench, invoice, bench.today + timedelta(days=6))
    bench.next_day(5)
    bench.run()
    assert bench.why(invoice) == ["promised"]

    bench.pay(invoice)
    report = bench.run()

    assert report.agreements == {"promise kept": 1}
    assert bench.messages() == []


def test_a_broken_promise_is_told_in_the_next_message(bench) -> None:
    invoice = bench.invoice(overdue=-4)
    promise(bench, invoice, bench.today + timedelta(days=7))  # the soft stage would come on day 5
    bench.next_day(8)

    report = bench.run()

    assert report.agreements == {"promise broken": 1}
    assert bench.store.promises.open() == []
    [message] = bench.channel.accepted
    assert "You told us that £120.00 would be paid by" in message.text


def test_of_a_promise_kept_in_part_the_message_names_what_is_missing(bench) -> None:
    invoice = bench.invoice(overdue=-4)
    promise(bench, invoice, bench.today + timedelta(days=7))
    bench.pay(invoice, "50.00")
    bench.next_day(8)

    bench.run()

    [message] = bench.channel.accepted
    assert "You told us that £120.00 would be paid by" in message.text
    assert "£70.00 of it has not reached us." in message.text


def test_a_promise_made_while_messages_are_leaving_keeps_its_customers_back(bench) -> None:
    first, second = bench.invoice(overdue=2), bench.invoice()
    calls = []

    def promise_now(_) -> None:
        if not calls:
            calls.append(1)
            key = InvoiceId(second.guid)
            bench.store.audit.record("bo", "promise", "invoice", key, {}, bench.now)

    bench.channel.before_send = promise_now
    report = bench.run()

    assert report.waiting["agreed_meanwhile"] == 1
    assert (bench.sent_stages(first), bench.sent_stages(second)) == (["soft"], [])


def dispute(bench, invoice, minor: int) -> None:
    bench.run()
    bench.store.disputes.open(InvoiceId(invoice.guid), "two boxes were broken", "ada", minor, "GBP", "bo", bench.now)


def credited(bench, invoice, amount: str) -> None:
    note = bench.credit(bench.owner_of(invoice), amount)
    bench.books.apply_credit(note, invoice, Decimal(amount), on=bench.today)


def test_a_credit_note_for_the_disputed_part_is_not_subtracted_twice(bench) -> None:
    invoice = bench.invoice(amount="500.00", overdue=-4)
    dispute(bench, invoice, 120_00)
    bench.next_day(1)
    credited(bench, invoice, "120.00")
    bench.next_day(9)

    bench.run()

    assert "Amount to pay: £380.00" in bench.channel.accepted[-1].text
    assert "in dispute;" not in bench.channel.accepted[-1].text


def test_a_credit_note_of_before_the_dispute_leaves_the_disputed_part(bench) -> None:
    invoice = bench.invoice(amount="500.00", overdue=-4)
    credited(bench, invoice, "100.00")
    dispute(bench, invoice, 120_00)
    bench.next_day(1)
    credited(bench, invoice, "50.00")
    bench.next_day(9)

    bench.run()

    message = bench.channel.accepted[-1].text
    assert "£70.00 of it is in dispute; we ask for the other £280.00" in message


def test_what_a_credit_note_took_off_a_dispute_is_told_with_it(bench) -> None:
    invoice = bench.invoice(amount="500.00", overdue=-4)
    dispute(bench, invoice, 120_00)
    credited(bench, invoice, "50.00")
    bench.run()

    [job] = of_agreements(bench.store, bench.settings.slug)
    assert job.script == "70.00 GBP of it still disputed, after credit notes of 50.00 GBP: two boxes were broken"
    words = [*circumstances(bench.tenant, bench.store.mirror.invoice(InvoiceId(invoice.guid)))]
    assert "120.00 GBP, less 50.00 GBP credited since, which leaves 70.00 GBP" in words[0]


def test_what_is_listed_of_an_agreement_is_named_by_its_tenant_too(bench) -> None:
    dispute(bench, bench.invoice(), None)

    [job] = of_agreements(bench.store, bench.settings.slug)

    assert job.id == f"{bench.settings.slug}-dispute-1"
    with pytest.raises(AgreementError):
        find_task(bench.store, job.id)


def test_an_instalment_is_asked_for_with_what_is_missing_of_it(bench) -> None:
    invoice = bench.invoice(overdue=-20)
    bench.run()
    plan(bench, invoice, (1, 60_00), (31, 60_00))
    bench.pay(invoice, "20.00")
    bench.next_day(2)

    bench.run()

    [message] = bench.channel.accepted
    assert message.stage == "instalment-1"
    assert "£40.00" in message.text
    assert bench.messages()[0].draft.totals == '{"GBP":4000}'


def test_an_instalment_of_which_nothing_came_is_not_called_paid_in_part_because_an_invoice_is_held(bench) -> None:
    customer = bench.customer()
    first, second = bench.invoice(customer, overdue=-20), bench.invoice(customer, overdue=-20)
    bench.run()
    parts = [Instalment(1, bench.today + timedelta(days=1), 200_00), Instalment(2, date(2026, 6, 1), 40_00)]
    shares = [Share(InvoiceId(each.guid), 120_00) for each in (first, second)]
    bench.store.plans.make(ContactId(customer.guid), "GBP", shares, parts, "bo", bench.now)
    bench.store.holds.place("invoice", second.guid, "manual", None, None, bench.now, "bo")
    bench.next_day(2)

    bench.run()

    [message] = bench.channel.accepted
    assert "(£200.00) was due on" in message.text
    assert "We have not received it. Of that, we ask for £120.00 now." in message.text


def test_money_that_comes_in_before_the_live_read_keeps_the_instalment_from_being_asked(bench) -> None:
    invoice = bench.invoice(overdue=-20)
    bench.run()
    plan(bench, invoice, (1, 60_00), (31, 60_00))
    bench.next_day(2)
    decided = bench.run(dry_run=True)
    assert decided.would_send == 1

    bench.pay(invoice, "60.00")
    bench.run()

    assert bench.channel.accepted == []


def test_what_was_agreed_is_noted_in_the_ledger_once(bench) -> None:
    bench.set(note_agreements=True)
    invoice = bench.invoice(overdue=-4)
    promise(bench, invoice, bench.today + timedelta(days=6))

    bench.run()
    bench.run()

    written = bench.store._connection.execute("SELECT text, state FROM ledger_note").fetchall()
    assert [state for _, state in written] == ["written"]
    assert written[0][0].startswith("Promise to pay 120.00 GBP by")
    assert bench.store.promises.open()[0].state is PromiseState.OPEN
