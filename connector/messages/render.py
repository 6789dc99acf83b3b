"""From what is owed to what is written: one message, in the form its way to the customer takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.messages.context import (
    STAGES,
    CurrencyGroup,
    InvoiceLine,
    MessageContext,
    MessageError,
    Stage,
    template_variables,
)
from connector.messages.notices import ForewarningContext, NoticeContext, forewarning_variables, notice_variables
from connector.messages.occasions import KINDS
from connector.messages.sms import MOST_SEGMENTS, short_text
from connector.messages.templates import TemplateFault, Templates
from connectors.channels.channel import Kind
from connectors.channels.headers import SUBJECT_LIMIT, one_line
from connectors.channels.segments import segments

__all__ = [
    "STAGES",
    "CurrencyGroup",
    "InvoiceLine",
    "MessageContext",
    "MessageError",
    "Rendered",
    "Stage",
    "TemplateFault",
    "Templates",
    "charge_labels",
    "letter_in_words",
    "letter_parts",
    "render",
    "render_kind",
    "variables_of",
]

Context = MessageContext | NoticeContext | ForewarningContext
TABLE_PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"  # the paragraph of a letter where the table of invoices stands
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. The subject is one line; text and HTML say the same. What a form has no use for is empty."""

    subject: str
    text: str
    html: str


def render(templates: Templates, context: Context) -> Rendered:
    """Write `context` as an e-mail. Raises TemplateFault; `check_templates` finds those beforehand."""
    variables = variables_of(context)
    subject = _subject(templates, context, variables)
    text = _filled(templates, context, variables, ".txt")
    html = _filled(templates, context, variables, ".html")
    return Rendered(subject, _tidy(text), html)


def render_kind(templates: Templates, context: Context, kind: Kind) -> Rendered:
    """Write `context` as `kind` of message.

    A text message has `text` alone, one line of at most six segments; a voice call `text`, a line that is read out; a
    letter `subject` and `text`, see `letter_parts`; a call `subject` and `text`, the script. Raises TemplateFault, and
    MessageError for a way that this occasion does not go.
    """
    if kind not in KINDS[context.occasion]:
        raise MessageError(f"there is no {kind} for {context.occasion}")
    if kind == "email":
        return render(templates, context)
    variables = variables_of(context)
    text = _filled(templates, context, variables, f".{kind}.txt")
    if kind == "sms":
        return Rendered("", _short(f"{context.occasion}.sms.txt", text), "")
    if kind == "voice":
        return Rendered("", " ".join(text.split()), "")
    return Rendered(_subject(templates, context, variables), _tidy(text), "")


def letter_parts(rendered: Rendered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paragraphs of a letter above and below its table of invoices; lines inside a paragraph are kept.

    A letter that names no place for the table has it below.
    """
    paragraphs = [part.strip() for part in rendered.text.split("\n\n") if part.strip()]
    place = paragraphs.index(TABLE_PLACE) if TABLE_PLACE in paragraphs else len(paragraphs)
    return tuple(paragraphs[:place]), tuple(paragraphs[place + 1 :])


def letter_in_words(templates: Templates, context: MessageContext, rendered: Rendered) -> str:
    """The text of a letter as it is kept and shown: its table of invoices as a list, where the table stands."""
    items = templates.fill("_items.txt", variables_of(context), context.language)
    return rendered.text.replace(TABLE_PLACE, _tidy(items).strip())


def charge_labels(templates: Templates, context: MessageContext) -> tuple[str, ...]:
    """What each claimed charge of `context` is called, in its order and the message's language: for a letter's sums."""
    return tuple(templates.fill("_charges.txt", variables_of(context), context.language).splitlines())


def variables_of(context: Context) -> Mapping[str, Any]:
    """The names that the templates of `context.occasion` may use, and their values."""
    if isinstance(context, MessageContext):
        return template_variables(context)
    return notice_variables(context) if isinstance(context, NoticeContext) else forewarning_variables(context)


def _subject(templates: Templates, context: Context, variables: Mapping[str, Any]) -> str:
    subject = one_line(_filled(templates, context, variables, ".subject.txt"), SUBJECT_LIMIT)
    if not subject:
        raise TemplateFault(f"{context.occasion}.subject.txt", None, "the subject is empty")
    return subject


def _short(file: str, text: str) -> str:
    short = short_text(text)
    count = segments(short).count
    if count > MOST_SEGMENTS:
        raise TemplateFault(file, None, f"it takes {count} segments; a text message has {MOST_SEGMENTS} at most")
    return short


def _filled(templates: Templates, context: Context, variables: Mapping[str, Any], suffix: str) -> str:
    return templates.fill(f"{context.occasion}{suffix}", variables, context.language)


def _tidy(text: str) -> str:
    """Without the blank lines that conditional paragraphs leave behind."""
    return _EMPTY_LINES.sub("\n\n", _TRAILING_BLANKS.sub("", text)).strip() + "\n"
