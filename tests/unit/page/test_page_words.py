"""The page in five languages: nothing is missing in any, and nothing is asked for that is in none."""

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from connector.messages.locales import LANGUAGES
from connector.page.showing import TEMPLATES
from connector.page.words import FOLDER, NAMES, Words, catalogue, language_for
from state.money import Money

ENGLISH = catalogue("en")
_ASKED = re.compile(r"""(?:\bt|words)\(\s*["']([a-z_]+\.[a-z_]+)["']\s*[,)]""")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    assert catalogue(language).keys() == ENGLISH.keys()
    assert all(text.strip() for text in catalogue(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_names_the_same_values_in_every_language(language: str) -> None:
    texts = catalogue(language)
    different = [key for key in ENGLISH if placeholders(texts[key]) != placeholders(ENGLISH[key])]

    assert different == []
    assert [key for key in ENGLISH if (" | " in texts[key]) != (" | " in ENGLISH[key])] == []


def test_there_is_a_folder_for_each_language_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(LANGUAGES) == set(NAMES)


def test_every_text_that_a_template_or_a_page_asks_for_exists() -> None:
    sources = [*TEMPLATES.glob("*.html"), *Path(TEMPLATES.parent).glob("*.py")]
    asked = {key for path in sources for key in _ASKED.findall(path.read_text(encoding="utf-8"))}

    assert asked - ENGLISH.keys() == set()


@pytest.mark.parametrize(
    ("preferred", "accepted", "language"),
    [
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr", "de", "fr"),
        ("", "ja, nl;q=0.5", "nl"),
        ("", "", "en"),
        ("xx", "*", "en"),
    ],
)
def test_the_language_is_the_persons_own_else_the_browsers_else_english(preferred, accepted, language) -> None:
    assert language_for(preferred, accepted) == language


@pytest.mark.parametrize(
    ("language", "amount", "written"),
    [
        ("en", Money(123456, "EUR"), "1,234.56 EUR"),
        ("de", Money(123456, "EUR"), "1.234,56 EUR"),
        ("en", Money(1234, "JPY"), "1,234 JPY"),
        ("en", Money(1234567, "KWD"), "1,234.567 KWD"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(language: str, amount: Money, written: str) -> None:
    assert Words(language).money(amount).replace("\N{NO-BREAK SPACE}", " ") == written


def test_an_amount_of_an_unknown_currency_is_shown_in_minor_units() -> None:
    assert Words("en").amount(1234, "XYZ") == "1,234 XYZ"


@pytest.mark.parametrize(("n", "told"), [(1, "1 firm"), (2, "2 firms"), (1200, "1,200 firms")])
def test_numbers_choose_their_words(n: int, told: str) -> None:
    assert Words("en")("frame.all_firms", n=n) == told


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.stem)
def test_a_table_that_is_stacked_on_a_phone_names_each_cell_by_its_columns_heading(path: Path) -> None:
    for table in re.findall(r'<table class="stacks">.*?</table>', path.read_text(encoding="utf-8"), re.DOTALL):
        headings = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
        body = table.partition("</thead>")[2]

        assert re.findall(r'<t[dh][^>]* data-label="(\{\{.*?\}\})"', body) == headings
        assert len(re.findall(r"<t[dh][ >]", body)) == len(headings)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "2 Mar 2026, 00:30"),
        ("de", "2. März 2026, 00:30"),
        ("fr", "2 mars 2026, 00:30"),
        ("es", "2 mar 2026, 00:30"),
        ("nl", "2 mrt 2026, 00:30"),
    ],
)
def test_an_instant_is_written_as_a_language_writes_days_and_on_the_tenants_clock(language: str, written: str) -> None:
    assert Words(language).instant(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "Europe/Berlin") == written
