"""An approval stands for what was looked at: when it ends by itself, what it says then, and what it covers."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tenant_bench import SETTINGS, TenantBench
from unit.state.examples import AT, LATER, a_stage, an_invoice, planned

from connector.dunning.policy import Policy, Stage
from connector.editing import edit, message_about, take_back
from connector.story import stories
from connector.terms import withdraw_changed
from connectors.sandbox.documents import Invoice
from state.agreed import Instalment, Preference, Share
from state.model import ContactId, InvoiceId

STREET = {"street": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"}


@pytest.fixture
def bench(bench: TenantBench) -> TenantBench:
    bench.set(mode="approve")
    return bench


def approved(bench: TenantBench, **customer: object) -> Invoice:
    """An invoice whose reminder somebody has said yes to."""
    document = bench.invoice(bench.customer(**customer), "120.00")
    bench.run()
    assert bench.approve(document) == 1
    return document


def key(document: Invoice) -> InvoiceId:
    return InvoiceId(document.guid)


def prefer(bench: TenantBench, document: Invoice, **wishes: object) -> None:
    wish = Preference(contact_id=ContactId(bench.owner_of(document).guid), **wishes)  # type: ignore[arg-type]
    bench.store.preferences.save(wish, "ada", bench.now)


def dispute(bench: TenantBench, document: Invoice, minor: int) -> int:
    return bench.store.disputes.open(key(document), "broken", "ada", minor, "GBP", "ada", bench.now).id


def offer(bench: TenantBench, document: Invoice, minor: int, *, days: int = 30) -> None:
    bench.store.discounts.offer(key(document), None, minor, "GBP", bench.today + timedelta(days=days), "ada", bench.now)


def ends(bench: TenantBench, document: Invoice, reason: str) -> None:
    """The next cycle sends nothing, takes the approval back for `reason` and writes it down."""
    report = bench.run()
    reminder = bench.reminder(document)
    assert (reminder.approved, reminder.reason) == (False, reason)
    assert (report.messages, bench.channel.accepted) == (0, [])
    [row] = [each for each in bench.store.audit.entries() if each.action == "approval taken back"]
    assert (row.who, row.target, row.details["reason"]) == ("dun", document.guid, reason)


def leaves(bench: TenantBench) -> None:
    assert bench.run().messages == 1


def test_another_language_asks_again(bench: TenantBench) -> None:
    document = approved(bench)
    prefer(bench, document, language="fr")
    ends(bench, document, "language_changed_since_approved")


def test_another_country_whose_language_is_another_asks_again(bench: TenantBench) -> None:
    document = approved(bench)
    bench.books.edit_customer(bench.owner_of(document), country="France")
    ends(bench, document, "language_changed_since_approved")


def test_another_way_to_the_customer_asks_again(bench: TenantBench) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=("sms", "email")),)))
    document = approved(bench)
    bench.books.edit_customer(bench.owner_of(document), mobile="+447700900123")
    ends(bench, document, "channel_changed_since_approved")


def test_another_address_asks_again(bench: TenantBench) -> None:
    document = approved(bench)
    bench.books.edit_customer(bench.owner_of(document), email="somebody.else@customer.example")
    ends(bench, document, "addressees_changed_since_approved")


def test_an_address_that_takes_no_mail_any_more_asks_again_for_the_rest(bench: TenantBench) -> None:
    document = approved(bench, email="one@customer.example; two@customer.example")
    bench.store.deliveries.suppress("one@customer.example", "bounced", bench.now)
    ends(bench, document, "addressees_changed_since_approved")


def test_another_mobile_number_asks_again(bench: TenantBench) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=("sms",)),)))
    document = approved(bench, mobile="+447700900123")
    bench.books.edit_customer(bench.owner_of(document), mobile="+447700900456")
    ends(bench, document, "addressees_changed_since_approved")


def test_another_street_asks_again_for_a_letter(bench: TenantBench) -> None:
    bench.set(policy=Policy(stages=(Stage("soft", 1, "soft", channels=("letter",)),)))
    document = approved(bench, **STREET)
    bench.books.edit_customer(bench.owner_of(document), street="9 Side Street")
    ends(bench, document, "addressees_changed_since_approved")


def test_a_street_does_not_matter_to_an_email(bench: TenantBench) -> None:
    document = approved(bench, **STREET)
    bench.books.edit_customer(bench.owner_of(document), street="9 Side Street")
    leaves(bench)


def test_a_disputed_part_asks_again(bench: TenantBench) -> None:
    document = approved(bench)
    dispute(bench, document, 20_00)
    ends(bench, document, "dispute_changed_since_approved")


def test_a_dispute_that_is_settled_asks_again(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    number = dispute(bench, document, 20_00)
    bench.approve(document)
    bench.store.disputes.close(number, "settled", "ada", bench.now)
    ends(bench, document, "dispute_changed_since_approved")


def test_a_payment_into_a_disputed_invoice_asks_nobody_again(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    dispute(bench, document, 20_00)
    bench.approve(document)
    bench.pay(document, "30.00")
    leaves(bench)
    assert bench.asks() == [{"GBP": 70_00}]


def test_a_promise_asks_again_once_it_is_broken(bench: TenantBench) -> None:
    document = approved(bench)
    day, share = bench.today + timedelta(days=1), Share(key(document), 120_00)
    bench.store.promises.make(key(document), None, day, 120_00, "GBP", [share], None, "ada", bench.now)
    bench.next_day(2)
    ends(bench, document, "agreement_changed_since_approved")


def test_a_plan_asks_again(bench: TenantBench) -> None:
    document = approved(bench)
    parts = [Instalment(n, bench.today + timedelta(days=30 * n), 60_00) for n in (1, 2)]
    customer = ContactId(bench.owner_of(document).guid)
    bench.store.plans.make(customer, "GBP", [Share(key(document), 120_00)], parts, "ada", bench.now)
    ends(bench, document, "agreement_changed_since_approved")


def test_a_discount_asks_for_less_and_the_approval_stands(bench: TenantBench) -> None:
    document = approved(bench)
    offer(bench, document, 20_00)
    leaves(bench)


def test_a_discount_that_was_looked_at_and_is_gone_asks_again(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    offer(bench, document, 20_00)
    bench.approve(document)
    bench.store.discounts.withdraw(key(document), bench.now)
    ends(bench, document, "changed_since_approved")


def test_credit_that_was_deducted_and_went_elsewhere_asks_again(bench: TenantBench) -> None:
    document = bench.invoice()
    credit = bench.credit(bench.owner_of(document), "50.00")
    bench.run()
    bench.approve(document)
    other = bench.invoice(bench.owner_of(document), "50.00", overdue=-40)
    bench.books.apply_credit(credit, other, Decimal("50.00"), on=bench.today)
    ends(bench, document, "changed_since_approved")


def test_what_credit_was_lost_to_is_not_forgotten_by_the_cycle_after_it(bench: TenantBench) -> None:
    document = bench.invoice()
    credit = bench.credit(bench.owner_of(document), "50.00")
    bench.run()
    bench.approve(document)
    bench.books.void_credit(credit)
    bench.run()
    ends(bench, document, "changed_since_approved")


def test_credit_that_pays_one_of_the_invoices_keeps_the_approval_of_all(bench: TenantBench) -> None:
    first = bench.invoice(amount="80.00", overdue=2)
    second = bench.invoice(bench.owner_of(first))
    credit = bench.credit(bench.owner_of(first), "50.00")
    bench.run()
    bench.approve(first, second)
    bench.books.apply_credit(credit, first, Decimal("50.00"), on=bench.today)
    bench.pay(first)
    leaves(bench)
    assert bench.asks() == [{"GBP": 120_00}]


def test_a_credit_note_that_comes_later_asks_for_less_and_the_approval_stands(bench: TenantBench) -> None:
    document = approved(bench)
    bench.credit(bench.owner_of(document), "50.00")
    leaves(bench)
    assert bench.asks() == [{"GBP": 70_00}]


def test_two_invoices_approved_one_after_the_other_leave_together(bench: TenantBench) -> None:
    first = bench.invoice(overdue=2)
    second = bench.invoice(bench.owner_of(first))
    bench.run()
    bench.approve(first)
    bench.approve(second)
    leaves(bench)
    assert bench.asks() == [{"GBP": 240_00}]


def test_what_changes_between_the_pull_and_the_live_read_asks_again_too(bench: TenantBench) -> None:
    document = approved(bench)
    customer, read = bench.owner_of(document), bench.ledger.read_contacts

    def moved_meanwhile(ids):
        bench.books.edit_customer(customer, email="somebody.else@customer.example")
        return read(ids)

    bench.ledger.read_contacts = moved_meanwhile  # type: ignore[method-assign]
    ends(bench, document, "addressees_changed_since_approved")


def test_after_a_change_nothing_leaves_until_it_is_asked_again_and_then_once(bench: TenantBench) -> None:
    document = approved(bench)
    prefer(bench, document, language="fr")
    assert [bench.run().messages for _ in range(3)] == [0, 0, 0]

    bench.approve(document)
    assert [bench.run().messages for _ in range(3)] == [1, 0, 0]
    assert "facture" in bench.channel.accepted[0].text.lower()
    assert bench.judgement() == {}


def test_a_new_yes_says_nothing_of_the_old_one(bench: TenantBench) -> None:
    document = approved(bench)
    prefer(bench, document, language="fr")
    bench.run()
    bench.approve(document)
    assert bench.reminder(document).reason is None


def test_what_is_again_as_it_was_approved_waits_without_a_reproach(bench: TenantBench) -> None:
    document = approved(bench)
    prefer(bench, document, language="fr")
    bench.run()
    prefer(bench, document, language="en")
    bench.run()
    assert (bench.reminder(document).approved, bench.reminder(document).reason) == (False, None)


def test_an_edit_that_is_undone_is_not_spoken_of_any_more(bench: TenantBench) -> None:
    document = approved(bench)
    invoice = bench.store.mirror.invoice(key(document))
    assert invoice is not None
    edit(bench.tenant, message_about(bench.tenant, invoice), "Pay", "Pay 120.00 GBP.", "ada", anyway=True)
    assert bench.reminder(document).reason == "edited_since_approved"

    take_back(bench.tenant, message_about(bench.tenant, invoice), "ada")
    assert (bench.reminder(document).approved, bench.reminder(document).reason) == (False, None)


def test_why_says_what_took_the_approval_back(bench: TenantBench) -> None:
    document = approved(bench)
    prefer(bench, document, language="fr")
    bench.run()
    [story] = stories(bench.tenant, str(document.number))
    assert [step.reason for step in story.reminders] == ["language_changed_since_approved"]


def test_an_approval_from_before_terms_were_kept_stands_for_customer_and_amount(bench: TenantBench) -> None:
    document = bench.invoice()
    bench.run()
    bench.store.reminders.approve([bench.reminder(document).id], "a person", bench.now)
    prefer(bench, document, language="fr")
    leaves(bench)


def test_an_approval_covers_less_but_not_more(bench: TenantBench) -> None:
    store, reminder = bench.store, planned(bench.store)
    store.reminders.approve([reminder], "Ada", AT)

    store.mirror.save_invoices([an_invoice(due_minor=40_00, updated_at=LATER)])
    withdraw_changed(store, SETTINGS, LATER)
    assert store.reminders.get(reminder).approved

    store.mirror.save_invoices([an_invoice(due_minor=900_00, total_minor=900_00, updated_at=LATER)])
    withdraw_changed(store, SETTINGS, LATER)
    assert (store.reminders.get(reminder).approved, store.reminders.get(reminder).reason) == (
        False,
        "changed_since_approved",
    )


def test_an_approval_is_for_one_customer(bench: TenantBench) -> None:
    store, reminder = bench.store, planned(bench.store)
    store.reminders.approve([reminder], "Ada", AT)

    store.reminders.plan([a_stage(contact_id=ContactId("another"))], LATER)
    withdraw_changed(store, SETTINGS, LATER)

    assert not store.reminders.get(reminder).approved
