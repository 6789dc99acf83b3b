"""Charts: the picture and the table behind it say the same, whatever the values and whoever wrote the labels."""

import re

import pytest
from hostile_people import SHORT_NAMES
from hypothesis import given
from hypothesis import strategies as st

from connector.page.charts import Band, Series, bars, line

VALUES = st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12)), max_size=20)


def series(values: list[float | None]) -> Series:
    return Series("amount", values, [str(value) for value in values])


@given(VALUES)
def test_a_bar_is_as_tall_as_its_value_and_never_leaves_the_picture(values: list[float | None]) -> None:
    chart = bars("title", "week", [f"w{n}" for n in range(len(values))], [series(values)])
    heights = [float(tall) for tall in re.findall(r'height="([\d.]+)"><title>', chart.svg)]

    assert len(heights) == len(values)
    assert all(0 <= tall <= 240 for tall in heights)
    assert [row[1] for row in chart.rows] == [str(value) for value in values]


@given(VALUES)
def test_a_line_goes_through_what_is_known(values: list[float | None]) -> None:
    chart = line("title", "week", [f"w{n}" for n in range(len(values))], series(values))
    points = re.search(r'class="line" points="([^"]*)"', chart.svg)

    assert points is not None
    assert len(points[1].split()) == sum(value is not None for value in values)


def test_a_band_is_told_in_the_table_too() -> None:
    band = Band("80 %", [1.0, None], [3.0, None], ["1 to 3", "unknown"])
    chart = line("title", "week", ["a", "b"], series([2.0, 4.0]), band)

    assert chart.rows == (("a", "2.0", "1 to 3"), ("b", "4.0", "unknown"))


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
