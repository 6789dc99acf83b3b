"""A reminder becomes the letter that says the same and a slip that pays exactly what it asks."""

from dataclasses import replace
from datetime import date

import pytest
from letter_samples import invoice

from connector.config.letters import LetterheadSection
from connector.letters.addresses import IncompleteAddress
from connector.letters.data import Charge, LetterError
from connector.letters.epc import SepaTransfer
from connector.letters.letter import letter_pdf
from connector.letters.reminder import reminder_letter
from connector.letters.swiss import SwissPayment
from connector.messages.context import MessageContext
from state.model import PostalAddress
from state.money import Money

HEAD = LetterheadSection(
    name="Muster Bau GmbH",
    street=("Hauptstraße 12",),
    city="München",
    postcode="80331",
    country="DE",
    iban="DE89370400440532013000",
)
SWISS_HEAD = HEAD.model_copy(update={"iban": "CH4431999123000889012", "country": "CH", "postcode": "8000"})
POSTAL = PostalAddress(lines=("Lange Gasse 3a",), city="Wien", postcode="1010", country="Austria")


def about(*lines, **changes) -> MessageContext:
    context = MessageContext(
        company="Muster Bau GmbH",
        sender_name="Ann",
        customer="Beispiel Handels AG",
        first_name=None,
        locale="de_AT",
        stage="final",
        lines=lines or (invoice("RE-1", "100.00"), invoice("RE-2", "50.00")),
        reply_to="accounts@seller.example",
        reference="dun:m-0001",
    )
    return replace(context, **changes)


def letter_about(context: MessageContext, head: LetterheadSection = HEAD, postal=POSTAL, charges=()):
    return reminder_letter(
        context, head, postal=postal, subject="Mahnung", paragraphs=("Bitte zahlen Sie.",), charges=charges,
        home_locale="de_DE", day=date(2026, 10, 30),
    )  # fmt: skip


def test_the_letter_goes_to_the_customers_address_and_names_its_country() -> None:
    letter = letter_about(about())

    assert letter.recipient == ("Beispiel Handels AG", "Lange Gasse 3a", "1010 Wien", "ÖSTERREICH")
    assert letter_pdf(letter).startswith(b"%PDF-")


def test_the_slip_asks_what_the_letter_asks_charges_and_credit_included() -> None:
    charges = (Charge("Verzugszinsen", Money.of("1.50", "EUR")),)
    slip = letter_about(about(credits=(Money.of("20.00", "EUR"),)), charges=charges).slip

    assert isinstance(slip, SepaTransfer)
    assert (slip.amount, slip.text) == (Money.of("131.50", "EUR"), "dun:m-0001 RE-1 RE-2")


def test_credit_in_another_currency_does_not_take_the_slip_away() -> None:
    slip = letter_about(about(credits=(Money.of("20.00", "USD"),))).slip

    assert slip is not None
    assert slip.amount == Money.of("150.00", "EUR")


def test_a_letter_in_two_currencies_has_no_slip() -> None:
    assert letter_about(about(invoice("A", "1.00"), invoice("B", "1.00", "USD"))).slip is None


def test_a_swiss_slip_names_the_customer_and_has_a_reference() -> None:
    slip = letter_about(about(invoice("A", "1.00", "CHF")), SWISS_HEAD).slip

    assert isinstance(slip, SwissPayment)
    assert slip.debtor is not None
    assert (slip.debtor.name, slip.debtor.country, len(slip.reference)) == ("Beispiel Handels AG", "AT", 27)


def test_without_an_account_there_is_no_slip() -> None:
    assert letter_about(about(), HEAD.model_copy(update={"iban": ""})).slip is None


def test_a_customer_without_a_whole_address_gets_no_letter() -> None:
    with pytest.raises(IncompleteAddress, match="postcode"):
        letter_about(about(), postal=PostalAddress(lines=("x",), city="Wien", country="AT"))


def test_hundreds_of_invoices_still_have_a_slip() -> None:
    letter = letter_about(about(*(invoice(f"RE-{number}", "1.00") for number in range(300))))

    assert isinstance(letter.slip, SepaTransfer)
    assert len(letter.slip.text) <= 140
    assert letter_pdf(letter).startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["Muster", "É" * 70, "Ж" * 70])
def test_a_text_that_would_be_too_long_for_the_code_ends_with_a_whole_number(name) -> None:
    numbers = [f"É-{number:04d}" for number in range(300)]
    head = HEAD.model_copy(update={"account_holder": name, "bic": "COBADEFFXXX"})
    letter = letter_about(about(*(invoice(number, "3333333.33") for number in numbers)), head)

    assert letter.slip is not None
    assert set(letter.slip.text.split()[1:]) <= set(numbers)
    assert letter_pdf(letter).startswith(b"%PDF-")


def test_a_reminder_that_asks_for_nothing_is_no_letter() -> None:
    with pytest.raises(LetterError):
        replace(letter_about(about()), credits=(Money.of("500.00", "EUR"),))
