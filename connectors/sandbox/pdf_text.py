"""The words of a PDF, so that the judge can read a letter: enough of the format for documents that people print.

Text is found where content streams show it and turned into letters by each font's own ToUnicode table (PDF 1.7, 9.10).
What a span says of itself (ActualText, 14.9.4) counts more than its letters: typesetters write it where one letter's
table entry does not hold everywhere. Runs at the same height stand in one line. Documents whose objects are packed in
object streams are unpacked first.
"""

import re
import zlib
from codecs import BOM_UTF16_BE
from collections.abc import Iterator
from dataclasses import dataclass, field

Matrix = tuple[float, float, float, float, float, float]

_OBJECT = re.compile(rb"(\d+)\s+0\s+obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"(.*?)\bstream\r?\n(.*)\r?\nendstream", re.DOTALL)
_REFERENCE = re.compile(rb"(\d+)\s+0\s+R")
_FONTS = re.compile(rb"/Font\s*<<(.*?)>>", re.DOTALL)
_FONT = re.compile(rb"/([^\s/<>\[\]()]+)\s+(\d+)\s+0\s+R")
_TOKEN = re.compile(rb"\(|<[0-9A-Fa-f\s]*>|\[|\]|/[^\s/<>\[\]()]*|[-+]?\d*\.?\d+|[A-Za-z'\"*]+|<<|>>", re.DOTALL)
_BRACKET = re.compile(rb"\\.|[()]", re.DOTALL)  # those behind a backslash are letters
_PAIRS = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_RANGES = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_NUMBER = re.compile(rb"[-+]?\d*\.?\d+")
_OPERATOR = re.compile(rb"[A-Za-z'\"*]+")
_SHOWING = frozenset({b"Tj", b"TJ", b"'", b'"'})
_MOST_BYTES = 50_000_000  # of one stream
_MAY_BREAK = "\u200b"  # where a long word may go on in the next line; nobody sees it
_STILL: Matrix = (1, 0, 0, 1, 0, 0)
_SPACE = -200  # a gap this wide between two letters, in thousandths of their size, is a space


@dataclass(frozen=True, slots=True)
class Font:
    """How codes become letters. Without a table, a byte is a Latin letter."""

    width: int = 1
    letters: dict[int, str] = field(default_factory=dict)

    def read(self, text: bytes) -> str:
        codes = (int.from_bytes(text[at : at + self.width], "big") for at in range(0, len(text), self.width))
        return "".join(self.letters.get(code, chr(code) if self.width == 1 else "") for code in codes)


def text_of(pdf: bytes) -> str:
    """All text, page after page, a line for each row; empty for what is no PDF, or shows pictures only."""
    objects = _objects(pdf)
    pages = (body for body in objects.values() if re.search(rb"/Type\s*/Page(?![a-zA-Z])", body))
    return "\n".join(line for page in pages for line in _lines(page, objects))


def _objects(pdf: bytes) -> dict[int, bytes]:
    found = {int(number): body for number, body in _OBJECT.findall(pdf)}
    for body in list(found.values()):
        if b"/ObjStm" in body[:300]:
            found |= dict(_packed(body))
    return found


def _packed(body: bytes) -> Iterator[tuple[int, bytes]]:
    head, content = body, _content(body)
    first = re.search(rb"/First\s+(\d+)", head)
    if first is None:
        return
    start = int(first[1])
    numbers = [int(number) for number in content[:start].split()]
    places = [*numbers[1::2], len(content) - start]
    for index, number in enumerate(numbers[::2]):
        yield number, content[start + places[index] : start + places[index + 1]]


def _content(body: bytes) -> bytes:
    """What a stream holds; nothing if it is packed in a way that text never is."""
    found = _STREAM.search(body)
    if found is None:
        return b""
    if b"/FlateDecode" not in found[1]:
        return found[2]
    try:
        return zlib.decompressobj().decompress(found[2], _MOST_BYTES)
    except zlib.error:
        return b""


def _lines(page: bytes, objects: dict[int, bytes]) -> Iterator[str]:
    fonts = _fonts(page, objects)
    contents = re.search(rb"/Contents\s*(\[[^\]]*\]|\d+\s+0\s+R)", page)
    numbers = _REFERENCE.findall(contents[1]) if contents is not None else []
    content = b"\n".join(_content(objects.get(int(number), b"")) for number in numbers)
    rows: dict[int, list[str]] = {}
    for height, text in _runs(content, fonts):
        rows.setdefault(round(height), []).append(text)
    for _, parts in sorted(rows.items(), reverse=True):
        yield " ".join("".join(parts).replace(_MAY_BREAK, "").split())


def _fonts(page: bytes, objects: dict[int, bytes]) -> dict[bytes, Font]:
    reference = re.search(rb"/Resources\s+(\d+)\s+0\s+R", page)
    resources = objects.get(int(reference[1]), b"") if reference is not None else page
    named = re.search(rb"/Font\s+(\d+)\s+0\s+R", resources)
    listed = _FONTS.search(resources)
    inside = objects.get(int(named[1]), b"") if named is not None else listed[1] if listed is not None else b""
    return {name: _font(objects.get(int(number), b""), objects) for name, number in _FONT.findall(inside)}


def _font(body: bytes, objects: dict[int, bytes]) -> Font:
    table = re.search(rb"/ToUnicode\s+(\d+)\s+0\s+R", body)
    letters = dict(_table(_content(objects.get(int(table[1]), b"")))) if table is not None else {}
    return Font(2 if b"/Type0" in body else 1, letters)


def _table(cmap: bytes) -> Iterator[tuple[int, str]]:
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        yield from ((int(code, 16), _unicode(letters)) for code, letters in _PAIRS.findall(block))
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, start, each in _RANGES.findall(block):
            codes = range(int(first, 16), int(last, 16) + 1)
            listed = re.findall(rb"<([0-9A-Fa-f]+)>", each)
            for place, code in enumerate(codes):
                yield code, _unicode(listed[place]) if listed else chr(int(start, 16) + place)


def _unicode(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


def _runs(content: bytes, fonts: dict[bytes, Font]) -> Iterator[tuple[float, str]]:
    """Every piece of text with the height at which it stands, in the order it is drawn."""
    held: list[bytes] = []
    pen = _Pen(fonts)
    for token in _tokens(content):
        if not _OPERATOR.fullmatch(token):
            held.append(token)
            continue
        if token in _SHOWING:
            yield pen.height, pen.write(held)
        pen.obey(token, held)
        held.clear()


def _tokens(content: bytes) -> Iterator[bytes]:
    """Numbers, names, strings and operators. Brackets inside a string stand as they are where they are in pairs."""
    at = 0
    while (found := _TOKEN.search(content, at)) is not None:
        at = found.end() if found[0] != b"(" else _string_end(content, found.start())
        yield content[found.start() : at]


def _string_end(content: bytes, start: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(content, start):
        depth += {b"(": 1, b")": -1}.get(bracket[0], 0)
        if depth == 0:
            return bracket.end()
    return len(content)


@dataclass(slots=True)
class _Pen:
    """Where text is put, in which font, and what the spans around it say of themselves."""

    fonts: dict[bytes, Font]
    font: Font = field(default_factory=Font)
    around: Matrix = _STILL
    line: Matrix = _STILL
    kept: list[Matrix] = field(default_factory=list)
    spans: list[str | None] = field(default_factory=list)
    apart: bool = True  # from what was written before

    @property
    def height(self) -> float:
        return _times(self.line, self.around)[5]

    def write(self, held: list[bytes]) -> str:
        """What a reader sees of the strings in `held`; of a span that says what it is, that, and once."""
        text = "".join(_shown(held, self.font))
        said = next((place for place, actual in enumerate(self.spans) if actual is not None), None)
        if said is not None:
            text, self.spans[said] = self.spans[said] or "", ""
        text, self.apart = f" {text}" if self.apart else text, False
        return text

    def obey(self, operator: bytes, held: list[bytes]) -> None:
        """Move, or take another font; all else leaves the pen where it is."""
        match operator:
            case b"q":
                self.kept.append(self.around)
            case b"Q" if self.kept:
                self.around = self.kept.pop()
            case b"cm":
                self.around = _times(_matrix(held), self.around)
            case b"BT":
                self.line, self.apart = _STILL, True
            case b"Tm":
                self.line = _matrix(held)
            case b"Td" | b"TD":
                self.line, self.apart = _times(_matrix([b"1", b"0", b"0", b"1", *held]), self.line), True
            case b"BMC" | b"BDC":
                self.spans.append(_actual(held))
            case b"EMC" if self.spans:
                self.spans.pop()
            case b"Tf" if len(held) > 1:
                self.font = self.fonts.get(held[-2][1:], Font())


def _actual(held: list[bytes]) -> str | None:
    """What a span's properties say it is, in place of its letters."""
    if b"/ActualText" not in held[:-1]:
        return None
    text = _string(held[held.index(b"/ActualText") + 1])
    if text is None or not text.startswith(BOM_UTF16_BE):
        return text if text is None else text.decode("latin-1")
    return text.removeprefix(BOM_UTF16_BE).decode("utf-16-be", "replace")


def _shown(held: list[bytes], font: Font) -> Iterator[str]:
    for token in held:
        text = _string(token)
        if text is not None:
            yield font.read(text)
        elif _NUMBER.fullmatch(token) and float(token) < _SPACE:
            yield " "


def _string(token: bytes) -> bytes | None:
    """The bytes of a string, written as letters or in hexadecimal; None for what is none."""
    if token.startswith(b"("):
        return _ESCAPED.sub(_unescaped, token[1:-1])
    if token.startswith(b"<") and token != b"<<":
        digits = b"".join(token[1:-1].split())
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    return None


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 255]) if code.isdigit() else _ESCAPES.get(code, code.strip(b"\r\n"))


def _matrix(held: list[bytes]) -> Matrix:
    numbers = [float(token) for token in held[-6:] if _NUMBER.fullmatch(token)]
    if len(numbers) != len(_STILL):
        return _STILL
    a, b, c, d, e, f = numbers
    return a, b, c, d, e, f


def _times(a: Matrix, b: Matrix) -> Matrix:
    """Matrix `a` first, then `b`."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )
