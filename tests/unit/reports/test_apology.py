"""The draft of an apology: in which language, with whose days, and harmless whatever a customer is called."""

from datetime import UTC
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from unit.reports.effect_worlds import TODAY, TOTAL, Debt, Money, Sent, World, instant, written
from unit.state.examples import a_contact

from connector.messages.locales import LANGUAGES
from connector.reports.apology import Firm, apology
from connector.reports.apology_words import APOLOGIES
from state.agreed import Preference
from state.effect_records import FalseChase
from state.ids import ContactId

HARBOUR = Firm("Harbour Ltd", "en_GB", UTC)
CHASED = World((Debt("paid", TOTAL, (Money(TOTAL, on=8, stamped=12),)),), (Sent(10, "soft", (0,)),))
CUSTOMER = ContactId("customer-0")


def chase(
    country: str | None = None, language: str | None = None, name: str = "Harriet", **changes: object
) -> FalseChase:
    """The one of CHASED, by a customer of whom the file knows as much."""
    with written(CHASED) as store:
        store.mirror.save_contacts([a_contact(CUSTOMER, name=name, country=country, updated_at=instant(60))])
        if language:
            store.preferences.save(Preference(contact_id=CUSTOMER, language=language), "ann", instant(60))
        [found] = store.effects(instant(0).date(), TODAY, TODAY, UTC).false_chases
    return replace(found, **changes)


def test_it_says_what_happened_in_plain_words() -> None:
    assert apology(chase(), HARBOUR) == (
        "Dear Harriet,\n\n"
        "on 12 March 2026 we reminded you of invoice INV-0, although £100.00 of it had been paid on 10 March 2026. Our"
        " books did not show the payment on this invoice when the reminder left. The payment was entered, or last"
        " changed, in our books on 14 March 2026.\n\n"
        "Please disregard the reminder as far as this amount is concerned. We are sorry.\n\n"
        "Harbour Ltd"
    )


@pytest.mark.parametrize(
    ("country", "language", "firm", "begins"),
    [
        (None, "fr", "en_GB", "Bonjour Harriet,\n\nLe 12 mars 2026, nous"),
        ("DE", "nl", "en_GB", "Beste Harriet,\n\nOp 12 maart 2026 hebben"),
        ("DE", None, "en_GB", "Guten Tag Harriet,\n\nam 12. März 2026 haben"),
        ("CH", None, "fr_CH", "Bonjour Harriet,"),
        (None, None, "es_ES", "Hola, Harriet:\n\nEl 12 de marzo de 2026 le"),
        (None, None, "sv_SE", "Dear Harriet,\n\non 12 March 2026 we"),
    ],
)
def test_it_is_in_the_customers_language_else_its_countrys_else_the_firms(country, language, firm, begins) -> None:
    assert apology(chase(country, language), Firm("Harbour Ltd", firm, UTC)).startswith(begins)


@pytest.mark.parametrize(
    ("country", "language", "amount"),
    [
        ("AT", None, "€ 1.234,50"),
        ("FR", None, "1\u202f234,50\xa0€"),
        ("CH", "de", "EUR 1\u2019234.50"),
        ("US", "en", "€1,234.50"),
    ],
)
def test_amounts_are_written_as_in_the_customers_country(country, language, amount) -> None:
    text = apology(chase(country, language, minor=1234_50, currency="EUR"), HARBOUR)

    assert amount in text.replace("€\xa0", "€ ").replace("EUR\xa0", "EUR ")


def test_the_day_on_which_a_payment_surfaced_is_that_of_the_firms_wall_clock() -> None:
    late = chase(surfaced_at=instant(12, 23))

    text = apology(late, Firm("Harbour Ltd", "en_NZ", ZoneInfo("Pacific/Auckland")))

    assert "entered, or last changed, in our books on 15 March 2026" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", ["entered_later", "shown_as_owed", "shown_later"])
def test_every_language_tells_all_there_is_of_every_cause(language, cause) -> None:
    found = chase(language=language, cause=cause, surfaced_at=instant(13))
    text = apology(found, HARBOUR)

    assert APOLOGIES[language][cause] in text
    assert all(said in text for said in ("Harriet", "INV-0", "100", "12", "10", "15", "2026", "Harbour Ltd"))
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_words_with_the_same_places(language) -> None:
    assert {key: places(text) for key, text in APOLOGIES[language].items()} == {
        key: places(text) for key, text in APOLOGIES["en"].items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_amount_in_a_currency_that_nobody_knows_is_left_in_words(language) -> None:
    assert APOLOGIES[language]["an_amount"] in apology(chase(language=language, currency="???"), HARBOUR)


def test_a_payment_without_a_stamp_is_entered_on_no_day() -> None:
    assert "last changed" not in apology(chase(surfaced_at=None, cause="shown_later"), HARBOUR)


def test_names_of_strangers_are_harmless() -> None:
    evil = "Evil\r\nBcc: x@evil.example \u202e\x1b[31m {firm}"
    text = apology(chase(name=evil), replace(HARBOUR, name="Firm\r\nLtd"))

    assert text.startswith("Dear Evil Bcc: x@evil.example [31m {firm},\n")
    assert text.endswith("\n\nFirm Ltd")


def test_a_customer_merged_into_another_is_written_to_as_the_one_that_lives_on() -> None:
    with written(CHASED) as store:
        store.mirror.save_contacts(
            [
                a_contact(CUSTOMER, merged_into=ContactId("heir"), country="FR", updated_at=instant(60)),
                a_contact("heir", name="Heir", country="ES", updated_at=instant(60)),
            ]
        )
        store.preferences.save(Preference(contact_id=ContactId("heir"), language="nl"), "ann", instant(60))
        [found] = store.effects(instant(0).date(), TODAY, TODAY, UTC).false_chases

    assert (found.customer, found.country, found.language) == ("Heir", "ES", "nl")


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
