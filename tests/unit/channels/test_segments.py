"""How many segments a text becomes on the air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.segments import segments

GSM = st.text(alphabet="abcXYZ 0129@£$¥èÄÖÜß\n?!", max_size=700)
ANY = st.text(max_size=400)


@pytest.mark.parametrize(
    ("text", "encoding", "places", "count"),
    [
        ("", "gsm7", 0, 0),
        ("a", "gsm7", 1, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("£1,234.50 due; grüße @ [Ø]", "gsm7", 28, 1),
        ("\u2019", "ucs2", 1, 1),
        ("ш" * 70, "ucs2", 70, 1),
        ("ш" * 71, "ucs2", 71, 2),
        ("ш" * 134, "ucs2", 134, 2),
        ("ш" * 135, "ucs2", 135, 3),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("a" * 100 + "ş", "ucs2", 101, 2),
    ],
)
def test_texts_are_counted_as_networks_do(text, encoding, places, count) -> None:
    counted = segments(text)
    assert (counted.encoding, counted.places, counted.count) == (encoding, places, count)


def test_an_escaped_character_is_never_torn_apart() -> None:
    """152 letters leave one place of the first 153; the euro needs two, so 306 places do not fit into two segments."""
    text = "a" * 152 + "€" + "a" * 152
    assert (segments(text).places, segments(text).count) == (306, 3)


def test_a_character_of_two_units_is_never_torn_apart() -> None:
    text = "ш" * 66 + "😀" + "ш" * 66
    assert (segments(text).places, segments(text).count) == (134, 3)


@given(GSM)
def test_a_text_in_the_gsm_alphabet_is_sent_in_it(text) -> None:
    assert segments(text).encoding == "gsm7"


@given(ANY)
def test_segments_hold_all_places_and_no_segment_is_idle(text) -> None:
    counted = segments(text)
    alone, joined = (160, 153) if counted.encoding == "gsm7" else (70, 67)

    assert counted.places <= max(alone, counted.count * joined)
    assert (counted.count == 0) == (text == "")
    if counted.count > 1:
        assert counted.places > alone
        assert counted.places > (counted.count - 1) * (joined - 1)


@given(ANY, ANY)
def test_more_text_is_never_fewer_segments(first, second) -> None:
    assert segments(first + second).count >= segments(first).count
