"""Recorded and invented answers of both ledgers, spoilt: no crash, no loss, and nothing unknown is asked for.

The accidents and the judgement are those of `python -m drill.fuzz`; a failure names its seed and page for `--only`.
"""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drill.fuzz import TRUTH, fuzz, grounds, services
from drill.fuzzing.mutation import Mutation, Raw, battered, draw, paths, spoilt, written
from drill.fuzzing.trial import Ground, trial

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def companies() -> Iterator[list[Ground]]:
    with grounds(services(TRUTH)) as served:
        yield served


@pytest.mark.parametrize("company", [0, 1])
@SETTINGS
@given(random=st.randoms(use_true_random=False))
def test_an_invented_company_survives_any_accident(companies: list[Ground], company: int, random: Random) -> None:
    outcome = trial(companies[company], random)
    assert outcome.violations == [], outcome.what


@pytest.mark.skipif(not TRUTH.is_dir(), reason="NOT TRIED on recordings: none found; set DUN_TRUTH_DIR")
@pytest.mark.parametrize("company", [2, 3])
@SETTINGS
@given(random=st.randoms(use_true_random=False))
def test_a_recorded_company_survives_any_accident(companies: list[Ground], company: int, random: Random) -> None:
    outcome = trial(companies[company], random)
    assert outcome.violations == [], outcome.what


@pytest.mark.parametrize("seed", ["harbour", "kiosk"])
def test_hundreds_of_spoilt_pages_break_no_promise(seed: str) -> None:
    figures = fuzz(seed, range(120))
    assert figures.violations == []
    assert figures.rejected > 0
    assert figures.quarantined > 0
    assert figures.line().startswith("120 pages mutated, ")


def test_the_same_seed_spoils_the_same_way() -> None:
    assert fuzz("twice", range(12)) == fuzz("twice", range(12))


def test_a_mutation_can_write_what_json_cannot_say() -> None:
    garbled = spoilt({"Status": "PAID", "Total": 1}, Mutation("set", ("Total",), Raw(b"1e999")))
    assert written(garbled) == b'{"Status": "PAID", "Total": 1e999}'


def test_a_mutation_can_say_the_same_thing_twice() -> None:
    assert written(spoilt({"Total": 1}, Mutation("repeat", ("Total",), 2))) == b'{"Total": 1, "Total": 2}'


@given(random=st.randoms(use_true_random=False))
def test_a_structural_accident_leaves_the_record_it_was_drawn_for_alone(random: Random) -> None:
    row = {"Id": "1", "CustomerRef": {"value": "7"}, "Line": [{"Amount": 1.0}]}
    before = repr(row)
    spoilt(row, draw(random, row))
    assert repr(row) == before
    assert ("Line", 0, "Amount") in paths(row)


@given(random=st.randoms(use_true_random=False), body=st.binary())
def test_any_bytes_can_have_an_accident(random: Random, body: bytes) -> None:
    assert isinstance(battered(random, body), bytes)
