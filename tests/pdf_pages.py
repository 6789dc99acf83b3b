"""What stands on the pages of our own PDFs, and where: enough of the format to read them, and no more."""

import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_MAPPED = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_MAPPED_RANGE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]+)>")
_FLAT = rb"(?:[^()\\]|\\.)"
_NESTED = rb"(?:" + _FLAT + rb"|\((?:" + _FLAT + rb"|\(" + _FLAT + rb"*\))*\))"  # pairs of brackets are not escaped
_LITERAL = re.compile(rb"\((" + _NESTED + rb"*)\)", re.DOTALL)
_OPERATION = re.compile(
    rb"q \S+ \S+ \S+ \S+ (?P<x>\S+) (?P<y>\S+) cm|/(?P<font>f\d+) (?P<size>\S+) Tf"
    rb"|\[(?P<text>(?:[^\]()]|\(" + _NESTED + rb"*\))*)\]TJ",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MM = 25.4 / 72


@dataclass(frozen=True)
class Run:
    """A piece of a line; `x` and `y` are millimetres from the upper left corner of the sheet to its baseline."""

    text: str
    x: float
    y: float
    size: float


def pages(pdf: bytes) -> list[list[Run]]:
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}
    return [_page(objects, body) for body in objects.values() if b"/Type/Page/" in body]


def text_of(pdf: bytes) -> str:
    """Everything, a line for each run; places where a long word may break are left out."""
    return "\n".join(run.text for page in pages(pdf) for run in page).replace("\u200b", "")


def _page(objects: dict[int, bytes], body: bytes) -> list[Run]:
    height = float(re.search(rb"/MediaBox\[0 0 \S+ ([^\]]+)\]", body)[1])
    resources = objects[int(re.search(rb"/Resources (\d+)", body)[1])]
    fonts = {name: _font(objects, int(number)) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)}
    return list(_runs(_stream(objects[int(re.search(rb"/Contents (\d+)", body)[1])]), fonts, height))


def _runs(content: bytes, fonts: dict[bytes, dict[int, str]], height: float):
    x = y = size = 0.0
    font: dict[int, str] = {}
    for found in _OPERATION.finditer(content):
        if found["x"]:
            x, y = float(found["x"]), float(found["y"])
        elif found["font"]:
            font, size = fonts[found["font"]], float(found["size"])
        else:
            glyphs = b"".join(_ESCAPE.sub(_unescaped, literal) for literal in _LITERAL.findall(found["text"]))
            codes = (int.from_bytes(glyphs[at : at + 2]) for at in range(0, len(glyphs), 2))
            yield Run("".join(font.get(code, "\ufffd") for code in codes), x * _MM, (height - y) * _MM, size)


def _unescaped(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return bytes([int(text, 8) & 255]) if text[:1].isdigit() else _LETTERS.get(text, text)


def _font(objects: dict[int, bytes], number: int) -> dict[int, str]:
    mapping = _stream(objects[int(re.search(rb"/ToUnicode (\d+)", objects[number])[1])])
    known: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar\n(.*?)endbfchar", mapping, re.DOTALL):
        known |= {int(code, 16): _unicode(text) for code, text in _MAPPED.findall(block)}
    for block in re.findall(rb"beginbfrange\n(.*?)endbfrange", mapping, re.DOTALL):
        for first, last, text in _MAPPED_RANGE.findall(block):
            start = int(first, 16)
            known |= {code: chr(int(text, 16) + code - start) for code in range(start, int(last, 16) + 1)}
    return known


def _unicode(code: bytes) -> str:
    return bytes.fromhex(code.decode()).decode("utf-16-be")


def _stream(body: bytes) -> bytes:
    raw = _STREAM.search(body)[1]
    return zlib.decompress(raw) if b"FlateDecode" in body.partition(b"stream")[0] else raw
