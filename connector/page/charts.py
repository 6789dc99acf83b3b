"""Charts drawn on the server as SVG, each with a table behind it that says the same.

Colours come from the style sheet by class, so that light and dark both keep their contrast; nothing moves and nothing
is fetched. The only numbers here are lengths on the screen: what a chart says in words comes formatted from its caller.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape
from msgspec import Struct

_WIDTH, _HEIGHT = 640, 240
_NOTHING = 1e-9  # of any unit: less cannot be told from nought, nor divided by
_LEFT, _TOP, _BOTTOM = 8, 24, 44
_MOST_LABELS = 12
_CLASSES = 5  # colours that the style sheet has


class Series(Struct, frozen=True):
    """One kind of value: a number for each category (None: not known), and how each is written."""

    name: str
    values: Sequence[float | None]
    written: Sequence[str]


class Band(Struct, frozen=True):
    """The lower and upper ends of an interval around a line, one pair for each category, and how both are written."""

    name: str
    low: Sequence[float | None]
    high: Sequence[float | None]
    written: Sequence[str]


class Chart(Struct, frozen=True):
    """A picture and its table. In a template: `{{ parts.chart(chart) }}`."""

    title: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def bars(title: str, over: str, categories: Sequence[str], series: Sequence[Series]) -> Chart:
    """Bars for each category, the series stacked on one another. `over`: what the categories are, such as `week`."""
    totals = [sum(max(0.0, each.values[n] or 0.0) for each in series) for n in range(len(categories))]
    scale, step = _scale(totals), _step(categories)
    drawn = [_axis()]
    for n, label in enumerate(categories):
        base = float(_HEIGHT - _BOTTOM)
        for kind, each in enumerate(series):
            tall = max(0.0, each.values[n] or 0.0) * scale
            base -= tall
            drawn.append(_bar(n, step, base, tall, kind, f"{label}: {each.written[n]} {each.name}"))
        drawn.append(_label(n, step, label, len(categories)))
    if len(series) > 1:
        drawn += [_legend(kind, each.name) for kind, each in enumerate(series)]
    return Chart(title, _svg(title, drawn), (over, *(s.name for s in series)), _rows(categories, series))


def line(title: str, over: str, categories: Sequence[str], series: Series, band: Band | None = None) -> Chart:
    """A line through the values that are known, with the interval around it where there is one."""
    known = [value for value in (*series.values, *(band.high if band else ())) if value is not None]
    scale, step = _scale(known), _step(categories)
    drawn = [_axis()]
    if band is not None:
        ends = [(n, band.low[n], band.high[n]) for n in range(len(categories))]
        whole = [(n, low, high) for n, low, high in ends if low is not None and high is not None]
        around = [_point(n, step, high, scale) for n, _, high in whole]
        around += [_point(n, step, low, scale) for n, low, _ in reversed(whole)]
        drawn.append(Markup('<polygon class="band" points="{}"/>').format(" ".join(around)))
    points = [_point(n, step, value, scale) for n, value in enumerate(series.values) if value is not None]
    drawn.append(Markup('<polyline class="line" points="{}"/>').format(" ".join(points)))
    drawn += [_label(n, step, label, len(categories)) for n, label in enumerate(categories)]
    columns = (over, series.name, *((band.name,) if band else ()))
    rows = _rows(categories, (series, band) if band else (series,))
    return Chart(title, _svg(title, drawn), columns, rows)


def _rows(categories: Sequence[str], series: Sequence[Series | Band]) -> tuple[tuple[str, ...], ...]:
    return tuple((label, *(each.written[n] for each in series)) for n, label in enumerate(categories))


def _scale(values: Sequence[float]) -> float:
    """Pixels for one unit."""
    largest = max(values, default=0.0)
    return (_HEIGHT - _TOP - _BOTTOM) / largest if largest > _NOTHING else 0.0


def _step(categories: Sequence[str]) -> float:
    return (_WIDTH - 2 * _LEFT) / max(1, len(categories))


def _svg(title: str, drawn: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, _HEIGHT, title)
    return head + Markup("").join(drawn) + Markup("</svg>")


def _axis() -> Markup:
    base = _HEIGHT - _BOTTOM
    return Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_LEFT, base, _WIDTH - _LEFT, base)


def _bar(n: int, step: float, top: float, tall: float, kind: int, says: str) -> Markup:
    left, wide = _LEFT + n * step + step * 0.12, step * 0.76
    return Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
        kind % _CLASSES + 1, _length(left), _length(top), _length(wide), _length(tall), says
    )


def _label(n: int, step: float, label: str, of: int) -> Markup:
    """Below the axis; of many, every second or fourth, so that none stands on another."""
    every = -(-of // _MOST_LABELS)
    if n % every:
        return Markup("")
    middle = _length(_LEFT + (n + 0.5) * step)
    return Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(middle, _HEIGHT - 26, label)


def _legend(kind: int, name: str) -> Markup:
    left = _LEFT + kind * 120
    return Markup('<rect class="s{}" x="{}" y="4" width="12" height="12"/><text x="{}" y="14">{}</text>').format(
        kind % _CLASSES + 1, left, left + 17, escape(name)
    )


def _point(n: int, step: float, value: float, scale: float) -> str:
    return f"{_length(_LEFT + (n + 0.5) * step)},{_length(_HEIGHT - _BOTTOM - max(0.0, value) * scale)}"


def _length(pixels: float) -> str:
    return f"{pixels:.1f}"
