"""A letter shows what it was given, in the place where the envelope has its window, and obeys nobody but its layout."""

import string
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest
from hostile_people import NAMES, commanding
from letter_samples import DAY, RECIPIENT, SENDER, invoice, letter
from pdf_pages import pages, text_of

from connector.letters.data import Charge, LetterError, Sender
from connector.letters.epc import SepaTransfer
from connector.letters.letter import letter_pdf
from connector.letters.payee import Payee, slip_for
from connector.letters.swiss import SwissParty, SwissPayment
from connector.letters.words import words_of
from connector.messages.formats import format_money
from state.model import PostalAddress
from state.money import Money

TYPST = (
    '#panic("now")',
    '#read("/etc/passwd")',
    '#let d = none; #import "@preview/x:1.0.0": *',
    '"); #text(size: 100pt)[x] //',
    "$x^2$ *bold* _it_ `raw` @ref <label> = Heading",
    "\\u{1F600} \\ ~ --- ... 'quoted' \"quoted\"",
    "]#pagebreak()[",
    "/* // */",
    "<script>{{ 76543 * 98765 }}</script>",
)


@pytest.mark.parametrize("text", TYPST)
def test_a_name_in_the_typesetters_language_is_printed_letter_by_letter(text) -> None:
    pdf = letter_pdf(letter(invoice(text[:20]), recipient=(text, "Street 1", "1010 Wien"), subject=text))

    printed = "".join(text_of(pdf).split())
    assert "".join(text.split()) in printed
    assert len(pages(pdf)) == 1


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_hostile_text_in_every_place_leaves_a_letter_of_few_pages(hostile) -> None:
    text = hostile.text
    hostile_letter = letter(
        invoice(text),
        sender=Sender(name=text, address=(text,), contact=(text,)),
        recipient=(text, text),
        subject=text,
        paragraphs=(text,),
        closing=(text,),
        reference=text,
        charges=(Charge(text, Money.of("1", "EUR")),),
    )
    pdf = letter_pdf(hostile_letter)

    assert len(pages(pdf)) <= 12
    assert not any(commanding(run.text.replace("\N{LEFT-TO-RIGHT MARK}", "")) for page in pages(pdf) for run in page)


def test_nothing_long_runs_over_the_edge_of_the_sheet() -> None:
    pdf = letter_pdf(letter(invoice("N" * 120), recipient=("M" * 120, "W" * 120, "1010 Wien"), subject="W" * 200))

    for run in (run for page in pages(pdf) for run in page):
        assert run.x + len(run.text) * run.size * 0.35 * 0.9 < 210


def test_the_same_letter_is_the_same_bytes_and_another_day_is_not() -> None:
    assert letter_pdf(letter()) == letter_pdf(letter())
    assert letter_pdf(letter()) != letter_pdf(letter(day=DAY + timedelta(days=1)))


@pytest.mark.parametrize(
    ("window", "left", "right", "top", "bottom"),
    [
        ("din-5008-b", 20, 105, 45 + 17.7, 90),  # DIN 5008, form B: the recipient's part of the field
        ("uk-dl", 20, 100, 57 - 1, 81),  # what a 90 x 35 mm window shows wherever the sheet has slid to
        ("us-10", 22.2, 111.1, 63.5, 80.4),
    ],
)
@pytest.mark.parametrize("recipient", [RECIPIENT, ("Name " * 20, *("Line " * 12,) * 5)])
def test_the_address_is_in_the_window(window, left, right, top, bottom, recipient) -> None:
    first, *_ = pages(letter_pdf(letter(window=window, recipient=recipient, sender=replace(SENDER, name="Z"))))
    words = {word for line in recipient for word in line.split()}
    address = [run for run in first if set(run.text.split()) <= words and run.text.strip() and run.y < 95]

    assert len(address) >= 4
    for run in address:
        assert left <= run.x <= right
        assert top <= run.y - run.size * 0.25
        assert run.y <= bottom + 0.5


def test_where_the_carrier_prints_the_address_there_is_nothing() -> None:
    first, *_ = pages(letter_pdf(letter(window="lob")))

    assert min(run.y for run in first) > 82.5
    assert RECIPIENT[1] not in {run.text for run in first}


def test_charges_and_credit_lead_from_the_invoices_to_what_is_to_be_paid() -> None:
    charges = (Charge("Verzugszinsen", Money.of("12.34", "EUR")), Charge("Pauschale", Money.of("40", "EUR")))
    text = text_of(letter_pdf(letter(charges=charges, credits=(Money.of("34.50", "EUR"),))))

    order = [
        text.index(part)
        for part in ("Rechnungen in EUR", "1.234,50", "Verzugszinsen", "12,34", "Pauschale", "40,00", "-34,50")
    ]
    assert order[2:] == sorted(order[2:])
    assert "1.252,34" in text[order[-1] :]


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", "Of it in dispute (RE-2)"),
        ("de_DE", "Davon strittig (RE-2)"),
        ("fr_FR", "Dont en litige (RE-2)"),
        ("es_ES", "Parte en disputa (RE-2)"),
        ("nl_NL", "Daarvan betwist (RE-2)"),
    ],
)
def test_the_disputed_part_leads_from_what_is_due_to_what_is_to_be_paid(locale, words) -> None:
    part = replace(invoice("RE-2", "10.00"), disputed=Money.of("4.00", "EUR"))
    found = letter(invoice("RE-1", "1234.50"), part, locale=locale)

    lines = text_of(letter_pdf(found)).split("\n")

    due = Money.of("1244.50", "EUR")
    expected = [format_money(amount, locale) for amount in (due, Money.of("-4.00", "EUR"), Money.of("1240.50", "EUR"))]
    assert [line for line in lines if line in {words, *expected}] == [expected[0], words, *expected[1:]]


def test_currencies_are_never_added_and_have_their_own_digits() -> None:
    text = text_of(
        letter_pdf(
            letter(
                invoice("A", "100.00"),
                invoice("B", "5000", "JPY"),
                invoice("C", "1.234", "KWD"),
                locale="en_GB",
                credits=(Money.of("7.00", "USD"),),
            )
        )
    )

    assert text.count(words_of("en")["to_pay"]) == 3
    assert {"€100.00", "JP¥5,000", "KWD\xa01.234", "US$7.00"} <= set(text.split("\n"))


def test_an_invoice_without_number_and_date_is_told_as_such() -> None:
    line = replace(invoice(None), issued_on=None)

    assert "ohne Nummer" in text_of(letter_pdf(letter(line)))


def test_two_hundred_invoices_go_over_several_pages_that_are_numbered_and_have_a_head() -> None:
    pdf = letter_pdf(letter(*(invoice(f"RE-{number:03d}") for number in range(200))))

    sheets = pages(pdf)
    text = text_of(pdf)
    assert all(f"RE-{number:03d}" in text for number in range(200))
    assert f"Seite {len(sheets)} von {len(sheets)}" in text
    assert "Seite 1 von" not in text
    assert [any(run.text == "Noch offen" for run in sheet) for sheet in sheets[:4]] == [True] * 4


@pytest.mark.parametrize("amount", ["0.01", "999999999.99", "99999999999999.99"])
def test_amounts_at_the_limits_stand_whole_on_the_sheet(amount) -> None:
    text = text_of(letter_pdf(letter(invoice("RE-1", amount), locale="en_GB")))

    assert f"€{Money.of(amount, 'EUR').amount:,}" in text.split("\n")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"recipient": ()}, "address"),
        ({"invoices": (invoice("A", "0"),)}, "something is due"),
        ({"credits": (Money.of("1234.50", "EUR"),)}, "credit covers"),
        ({"credits": (Money(-1, "EUR"),)}, "negative"),
        ({"charges": (Charge("x", Money(0, "EUR")),)}, "negative"),
        (
            {"slip": SepaTransfer(name="X", iban="DE89370400440532013000", amount=Money.of("1", "EUR"))},
            "another amount",
        ),
    ],
)
def test_a_letter_that_would_ask_wrongly_is_not_written(changes, reason) -> None:
    with pytest.raises(LetterError, match=reason):
        letter(**changes)


def test_a_slip_that_can_have_no_code_is_no_letter() -> None:
    slip = SepaTransfer(name="X", iban="DE89370400440532013001", amount=Money.of("1234.50", "EUR"))
    with pytest.raises(LetterError, match="check digits"):
        letter_pdf(letter(slip=slip))


def test_the_european_slip_says_the_payment_in_words_too() -> None:
    slip = SepaTransfer(
        name="Muster Bau GmbH",
        iban="DE89370400440532013000",
        bic="COBADEFFXXX",
        amount=Money.of("1234.50", "EUR"),
        text="RE-1 dun:m-0001",
    )
    text = text_of(letter_pdf(letter(slip=slip)))

    assert {"DE89 3704 0044 0532 0130 00", "COBADEFFXXX", "RE-1 dun:m-0001", "Verwendungszweck"} <= set(
        text.split("\n")
    )


def swiss(debtor: SwissParty | None) -> SwissPayment:
    return SwissPayment(
        iban="CH4431999123000889012",
        creditor=SwissParty(name="Robert Schneider AG", street="Lac 1", postcode="2501", town="Biel", country="CH"),
        amount=Money.of("1234.50", "CHF"),
        debtor=debtor,
        reference="210000000003139471430009017",
    )


DEBTOR = SwissParty(name="Pia Rutschmann", postcode="9400", town="Rorschach", country="CH")


@pytest.mark.parametrize("count", [1, 12, 30])
def test_the_swiss_slip_is_at_the_foot_of_the_last_sheet(count) -> None:
    invoices = tuple(invoice(f"RE-{number}", currency="CHF", due="1234.50") for number in range(count))
    slip = replace(swiss(DEBTOR), amount=Money.of("1234.50", "CHF") + Money(123450 * (count - 1), "CHF"))
    sheets = pages(letter_pdf(letter(*invoices, slip=slip)))
    places = {run.text: (round(run.x), round(run.y)) for run in sheets[-1] if run.y > 192}

    # SIX style guide: titles 5 mm inside both parts, amounts 68 mm below the slip's upper edge, at 192 mm
    assert places["Empfangsschein"] == (5, 200)
    assert places["Zahlteil"] == (67, 200)
    assert places["Pia Rutschmann"][0] in {5, 118}
    assert places["Währung"][1] in {262, 263}
    assert all(run.y < 192 or sheet is sheets[-1] for sheet in sheets[:-1] for run in sheet if "Zahlteil" in run.text)


def test_a_slip_without_a_debtor_has_a_box_to_fill_in() -> None:
    invoices = (invoice(currency="CHF"),)

    assert text_of(letter_pdf(letter(*invoices, slip=swiss(None)))).count("Zahlbar durch (Name/Adresse)") == 2


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_every_language_has_every_word(language) -> None:
    words = words_of(language)

    assert words.keys() == words_of("en").keys()
    assert all(words.values())
    for key, text in words.items():
        fields = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        assert fields == {name for _, name, _, _ in string.Formatter().parse(words_of("en")[key]) if name}
    assert words["invoice"] in text_of(letter_pdf(letter(locale=language)))


def test_a_language_that_is_not_written_falls_back_to_english() -> None:
    assert words_of("fi_FI") == words_of("en_GB")


PAYEE = Payee(
    name="Muster Bau GmbH",
    iban="DE89370400440532013000",
    address=PostalAddress(lines=("Hauptstraße 12",), city="München", postcode="80331", country="DE"),
)
SWISS_PAYEE = replace(PAYEE, iban="CH9300762011623852957")


@pytest.mark.parametrize(
    ("payee", "asked", "window", "kind"),
    [
        (PAYEE, [Money.of("1", "EUR")], "din-5008-b", SepaTransfer),
        (PAYEE, [Money.of("1", "EUR")], "us-10", SepaTransfer),
        (PAYEE, [Money.of("1", "USD")], "din-5008-b", None),
        (PAYEE, [Money.of("1", "EUR"), Money.of("1", "USD")], "din-5008-b", None),
        (PAYEE, [], "din-5008-b", None),
        (PAYEE, [Money.of("1000000000", "EUR")], "din-5008-b", None),
        (SWISS_PAYEE, [Money.of("1", "CHF")], "din-5008-b", SwissPayment),
        (SWISS_PAYEE, [Money.of("1", "EUR")], "uk-dl", SwissPayment),
        (SWISS_PAYEE, [Money.of("1", "EUR")], "us-10", SepaTransfer),
        (SWISS_PAYEE, [Money.of("1", "CHF")], "us-10", None),
        (replace(PAYEE, iban="BR1800360305000010009795493C1"), [Money.of("1", "EUR")], "din-5008-b", None),
    ],
)
def test_the_slip_is_that_of_the_account_and_the_currency(payee, asked, window, kind) -> None:
    slip = slip_for(payee, asked, window=window, reference="dun:m-1", text="RE-1")

    assert type(slip) is (kind or type(None))


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
@pytest.mark.parametrize("iban", ["DE89370400440532013000", "CH9300762011623852957", "CH4431999123000889012"])
def test_what_a_slip_says_can_always_be_typeset(hostile, iban) -> None:
    debtor = replace(DEBTOR, name=hostile.text)
    slip = slip_for(
        replace(PAYEE, iban=iban),
        [Money.of("1234.50", "EUR")],
        window="din-5008-b",
        reference=hostile.text,
        text=hostile.text,
        debtor=debtor,
    )

    assert letter_pdf(letter(slip=slip)).startswith(b"%PDF-")


def test_the_layouts_read_no_file_and_run_no_text() -> None:
    layouts = resources.files("connector.letters") / "layouts"
    sources = "".join(file.read_text() for file in layouts.iterdir() if file.name.endswith(".typ"))

    assert "sys.inputs.data" in sources
    assert not any(word in sources for word in ("read(", "import ", "include ", "eval(", "plugin(", "@preview"))


def test_a_folder_of_fonts_is_taken_along(tmp_path) -> None:
    assert letter_pdf(letter(), fonts=tmp_path).startswith(b"%PDF-")


def test_the_reference_stands_on_one_line_and_what_is_listed_has_points() -> None:
    reference = "dun:686bd498b8b84381ae9d163e"
    pdf = letter_pdf(letter(reference=reference, closing=("* Zinsen, 1,00 €\n* Pauschale", "1 * 2")))

    [first] = pages(pdf)
    assert len({run.y for run in first if run.text.startswith(reference[:8]) or run.text.endswith(reference[-3:])}) == 1
    text = text_of(pdf)
    assert {"• Zinsen, 1,00 €", "• Pauschale", "1 * 2"} <= set(text.split("\n"))
