"""What customers text back, by polling: STOP must count even where no address of ours can be reached from outside.

Twilio keeps STOP itself and refuses further texts (21610), but only from the number it was sent to; Dun keeps it for
all. Source: Twilio, "Messages resource" (list), and "Twilio support for opt-out keywords".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from connectors.bounds import MOST_ROWS
from connectors.channels.twilio_rest import NoAnswer, TwilioRest
from connectors.channels.twilio_times import instant
from connectors.unreadable import NOT_JSON
from state.phones import is_e164

_PAGE_ROWS = 100
_MOST_PAGES = 100
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})  # since May 2025
_STOP_ELSEWHERE = frozenset(
    {"STOPP", "ARRET", "ARRÊT", "ARRETER", "ARRÊTER", "BAJA", "ALTO"}
)  # Dun's own, no harm in them
_START = frozenset({"START", "YES", "UNSTOP"})
Wish = Literal["stop", "start"]


class InboundText(Struct, frozen=True):
    """A text that came in. Its `body` is a stranger's; `sender` is E.164."""

    sid: str
    sender: str
    body: str
    at: datetime


class _Row(Struct):
    sid: str
    direction: str
    sender: str = msgspec.field(name="from", default="")
    body: str | None = None
    date_sent: str | None = None
    date_created: str | None = None


class _Page(Struct):
    messages: list[msgspec.Raw]
    next_page_uri: str | None = None


class TwilioInbox:
    """The texts that came to numbers of ours."""

    def __init__(self, rest: TwilioRest) -> None:
        self._rest = rest

    def since(self, number: str, day: datetime) -> Iterator[InboundText]:
        """What came to `number` on the UTC day of `day` and after, newest first, page by page. Raises NoAnswer.

        Twilio filters by days, so what was told before is told again: whoever asks knows it by its SID.
        """
        wanted = {"To": number, "DateSent>": day.date().isoformat(), "PageSize": str(_PAGE_ROWS)}
        page = _page(self._rest.page("Messages", wanted))
        for _ in range(_MOST_PAGES):
            yield from filter(None, map(_inbound, page.messages[:MOST_ROWS]))
            if not page.next_page_uri:
                return
            page = _page(self._rest.next_page(page.next_page_uri))
        raise NoAnswer(f"Twilio's list of texts does not end within {_MOST_PAGES} pages")


def wish_in(body: str) -> Wish | None:
    """What a text wishes for as a whole: STOP and its like, START and its like, or nothing that a word could settle.

    "Stop." counts, "please stop" does not: it is a sentence, and a person reads it.
    """
    if len(body) > 40:
        return None
    word = body.strip().strip(".!\"'").strip().upper()
    if word in _STOP or word in _STOP_ELSEWHERE:
        return "stop"
    return "start" if word in _START else None


def _page(body: bytes) -> _Page:
    try:
        return msgspec.json.decode(body, type=_Page)
    except NOT_JSON:
        raise NoAnswer("Twilio's answer is not a list of texts") from None


def _inbound(raw: msgspec.Raw) -> InboundText | None:
    """The row as a text that came in; None for one of ours, and for one that cannot be read."""
    try:
        row = msgspec.json.decode(raw, type=_Row)
    except NOT_JSON:
        return None
    at = instant(row.date_sent) or instant(row.date_created)
    if row.direction != "inbound" or at is None or not is_e164(row.sender):
        return None
    return InboundText(row.sid, row.sender, row.body or "", at)
