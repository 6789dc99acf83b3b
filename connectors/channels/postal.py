"""What every carrier of letters needs before it can be asked: a document, a name, and the whole of an address."""

from connectors.channels.channel import Message, RefusedMessage
from state.model import PostalAddress
from state.postal import missing_parts

_PDF = b"%PDF-"


def letter_address(message: Message) -> PostalAddress:
    """Where the letter goes. RefusedMessage if no carrier could bring it there, or if there is no letter."""
    if not message.letter.startswith(_PDF):
        raise RefusedMessage("a letter needs its PDF, and this message has none")
    postal = message.postal or PostalAddress(lines=())
    missing = (*(() if message.customer.strip() else ("name",)), *missing_parts(postal))
    if missing:
        raise RefusedMessage(f"a letter needs a {', a '.join(missing)}; complete the customer's address in the ledger")
    return postal
