"""Data and a layout become a PDF, the same bytes for the same data.

The layouts are files of this package and nothing else is: what a customer or a ledger says reaches the typesetter as
JSON and can neither call it nor read a file. The document is dated with the letter's day, because the clock must not
have a say in what a letter looks like.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import typst

from connector.letters.data import LetterError

_OF_LETTERS = ("common.typ", "slips.typ")


def pdf(
    layout: str, data: Mapping[str, Any], day: date, fonts: Path | None = None, shared: tuple[str, ...] = _OF_LETTERS
) -> bytes:
    """The PDF of `layout` ("letter.typ"), which builds on the layouts `shared`, with `data`. Raises LetterError.

    `fonts`: a folder of further fonts.
    """
    try:
        compiler = typst.Compiler(
            _source((*shared, layout)),
            root=_own_folder(),
            font_paths=_fonts(fonts),
            sys_inputs={"data": msgspec.json.encode(data).decode()},
        )
        document = compiler.compile(format="pdf", timestamp=datetime.combine(day, time(12), UTC))
    except RuntimeError:  # what typst says of it quotes the data
        raise LetterError("the letter could not be typeset; please report it, without the letter") from None
    return document if isinstance(document, bytes) else b""


@lru_cache(maxsize=4)
def _source(files: tuple[str, ...]) -> bytes:
    folder = resources.files("connector.letters") / "layouts"
    return b"\n".join((folder / file).read_bytes() for file in files)


def _own_folder() -> str:
    return str(resources.files("connector.letters") / "layouts")


@lru_cache(maxsize=4)
def _fonts(folder: Path | None) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, font_paths=[str(folder)] if folder else [])
