"""What every carrier of letters needs before it can be asked: a document, a name, and the whole of an address."""

from msgspec import Struct

from connectors.channels.channel import Message, RefusedMessage
from connectors.channels.headers import NAME_LIMIT, one_line
from state.model import PostalAddress
from state.postal import missing_parts

_PDF = b"%PDF-"


class Destination(Struct, frozen=True):
    """To whom a letter goes, and where; each part is one harmless line."""

    name: str
    postal: PostalAddress


def destination_of(message: Message) -> Destination:
    """RefusedMessage if no carrier could bring the letter there, or if there is no letter."""
    if not message.letter.startswith(_PDF):
        raise RefusedMessage("a letter needs its PDF, and this message has none")
    name, postal = _line(message.customer), _in_lines(message.postal or PostalAddress(lines=()))
    if missing := (*(() if name else ("name",)), *missing_parts(postal)):
        raise RefusedMessage(f"a letter needs a {', a '.join(missing)}; complete the customer's address in the ledger")
    return Destination(name, postal)


def _in_lines(postal: PostalAddress) -> PostalAddress:
    return PostalAddress(
        lines=tuple(line for line in map(_line, postal.lines) if line),
        city=_line(postal.city),
        postcode=_line(postal.postcode),
        region=_line(postal.region),
        country=_line(postal.country),
    )


def _line(text: str | None) -> str:
    return one_line(text or "", NAME_LIMIT)
