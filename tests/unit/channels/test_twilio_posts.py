"""What Twilio posts is told from what others post, and read without being believed."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.twilio_posts import StatusPost, form_fields, genuine, pressed_key, signature, status_post

# The example of Twilio's page "Security", with its token, its fields and its signature.
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)
SIGNED = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_twilios_own_example_is_genuine() -> None:
    assert signature(TOKEN, URL, FIELDS) == SIGNED
    assert genuine(TOKEN, URL, FIELDS, SIGNED)


def test_the_order_in_which_fields_come_does_not_matter() -> None:
    assert genuine(TOKEN, URL, FIELDS[::-1], SIGNED)


def test_the_form_as_it_is_posted_is_genuine() -> None:
    fields = form_fields(urlencode(FIELDS).encode())
    assert fields is not None
    assert genuine(TOKEN, URL, fields, SIGNED)


@pytest.mark.parametrize(
    ("token", "url", "fields", "claimed"),
    [
        ("12346", URL, FIELDS, SIGNED),
        (TOKEN, URL.replace("https", "http"), FIELDS, SIGNED),
        (TOKEN, URL + "&baz=3", FIELDS, SIGNED),
        (TOKEN, URL, FIELDS[1:], SIGNED),
        (TOKEN, URL, (*FIELDS, ("Extra", "1")), SIGNED),
        (TOKEN, URL, (*FIELDS[:2], ("Digits", "1"), *FIELDS[3:]), SIGNED),
        (TOKEN, URL, FIELDS, ""),
        (TOKEN, URL, FIELDS, SIGNED.lower()),
        (TOKEN, URL, FIELDS, "é" * 28),
        (TOKEN, URL, FIELDS, "\ud800"),
    ],
)
def test_whatever_differs_is_forged(token, url, fields, claimed) -> None:
    assert not genuine(token, url, fields, claimed)


def test_without_a_token_nothing_is_genuine() -> None:
    assert not genuine("", URL, FIELDS, signature("", URL, FIELDS))


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=6), st.text(min_size=1, max_size=12))
def test_what_was_signed_is_genuine_and_nothing_else_is(fields, token) -> None:
    try:
        signed = signature(token, URL, fields.items())
    except UnicodeEncodeError:
        return
    assert genuine(token, URL, fields.items(), signed)
    assert not genuine(token + "x", URL, fields.items(), signed)


def test_empty_fields_are_kept_because_they_are_signed() -> None:
    assert form_fields(b"Digits=&To=%2B44") == (("Digits", ""), ("To", "+44"))


@pytest.mark.parametrize("body", [b"\xff", "ü=1".encode(), b"a=%ff", b"&".join([b"a=1"] * 101)])
def test_what_is_no_form_has_no_fields(body) -> None:
    assert form_fields(body) is None


@given(st.binary(max_size=200))
def test_any_body_is_a_form_or_none(body) -> None:
    fields = form_fields(body)
    assert fields is None or all(len(field) == 2 for field in fields)


def test_the_key_is_read() -> None:
    assert pressed_key(FIELDS) == "1234"
    assert pressed_key((("CallSid", "CA1"),)) == ""


def test_a_status_is_read() -> None:
    assert status_post((("MessageSid", "SM1"), ("MessageStatus", "delivered"))) == StatusPost("SM1", "delivered")
    assert status_post((("CallSid", "CA1"), ("CallStatus", "busy"))) == StatusPost("CA1", "busy")
    assert status_post((("CallSid", "CA1"),)) is None
