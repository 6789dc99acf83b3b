"""What SendGrid checks before it takes a message, in its own words.

From the error reference of the v3 mail send endpoint. Rules for parts that Dun never sends (templates, sections,
ASM groups) are left out; whatever is not mentioned here is taken as it comes.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

_HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
_RESERVED_HEADERS = frozenset(
    "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding"
    " to from subject reply-to cc bcc".split()
)
_MAX_PEOPLE = 1000


class Complaint(NamedTuple):
    """One entry of SendGrid's error list."""

    message: str
    field: str | None
    help: str | None


class _Shape(msgspec.Struct):
    """The kinds of things the body consists of; what they contain is checked one by one."""

    personalizations: list[dict[str, Any]] = []
    content: list[dict[str, Any]] = []
    attachments: list[dict[str, Any]] = []
    headers: dict[str, Any] = {}
    categories: list[str] = []
    custom_args: dict[str, Any] = {}


def complaints_about(mail: Any) -> Iterator[Complaint]:
    """Everything that is wrong with the body of a mail send request."""
    try:
        msgspec.convert(mail, _Shape)
    except msgspec.ValidationError:
        yield Complaint("Bad Request", None, None)
        return
    yield from _sender(mail.get("from"))
    yield from _personalizations(mail)
    yield from _subject(mail)
    yield from _content(mail.get("content"))
    yield from _attachments(mail.get("attachments") or [])
    yield from _headers(mail.get("headers") or {})
    yield from _marks(mail)


def _sender(sender: Any) -> Iterator[Complaint]:
    if not isinstance(sender, dict) or not sender.get("email"):
        yield Complaint(
            "The from object must be provided for every email send. It is an object that requires the email parameter,"
            ' but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or'
            ' {"email" : "example@example.com", "name" : "Example Recipient"}.',
            "from.email",
            _HELP + "from",
        )
    elif not _is_address(sender):
        yield Complaint("Does not contain a valid address.", "from.email", _HELP + "from")


def _personalizations(mail: dict[str, Any]) -> Iterator[Complaint]:
    personalizations = mail.get("personalizations")
    if not isinstance(personalizations, list) or not personalizations:
        words = "The personalizations field is required and must have at least one personalization."
        yield Complaint(words, "personalizations", _HELP + "-Personalizations-Errors")
        return
    for number, personalization in enumerate(personalizations):
        yield from _people(f"personalizations.{number}", personalization)


def _people(where: str, personalization: dict[str, Any]) -> Iterator[Complaint]:
    if not personalization.get("to"):
        words = "The to array is required for all personalization objects, and must have at least one email object"
        yield Complaint(f"{words} with a valid email address.", f"{where}.to", _HELP + "personalizations.to")
    seen: set[str] = set()
    for kind in ("to", "cc", "bcc"):
        for number, person in enumerate(personalization.get(kind) or []):
            field, about = f"{where}.{kind}.{number}.email", f"{_HELP}personalizations.{kind}"
            if not _is_address(person):
                yield Complaint("Does not contain a valid address.", field, about)
            elif person["email"].lower() in seen:
                words = "Each email address in the personalization block should be unique between to, cc, and bcc."
                first = f" We found the first duplicate instance of [{person['email']}] in the {where}.{kind} field."
                yield Complaint(words + first, where, about)
            else:
                seen.add(person["email"].lower())
    if len(seen) > _MAX_PEOPLE:
        yield Complaint("The total number of recipients must be no more than 1000.", where, None)


def _subject(mail: dict[str, Any]) -> Iterator[Complaint]:
    personalizations = mail.get("personalizations") or []
    if not mail.get("subject") and not all(p.get("subject") for p in personalizations):
        words = "The subject is required. You can get around this requirement if you use a template with a subject"
        yield Complaint(
            f"{words} defined or if every personalization has a subject defined.", "subject", _HELP + "subject"
        )


def _content(content: Any) -> Iterator[Complaint]:
    if not isinstance(content, list) or not content:
        words = "Unless a valid template_id is provided, the content parameter is required."
        more = " There must be at least one defined content block."
        yield Complaint(words + more, "content", _HELP + "content")
        return
    for number, part in enumerate(content):
        if not part.get("type"):
            yield Complaint("The content type is required.", f"content.{number}.type", _HELP + "content.type")
        if not isinstance(part.get("value"), str) or not part["value"]:
            words = "The content value must be a string at least one character in length."
            yield Complaint(words, f"content.{number}.value", _HELP + "content.value")
    types = [part.get("type") for part in content]
    if "text/plain" in types and "text/html" in types and types.index("text/plain") > types.index("text/html"):
        words = "If present, text/plain must be first, followed by text/html, followed by any other content."
        yield Complaint(words, "content", _HELP + "content")


def _attachments(attachments: list[dict[str, Any]]) -> Iterator[Complaint]:
    for number, attachment in enumerate(attachments):
        where = f"attachments.{number}"
        if not _is_base64(attachment.get("content")):
            words = "The attachment content must be base64 encoded."
            yield Complaint(words, f"{where}.content", _HELP + "attachments.content")
        if not attachment.get("filename"):
            words = "The filename of the attachment is a required parameter."
            yield Complaint(words, f"{where}.filename", _HELP + "attachments.filename")


def _headers(headers: dict[str, Any]) -> Iterator[Complaint]:
    for name, value in headers.items():
        if name.lower() in _RESERVED_HEADERS:
            yield Complaint(f"The header {name} is reserved.", f"headers.{name}", _HELP + "headers")
        elif not isinstance(value, str):
            yield Complaint("The header value must be a string.", f"headers.{name}", _HELP + "headers")


def _marks(mail: dict[str, Any]) -> Iterator[Complaint]:
    categories = mail.get("categories") or []
    if len(categories) > 10 or len(set(categories)) != len(categories):
        yield Complaint("You may have up to 10 unique categories.", "categories", _HELP + "categories")
    if any(not isinstance(value, str) for value in (mail.get("custom_args") or {}).values()):
        yield Complaint("Values of custom_args must be strings.", "custom_args", _HELP + "custom_args")


def _is_address(person: Any) -> bool:
    return isinstance(person, dict) and isinstance(person.get("email"), str) and bool(_EMAIL.fullmatch(person["email"]))


def _is_base64(content: Any) -> bool:
    try:
        return isinstance(content, str) and bool(content) and bool(base64.b64decode(content, validate=True))
    except binascii.Error:
        return False
