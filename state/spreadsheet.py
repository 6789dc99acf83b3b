"""CSV that is opened in spreadsheets, which take a cell that begins with certain characters for a formula.

Names and texts come from strangers. A cell of such text gets an apostrophe in front, and so does what would begin a
cell where a semicolon or a tabulator parts them, as in half of Europe.
"""

import re

_BEGINNING = r"-=+@\uff0d\uff1d\uff0b\uff20"  # of a formula; wide ones are taken for narrow ones in Japanese
_DROPPED = r"\s\x00-\x1f\x7f-\x9f\u200b\u2060\ufeff\"'"  # what some spreadsheet passes over on its way to it
_FORMULA = re.compile(rf'^(?=[{_DROPPED}]*[{_BEGINNING}])|(^|[;\t\r\n]"*)(?=[{_BEGINNING}\t\r\n])')


def harmless_cell(text: str) -> str:
    """`text` so that no spreadsheet runs it."""
    return _FORMULA.sub(_apostrophe, text)


def _apostrophe(found: re.Match[str]) -> str:
    return f"{found[1] or ''}'"
