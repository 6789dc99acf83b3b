"""What a person's words leave out of what the message said: how much is asked, and for which invoice."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.left_out import left_out
from connector.messages.formats import format_money
from connectors.channels.channel import Address, Message
from state.money import Money


def usual(text: str, subject: str = "Payment reminder") -> Message:
    sender = Address(email="billing@firm.example")
    return Message(
        id="1", sender=sender, reply_to=None, to=(), subject=subject, text=text, html="", stage="soft", tenant="acme"
    )


def missing(before: str, after: str, minor: int = 123450, currency: str = "GBP", number: str = "INV-1") -> list[str]:
    return list(left_out(usual(before), {currency: minor}, [number], "A word", after))


SAID = "Please pay £1,234.50 for INV-1."


@pytest.mark.parametrize(
    "words", ["£1,234.50", "1234.50", "1.234,50 €", "1\N{NO-BREAK SPACE}234,50", "1'234.50", "1 234,50"]
)
def test_an_amount_counts_in_any_countrys_notation(words: str) -> None:
    assert missing(SAID, f"About INV-1: {words}, please.") == []


@pytest.mark.parametrize("words", ["1,234.05", "11,234.50", "1,234.501", "234.50", "1,234", "2.1,234.50", ""])
def test_another_amount_is_not_the_one_asked_for(words: str) -> None:
    assert missing(SAID, f"About INV-1: {words}, please.") == ["1,234.50 GBP"]


@pytest.mark.parametrize("words", ["1,200.00", "1200", "1.200,00", "1,200."])
def test_a_round_amount_needs_no_cents(words: str) -> None:
    assert missing("£1,200.00 INV-1", f"INV-1 {words}", minor=120000) == []


def test_a_currency_without_cents_is_found() -> None:
    assert missing("¥12,000 INV-1", "INV-1, 12000 yen", minor=12000, currency="JPY") == []
    assert missing("¥12,000 INV-1", "INV-1, 1200 yen", minor=12000, currency="JPY") == ["12,000 JPY"]


@pytest.mark.parametrize(
    ("words", "told"), [("INV-11", ["INV-1"]), ("inv-1", []), ("(INV-1)", []), ("XINV-1", ["INV-1"])]
)
def test_the_number_of_another_invoice_is_not_this_ones(words: str, told: list[str]) -> None:
    assert missing(SAID, f"{words}: 1,234.50") == told


def test_what_the_message_did_not_say_itself_is_not_missed() -> None:
    assert missing("We are sorry to trouble you.", "Please ring us.") == []


def test_the_subject_may_say_it() -> None:
    old = usual("Please pay.", "INV-1: 1,234.50 GBP")

    assert left_out(old, {"GBP": 123450}, ["INV-1"], "INV-1, 1,234.50 GBP", "Please ring us.") == ()


def test_a_currency_nobody_knows_is_not_looked_for() -> None:
    assert left_out(usual("XQQ 5"), {"XQQ": 500}, [None], "A word", "Please ring us.") == ()


@given(
    minor=st.integers(min_value=1, max_value=10**12),
    currency=st.sampled_from(["GBP", "EUR", "JPY", "KWD", "CHF"]),
    locale=st.sampled_from(["en_GB", "de_DE", "de_CH", "fr_FR", "es_ES", "nl_NL"]),
)
def test_every_amount_as_a_message_writes_it_is_found_and_missed(minor: int, currency: str, locale: str) -> None:
    written = format_money(Money(minor, currency), locale)

    assert missing(f"{written} INV-1", f"INV-1 {written}", minor, currency) == []
    assert missing(f"{written} INV-1", "INV-1", minor, currency) == [str(Money(minor, currency))]


@pytest.mark.parametrize(
    "words",
    [
        "Paid already? Or is something wrong? Tell us.",
        "Haben Sie schon überwiesen? Oder haben Sie eine Rückfrage?",
        "Si vous avez déjà réglé, ou si vous contestez la facture, dites-le nous.",
        "Si ya lo ha abonado, o hay algún error, díganoslo.",
        "Is het al overgemaakt, of klopt er iets niet? Laat het ons weten.",
    ],
)
def test_ways_to_answer_count_in_any_of_the_languages(words: str) -> None:
    assert missing("If you have already paid, thank you. If anything is wrong, write to us.", words) == []


@pytest.mark.parametrize("words", ["Dear friend, please pay.", "This must be paid by Friday.", "It is still unpaid."])
def test_a_bare_demand_leaves_out_how_to_answer(words: str) -> None:
    said = "If you have already paid, thank you. If anything is wrong, write to us."

    assert missing(said, words) == ["how to object", "what to do if it is paid already"]


def test_our_reference_is_missed() -> None:
    assert missing("Our reference: dun:1", "Please pay.") == ["our reference (dun:1)"]


def test_what_the_customer_does_not_see_needs_no_way_to_answer() -> None:
    script = msgspec.structs.replace(usual("The invoice is wrong. Already paid. Our reference: dun:1"), kind="call")

    assert left_out(script, {}, [], "", "Ring them.") == ()
