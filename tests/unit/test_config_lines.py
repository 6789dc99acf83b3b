"""Keys are found on the lines they stand on, however the file is written."""

import pytest

from connector.config.lines import line_index, line_of

TEXT = '''\
data = "d" # a comment with [brackets]

[sending]
"from" = "x"
closed_days = [
  2026-01-01,  # a day
  2026-01-02,
]
note = """
[not.a.table]
window = "no"
"""
[policy]
tolerance = { GBP = "1", EUR = "2" }
[[policy.stages]]
name = "soft"
[policy.stages.minimum]
GBP = "5"
[[policy.stages]]
name = "firm"
[tenants.acme]
xero.endpoints.api = "y"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("data",), 1),
        (("sending",), 3),
        (("sending", "from"), 4),
        (("sending", "closed_days"), 5),
        (("sending", "closed_days", 1), 5),
        (("sending", "note"), 9),
        (("policy", "tolerance", "EUR"), 14),
        (("policy", "stages", 0, "name"), 16),
        (("policy", "stages", 0, "minimum", "GBP"), 18),
        (("policy", "stages", 1, "name"), 20),
        (("policy", "stages", 1, "offset_days"), 19),
        (("tenants", "acme", "xero", "endpoints", "api"), 22),
        (("tenants", "acme", "zone"), 21),
        (("email", "smtp", "host"), None),
    ],
)
def test_a_key_is_found_or_else_the_table_it_would_be_in(path, line) -> None:
    assert line_of(path, line_index(TEXT)) == line


def test_an_empty_file_has_no_lines() -> None:
    assert line_index("") == {}
