"""A configuration that is a bomb, a mistake or a device is refused in words, whatever the parser would make of it."""

from pathlib import Path

import pytest

from connector.config.reading import MOST_PROBLEMS
from connector.config.settings import ConfigError, load
from connector.config.text import MOST_CHARACTERS

TENANT = '[tenants.t{}]\nledger = "xero"\nzone = "Europe/London"\n'
BASE = '[sending]\nfrom = "a@example.com"\n[xero]\nclient_id = "app"\n'


@pytest.fixture
def refused(tmp_path: Path):
    def words(text: str) -> str:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(path)
        return str(caught.value)

    return words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# " + "x" * 100_000_000, "has more than 1,000,000 characters"),
        ('data = "' + "x" * 2_000_000 + '"', "has more than 1,000,000 characters"),
        (BASE + "".join(map(TENANT.format, range(100_000))), "has more than 1,000,000 characters"),
        ("x = " + "[" * 100_000 + "]" * 100_000, "too many brackets inside each other"),
        ("x = " + "{a=" * 50_000 + "1" + "}" * 50_000, "too many brackets inside each other"),
        ("x = " + "[\n" * 100_000 + "]" * 100_000, "too many brackets inside each other"),
        ("[" + ".".join("a" * 50_000) + "]", "more than 200 dots in line 1"),
        (".".join("a" * 50_000) + " = 1", "more than 200 dots in line 1"),
        ("\nx = {" + ".".join("a" * 50_000) + " = 1}", "more than 200 dots in line 2"),
        (".".join("a" * 100) + " = 1", "config.toml: a has too many tables or lists inside each other"),
        (
            "[tenants.a]\nx = [[[[[[[[[[[]]]]]]]]]]]",
            "config.toml: tenants has too many tables or lists inside each other",
        ),
        ("log_level = " + "9" * 900_000, "has a number of thousands of digits"),
        ('data = "a\0b"', "is not valid TOML"),
        ('data = "a\\u0000b"', "config.toml: data has a NUL character in it"),
        ('[sending]\nclosed_days = ["\\u0000"]', "config.toml: sending.closed_days[1] has a NUL character in it"),
    ],
    ids=lambda value: value[:24],
)
def test_a_bomb_is_refused_in_words(refused, text, words) -> None:
    said = refused(text)

    assert words in said
    assert len(said) < 300


@pytest.mark.parametrize("key", ["x" * 900_000, "a b" * 300_000])
def test_what_is_wrong_is_quoted_in_brief(refused, key) -> None:
    assert len(refused(f'"{key}" = "{key[:9]}"\n[tenants."{key[:90_000]}"]\n')) < 1_000


def test_of_very_many_mistakes_the_first_are_told(refused) -> None:
    said = refused("".join(f"key-{number} = 1\n" for number in range(50_000)))

    assert len(said.splitlines()) <= MOST_PROBLEMS + 1
    assert "line 1: key-0 is not a key" in said


def test_a_mistake_below_a_text_of_very_many_lines_is_told(refused) -> None:
    assert "bad is not a key" in refused('data = """' + "\n" * 200_000 + '"""\nbad = 1\n')


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="has more than"):
        load(Path("/dev/zero"))


def test_an_office_of_a_thousand_tenants_is_not_a_bomb(tmp_path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BASE + "".join(map(TENANT.format, range(1_000))), encoding="utf-8")

    assert len(load(path).tenants) == 1_000
    assert path.stat().st_size < MOST_CHARACTERS / 10
