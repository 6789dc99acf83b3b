"""Addresses as people type them into ledgers, read without ever failing.

One field may hold several addresses, names, remarks and leftovers. Whatever is certainly an address is used, in the
order given; whatever is not is left out, and a customer who is left with none is listed by the caller.
"""

import re

from connectors.channels.addresses import ascii_address

_QUOTED_NAME = re.compile(r'"[^"]*"')
_SEPARATOR = re.compile(r"[\s,;:|<>()\[\]{}\"\u00ab\u00bb\u00b4\u2018-\u201f]+")  # never part of an address
_SURROUNDING = ".'`/\\"  # may be part of one, but not at its ends


def usable_addresses(text: str | None) -> tuple[str, ...]:
    """The addresses in `text` that a carrier can use, each once, in order.

    'Bo <A@X.com>; b@x.com.' gives A@x.com and b@x.com: domains come back in lower case and ASCII, local parts as
    typed but compared without regard to case.
    """
    unquoted = _QUOTED_NAME.sub(_name_gone, text or "")
    unique: dict[str, str] = {}
    for word in _SEPARATOR.split(unquoted):
        for address in _addresses_in(word):
            unique.setdefault(address.lower(), address)
    return tuple(unique.values())


def _name_gone(quoted: re.Match[str]) -> str:
    """A quoted display name is dropped, a quoted address kept: "Doe, J" <j@x.com>, but also "j@x.com"."""
    inside = quoted.group()[1:-1].strip()
    return f" {inside} " if _addresses_in(inside) else " "


def _addresses_in(word: str) -> list[str]:
    """The word as one address, else its parts between slashes: sales/uk@x.com is one, a@x.com/b@y.com are two."""
    for parts in ([word], word.split("/")):
        found = [address for part in parts if (address := ascii_address(part.strip(_SURROUNDING)))]
        if found:
            return found
    return []
