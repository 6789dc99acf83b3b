"""Whose reply it is: by the message it answers, else by the reference in it, else by who wrote it.

The first two name one of our messages by sixteen or more random letters, which nobody knows who did not get it. A
sender's address is typed by whoever writes, and may belong to several customers: then it is all of theirs, also where
the mail answers a message to one of them, because whoever reads that address reads for the others.
"""

import re
from collections.abc import Iterable
from typing import Literal, Protocol

from msgspec import Struct

from connector.replies.mail import Mail
from state.model import ContactId, MessageId

MatchedBy = Literal["thread", "reference", "sender", "nothing"]
_REFERENCE = re.compile(r"\bdun:([A-Za-z0-9][A-Za-z0-9._-]{7,120})")
_MOST_REFERENCES = 20


class Known(Protocol):
    """What is remembered of messages and customers."""

    def contact_of(self, message_id: MessageId) -> ContactId | None:
        """To whom the message went; None if it is none of ours."""
        ...

    def contacts_at(self, address: str) -> tuple[ContactId, ...]:
        """The customers who are written to at the address, in lower case."""
        ...


class Match(Struct, frozen=True):
    """Whom a reply concerns; nobody if nothing matched."""

    contacts: tuple[ContactId, ...]
    by: MatchedBy
    message_id: MessageId | None = None


def match(mail: Mail, known: Known) -> Match:
    """See the module."""
    return (
        _by_message(mail, map(_local_part, reversed(mail.replies_to)), "thread", known)
        or _by_message(mail, references_in(mail), "reference", known)
        or _by_sender(mail, known)
    )


def find_message(identifiers: Iterable[str], known: Known) -> tuple[MessageId, ContactId] | None:
    """The first of `identifiers`, with or without a domain, that is one of our messages."""
    for identifier in identifiers:
        message_id = MessageId(_local_part(identifier))
        if (contact := known.contact_of(message_id)) is not None:
            return message_id, contact
    return None


def references_in(mail: Mail) -> tuple[str, ...]:
    """What follows `dun:` in subject and text, closing full stops aside."""
    found = [*_REFERENCE.findall(mail.subject), *_REFERENCE.findall(mail.text)]
    return tuple(dict.fromkeys(reference.rstrip("._-") for reference in found))[:_MOST_REFERENCES]


def _by_message(mail: Mail, identifiers: Iterable[str], by: MatchedBy, known: Known) -> Match | None:
    found = find_message(identifiers, known)
    if found is None:
        return None
    message_id, contact = found
    sharing = _at_sender(mail, known)
    others = (other for other in sharing if other != contact) if contact in sharing else ()
    return Match((contact, *others), by, message_id)


def _by_sender(mail: Mail, known: Known) -> Match:
    contacts = _at_sender(mail, known)
    return Match(contacts, "sender" if contacts else "nothing")


def _at_sender(mail: Mail, known: Known) -> tuple[ContactId, ...]:
    return known.contacts_at(mail.sender) if mail.sender else ()


def _local_part(identifier: str) -> str:
    return identifier.partition("@")[0]
