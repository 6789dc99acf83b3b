"""Halves of characters in JSON are replaced, and nothing else is touched."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.escapes import without_lone_surrogates


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (rb'"\ud83d"', '"\ufffd"'),
        (rb'"\udE00x"', '"\ufffdx"'),
        (rb'"\ud83d\ud83d\ude00"', '"\ufffd\U0001f600"'),
        (rb'"\uD83D\uDE00"', '"\U0001f600"'),
        (rb'"\\ud83d"', r'"\\ud83d"'),
        (rb'"\\\ud83d"', '"\\\\\ufffd"'),
        (rb'"\n\"\u00e9"', r'"\n\"\u00e9"'),
    ],
)
def test_only_halves_are_replaced(text: bytes, mended: str) -> None:
    assert msgspec.json.decode(without_lone_surrogates(text)) == json.loads(mended)


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_python_can_write_can_be_decoded(text: str) -> None:
    body = json.dumps(text).encode()

    expected = json.loads(body).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert msgspec.json.decode(without_lone_surrogates(body)) == expected


@given(st.text())
def test_whole_text_stays_the_same_object(text: str) -> None:
    body = json.dumps(text).encode()

    assert without_lone_surrogates(body) is body
