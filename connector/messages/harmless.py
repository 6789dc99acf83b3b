"""Words of strangers on their way into a template: single lines that change nothing around them.

Names come from ledgers, where anybody may have typed anything.
"""

from urllib.parse import urlsplit

from connectors.channels.headers import NAME_LIMIT, one_line
from state.plain_text import contained

_ADDRESS_LIMIT = 320
_NUMBER_LIMIT = 60  # of a telephone or a bank account


def harmless_name(text: str) -> str:
    """`text` as one line of at most 120 characters that does not draw its neighbours into its reading order."""
    return contained(one_line(text, NAME_LIMIT))


def harmless_or_none(text: str | None) -> str | None:
    """The same, and None for what is absent or empty."""
    return harmless_name(text or "") or None


def harmless_address(text: str) -> str:
    return one_line(text, _ADDRESS_LIMIT)


def harmless_reference(text: str) -> str:
    return one_line(text, NAME_LIMIT)


def harmless_number(text: str | None) -> str | None:
    """A telephone number or an IBAN; None for what is absent or empty."""
    return contained(one_line(text or "", _NUMBER_LIMIT)) or None


def web_address(url: str | None) -> str | None:
    """`url` if it is a link to a web page; a ledger's field could also hold a script."""
    if url is None or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
