"""Whether a host is this very machine: where secrets may travel unencrypted, clocks be rehearsed and questions asked.

A page in a browser of this machine can reach its loopback ports under a name of the page's own, once that name is made
to point here. The Host header then still has that name, so a loopback service answers to none but its own.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address

from msgspec import Struct

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?(?::([0-9]{1,5}))?")


class AskedHost(Struct, frozen=True):
    """What a Host header says: the name, in lower case and without a closing dot, and the port if one is named."""

    name: str
    port: int | None

    @classmethod
    def of(cls, headers: Sequence[str]) -> "AskedHost | None":
        """From all Host headers of a request; None unless there is exactly one that makes sense."""
        match = _HOST.fullmatch(headers[0]) if len(headers) == 1 else None
        if match is None:
            return None
        return cls(match[1].strip("[]").lower(), int(match[2]) if match[2] else None)


def is_this_machine(host: str) -> bool:
    """True for localhost and loopback addresses; names are not looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def asks_this_machine(headers: Sequence[str], port: int) -> bool:
    """Whether a request with these Host headers was meant for `port` of this machine."""
    asked = AskedHost.of(headers)
    return asked is not None and is_this_machine(asked.name) and asked.port in (None, port)
