"""Letters that the firm leaves in its own outbox count like every other reminder, at the moment they were written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from letter_samples import invoice as line
from letter_samples import letter

from connector.letters.letter import letter_pdf
from connectors.channels.channel import Address, Message
from connectors.channels.letter_folder import LetterFolderChannel
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Customer, Invoice
from connectors.sandbox.outbox import Outbox
from connectors.sandbox.world import World
from state.clock import ManualClock
from state.model import PostalAddress

PDF = letter_pdf(letter(line("INV-00012", "120.00", "GBP")))
Post = Callable[..., None]


@pytest.fixture
def outbox(world: World, tmp_path: Path) -> Path:
    world.outbox = Outbox(tmp_path / "letters")
    return tmp_path / "letters"


@pytest.fixture
def owed(books: Books, customer: Customer, invoice_for: Callable[..., Invoice]) -> Invoice:
    books.edit_customer(customer, street="9 Quay Street", city="Hull", postcode="HU1 1AA", country="GB")
    return invoice_for(customer, "120.00", number="INV-00012")


@pytest.fixture
def post(world: World, outbox: Path, customer: Customer) -> Post:
    """Write a letter as Dun does: `post("m-1", name=...)`."""

    def write(key: str, *, name: str = customer.name, postcode: str = "HU1 1AA") -> None:
        at = PostalAddress(lines=("9 Quay Street",), city="Hull", postcode=postcode, country="GB")
        message = Message(
            id=key,
            kind="letter",
            sender=Address("us@example.com"),
            reply_to=None,
            to=(),
            subject="",
            text="",
            html="",
            stage="firm",
            tenant="north",
            customer=name,
            postal=at,
            letter=PDF,
        )
        LetterFolderChannel(outbox / "north", ManualClock(world.clock.now())).send(message)

    return write


def counts(control: Any) -> dict[str, int]:
    said = control.get("truth")
    return {name: said[name] for name in ("messages", "reminders_without_note", "notes_without_reminder")}


def test_a_letter_with_its_note_is_blameless(control: Any, books: Books, owed: Invoice, post: Post) -> None:
    post("m-1")
    books.add_note(owed, "Reminder sent [dun:a1]")

    assert counts(control) == {"messages": 1, "reminders_without_note": 0, "notes_without_reminder": 0}
    [message] = control.get("messages")
    assert (message["channel"], message["stage"], message["attempt"]) == ("letter", "firm", "m-1")


def test_a_letter_without_a_note_is_found_and_counts_once(control: Any, owed: Invoice, post: Post) -> None:
    post("m-1")
    control.get("clock")

    assert counts(control) == {"messages": 1, "reminders_without_note": 1, "notes_without_reminder": 0}


def test_a_note_without_a_letter_is_found(control: Any, books: Books, owed: Invoice, outbox: Path) -> None:
    books.add_note(owed, "Reminder sent [dun:a1]")

    assert counts(control) == {"messages": 0, "reminders_without_note": 0, "notes_without_reminder": 1}


def test_money_that_comes_after_a_letter_does_not_make_it_wrong(control: Any, owed: Invoice, post: Post) -> None:
    post("m-1")
    control.post("xero/payments", invoice="INV-00012", amount="120.00")

    assert control.get("truth")["verdicts"] == {"owed": 1}


def test_a_letter_about_what_was_paid_is_found(control: Any, books: Books, owed: Invoice, post: Post) -> None:
    books.pay(
        books.customers[owed.customer_id], owed.due_amount, on=date(2026, 3, 2), against={owed.id: owed.due_amount}
    )
    post("m-1")

    assert control.get("truth")["chased_paid"] == 1


@pytest.mark.parametrize("elsewhere", [{"name": "Somebody Else Ltd"}, {"postcode": "HU9 9ZZ"}])
def test_a_letter_to_another_door_is_about_nobodys_invoice(
    control: Any, owed: Invoice, post: Post, elsewhere: dict[str, str]
) -> None:
    post("m-1", **elsewhere)

    assert control.get("truth")["unmatched_messages"] == 1


def test_a_letter_whose_file_is_gone_is_unmatched(control: Any, owed: Invoice, post: Post, outbox: Path) -> None:
    post("m-1")
    (outbox / "north" / "m-1.pdf").unlink()

    assert control.get("truth")["unmatched_messages"] == 1


def test_what_lay_there_before_was_posted_before(
    world: World, control: Any, owed: Invoice, post: Post, outbox: Path
) -> None:
    post("m-1")
    world.outbox = Outbox(outbox)
    post("m-2")

    assert [message["attempt"] for message in control.get("messages")] == ["m-2"]


def test_without_an_outbox_nothing_is_looked_at(control: Any, world: World, owed: Invoice, post: Post) -> None:
    world.outbox = None
    post("m-1")

    assert counts(control)["messages"] == 0
