"""A statement of account shows all that is open, on paper as on the screen, and adds no two currencies."""

import re
from html.parser import HTMLParser

import pytest
from hostile_people import NAMES, SHORT_NAMES
from hypothesis import given
from hypothesis import strategies as st
from letter_samples import credit, invoice, statement
from pdf_pages import pages, text_of

from connector.letters.data import LetterError, ageing
from connector.letters.statement import statement_html, statement_pdf
from connector.letters.words import words_of
from state.model import CreditKind
from state.money import Money

MIXED = (
    invoice("A", "100.00", total="250.00", days=-3),
    invoice("B", "40.00", days=30),
    invoice("C", "2.00", days=31),
    invoice("D", "5000", "JPY", days=91),
    invoice("E", "1.234", "KWD", days=61),
)


class _Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data.replace("\u200b", "").strip())


def test_paper_and_screen_show_the_same_figures() -> None:
    data = statement(*MIXED, credits=(credit("10.00"), credit("3.00", "USD", CreditKind.OVERPAYMENT)))

    on_paper = {line for line in text_of(statement_pdf(data)).split("\n") if re.search(r"\d", line)}
    on_screen = {line for line in _Tags(statement_html(data)).text if re.search(r"\d", line)}
    letterhead = {"Muster Bau GmbH · Hauptstraße 12 · 80331 München", "30 October 2026"}
    assert on_paper - on_screen == letterhead


def test_part_payments_credits_and_balances_stand_per_currency() -> None:
    text = text_of(statement_pdf(statement(*MIXED, credits=(credit("10.00"), credit("3.00", "USD")))))

    assert "€150.00" in text  # of 250.00, paid
    assert "Credit note" in text
    for balance in ("Balance in EUR\n€132.00", "Balance in JPY\nJP¥5,000", "Balance in KWD\nKWD\xa01.234"):
        assert balance in text
    assert "Balance in USD, in your favour\nUS$3.00" in text


def test_every_kind_of_credit_has_a_name_in_every_language() -> None:
    for language in ("en", "de", "fr", "es", "nl"):
        credits = tuple(credit("1.00", kind=kind) for kind in CreditKind)
        page = statement_html(statement(locale=language, credits=credits))
        assert all(words_of(language)[kind.value] in page for kind in CreditKind)


def test_an_account_on_which_nothing_is_open_says_so() -> None:
    empty = statement()
    empty = type(empty)(**{**{name: getattr(empty, name) for name in empty.__dataclass_fields__}, "invoices": ()})

    assert "Nothing is open on this account." in text_of(statement_pdf(empty))
    assert "Nothing is open on this account." in statement_html(empty)


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(-400, 4000), st.sampled_from(["EUR", "JPY", "KWD"]))))
def test_the_ages_of_a_currency_sum_to_what_is_due_in_it(drawn) -> None:
    lines = [
        invoice(str(at), str(Money(minor, currency).amount), currency, days=days)
        for at, (minor, days, currency) in enumerate(drawn)
    ]
    for currency in ("EUR", "JPY", "KWD"):
        parts = ageing(lines, currency)
        whole = sum(line.due.minor for line in lines if line.due.currency == currency)
        assert whole == sum(
            part.minor
            for part in (parts.not_due, parts.days_1_to_30, parts.days_31_to_60, parts.days_61_to_90, parts.over_90)
        )


@pytest.mark.parametrize(
    ("days", "bracket"),
    [
        (-1, "not_due"), (0, "not_due"), (1, "days_1_to_30"), (30, "days_1_to_30"), (31, "days_31_to_60"),
        (60, "days_31_to_60"), (61, "days_61_to_90"), (90, "days_61_to_90"), (91, "over_90"), (4000, "over_90"),
    ],
)  # fmt: skip
def test_an_invoice_is_as_old_as_the_days_since_it_was_due(days, bracket) -> None:
    assert getattr(ageing([invoice("A", "1.00", days=days)], "EUR"), bracket) == Money.of("1.00", "EUR")


@pytest.mark.parametrize("hostile", SHORT_NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_a_hostile_name_becomes_no_markup(hostile) -> None:
    quiet = _Tags(statement_html(statement(invoice("A"), credits=(credit("1.00"),))))
    text = hostile.text
    loud = _Tags(statement_html(statement(invoice(text), recipient=(text, text), reference=text,
                                          credits=(credit("1.00"),))))  # fmt: skip

    assert loud.tags <= quiet.tags
    assert loud.attributes <= quiet.attributes


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: f"{hostile.attacks}:{hostile.text[:20]!r}")
def test_a_hostile_name_leaves_a_statement_of_few_pages(hostile) -> None:
    text = hostile.text
    data = statement(invoice(text), recipient=(text, text), reference=text)

    assert len(pages(statement_pdf(data))) <= 2
    assert len(statement_html(data)) < 10_000


def test_two_hundred_invoices_are_all_there() -> None:
    pdf = statement_pdf(statement(*(invoice(f"RE-{number:03d}", due="10.00", total="99.00") for number in range(200))))

    text = text_of(pdf)
    assert all(f"RE-{number:03d}" in text for number in range(200))
    assert "€2,000.00" in text


def test_the_same_statement_is_the_same_bytes() -> None:
    assert statement_pdf(statement(*MIXED)) == statement_pdf(statement(*MIXED))
    assert statement_html(statement(*MIXED)) == statement_html(statement(*MIXED))


def test_an_invoice_in_two_currencies_is_no_statement() -> None:
    line = invoice("A", "1.00")
    mixed = type(line)(**{**{name: getattr(line, name) for name in line.__slots__}, "total": Money.of("1", "USD")})
    with pytest.raises(LetterError, match="one currency"):
        statement(mixed)
