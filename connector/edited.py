"""Words of a person in the place of a template's, for exactly the message they were written for.

An edited text says amounts, dates and names that nobody reckons again. So it is used only while everything a message
says, apart from how many days have passed, is what it was when the text was written. Anything else, a payment, a
further invoice, another deadline, drops it, and nothing leaves before a person has looked again.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import replace

import msgspec
from markupsafe import Markup

from connector.messages.context import MessageContext, MessageError, template_variables
from connector.messages.render import Rendered
from connector.messages.sms import MOST_SEGMENTS, short_text
from connector.saying.said import say
from connectors.channels.channel import Kind
from connectors.channels.headers import SUBJECT_LIMIT, one_line
from connectors.channels.segments import segments
from state.model import ReminderId
from state.store import TenantStore

MOST_CHARACTERS = 20_000
_MOST_LISTED = 6  # of what an edited text leaves out
# Control characters and what turns the reading order round; line ends, and the marks that templates set, may stay.
_REFUSED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u061c\u202a-\u202e\u2066-\u2069]")
_PAGE = Markup(
    '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{subject}</title>\n</head>\n'
    '<body style="font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
    '<div style="white-space:pre-wrap">{text}</div>\n</body>\n</html>\n'
)


class EditDropped(MessageError):
    """An edited text fits its message no more. `reminders` are those that must not go before a person has looked."""

    code = "edit_dropped"

    def __init__(self, reminders: Collection[ReminderId]) -> None:
        super().__init__(
            say(
                "a text that a person had edited does not fit its message any more, because invoices, amounts or dates"
                " in it have changed; nothing was sent. `dun approve` lets the usual words go, `dun edit` words it anew"
            )
        )
        self.reminders = tuple(reminders)


class EditRefused(MessageError):
    """A text that cannot be sent; `str()` says why."""


def listed(missing: tuple[str, ...]) -> str:
    """As people are told, the first few of many."""
    shown = ", ".join(missing[:_MOST_LISTED])
    return shown if len(missing) <= _MOST_LISTED else f"{shown} (and {len(missing) - _MOST_LISTED} more)"


class EditLeavesOut(EditRefused):
    """Words that do not say what the customer needs, to pay or to answer; they are kept only if that is meant."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing, self.listed = missing, listed(missing)
        super().__init__(
            f"your words leave out {self.listed}, which the message says now; put it in, or say --anyway if"
            " it is meant; nothing was changed"
        )


class EditOverlaps(EditRefused):
    """Somebody else has worded the message since the person began: neither silently replaces the other's words."""

    def __init__(self) -> None:
        super().__init__(
            "somebody else has worded this message, or taken words back, since you began; look at it again and keep"
            " yours if they still fit; nothing was changed"
        )


def edited(
    store: TenantStore, kind: Kind, context: MessageContext, reminders: Collection[ReminderId]
) -> Rendered | None:
    """A person's words for the message of `context` about `reminders`; None if nobody has edited it.

    Raises EditDropped where somebody has, for other reminders, another way or other contents than these.
    """
    found = store.edits.in_force(reminders)
    if not found:
        return None
    edit = found[0]
    fits = len(found) == 1 and set(edit.reminders) == set(reminders) and edit.basis == basis_of(kind, context)
    if not fits or not edit.text:
        raise EditDropped({*reminders, *(key for each in found for key in each.reminders)})
    return rendered(kind, edit.subject, edit.text.replace(edit.reference, context.reference))


def rendered(kind: Kind, subject: str, text: str) -> Rendered:
    """Words as a message of `kind`; the HTML of an e-mail shows the text as it stands."""
    return Rendered(subject, text, str(_PAGE.format(subject=subject, text=text)) if kind == "email" else "")


def checked(kind: Kind, subject: str, text: str) -> tuple[str, str]:
    """Subject and text as they are kept: bounded, plain, lines ending in LF. Raises EditRefused."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).strip() + "\n"
    if _REFUSED.search(text) or _REFUSED.search(subject) or "\n" in subject:
        raise EditRefused(
            say("the text has control characters, or marks that turn the reading order round; take them out")
        )
    if not text.strip() or (kind in {"email", "letter"} and not subject.strip()):
        raise EditRefused(say("a message needs words, and an e-mail or a letter a subject"))
    if len(text) > MOST_CHARACTERS or len(subject) > SUBJECT_LIMIT:
        raise EditRefused(
            say(
                "a message has at most {most} characters, its subject {of_subject}",
                most=MOST_CHARACTERS,
                of_subject=SUBJECT_LIMIT,
            )
        )
    return one_line(subject, SUBJECT_LIMIT), _spoken(kind, text)


def basis_of(kind: Kind, context: MessageContext) -> str:
    """A digest of everything a message says, except its mark, its links and how many days have passed."""
    lines = tuple(replace(line, days_overdue=0, pay_url=None) for line in context.lines)
    offered = template_variables(context)["discount"] is not None
    basis = (kind, offered, replace(context, lines=lines, discount=None, reference=""), context.discount)
    return hashlib.sha256(msgspec.json.encode(basis, order="sorted")).hexdigest()


def _spoken(kind: Kind, text: str) -> str:
    """A text message is one line of few segments, a call that is read out one line."""
    if kind == "voice":
        return " ".join(text.split())
    if kind != "sms":
        return text
    short = short_text(text)
    count = segments(short).count
    if count > MOST_SEGMENTS:
        raise EditRefused(say("it takes {n} segments; a text message has {most} at most", n=count, most=MOST_SEGMENTS))
    return short
