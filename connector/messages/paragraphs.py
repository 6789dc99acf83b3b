"""Plain words as the HTML of a message: paragraphs and lists, and nothing that a name could open."""

from markupsafe import Markup, escape

_BULLET = "* "


def paragraphs(text: str | Markup) -> Markup:
    """Blank lines of `text` part its paragraphs; a paragraph of lines that begin with an asterisk is a list.

    What is not yet escaped is escaped.
    """
    return Markup("\n").join(_paragraph(lines) for part in escape(text).split("\n\n") if (lines := _lines(part)))


def _lines(part: str) -> list[Markup]:
    return [Markup(line.strip()) for line in part.splitlines() if line.strip()]  # noqa: S704  escaped above


def _paragraph(lines: list[Markup]) -> Markup:
    if all(line.startswith(_BULLET) for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(line.removeprefix(_BULLET)) for line in lines)
        return Markup('<ul style="margin:16px 0;padding-left:24px">{}</ul>').format(items)
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(lines))
