"""How templates are read and what they may show: names come from strangers, and stand on one line, cut short.

Everything is escaped. What turns the reading order round or moves about is taken out; where a person's own lines are to
be kept, a template asks for them by `|lines`.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from connector.page.words import NAMES
from state.plain_text import bounded, plain

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")


def environment() -> Environment:
    """One for all templates of the page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["lines"] = lines
    made.filters["whole"] = whole
    made.globals["static"] = static
    made.globals["languages"] = NAMES
    return made


def lines(text: str) -> Markup:
    """`text` with its line ends, for where people typed it."""
    return escape("\n".join(map(plain, text.split("\n"))))


def whole(text: str) -> Markup:
    """`text` as it is, for what a form carries along unseen."""
    return escape(text)


@cache
def static(name: str) -> str:
    """The address of one of our files; another one after each change, so that a browser may keep what it has."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{mark}"


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return bounded(plain(value))
    return "" if value is None else value
