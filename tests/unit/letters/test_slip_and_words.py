"""Who holds the sheet with the payment code also holds the words that say what is paid, however long the letter is."""

import pytest
from letter_samples import invoice, letter
from pdf_pages import Run, pages

from connector.letters.epc import SepaTransfer
from connector.letters.letter import letter_pdf
from connector.letters.swiss import SwissParty, SwissPayment
from connector.letters.words import words_of
from state.money import Money

WORDS = words_of("de")
OPENING = ("Guten Tag", "die folgenden Rechnungen sind seit mehr als vierzehn Tagen fällig. " * 4)
CLOSING = (
    "Bitte zahlen Sie bis zum 9. November 2026.",
    "Wenn Sie schon gezahlt haben, danken wir Ihnen.",
    "Wenn Sie mit einer Rechnung nicht einverstanden sind, schreiben Sie uns bitte, weshalb. " * 2,
    "Mit freundlichen Grüßen",
    "Ann Muster, Buchhaltung",
)
LAST = (CLOSING[1], *CLOSING[3:])  # of the last four the long one is in several runs
LENGTHS = [*range(1, 13), 22, 23, 24, 60]


def european(count: int) -> SepaTransfer:
    return SepaTransfer(name="Muster Bau GmbH", iban="DE89370400440532013000", amount=Money(10000 * count, "EUR"))


def swiss(count: int) -> SwissPayment:
    firm = SwissParty(name="Schneider AG", street="Lac 1", postcode="2501", town="Biel", country="CH")
    return SwissPayment(iban="CH9300762011623852957", creditor=firm, amount=Money(10000 * count, "CHF"))


def sheets(count: int, slip: SepaTransfer | SwissPayment, closing=CLOSING) -> list[list[Run]]:
    invoices = (invoice(f"RE-{number:02d}", "100.00", slip.amount.currency) for number in range(count))
    return pages(letter_pdf(letter(*invoices, paragraphs=OPENING, closing=closing, slip=slip)))


def texts(sheet: list[Run]) -> set[str]:
    return {run.text for run in sheet}


def with_code(found: list[list[Run]], word: str) -> list[Run]:
    [sheet] = [each for each in found if WORDS[word] in texts(each)]
    return sheet


@pytest.mark.parametrize("count", LENGTHS)
def test_the_european_code_stands_below_the_last_words(count) -> None:
    found = sheets(count, european(count))
    sheet = with_code(found, "pay_here")

    assert sheet is found[-1]
    assert {*LAST, WORDS["holder"], WORDS["to_pay"], "DE89 3704 0044 0532 0130 00"} <= texts(sheet)
    lowest = max(run.y for run in sheet if run.text == CLOSING[-1])
    [head] = [run.y for run in sheet if run.text == WORDS["pay_here"]]
    assert lowest < head < max(run.y for run in sheet) < 277


@pytest.mark.parametrize("count", LENGTHS)
def test_the_swiss_code_stands_at_the_foot_below_the_last_words(count) -> None:
    found = sheets(count, swiss(count))
    sheet = with_code(found, "payment_part")

    assert sheet is found[-1]
    assert {*LAST, WORDS["receipt"], WORDS["slip_amount"]} <= texts(sheet)
    [title] = [run.y for run in sheet if run.text == WORDS["payment_part"]]
    assert round(title) == 200
    words = [run.y for run in sheet if run.text in CLOSING or run.text.startswith("RE-")]
    assert max(words) < 192 - 5  # the line for the scissors stands above the slip


def test_a_short_letter_with_a_swiss_code_is_one_sheet() -> None:
    assert len(sheets(1, swiss(1), closing=CLOSING[-2:])) == 1 < len(sheets(1, swiss(1)))


@pytest.mark.parametrize("slip", [european(1), swiss(1)], ids=["european", "swiss"])
def test_of_words_longer_than_a_sheet_the_last_stand_with_the_code(slip) -> None:
    sheet = with_code(
        sheets(1, slip, ("Wort " * 150,) * 12 + CLOSING),
        "pay_here" if isinstance(slip, SepaTransfer) else "payment_part",
    )

    assert set(LAST) <= texts(sheet)


def test_what_is_before_the_last_words_fills_the_first_sheet() -> None:
    first, second = sheets(8, european(8))

    assert CLOSING[0] in texts(first)
    assert max(run.y for run in first) > 170
    assert CLOSING[1] in texts(second)
