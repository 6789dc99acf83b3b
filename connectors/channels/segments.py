"""How many segments a text becomes, since each is charged and networks lose long ones.

A text of the GSM alphabet has 160 places, or 153 in each of several segments; one other character turns the whole text
into UCS-2 with 70 and 67. Source: 3GPP TS 23.038 (alphabet and extension table), TS 23.040 (concatenation).
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

LONGEST_BODY = 1600  # characters; Twilio refuses more (21617)
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # an escape and a character: two places
_LAST_OF_BASIC_PLANE = 0xFFFF


class Segments(Struct, frozen=True):
    """`places` counts septets or 16-bit units, whichever the encoding has."""

    encoding: Literal["gsm7", "ucs2"]
    places: int
    count: int


def segments(text: str) -> Segments:
    """What `text` becomes on the air; no segment begins or ends within a character. An empty text has none."""
    if all(character in _BASIC or character in _EXTENSION for character in text):
        return _filled("gsm7", text, _septets, alone=160, joined=153)
    return _filled("ucs2", text, _units, alone=70, joined=67)


def _filled(
    encoding: Literal["gsm7", "ucs2"], text: str, width: Callable[[str], int], *, alone: int, joined: int
) -> Segments:
    places = sum(map(width, text))
    return Segments(encoding, places, min(places, 1) if places <= alone else _packed(text, width, joined))


def _packed(text: str, width: Callable[[str], int], room: int) -> int:
    count, left = 0, 0
    for character in text:
        needed = width(character)
        if needed > left:
            count, left = count + 1, room
        left -= needed
    return count


def _septets(character: str) -> int:
    return 2 if character in _EXTENSION else 1


def _units(character: str) -> int:
    return 2 if ord(character) > _LAST_OF_BASIC_PLANE else 1
