"""Text of strangers, made harmless for whatever shows it.

Anybody may type anything into a ledger, and terminals, logs and mail programs obey some characters: they move the
cursor, begin a new line, or turn the reading order round so that one amount looks like another. What those characters
are is said here and nowhere else; each surface makes its text harmless where it goes out.
"""

import re
from unicodedata import bidirectional, category

import msgspec

LONGEST_TEXT = 1000  # more than any field of either ledger that people fill in takes
_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # control characters, line ends, half characters
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # Unicode's marks of direction
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # as JSON leaves them


def plain(text: str) -> str:
    """`text` on one line: a blank for each character that is obeyed instead of shown, none for marks of direction."""
    return _TURNS.sub("", _OBEYED.sub(" ", text))


def blank(text: str) -> bool:
    """Whether nothing of `text` would be seen: it is empty, or all spaces, line ends and marks without a picture."""
    return all(category(one)[0] in "ZC" for one in text)


def contained(text: str) -> str:
    """`text`, a single line, so that words written from right to left do not draw what stands behind them along.

    Without the mark at its end, the amount behind a Hebrew invoice number would be shown in front of it.
    """
    return f"{text}\N{LEFT-TO-RIGHT MARK}" if any(bidirectional(one) in {"R", "AL", "AN"} for one in text) else text


def bounded(text: str) -> str:
    """`text`, or its beginning and a mark that there was more. What was cut is longer than `LONGEST_TEXT`."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def json_line(data: object) -> str:
    """`data` as JSON that is one line for every reader, and that no terminal obeys. Nothing of it is lost."""
    written = msgspec.json.encode(data, enc_hook=str).decode()
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
