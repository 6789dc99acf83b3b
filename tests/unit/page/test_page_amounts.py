"""Amounts are read as the page's language writes them, and never wrong by a factor of a thousand."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_desk import HOME, PageDesk, page_desk

from connector.agreements.subject import AgreementError, amount_in
from connector.messages.locales import LANGUAGES
from connector.page.words import Words
from state.money import Money

COMMA_LANGUAGES = [language for language in LANGUAGES if language != "en"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    with page_desk(tmp_path, customers=8) as made:
        yield made


@pytest.fixture
def invoice(desk: PageDesk) -> dict:
    """The largest that waits for a yes."""
    waiting = json.loads(desk.dun("approve", "--json"))["reminders"]
    return max(waiting, key=lambda each: float(each["due"].partition(" ")[0].replace(",", "")))


@given(
    language=st.sampled_from(LANGUAGES), minor=st.integers(1, 10**12), currency=st.sampled_from(["GBP", "JPY", "KWD"])
)
def test_an_amount_is_read_as_the_page_writes_it(language: str, minor: int, currency: str) -> None:
    words = Words(language)

    assert amount_in(words.plain_amount(words.bare(Money(minor, currency))) or "", currency) == minor


@pytest.mark.parametrize("language", COMMA_LANGUAGES)
@pytest.mark.parametrize(("typed", "plain"), [("1250,50", "1250.50"), ("1 250,50", "1250.50"), ("1250", "1250")])
def test_a_comma_divides_cents_outside_english(language: str, typed: str, plain: str) -> None:
    assert Words(language).plain_amount(typed) == plain


@pytest.mark.parametrize("language", ["de", "es", "nl"])
@pytest.mark.parametrize(
    ("typed", "plain"), [("1.250", "1250"), ("1.250,00", "1250.00"), ("12.345.678,9", "12345678.9")]
)
def test_a_point_groups_thousands_where_the_language_does_so(language: str, typed: str, plain: str) -> None:
    assert Words(language).plain_amount(typed) == plain


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["250.00", "250,00", "250.0", "250,0"])
def test_one_or_two_digits_behind_a_mark_are_cents_in_every_language(language: str, typed: str) -> None:
    assert amount_in(Words(language).plain_amount(typed) or "", "GBP") == 25000


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        *[(language, typed) for language in COMMA_LANGUAGES for typed in ("1,250.00", "1,250,00", "0.250", "1.25.00")],
        ("fr", "1.250"),
        *[("en", typed) for typed in ("1.250,00", "0,250", "1,25,000", "1,2500")],
        *[(language, typed) for language in LANGUAGES for typed in ("", ".", ",", "-5", "1e3", "1_0", "GBP 5", "٣")],
    ],
)
def test_what_the_language_does_not_settle_is_no_amount(language: str, typed: str) -> None:
    assert Words(language).plain_amount(typed) is None


@pytest.mark.parametrize(("typed", "currency"), [("1.250", "GBP"), ("120.000", "JPY"), ("1.2500", "KWD")])
def test_noughts_beyond_the_currencys_last_digit_may_have_been_thousands(typed: str, currency: str) -> None:
    with pytest.raises(AgreementError, match=f"finer than the minor unit of {currency}"):
        amount_in(typed, currency)


def test_a_promise_is_of_what_was_typed_and_says_so(desk: PageDesk, invoice: dict) -> None:
    customer = f"{HOME}/customer/{invoice['customer_id']}"
    ada = desk.person(language="de")
    form = ada.get(customer).form(f"{customer}/promise")
    fields = form | {"invoice": invoice["invoice_id"], "on": "2026-03-20", "amount": "12,50"}

    made = ada.post(f"{customer}/promise", fields)

    assert "Die Zusage über 12,50\N{NO-BREAK SPACE}" in made.notice
    with desk.store() as store:
        assert [promise.amount_minor for promise in store.promises.open()] == [1250]


def test_a_withdrawn_promise_is_made_again_of_the_same_amount(desk: PageDesk, invoice: dict) -> None:
    customer = f"{HOME}/customer/{invoice['customer_id']}"
    ada = desk.person(language="de")
    form = ada.get(customer).form(f"{customer}/promise")
    made = ada.post(f"{customer}/promise", form | {"invoice": invoice["invoice_id"], "on": "2026-03-20"})

    withdrawn = ada.post(*made.undo)
    ada.post(*withdrawn.undo)

    with desk.store() as store:
        [promise] = store.promises.open()
        assert str(Money(promise.amount_minor, promise.currency)) == invoice["due"]


def test_a_point_for_thousands_is_never_a_thousandth(desk: PageDesk, invoice: dict) -> None:
    customer = f"{HOME}/customer/{invoice['customer_id']}"
    ada = desk.person(language="de")
    form = ada.get(customer).form(f"{customer}/dispute")
    fields = form | {"invoice": invoice["invoice_id"], "reason": "falsche Menge", "amount": "900.010"}

    refused = ada.post(f"{customer}/dispute", fields)

    assert refused.status == 422
    assert "900.010,00" in refused.text
    assert 'value="900.010"' in refused.text


def test_a_part_in_dispute_is_told_with_its_amount(desk: PageDesk, invoice: dict) -> None:
    customer = f"{HOME}/customer/{invoice['customer_id']}"
    ada = desk.person(language="fr")
    form = ada.get(customer).form(f"{customer}/dispute")
    fields = form | {"invoice": invoice["invoice_id"], "reason": "deux caisses", "amount": "10,50"}

    assert "Le litige portant sur 10,50" in ada.post(f"{customer}/dispute", fields).notice


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_amount_is_refused_in_the_readers_language(desk: PageDesk, invoice: dict, language: str) -> None:
    customer = f"{HOME}/customer/{invoice['customer_id']}"
    ada = desk.person(language=language)
    form = ada.get(customer).form(f"{customer}/promise")
    on = str(date(2026, 3, 2) + timedelta(days=30))

    refused = ada.post(f"{customer}/promise", form | {"on": on, "amount": "some"})

    assert refused.status == 422
    assert Words(language)("customer.no_amount", text="some") in refused.text
