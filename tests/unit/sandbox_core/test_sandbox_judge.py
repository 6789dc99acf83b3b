"""The books' own verdict: every kind of wrong that a reminder can be is planted here, and found."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.judge import receive, verdict
from connectors.sandbox.mailbox import ReceivedMessage
from connectors.sandbox.world import World

DAY = date(2026, 3, 2)
Send = Callable[..., ReceivedMessage]


@pytest.fixture
def send(world: World) -> Send:
    """Let a message arrive: `send(text, to=...)`."""

    def arrive(text: str, *, to: str = "accounts@fernbridge-joinery.example", **facts: Any) -> ReceivedMessage:
        number = f"M-{len(world.messages)}"
        message = ReceivedMessage(number, "smtp", world.clock.now(), "us@example.com", (to,), "", text, "")
        for name, value in ({"attempt": number} | facts).items():
            setattr(message, name, value)
        receive(world, message)
        return message

    return arrive


@pytest.fixture
def owed(customer: Customer, invoice_for: Callable[..., Invoice]) -> Invoice:
    return invoice_for(customer, "120.00", number="INV-00012")


def count(world: World, *names: str) -> dict[str, int]:
    said = verdict(world)
    return {name: said[name] for name in names}


def test_a_reminder_of_what_is_owed_with_its_note_is_blameless(
    world: World, books: Books, owed: Invoice, send: Send
) -> None:
    send("Invoice INV-00012, £120.00, is overdue.", stage="soft")
    books.add_note(owed, "Reminder sent [dun:a1]")
    said = verdict(world)
    assert said["verdicts"] == {"owed": 1}
    assert {name: said[name] for name in said["details"]} == dict.fromkeys(said["details"], 0)


def pay(books: Books, invoice: Invoice) -> None:
    due = invoice.due_amount
    books.pay(books.customers[invoice.customer_id], due, on=DAY, against={invoice.id: due})


def cover(books: Books, invoice: Invoice) -> None:
    books.credit(books.customers[invoice.customer_id], invoice.due_amount, on=DAY)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (pay, "settled"),
        (cover, "covered_by_credit"),
        (Books.void_invoice, "void"),
        (Books.delete_invoice, "deleted"),
        (lambda books, invoice: books.edit_invoice(invoice, state="draft"), "draft"),
        (lambda books, invoice: books.edit_invoice(invoice, bill=True), "bill"),
    ],
)
def test_a_reminder_of_what_is_not_owed_is_found(
    world: World, books: Books, owed: Invoice, send: Send, change: Callable[[Books, Invoice], None], expected: str
) -> None:
    change(books, owed)
    send("About INV-00012")
    assert [case["verdict"] for case in verdict(world)["details"]["chased_paid"]] == [expected]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"disputed": True}, "disputed"),
        ({"expected": DAY}, "promised"),
        ({"expected": DAY - timedelta(days=1)}, "owed"),
        ({"scheduled_payment": True}, "scheduled"),
    ],
)
def test_disputes_promises_and_scheduled_payments_are_told_apart(
    books: Books, owed: Invoice, send: Send, facts: dict[str, object], expected: str
) -> None:
    books.edit_invoice(owed, **facts)
    assert [m.verdict for m in send("About INV-00012").mentions] == [expected]


def test_the_verdict_is_that_of_the_moment_of_arrival(world: World, books: Books, owed: Invoice, send: Send) -> None:
    send("About INV-00012")
    pay(books, owed)
    assert count(world, "chased_paid") == {"chased_paid": 0}


def test_credit_of_the_parent_covers_the_invoice_of_its_job(
    world: World, books: Books, invoice_for: Callable[..., Invoice], send: Send
) -> None:
    parent = books.add_customer("Parent", email="parent@example.com")
    job = books.add_customer("Job", parent=parent.id, email="job@example.com")
    invoice_for(job, "75.00", number="J-1")
    books.credit(parent, Decimal("75.00"), on=DAY)
    send("About J-1", to="parent@example.com")
    assert count(world, "chased_paid") == {"chased_paid": 1}


def test_credit_of_less_than_what_is_due_covers_nothing(books: Books, owed: Invoice, send: Send) -> None:
    books.credit(books.customers[owed.customer_id], Decimal("119.99"), on=DAY)
    assert [m.verdict for m in send("About INV-00012").mentions] == ["owed"]


def test_a_message_to_somebody_else_mentions_nothing(world: World, owed: Invoice, send: Send) -> None:
    send("About INV-00012", to="stranger@example.com")
    assert count(world, "unmatched_messages", "mentions") == {"unmatched_messages": 1, "mentions": 0}


def test_a_message_to_the_address_of_a_merged_customer_is_recognised(
    books: Books, customer: Customer, owed: Invoice, send: Send
) -> None:
    winner = books.add_customer("Winner", email="winner@example.com")
    books.merge(customer, winner)
    assert [m.number for m in send("About INV-00012").mentions] == ["INV-00012"]


def test_a_number_in_the_html_part_alone_counts(send: Send, owed: Invoice) -> None:
    markup = "<style>.INV-00099{}</style><table><tr><td>INV&#45;00012</td><td>£120.00</td></tr></table>"
    assert [m.number for m in send("", html=markup).mentions] == ["INV-00012"]


def test_the_same_attempt_twice_is_a_duplicate(world: World, owed: Invoice, send: Send) -> None:
    send("About INV-00012", attempt="a1")
    world.clock.advance(timedelta(days=5))
    send("About INV-00012", attempt="a1")
    assert count(world, "duplicates") == {"duplicates": 1}


def test_the_same_stage_of_an_invoice_twice_is_a_duplicate(world: World, owed: Invoice, send: Send) -> None:
    send("About INV-00012", stage="firm")
    world.clock.advance(timedelta(days=5))
    send("About INV-00012", stage="firm")
    assert count(world, "duplicates") == {"duplicates": 1}


def test_a_stage_may_come_again_after_a_payment_has_bounced(
    world: World, books: Books, owed: Invoice, send: Send
) -> None:
    send("About INV-00012", stage="soft")
    pay(books, owed)
    books.delete_payment(next(iter(books.payments.values())))
    world.clock.advance(timedelta(days=5))
    send("About INV-00012", stage="soft")
    assert count(world, "duplicates") == {"duplicates": 0}


@pytest.mark.parametrize(("hours", "found"), [(23, 1), (24, 0)])
def test_two_messages_about_an_invoice_within_a_day_are_duplicates(
    world: World, owed: Invoice, send: Send, hours: int, found: int
) -> None:
    send("About INV-00012", stage="soft")
    world.clock.advance(timedelta(hours=hours))
    send("About INV-00012", stage="firm")
    assert count(world, "duplicates") == {"duplicates": found}


def test_a_missing_note_is_found(world: World, owed: Invoice, send: Send) -> None:
    send("About INV-00012")
    assert count(world, "reminders_without_note", "notes_without_reminder") == {
        "reminders_without_note": 1,
        "notes_without_reminder": 0,
    }


def test_a_note_without_a_reminder_is_found_and_foreign_notes_are_not(
    world: World, books: Books, owed: Invoice
) -> None:
    books.add_note(owed, "Invoice sent by post")
    books.add_note(owed, "Reminder sent [dun:a1]")
    assert count(world, "notes_without_reminder") == {"notes_without_reminder": 1}


def test_a_note_written_twice_does_not_stand_in_for_a_missing_one(
    world: World, books: Books, owed: Invoice, send: Send
) -> None:
    for days in range(2):
        world.clock.advance(timedelta(days=days * 5))
        send("About INV-00012")
        books.add_note(owed, "Reminder sent [dun:a1]")
    assert count(world, "reminders_without_note", "notes_without_reminder") == {
        "reminders_without_note": 1,
        "notes_without_reminder": 1,
    }


@pytest.mark.parametrize("notes", [0, 1])
def test_a_message_whose_answer_was_lost_may_have_a_note_or_not(
    world: World, books: Books, owed: Invoice, send: Send, notes: int
) -> None:
    send("About INV-00012").acknowledged = False
    for _ in range(notes):
        books.add_note(owed, "Reminder sent [dun:a1]")
    assert count(world, "reminders_without_note", "notes_without_reminder") == {
        "reminders_without_note": 0,
        "notes_without_reminder": 0,
    }


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("INV-00012  £120.00  due 3 March 2026", 0),
        ("INV-00012  120,00 € of 1.500,00 €", 0),
        ("INV-00012  due 02.02.2026  GBP 120", 0),
        ("INV-00012  £210.00", 1),
        ("INV-00012 is overdue", 0),
        ("INV-00012 of 2026 £120.00", 0),
        ("INV-00012 (£90.00 to pay). Your credit of £30.00 is taken off.", 0),
        ("INV-00012 (£90.00 to pay). Your credit of £20.00 is taken off.", 1),
    ],
)
def test_an_amount_beside_an_invoice_is_the_amount_due(
    world: World, owed: Invoice, send: Send, line: str, wrong: int
) -> None:
    send(f"Dear customer,\n{line}\nTotal £999.00\n")
    assert count(world, "wrong_amounts") == {"wrong_amounts": wrong}


def heard(world: World, channel: Any, text: str, number: str) -> list[str]:
    message = ReceivedMessage("C-1", channel, world.clock.now(), "+441134960000", (number,), "", text, "")
    receive(world, message)
    return [mention.number for mention in message.mentions]


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize("number", ["+447700900123", "+441632960123"])
def test_mobile_and_landline_are_both_the_customers(
    world: World, books: Books, customer: Customer, owed: Invoice, channel: Any, number: str
) -> None:
    books.edit_customer(customer, mobile="07700 900123", phone="01632 960123")
    assert heard(world, channel, "Invoice INV-00012 is overdue.", number) == ["INV-00012"]
    assert heard(world, channel, "Invoice INV-00012 is overdue.", "+447700900999") == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Invoice number I N V, 0 0 0 1 2 was due", ["INV-00012"]),
        ("Invoice number i n v 0 0 0 1 2.", ["INV-00012"]),
        ("Invoice number I N V, 0 0 0 1 2 3 was due", []),
        ("Please call plus 4 4 1 1 3 0 0 0 1 2", []),
    ],
)
def test_a_number_spelled_out_in_a_call_is_heard(
    world: World, books: Books, customer: Customer, owed: Invoice, words: str, named: list[str]
) -> None:
    books.edit_customer(customer, mobile="07700 900123")
    assert heard(world, "voice", words, "+447700900123") == named


def test_an_amount_as_the_swiss_write_it_is_read(
    world: World, customer: Customer, invoice_for: Callable[..., Invoice], send: Send
) -> None:
    invoice_for(customer, "1795.00", number="INV-00077")
    send("Invoice INV-00077: £ 1\u2019795.00 still due")
    assert count(world, "wrong_amounts") == {"wrong_amounts": 0}
    send("Invoice INV-00077: £ 1\u2019975.00 still due")
    assert count(world, "wrong_amounts") == {"wrong_amounts": 1}


THREE = {"INV-00021": "900.00", "INV-00022": "1800.00", "INV-00023": "50.50"}


@pytest.fixture
def owes_three(books: Books, customer: Customer, invoice_for: Callable[..., Invoice]) -> Customer:
    """By somebody with a telephone: 900.00, 1,800.00 and 50.50 pounds."""
    for number, amount in THREE.items():
        invoice_for(customer, amount, number=number)
    books.edit_customer(customer, mobile="+447700900123")
    return customer


@pytest.mark.parametrize(
    ("channel", "text", "about"),
    [
        ("sms", "3 invoices, £2,750.50 in all, are past their due dates. Call +441134960003.", [*THREE]),
        ("sms", "2 Rechnungen über zusammen 2.700,00 £ sind überfällig.", ["INV-00021", "INV-00022"]),
        ("sms", "2 Rechnungen über zusammen GBP 2\u2019700.00 sind überfällig.", ["INV-00021", "INV-00022"]),
        ("voice", "2 invoices are open, 2700 British pounds in all.", ["INV-00021", "INV-00022"]),
        ("voice", "2 invoices are open, 2701 British pounds in all.", []),
        ("sms", "3 invoices, £2,700.00 in all, are past their due dates.", []),
        ("smtp", "2 invoices, £2,700.00 in all, are past their due dates.", []),
    ],
)
def test_a_text_or_call_that_names_no_invoice_is_read_by_its_count_and_sum(
    world: World, owes_three: Customer, channel: Any, text: str, about: list[str]
) -> None:
    assert sorted(heard(world, channel, text, "+447700900123")) == about
    assert heard(world, channel, text, "+447700900999") == []


def test_a_sum_that_several_choices_come_to_is_about_nothing(
    world: World, owes_three: Customer, invoice_for: Callable[..., Invoice]
) -> None:
    invoice_for(owes_three, "900.00", number="INV-00024")

    assert heard(world, "sms", "2 invoices, £2,700.00 in all, are overdue.", "+447700900123") == []


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("2 invoices, £2,649.00 in all, are overdue. Your credit of £51.00 is taken off.", ["INV-00021", "INV-00022"]),
        ("2 invoices, £2,649.00 in all, are overdue.", []),
        ("2 invoices, £2,640.00 in all, are overdue. Your credit of £60.00 is taken off.", []),
    ],
)
def test_credit_that_a_text_says_was_taken_off_is_added_again(
    world: World, books: Books, owes_three: Customer, text: str, about: list[str]
) -> None:
    books.credit(owes_three, Decimal("51.00"), on=DAY)

    assert sorted(heard(world, "sms", text, "+447700900123")) == about


def test_currencies_are_summed_apart(world: World, owes_three: Customer, invoice_for: Callable[..., Invoice]) -> None:
    invoice_for(owes_three, "77.70", number="INV-00025", currency="EUR")
    text = "3 invoices, £2,700.00 and €77.70, are overdue."

    assert sorted(heard(world, "sms", text, "+447700900123")) == ["INV-00021", "INV-00022", "INV-00025"]
