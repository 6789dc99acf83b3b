"""From what is owed to what is written: subject, text and HTML of one message."""

import re
from dataclasses import dataclass

from connector.messages.context import (
    STAGES,
    CurrencyGroup,
    InvoiceLine,
    MessageContext,
    MessageError,
    Stage,
    template_variables,
)
from connector.messages.templates import TemplateFault, Templates
from connectors.channels.headers import SUBJECT_LIMIT, one_line

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
    "render",
]

_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. The subject is one line; text and HTML say the same."""

    subject: str
    text: str
    html: str


def render(templates: Templates, context: MessageContext) -> Rendered:
    """Write the message of `context.stage`. Raises TemplateFault; `check_templates` finds those beforehand."""
    variables = template_variables(context)
    subject_file = f"{context.stage}.subject.txt"
    subject = one_line(templates.fill(subject_file, variables), SUBJECT_LIMIT)
    if not subject:
        raise TemplateFault(subject_file, None, "the subject is empty")
    text = templates.fill(f"{context.stage}.txt", variables)
    html = templates.fill(f"{context.stage}.html", variables)
    return Rendered(subject, _tidy(text), html)


def _tidy(text: str) -> str:
    """Without the blank lines that conditional paragraphs leave behind."""
    return _EMPTY_LINES.sub("\n\n", _TRAILING_BLANKS.sub("", text)).strip() + "\n"
