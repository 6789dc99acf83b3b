"""Charts: the picture and the table behind it say the same, whatever the values and whoever wrote the labels."""

import re
from itertools import pairwise

import pytest
from hostile_people import SHORT_NAMES
from hypothesis import given
from hypothesis import strategies as st

from connector.page.charts import Series, bars

VALUES = st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12)), max_size=20)


def series(values: list[float | None]) -> Series:
    return Series("amount", values, [str(value) for value in values])


WIDE = 540
RECT = re.compile(r'<rect class="s\d" x="([\d.-]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+"><title>')
TEXT = re.compile(r'<text x="([\d.-]+)" y="([\d.]+)" text-anchor="(start|end)">([^<]*)</text>')


@given(VALUES)
def test_a_bar_is_as_long_as_its_value_and_never_leaves_the_picture(values: list[float | None]) -> None:
    chart = bars("title", "week", [f"w{n}" for n in range(len(values))], [series(values)])
    found = [(float(left), float(long)) for left, _, long in RECT.findall(chart.svg)]

    assert len(found) == len(values)
    assert all(left >= 0 and left + long <= WIDE for left, long in found)
    longest = max((abs(value) for value in values if value is not None), default=0)
    for (_, long), value in zip(found, values, strict=True):
        assert (long > 0) or abs(value or 0) * 1000 < max(longest, 1e-6)
    assert [row[1] for row in chart.rows] == [str(value) for value in values]


@given(VALUES, st.lists(st.text(), min_size=20, max_size=20), st.integers(1, 6))
def test_every_name_and_every_value_is_written_and_none_on_another(values, names: list[str], kinds: int) -> None:
    every = [Series(f"kind {kind}", values, [f"value {kind}"] * len(values)) for kind in range(kinds)]
    chart = bars("title", "week", names[: len(values)], every)
    texts = [(float(left), float(base), anchor, words) for left, base, anchor, words in TEXT.findall(chart.svg)]

    assert len(texts) == len(values) * (1 + kinds) + (kinds if kinds > 1 else 0)
    for anchor in ("start", "end"):
        lines = sorted({(base, left) for left, base, side, words in texts if side == anchor and "value" in words})
        assert all(after[0] - before[0] >= 12 for before, after in pairwise(lines))
    tall = int(re.findall(r'viewBox="0 0 540 (\d+)"', chart.svg)[0])
    assert all(base <= tall for _, base, _, _ in texts)


def test_what_is_less_than_nothing_lies_on_the_other_side_of_nought() -> None:
    chart = bars("title", "week", ["a", "b"], [series([-5.0, 10.0])])
    (left, _, long), (nought, _, longer) = RECT.findall(chart.svg)

    assert float(left) + float(long) == pytest.approx(float(nought), abs=0.2)
    assert float(longer) == pytest.approx(2 * float(long), abs=0.2)


def test_parts_of_a_whole_stand_in_one_bar_and_the_whole_is_written_at_its_end() -> None:
    whole = Series("total", [6.0, None], ["6.00", "?"])
    chart = bars("title", "customer", ["a", "b"], [series([2.0, None]), series([4.0, None])], whole)

    found = [(float(left), float(long)) for left, _, long in RECT.findall(chart.svg)]
    assert found[0][0] + found[0][1] == pytest.approx(found[1][0], abs=0.2)
    written = [words for *_, words in TEXT.findall(chart.svg)]
    assert "6.00" in written
    assert "2.0" not in written
    assert chart.rows == (("a", "2.0", "4.0", "6.00"), ("b", "None", "None", "?"))


@pytest.mark.parametrize("hostile", SHORT_NAMES, ids=lambda each: each.attacks)
def test_a_label_is_only_ever_text(hostile) -> None:
    chart = bars(hostile.text, hostile.text, [hostile.text], [Series(hostile.text, [1.0], [hostile.text])] * 2)

    assert set(re.findall(r"<(/?[a-z]+)", chart.svg)) <= {
        "svg",
        "/svg",
        "line",
        "rect",
        "title",
        "/title",
        "text",
        "/text",
        "/rect",
    }
