"""How long a text message is: carriers cut it into segments, and each one costs.

GSM 03.38 letters (7 bits) give 160 characters in one segment and 153 in each of several; a single letter outside that
alphabet turns the whole message into UCS-2, with 70 and 67 (3GPP TS 23.038 and 23.040).
"""

import re
from math import ceil

MOST_SEGMENTS = 6
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_PLACES = frozenset("^{}\\[~]|€")
_TYPOGRAPHY = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
    }
)
_BLANKS = re.compile(r"\s+")


def short_text(text: str) -> str:
    """`text` on one line, without typography that would more than double its price."""
    return _BLANKS.sub(" ", text.translate(_TYPOGRAPHY)).strip()


def segments(text: str) -> int:
    """How many segments `text` takes; at least one."""
    if set(text) <= _GSM | _TWO_PLACES:
        length, single, several = len(text) + sum(text.count(one) for one in _TWO_PLACES), 160, 153
    else:
        length, single, several = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= single else ceil(length / several)
