"""What a terminal or a log would obey is taken out of text, and nothing else; JSON only writes it in another way."""

import json
import sys
from unicodedata import bidirectional, category

import pytest
from hostile_people import NAMES, commanding, forged_lines
from hypothesis import given
from hypothesis import strategies as st

from state.plain_text import LONGEST_TEXT, bounded, json_line, plain

EVERY_CHARACTER = [chr(number) for number in range(sys.maxunicode + 1)]


def test_exactly_control_characters_line_ends_and_half_characters_become_blanks() -> None:
    blanked = {one for one in EVERY_CHARACTER if one != " " and plain(one) == " "}

    assert blanked == {one for one in EVERY_CHARACTER if category(one) in {"Cc", "Cs", "Zl", "Zp"}}


def test_exactly_the_invisible_marks_of_direction_are_left_out() -> None:
    left_out = {one for one in EVERY_CHARACTER if plain(one) == ""}

    of_direction = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    unseen = {one for one in EVERY_CHARACTER if category(one) == "Cf"}
    assert left_out == {one for one in unseen if bidirectional(one) in of_direction} | {"\u061c", "\u200e", "\u200f"}


@pytest.mark.parametrize("hostile", NAMES, ids=lambda hostile: hostile.attacks)
def test_a_hostile_name_is_one_line_that_nothing_obeys(hostile) -> None:
    shown = plain(hostile.text)

    assert (commanding(shown), forged_lines(f"customer {shown}"), "\n" in shown) == (set(), [], False)


@given(st.text())
def test_a_line_of_json_loses_nothing_and_is_one_line(text: str) -> None:
    line = json_line({"name": text})

    assert json.loads(line) == {"name": text}
    assert (len(line.splitlines()), commanding(line)) == (1, set())


def test_a_text_longer_than_any_field_shows_that_it_was_cut() -> None:
    assert bounded("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    assert bounded("x" * 1_000_000) == "x" * LONGEST_TEXT + "…"
