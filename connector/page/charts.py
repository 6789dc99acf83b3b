"""Charts drawn on the server as SVG, each with a table behind it that says the same.

Bars lie, one below the other, so that every name has a line of its own and every value stands beside its bar, however
long they are and however many. Colours come from the style sheet by class, so that light and dark both keep their
contrast; nothing moves and nothing is fetched. The only numbers here are lengths on the screen: what a chart says in
words comes formatted from its caller.
"""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from markupsafe import Markup
from msgspec import Struct

_WIDTH = 540
_LETTER = 7.0  # pixels, more than an ordinary letter of the style sheet's size is wide
_LONGEST = 30  # letters of a name; the whole of it stands in the table
_THICK, _LINE, _BETWEEN = 13, 17, 8  # pixels: of a bar, from one bar to the next, and between two names
_LEAST = 120  # pixels that bars have at least
_NOTHING = 1e-9  # of any unit: less cannot be told from nought, nor divided by
_CLASSES = 6  # colours that the style sheet has


class Series(Struct, frozen=True):
    """One kind of value: a number for each category (None: not known), and how each is written."""

    name: str
    values: Sequence[float | None]
    written: Sequence[str]


class Chart(Struct, frozen=True):
    """A picture and its table. In a template: `{{ parts.chart(chart) }}`."""

    title: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def bars(
    title: str, over: str, categories: Sequence[str], series: Sequence[Series], whole: Series | None = None
) -> Chart:
    """A bar for each series in each category. `over`: what the categories are, such as `week`.

    With `whole`, the series are its parts: they stand in one bar, at whose end the whole is written.
    """
    every = (*series, *((whole,) if whole else ()))
    room = _Room(categories, [whole] if whole else list(series))
    named = list(_legend(series)) if len(series) > 1 else []
    top = float(_LINE * (1 + max((line for line, _ in named), default=-1)) + _BETWEEN)
    drawn, first = [swatch for _, swatch in named], top - _BETWEEN
    for n, label in enumerate(categories):
        drawn += _category(n, label, series, whole, room, top)
        top += room.tall
    drawn.append(_axis(room.nought, first, top))
    rows = tuple((label, *(each.written[n] for each in every)) for n, label in enumerate(categories))
    return Chart(title, _svg(title, top, drawn), (over, *(each.name for each in every)), rows)


class _Room:
    """Where things are: the names to the left, the bars on both sides of nought, what is written beside them."""

    def __init__(self, categories: Sequence[str], measured: Sequence[Series]) -> None:
        values = [value for each in measured for value in each.values if value is not None]
        low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
        self.left = 4 + max((_wide(_cut(label)) for label in categories), default=0.0)
        room = _WIDTH - self.left - max((_wide(text) for each in measured for text in each.written), default=0.0) - 12
        self.scale = max(room, _LEAST) / (high - low) if high - low > _NOTHING else 0.0
        self.nought = self.left + 6 - low * self.scale
        self.tall = _LINE * len(measured) + _BETWEEN


def _category(
    n: int, label: str, series: Sequence[Series], whole: Series | None, room: _Room, top: float
) -> Iterator[Markup]:
    yield _text(room.left, top + (room.tall - _BETWEEN) / 2 + 4, _cut(label), "end")
    at = room.nought
    for kind, each in enumerate(series):
        long = (each.values[n] or 0.0) * room.scale
        says = f"{label}: {each.written[n]} {each.name}"
        if whole is None:
            yield _bar(room.nought, top + kind * _LINE, long, kind, says)
            yield _text(room.nought + max(long, 0.0) + 4, top + kind * _LINE + 11, each.written[n], "start")
        else:
            yield _bar(at, top, max(long, 0.0), kind, says)
            at += max(long, 0.0)
    if whole is not None:
        yield _text(at + 4, top + 11, whole.written[n], "start")


def _wide(text: str) -> float:
    return sum(2 * _LETTER if east_asian_width(letter) in "WF" else _LETTER for letter in text)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _svg(title: str, tall: float, drawn: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, int(tall), title)
    return head + Markup("").join(drawn) + Markup("</svg>")


def _axis(at: float, top: float, bottom: float) -> Markup:
    return Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        _length(at), int(top), _length(at), int(bottom)
    )


def _bar(nought: float, top: float, long: float, kind: int, says: str) -> Markup:
    """To the left of nought if `long` is negative."""
    return Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
        kind % _CLASSES + 1, _length(min(nought, nought + long)), _length(top), _length(abs(long)), _THICK, says
    )


def _text(left: float, base: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_length(left), _length(base), anchor, words)


def _legend(series: Sequence[Series]) -> Iterator[tuple[int, Markup]]:
    """Each with the number of its line: what does not fit any more goes on below."""
    line, left = 0, 4.0
    for kind, each in enumerate(series):
        wide = 17 + _wide(each.name) + 14
        if left + wide > _WIDTH and left > 4:
            line, left = line + 1, 4.0
        top = line * _LINE
        yield (
            line,
            Markup('<rect class="s{}" x="{}" y="{}" width="12" height="12"/>').format(
                kind % _CLASSES + 1, _length(left), top + 1
            )
            + _text(left + 17, top + 11.5, each.name, "start"),
        )
        left += wide


def _length(pixels: float) -> str:
    return f"{pixels:.1f}"
