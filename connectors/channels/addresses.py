"""Which addresses may be put on a wire, and in which form.

Mail protocols read addresses as ASCII words between angle brackets. Whatever does not fit that form exactly is
refused here, once, for every carrier: a newline in an address would be an injected header, and a mapped domain
would be somebody else's.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connectors.channels.channel import Address, Message, RefusedMessage
from state.addresses import ascii_address


def wire_address(address: Address) -> str:
    """The ASCII form of `address`, or RefusedMessage (which does not repeat it)."""
    usable = ascii_address(address.email)
    if usable is None:
        raise RefusedMessage("an address of this message is not a usable e-mail address; correct it in the ledger")
    return usable


class Audience(NamedTuple):
    """Who gets a message, nobody twice: an address named in `to` is not in `cc` again."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...]

    @property
    def everybody(self) -> tuple[str, ...]:
        """The ASCII addresses of the envelope."""
        return tuple(address.email for address in (*self.to, *self.cc))


def audience(message: Message) -> Audience:
    """The recipients in wire form; RefusedMessage if there is none, or one whose address cannot be used."""
    if not message.to:
        raise RefusedMessage("this message has no recipient; give the customer an e-mail address in the ledger")
    seen: set[str] = set()
    return Audience(tuple(_unseen(message.to, seen)), tuple(_unseen(message.cc, seen)))


def _unseen(addresses: Iterable[Address], seen: set[str]) -> Iterator[Address]:
    for address in addresses:
        email = wire_address(address)
        if email.lower() not in seen:
            seen.add(email.lower())
            yield Address(email, address.name)
