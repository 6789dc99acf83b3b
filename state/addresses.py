"""Addresses as people type them into ledgers, read without ever failing.

One field may hold several addresses, names, remarks and leftovers. Whatever is certainly an address is used, in the
order given; whatever is not is left out. Whether a customer can be written to, and at which address, is decided by the
same function, so that nobody is taken for reachable who is not.

A field that is made to be read in two ways names nobody: with a control character or a line break inside, which no
form lets a person type but which ends a header, or with angle brackets that are not pairs.
"""

import re
from collections.abc import Container, Iterable
from functools import lru_cache
from unicodedata import category

from state.plain_text import LONGEST_TEXT

_MAX_LOCAL, _MAX_DOMAIN = 64, 253  # RFC 5321, 4.5.3.1, the domain less its root dot
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_QUOTED_LOCAL = re.compile(r'"[^"]*"@\S*')  # "a b"@x.com is one address, of a kind few servers take
_QUOTED_NAME = re.compile(r'"[^"]*"')
_REMARK = re.compile(r"\([^()]*\)")
_SEPARATOR = re.compile(r"[\s,;:|<>()\[\]{}\"\u00ab\u00bb\u00b4\u2018-\u201f]+")  # never part of an address
_SURROUNDING = ".'`/\\"  # may be part of one, but not at its ends


def usable_addresses(text: str | None) -> tuple[str, ...]:
    """The addresses in `text` that a carrier can use, each once, in order; none if the field is longer than any is.

    'Bo <A@X.com>; b@x.com.' gives A@x.com and b@x.com: domains come back in lower case and ASCII, local parts as
    typed but compared without regard to case.
    """
    return () if text is None or len(text) > LONGEST_TEXT else _addresses(text)


def deliverable(texts: Iterable[str], suppressed: Container[str]) -> tuple[str, ...]:
    """The usable addresses in `texts`, each once, in order, without those that take no mail (in lower case)."""
    found = dict.fromkeys(address for text in texts for address in usable_addresses(text))
    return tuple(address for address in found if address.lower() not in suppressed)


@lru_cache(maxsize=4096)
def _addresses(text: str) -> tuple[str, ...]:
    field = text.strip()
    if not _readable_in_one_way(field):
        return ()
    field = _QUOTED_LOCAL.sub(" ", field)
    return _unique(_REMARK.sub(" ", field)) or _unique(field)


def _readable_in_one_way(field: str) -> bool:
    brackets = "".join(character for character in field if character in "<>")
    return not any(category(character) == "Cc" for character in field) and not brackets.replace("<>", "")


def _unique(field: str) -> tuple[str, ...]:
    unquoted = _QUOTED_NAME.sub(_name_gone, field)
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


def ascii_address(text: str) -> str | None:
    """`text` as carriers take it (domain lower-case, international domains in IDNA form); None if it is no address.

    Quoted and non-ASCII local parts are None: too few servers take them to promise a delivery.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        return None
    ascii_domain = _ascii_domain(domain)
    return f"{local}@{ascii_domain}" if ascii_domain else None


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
