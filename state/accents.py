"""Letters without what stands on them or goes through them: whoever types `muller` or `lodz` means Müller and Łódź too.

SQLite's own folding of accents is younger than the oldest SQLite that Dun runs with, and knows no `ß` or `ø`.
"""

from unicodedata import combining, normalize

# What Unicode takes for letters of their own.
_PLAIN = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "þ": "th",
    }
)


def unaccented(text: str) -> str:
    """In small letters, and so that a part of `text` becomes the same part of what `text` becomes."""
    if text.isascii():
        return text.lower()
    letters = normalize("NFKD", text.casefold()).translate(_PLAIN)
    return "".join(one for one in letters if not combining(one))
