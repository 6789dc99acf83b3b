"""Lists in pages, the newest first: where the next page begins is remembered by the last text of this one.

A page that is asked for by its address does not shift when new texts arrive meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.phones import Text, passed
from connectors.sandbox.twilio.errors import TwilioProblem
from connectors.sandbox.twilio.views import ROOT, text_view

_PAGE, _LARGEST_PAGE = 50, 1000
_FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
_AFTER = "PA"


def page_of(texts: Sequence[Text], account: str, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The page that `query` asks for; filters not named in Twilio's documents are ignored, as there."""
    wanted = [text for text in reversed(texts) if text.account == account and _fits(text, query, now)]
    size = min(max(_whole(query, "PageSize", _PAGE), 1), _LARGEST_PAGE)
    number = _whole(query, "Page", 0)
    start = _start(wanted, query.get("PageToken"), number * size)
    shown = wanted[start : start + size]
    more = start + size < len(wanted)
    path = f"{ROOT}/Accounts/{account}/Messages.json"
    kept = {name: query[name] for name in _FILTERS if name in query}

    def address(page: int, **extra: str) -> str:
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': page, **extra})}"

    return {
        "end": start + len(shown) - 1 if shown else 0,
        "first_page_uri": address(0),
        "messages": [text_view(text, now) for text in shown],
        "next_page_uri": address(number + 1, PageToken=_AFTER + shown[-1].sid) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": address(number - 1) if number else None,
        "start": start,
        "uri": address(number),
    }


def _start(wanted: Sequence[Text], token: str | None, otherwise: int) -> int:
    if token is None:
        return otherwise
    place = next((n for n, text in enumerate(wanted) if _AFTER + text.sid == token), None)
    if place is None:
        raise TwilioProblem(20001)
    return place + 1


def _fits(text: Text, query: Mapping[str, str], now: datetime) -> bool:
    if query.get("To", text.to) != text.to or query.get("From", text.sender) != text.sender:
        return False
    bounds = list(_bounds(query))
    sent = next((step.at for step in passed(text.steps(), now) if step.status in {"sent", "received"}), None)
    return not bounds or (sent is not None and all(first <= sent < end for first, end in bounds))


def _bounds(query: Mapping[str, str]) -> Iterator[tuple[datetime, datetime]]:
    """Half-open spans that DateSent (a day), DateSent> (on or after) and DateSent< (on or before) leave."""
    ever, never = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for name, value in query.items():
        if not name.startswith("DateSent"):
            continue
        first, end = _span(value)
        if name == "DateSent":
            day = first.replace(hour=0, minute=0, second=0)
            yield day, day + timedelta(days=1)
        elif name == "DateSent>":
            yield first, never
        elif name == "DateSent<":
            yield ever, end


def _span(value: str) -> tuple[datetime, datetime]:
    """A day in GMT, or one second."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise TwilioProblem(20001) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at, at + (timedelta(days=1) if len(value) == len("2026-03-01") else timedelta(seconds=1))


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise TwilioProblem(20001)
    return int(text)
