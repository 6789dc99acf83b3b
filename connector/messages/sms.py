"""What a text message may look like: one line, without print's typography, and no longer than anybody reads."""

import re

MOST_SEGMENTS = 6
_TYPOGRAPHY = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
    }
)
_BLANKS = re.compile(r"\s+")


def short_text(text: str) -> str:
    """`text` on one line, without typography that would more than double its price."""
    return _BLANKS.sub(" ", text.translate(_TYPOGRAPHY)).strip()
