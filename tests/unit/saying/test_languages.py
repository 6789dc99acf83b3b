"""What Dun says anywhere, in every language: nothing is missing, no value is lost, no name is changed."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import connector
from connector.dunning.policy import Policy
from connector.messages.locales import LANGUAGES
from connector.policy_tools.sentences import policy_sentences
from connector.reports.table import Column, Report, Table
from connector.saying.languages import Language, catalogue
from connector.saying.said import Month, all_of, chained, say, sum_of, told
from state.money import Money

FOREIGN = tuple(language for language in LANGUAGES if language != "en")
_ROOT = Path(connector.__file__).parent
_SAID_BEFORE = {("connector.dunning.explain", "words"), ("connector.saying.kept", "words")}  # of sentences found there
_SHOWN_AS_THEY_ARE = {"Column": (1,), "Table": (1,), "Report": (1,), "Listed": (0, 1)}  # the places of their titles


def sentences() -> set[str]:
    """All English words that the code hands to `say`, and the titles of reports, tables and columns."""
    return {words for path in _ROOT.rglob("*.py") for words in _of_module(path)}


def _of_module(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    is_report = path.parent.name in ("reports", "reporting")
    says = "connector.saying.said import" in source or path.name == "said.py"
    if not says and not is_report:
        return
    name = ".".join(path.relative_to(_ROOT.parent).with_suffix("").parts)
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            if call.func.id in ("say", "_told"):
                yield from _words(call.args[0], name)
            elif is_report:
                yield from _titles(call)


def _words(node: ast.expr, module: str) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif (module, ast.unparse(node)) not in _SAID_BEFORE:
        assert isinstance(node, ast.Name), f"{module}: `say` needs its words themselves, or a constant"
        yield getattr(importlib.import_module(module), node.id)


def _titles(call: ast.Call) -> Iterator[str]:
    assert isinstance(call.func, ast.Name)
    for place in _SHOWN_AS_THEY_ARE.get(call.func.id, ()):
        if len(call.args) > place and isinstance(title := call.args[place], ast.Constant):
            yield str(title.value)
    for keyword in call.keywords:
        if call.func.id == "Report" and keyword.arg == "title" and isinstance(keyword.value, ast.Constant):
            yield str(keyword.value.value)


_PLACE = re.compile(r"\{[a-z]+\}")
SENTENCES = {words for words in sentences() if any(map(str.isalnum, _PLACE.sub("", words)))}


AWKWARD = ("{name}", "{", "}}", " | ", "%s", "`dun`", "\u202e", "O'Brien & Söhne", "n/a; {n} | {n}")


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("language", FOREIGN)
def test_every_language_says_every_sentence_and_no_other(language: str) -> None:
    assert SENTENCES - catalogue(language).keys() == set()
    assert catalogue(language).keys() - SENTENCES == set()
    assert all(words.strip() for words in catalogue(language).values())


@pytest.mark.parametrize("language", FOREIGN)
def test_no_sentence_stands_in_two_files_of_a_language(language: str) -> None:
    files = [tomllib.loads(path.read_text("utf-8")) for path in (_ROOT / "saying" / "words" / language).iterdir()]

    assert sum(map(len, files)) == len(catalogue(language))


@pytest.mark.parametrize("language", FOREIGN)
def test_every_sentence_keeps_its_values_and_its_two_numbers(language: str) -> None:
    said = catalogue(language)
    known = SENTENCES & said.keys()

    assert [words for words in known if places(words) != places(said[words])] == []
    assert [words for words in known if (" | " in words) != (" | " in said[words])] == []


@pytest.mark.parametrize("language", FOREIGN)
def test_what_a_person_would_type_is_the_same_in_every_language(language: str) -> None:
    typed = [part for words in SENTENCES for part in words.split("`")[1::2]]
    said = " ".join(catalogue(language).values())

    assert [command for command in typed if f"`{command}`" not in said] == []


def test_in_english_a_sentence_is_its_own_text() -> None:
    said = say("{n} day until {day}: {amount} | {n} days until {day}: {amount}", n=1200, day=DAY, amount=EUROS)

    assert said == "1,200 days until 2026-03-02: 1,234.50 EUR"
    assert Language("en_GB")(said) == "1,200 days until 2 Mar 2026: €1,234.50"


@pytest.mark.parametrize(
    ("locale", "written"),
    [
        ("de_AT", "1.234,5 | 02.03.2026 | März 2026 | €\u00a01.234,50"),
        ("fr_FR", "1\u202f234,5 | 2 mars 2026 | mars 2026 | 1\u202f234,50\u00a0€"),
        ("es_ES", "1.234,5 | 2 mar 2026 | marzo de 2026 | 1.234,50\u00a0€"),
        ("nl_NL", "1.234,5 | 2 mrt 2026 | maart 2026 | €\u00a01.234,50"),
    ],
)
def test_numbers_days_months_and_amounts_are_written_as_in_the_locale(locale: str, written: str) -> None:
    said = Language(locale)
    values = (Decimal("1234.5"), DAY, Month(DAY), EUROS)

    assert " | ".join(said(say("{it}", it=value)) for value in values) == written


def test_a_language_that_dun_does_not_write_leaves_the_english() -> None:
    assert Language("sv_SE")(say("as before {n}", n=1)) == "as before 1"
    assert Language("no such place").language == "en"


def test_a_sentence_within_a_sentence_is_said_too() -> None:
    reasons = chained([say("on the due date"), say(SHARE, late=1, counted=9, percent=Decimal(3))])

    assert reasons == "on the due date; late with 1 of 9 invoices (3 % with what is usual in this ledger)"
    assert chained([]) == ""
    for language in FOREIGN:
        assert Language(language)(reasons) == "; ".join(
            (catalogue(language)["on the due date"], catalogue(language)[SHARE].format(late=1, counted=9, percent=3))
        )


def test_of_a_report_everything_that_dun_says_is_said_and_no_name_is_touched() -> None:
    told = Language("de").report(REPORT)

    assert told.title == catalogue("de")["Payer rating"]
    assert told.cannot_know == (catalogue("de")["What is expected: there is no forecast."],)
    assert [column.title for column in told.tables[0].columns] == [catalogue("de")["Customer"], catalogue("de")["Why"]]
    assert [column.key for column in told.tables[0].columns] == ["customer", "reasons"]
    assert told.tables[0].rows == (("Customer", catalogue("de")["habit"]), (None, EUROS))
    assert (told.name, told.as_of) == (REPORT.name, REPORT.as_of)


@given(st.text())
def test_names_with_braces_and_bars_stay_as_they_are(name: str) -> None:
    for language in LANGUAGES:
        assert name in Language(language)(say("disputed: {reason}", reason=name))


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.sampled_from(sorted(SENTENCES)), st.text(min_size=1) | st.sampled_from(AWKWARD))
def test_every_sentence_can_be_said_with_any_name_in_it(language: str, words: str, name: str) -> None:
    said = say(words, **dict.fromkeys(places(words), name))

    assert name in Language(language)(said) or not places(words)


@given(st.integers(-(10**12), 10**12))
def test_a_sum_in_an_unknown_currency_is_told_in_minor_units(minor: int) -> None:
    assert sum_of(minor, "XYZ") == f"{minor} minor units of XYZ"
    assert sum_of(minor, "EUR") == Money(minor, "EUR")


def test_what_an_error_says_can_be_said_in_other_languages_and_is_english_as_a_text() -> None:
    error = ValueError(say("nothing is due on {target}", target="{INV} | 7"))

    assert str(error) == "nothing is due on {INV} | 7"
    assert Language("de")(told(error)) == "zu {INV} | 7 ist nichts offen"
    assert (told(ValueError("as it is")), told(ValueError())) == ("as it is", "")


def test_values_are_listed_in_the_readers_words() -> None:
    sums = all_of([EUROS, "GBP", DAY])

    assert sums == "1,234.50 EUR and GBP and 2026-03-02"
    assert Language("de")(sums) == "1.234,50\u00a0€ und GBP und 02.03.2026"
    assert all_of([]) == ""


DAY = date(2026, 3, 2)
EUROS = Money(1234_50, "EUR")
SHARE = "late with {late} of {counted} invoices ({percent} % with what is usual in this ledger)"
REPORT = Report(
    name="rating",
    title="Payer rating",
    as_of=DAY,
    tables=(
        Table(
            "rating",
            "Customers",
            (Column("customer", "Customer"), Column("reasons", "Why")),
            (("Customer", say("habit")), (None, EUROS)),
        ),
    ),
    cannot_know=(say("What is expected: there is no forecast."),),
)


def test_a_policy_is_told_in_the_readers_language() -> None:
    told = [Language("de")(sentence) for sentence in policy_sentences(Policy())]

    assert "Wer früh zahlt, hört vor der Fälligkeit nichts." in told
    assert any(re.fullmatch(r"\w+: \d+ Tage? nach der Fälligkeit, per E-Mail.*\.", sentence) for sentence in told)
    assert not any("due date" in sentence for sentence in told)
