"""Of a reply the new text is shown, and never nothing where there was something."""

from datetime import UTC, datetime

import letters_from_outside as outside
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.replies.mail import read_mail
from connector.replies.quoted import NEW_TEXT_LIMIT, new_text

AT = datetime(2026, 3, 12, 10, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (outside.OUTLOOK_REPLY, "Hello,\n\nwe have paid this on Monday, ref £1,234.50.\n\nKind regards\nAnn"),
        (outside.GMAIL_REPLY, "This invoice is wrong, we never got the goods."),
    ],
)
def test_what_a_program_quotes_is_left_out(parts: tuple[bytes, bytes], text: str) -> None:
    assert new_text(read_mail(*parts, AT).text) == text


@pytest.mark.parametrize(
    "introduction",
    [
        "On 11 March 2026 at 09:00, Accounts wrote:",
        "On Wed, 11 Mar 2026 at 09:00, Accounts <accounts@seller.example>\nwrote:",
        "Am 11.03.2026 um 09:00 schrieb Accounts <accounts@seller.example>:",
        "Le mer. 11 mars 2026 à 09:00, Accounts a écrit :",
        "El mié, 11 mar 2026 a las 9:00, Accounts escribió:",
        "Op wo 11 mrt 2026 om 09:00 schreef Accounts:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "Von: Accounts\nGesendet: Mittwoch, 11. März 2026 09:00\nAn: Ann",
        "From: Accounts\nSent: 11 March 2026\nTo: Ann",
    ],
)
def test_quotations_are_known_in_the_languages_of_mail_programs(introduction: str) -> None:
    assert new_text(f"We paid.\n\n{introduction}\n\nDear Ann,\npay.") == "We paid."


def test_answers_between_the_quoted_lines_are_kept() -> None:
    assert new_text("> Is it paid?\nYes.\n> When?\nMonday.") == "Yes.\nMonday."


def test_text_that_only_speaks_of_writing_is_not_cut() -> None:
    assert new_text("On Monday I wrote to you.\nNothing came.") == "On Monday I wrote to you.\nNothing came."


def test_a_reply_of_nothing_but_quoted_text_is_shown_whole() -> None:
    assert new_text("> pay now\n> please") == "> pay now\n> please"


def test_what_a_terminal_obeys_is_taken_out() -> None:
    assert new_text("paid \x1b[31mnothing\x00") == "paid  [31mnothing"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600))
def test_it_never_fails_and_never_grows(text: str) -> None:
    shown = new_text(text)

    assert len(shown) <= min(len(text), NEW_TEXT_LIMIT) + 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="abc >", min_size=1, max_size=20), min_size=1, max_size=10))
def test_something_is_shown_wherever_something_was_written(lines: list[str]) -> None:
    text = "\n".join(lines)

    assert bool(new_text(text)) == bool(text.strip())
