"""How much of an answer is read, and for how long: the server that gives it decides neither.

The HTTP libraries read to the end, however far that is, and a kilobyte on the wire can unpack to a megabyte. Their
time-out counts between two bytes, so whoever sends one now and then is never too slow for them.
"""

from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any, TypeVar

import requests
from msgspec import Struct
from urllib3 import BaseHTTPResponse

from connectors.ledger import BadData, Outage

_MEGABYTE = 1 << 20
DOCUMENT_BYTES = 64 * _MEGABYTE  # unpacked; Xero's longest page, of 1,000 invoices, has about five
TOKEN_BYTES = _MEGABYTE  # tokens, connections, addresses: a few kilobytes
REFUSAL_BYTES = 1 << 16  # a refusal says what it has to say in less, or is not worth understanding
MOST_ROWS = 10_000  # the longest pages have 1,000; more are not worth looking at one by one
ANSWER_SECONDS = 180.0  # for a whole body, however steadily it drips
_PIECE = 1 << 18
Meant = TypeVar("Meant")


class UnledSession(requests.Session):
    """Follows nobody. Even when told not to, `requests` reads an answer that points elsewhere to its end."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """An answer that points elsewhere is an answer."""


class ShortAnswer(Struct, frozen=True):
    """What a service says about tokens and the like."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask_briefly(method: str, url: str, whose: str, timeout: tuple[float, float], **request: Any) -> ShortAnswer:
    """One request over a line of its own, whose answer has TOKEN_BYTES at most; see `read_within`.

    Raises what `requests` and urllib3 raise, too; their texts can hold what was sent.
    """
    with (
        UnledSession() as session,
        session.request(method, url, timeout=timeout, allow_redirects=False, stream=True, **request) as response,
    ):
        return ShortAnswer(response.status_code, response.headers, read_within(response.raw, TOKEN_BYTES, whose))


def understood(decode: Callable[[bytes], Meant], body: bytes, whose: str) -> Meant:
    """What `decode` makes of `body`; BadData if it is nested so deeply that no decoder gets to its ground."""
    try:
        return decode(body)
    except RecursionError:
        raise BadData(f"{whose} is nested deeper than any genuine one") from None


def read_within(raw: BaseHTTPResponse, limit: int, whose: str) -> bytes:
    """The body of `raw`, unpacked. `whose` names the answer for people: "Xero's answer to invoices".

    BadData if it is larger than `limit` bytes, because it would be so again; Outage if it does not end. Then the line
    is cut, and nothing more arrives. What urllib3 raises on the way is the caller's to translate.
    """
    try:
        return _read(raw, limit, whose)
    except BaseException:
        raw.close()
        raise


def _read(raw: BaseHTTPResponse, limit: int, whose: str) -> bytes:
    pieces, size = [], 0
    for piece in _pieces(raw, whose):
        pieces.append(piece)
        size += len(piece)
        if size + (raw.length_remaining or 0) > limit:  # what is announced counts, before it is sent
            most = f"{limit // _MEGABYTE} MB"
            raise BadData(f"{whose} is larger than {most}, which no genuine one is; it was not read")
    return b"".join(pieces)


def _pieces(raw: BaseHTTPResponse, whose: str) -> Iterator[bytes]:
    ends_by = monotonic() + ANSWER_SECONDS
    while piece := raw.read1(_PIECE, decode_content=True):
        yield piece
        if monotonic() > ends_by:
            raise Outage(f"{whose} did not end within {ANSWER_SECONDS:.0f} seconds")
