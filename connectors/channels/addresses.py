"""Which addresses may be put on a wire, and in which form.

Mail protocols read addresses as ASCII words between angle brackets. Whatever does not fit that form exactly is
refused here, once, for every carrier: a newline in an address would be an injected header, and a mapped domain
would be somebody else's.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connectors.channels.channel import Address, Message, RefusedMessage

_MAX_LOCAL, _MAX_DOMAIN = 64, 253  # RFC 5321, 4.5.3.1, the domain less its root dot
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def ascii_address(text: str) -> str | None:
    """`text` as carriers take it (domain lower-case, international domains in IDNA form); None if it is no address.

    Quoted and non-ASCII local parts are None: too few servers take them to promise a delivery.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _ascii_domain(domain)
    return f"{local}@{ascii_domain}" if ascii_domain else None


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


def _ascii_domain(domain: str) -> str | None:
    """IDNA form. A domain that does not survive the way back (straße -> strasse) is another domain, so None."""
    try:
        encoded = domain.lower().encode("idna")
        if not domain.isascii() and encoded.decode("idna") != domain.lower():
            return None
    except UnicodeError:
        return None
    labels = encoded.decode("ascii").split(".")
    well_formed = len(encoded) <= _MAX_DOMAIN and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    return ".".join(labels) if well_formed and not labels[-1].isdigit() else None
