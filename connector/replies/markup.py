"""The words of an HTML part, for mail programs that write no other: nothing is loaded, run or believed."""

import re
from html.parser import HTMLParser

_BREAKS = frozenset("address article blockquote br div dd dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split())
_SILENT = frozenset(("head", "script", "style", "title"))
_QUOTES = frozenset(("gmail_quote", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote"))
_QUOTED_LINE = "\n> "
_STYLES_BEGIN = re.compile(r"<(style|script)\b", re.IGNORECASE | re.ASCII)
_STYLES_END = re.compile(r"</(?:style|script)\b[^<>]{0,20}>", re.IGNORECASE | re.ASCII)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "blockquote" or _begins_a_quotation(attrs):
            self.pieces.append(_QUOTED_LINE)
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(" ".join(data.split()) if data.strip() else " ")


def without_styles(html: str) -> str:
    """`html` less its styles and scripts, which some programs write more of than words; in one walk through it."""
    kept, position = [], 0
    while begins := _STYLES_BEGIN.search(html, position):
        kept.append(html[position : begins.start()])
        ends = _STYLES_END.search(html, begins.end())
        if ends is None:
            return "".join(kept)
        position = ends.end()
    return "".join((*kept, html[position:]))


def without_markup(html: str) -> str:
    """The text of `html`, a line for each block; where a quotation begins, a line begins with `>`."""
    words = _Words()
    try:
        words.feed(_with_closed_tags(html))
        words.close()
    except (AssertionError, ValueError):  # what the parser raises for some broken declarations; the words before stay
        pass
    lines = ("".join(words.pieces)).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines)


def _with_closed_tags(html: str) -> str:
    """A `<` without a `>` before the next one begins no tag; the parser would look for its end again and again."""
    first, *pieces = html.split("<")
    return first + "".join(f"<{piece}" if ">" in piece else f"&lt;{piece}" for piece in pieces)


def _begins_a_quotation(attributes: list[tuple[str, str | None]]) -> bool:
    told = {name: value or "" for name, value in attributes}
    classes = set(told.get("class", "").split())
    return bool(classes & _QUOTES) or told.get("id", "") in ("divRplyFwdMsg", "appendonsend", "isForwardContent")
