"""What happens during a call: well-formed, in the right language, and whatever strangers typed stays text."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.spoken import spoken
from connectors.channels.twiml import HANG_UP, Offer, Reading, call_document, key_answer

FIRM, ACTION = "+442079460001", "https://dun.example/webhooks/twilio/north/key?a=1&b=2"
PRESS_ONE = Offer(FIRM, ACTION)
ENGLISH = spoken("en_GB")
HOSTILE = '</Say><Dial>+449098790000</Dial><Say> & "quoted" <!-- ]]> \x00\x1b\u202e\ufffe\uffff\ud800'


def read(document: str) -> ElementTree.Element:
    return ElementTree.fromstring(document.encode())  # noqa: S314 - a document of ours


def call(text: str = "600 pounds are due.", offer: Offer = PRESS_ONE) -> ElementTree.Element:
    return read(call_document(text, Reading("en-GB", "Polly.Amy"), offer, ENGLISH))


def test_with_a_public_address_a_key_may_be_pressed() -> None:
    gather, goodbye = call()

    assert gather.tag == "Gather"
    assert (gather.get("action"), gather.get("method"), gather.get("numDigits")) == (ACTION, "POST", "1")
    assert [verb.tag for verb in gather] == ["Say"]
    assert "600 pounds are due. To speak to us now, press 1." in (gather[0].text or "")
    assert goodbye.text == ENGLISH.goodbye


def test_without_one_no_key_is_offered_and_the_number_is_named_digit_by_digit() -> None:
    document = call(offer=Offer(FIRM))

    assert [verb.tag for verb in document] == ["Say", "Say"]
    assert document[1].text == "To speak to us, please call plus 4 4 2 0 7 9 4 6 0 0 0 1."


def test_without_a_number_the_call_just_ends() -> None:
    assert [verb.text for verb in call(offer=Offer())] == ["600 pounds are due.", ENGLISH.goodbye]


def test_an_address_without_a_number_to_connect_with_offers_no_key() -> None:
    assert [verb.tag for verb in call(offer=Offer(action=ACTION))] == ["Say", "Say"]


def test_language_and_voice_are_told() -> None:
    said = call(offer=Offer())[0]
    assert (said.get("language"), said.get("voice")) == ("en-GB", "Polly.Amy")
    assert "voice" not in read(call_document("x", Reading("en-GB"), Offer(), ENGLISH))[0].attrib


@pytest.mark.parametrize("offer", [Offer(), Offer(FIRM), Offer(FIRM, ACTION)])
def test_hostile_text_is_read_out_and_not_obeyed(offer) -> None:
    tags = {element.tag for element in call(HOSTILE, offer).iter()}
    assert tags <= {"Response", "Say", "Gather"}


@given(st.text(max_size=200))
def test_any_text_is_characters_of_what_is_said(text) -> None:
    document = read(call_document(text, Reading("en-GB"), Offer(FIRM, ACTION), ENGLISH))
    assert [element.tag for element in document.iter()] == ["Response", "Gather", "Say", "Say"]


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("de_DE", "de-DE"),
        ("de", "de-DE"),
        ("de_CH", "de-DE"),
        ("fr_CA", "fr-CA"),
        ("nl-BE", "nl-BE"),
        ("es", "es-ES"),
        ("en_US", "en-US"),
        ("pl_PL", "en-GB"),
        ("", "en-GB"),
    ],
)
def test_the_few_words_follow_the_language(locale, tag) -> None:
    assert spoken(locale).tag == tag


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl"])
def test_each_language_names_the_key_and_the_number(language) -> None:
    words = spoken(language)
    assert "1" in words.press
    assert "4 4 2 0" in words.call_us("+4420")


def test_one_connects_with_the_firm() -> None:
    [dial] = read(key_answer("1", FIRM, "+442079460000"))
    assert (dial.tag, dial.text, dial.get("callerId")) == ("Dial", FIRM, "+442079460000")


@pytest.mark.parametrize("digits", ["", "2", "11", "*", "<Dial>+1900</Dial>", "1 ", "\u0661"])
def test_every_other_key_ends_the_call(digits) -> None:
    assert key_answer(digits, FIRM, FIRM) == HANG_UP


def test_a_firm_without_a_number_is_not_connected() -> None:
    assert key_answer("1", "", FIRM) == HANG_UP
