"""One pass over a wrong file tells everything that is wrong with it, where it stands, and nothing untrue."""

from pathlib import Path

import pytest

from connector.config.settings import ConfigError, load

BASE = """\
[sending]
from = "Accounts <accounts@example.com>"
[xero]
client_id = "app"
[tenants.north]
ledger = "xero"
zone = "Europe/London"
[tenants.west]
ledger = "xero"
zone = "Europe/London"
"""
FIRST = BASE.count("\n")
CLAIMING = '[[policy.stages]]\nname = "soft"\noffset_days = 1\ncharges = "claim"\n'
BRITISH = '[[policy.segments]]\nname = "near"\nsequence = "standard"\ncountries = ["{}"]\n'
BIG = '[[policy.segments]]\nname = "big"\nsequence = "standard"\nowes_at_least = { default = "5000.00" }\n'


@pytest.fixture
def told(tmp_path: Path):
    def problems(text: str) -> list[tuple[int | None, str, str]]:
        """Lines counted from the end of what is common to all, keys, and what is wrong."""
        (tmp_path / "config.toml").write_text(BASE + text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "config.toml")
        found = caught.value.problems
        return [(each.line and each.line - FIRST, each.key, each.what) for each in found]

    return problems


RIGHTLESS = (4, "charges.terms", "is none, but stage soft speaks of charges to north's and west's customers")


def test_charges_without_a_right_are_told_for_all_tenants_at_the_stage(told) -> None:
    assert told(CLAIMING) == [RIGHTLESS]


@pytest.mark.parametrize(
    "mistake",
    ["[alerts]\nbogus = 1\n", BRITISH.format("UK"), '[[policy.segments]]\nname = "x"\nsequence = "nowhere"\n'],
)
def test_charges_without_a_right_are_told_beside_other_mistakes(told, mistake: str) -> None:
    assert RIGHTLESS in told(CLAIMING + mistake)


def test_where_the_file_says_none_itself_its_line_is_told(told) -> None:
    [(line, key, _)] = told(CLAIMING + '[charges]\nterms = "none"\n')

    assert (line, key) == (6, "charges.terms")


def test_what_is_unlawful_for_two_tenants_is_told_once(told) -> None:
    [(line, key, what)] = told(CLAIMING + '[charges]\nterms = "uk"\ncustomers = "consumer"\n')

    assert (line, key) == (4, "policy.stages[1].charges")
    assert what.startswith("would make standard unlawful for north's and west's customers: soft names charges")


def test_a_negative_percentage_is_told_beside_wrong_amounts(told) -> None:
    found = told('[charges]\nterms = "contract"\npercent = "-3"\nper_reminder = { GBP = "-1", EUR = "x" }\n')

    assert found == [
        (3, "charges.percent", "is less than nothing"),
        (4, "charges.per_reminder", 'has "-1" where an amount belongs, and has "x" where an amount belongs'),
    ]


def test_a_contract_whose_only_demand_was_refused_does_not_ask_for_nothing(told) -> None:
    [(_, key, _)] = told('[charges]\nterms = "contract"\nper_invoice = { GBP = "much" }\n')

    assert key == "charges.per_invoice"


def test_a_segment_of_whose_rules_one_is_wrong_takes_nobody_from_the_others(told) -> None:
    assert [key for _, key, _ in told(BRITISH.format("UK") + BIG)] == ["policy.segments[1].countries[1]"]


def test_a_segment_that_cannot_be_read_leaves_the_others_their_places(told) -> None:
    nameless = '[[policy.segments]]\nsequence = "standard"\n'

    found = told(nameless + BRITISH.format("UK") + BIG + BIG.replace("big", "bigger"))

    assert [key for _, key, _ in found] == [
        "policy.segments[1].name",
        "policy.segments[2].countries[1]",
        "policy.segments[4].name",
    ]


def test_limits_that_contradict_each_other_are_told_beside_another_segments_mistake(told) -> None:
    narrow = BIG + 'owes_less_than = { default = "1.00" }\n'

    assert [key for _, key, _ in told(BRITISH.format("XX") + narrow)] == [
        "policy.segments[1].countries[1]",
        "policy.segments[2].owes_less_than",
    ]
