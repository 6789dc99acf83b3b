"""What SendGrid tells of messages after taking them: by its suppression lists, which are polled, and by its events,
which it posts and signs.

The lists name addresses and no messages; an address on one of them gets nothing any more, although SendGrid goes on
answering 202. The events carry our custom arguments. Sources: SendGrid v3 API reference, "Bounces", "Blocks", "Invalid
Emails", "Spam Reports"; "Event Webhook Reference" and "Event Webhook Security Features".
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct
from requests import RequestException
from urllib3.exceptions import HTTPError

from connectors.bounds import ShortAnswer, ask_briefly
from connectors.channels.delivery import DeliveryFact, DeliveryKind
from connectors.ledger import LedgerError
from connectors.transport import USER_AGENT, how_it_failed
from connectors.unreadable import NOT_JSON
from connectors.webhooks import UnreadableEvents
from state.addresses import ascii_address
from state.plain_text import plain

SIGNATURE_HEADER = "x-twilio-email-event-webhook-signature"
TIMESTAMP_HEADER = "x-twilio-email-event-webhook-timestamp"
PAGE = 200  # of 500 at most; reasons can be long
MOST_PAGES = 100  # of each list in one reading
_DETAIL_LIMIT = 300
_END_OF_TIME = 253_402_300_800  # the year 10000, in Unix seconds
_TIMEOUT_SECONDS = (5.0, 20.0)
_MAY_NOT = frozenset({401, 403})

ListName = Literal["bounces", "blocks", "invalid_emails", "spam_reports"]
_LISTS: dict[ListName, DeliveryKind] = {
    "bounces": "bounced",
    "blocks": "failed",  # the message was refused, such as for the sender's reputation; the address is all right
    "invalid_emails": "bounced",
    "spam_reports": "opened_complaint",
}
_EVENTS: dict[str, DeliveryKind] = {
    "delivered": "delivered",
    "bounce": "bounced",
    "blocked": "failed",
    "dropped": "failed",
    "deferred": "in_transit",
    "spamreport": "opened_complaint",
}
_DROPPED: dict[str, DeliveryKind] = {  # because of the address; SendGrid has not even tried
    "bounced address": "bounced",
    "invalid": "bounced",
    "spam reporting address": "opened_complaint",
}
_ROUTE = re.compile(r"\.(?:filter|recvd)")  # what follows the message's id in an event's


class FactsUnavailable(Exception):
    """The lists cannot be read now. `str()` is fit for a person; `needs_person` says whether one must act."""

    def __init__(self, words: str, *, needs_person: bool = False) -> None:
        super().__init__(words)
        self.needs_person = needs_person


class PostedFact(Struct, frozen=True):
    """A fact from an event, with what our custom arguments say: whose message it is, and which."""

    tenant: str
    message_id: str
    fact: DeliveryFact


class SendGridFacts:
    """Reads the suppression lists. `host` as for SendGridChannel."""

    def __init__(self, api_key: str, host: str) -> None:
        self._headers = {"Authorization": f"Bearer {api_key}", "User-Agent": USER_AGENT, "Accept": "application/json"}
        self._base = f"{host.rstrip('/')}/v3/suppression"

    def since(self, start: datetime) -> Iterator[DeliveryFact]:
        """What was added to the lists at `start` or later. Raises FactsUnavailable, perhaps after some facts."""
        for name, kind in _LISTS.items():
            for row in self._rows(name, int(start.timestamp())):
                fact = _fact(name, kind, row)
                if fact is not None:
                    yield fact

    def _rows(self, name: ListName, start: int) -> Iterator["_Row"]:
        for number in range(MOST_PAGES):
            rows = self._page(name, start, offset=number * PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
        raise FactsUnavailable(f"SendGrid's list of {name.replace('_', ' ')} does not come to an end")

    def _page(self, name: ListName, start: int, offset: int) -> list["_Row"]:
        asked = {"start_time": start, "limit": PAGE, "offset": offset}
        whose = f"SendGrid's list of {name.replace('_', ' ')}"
        try:
            answer = ask_briefly(
                "GET", f"{self._base}/{name}", whose, _TIMEOUT_SECONDS, params=asked, headers=self._headers
            )
        except (RequestException, HTTPError) as error:
            raise FactsUnavailable(f"{whose} was not read: {how_it_failed(error)}") from None
        except LedgerError as error:  # too large, or without end
            raise FactsUnavailable(str(error)) from None
        return _decoded(answer, whose)


class _Row(Struct):
    email: str = ""
    created: int = 0
    reason: str | None = ""
    status: str | None = ""


def _decoded(answer: ShortAnswer, whose: str) -> list[_Row]:
    if answer.status in _MAY_NOT:
        raise FactsUnavailable(
            f"{whose} may not be read ({answer.status}); give the API key the permission Suppressions (read access)",
            needs_person=True,
        )
    if answer.status != 200:
        raise FactsUnavailable(f"{whose} was not read: SendGrid answered {answer.status}")
    try:
        raw = msgspec.json.decode(answer.body, type=list[msgspec.Raw])
    except (*NOT_JSON, msgspec.MsgspecError):
        raise FactsUnavailable(f"{whose} is not the list it should be") from None
    return [_row(one) for one in raw]


def _row(raw: msgspec.Raw) -> _Row:
    """One spoilt row is an empty one: it counts for the paging and says nothing."""
    try:
        return msgspec.json.decode(raw, type=_Row)
    except (*NOT_JSON, msgspec.MsgspecError):
        return _Row()


def _fact(name: ListName, kind: DeliveryKind, row: _Row) -> DeliveryFact | None:
    recipient, at = ascii_address(row.email.strip()), _instant(row.created)
    if recipient is None or at is None:
        return None
    reason, status = row.reason or "", row.status or ""
    told = reason if status in reason else f"{status} {reason}"
    words = {"invalid_emails": "invalid address", "spam_reports": "reported as spam"}.get(name, "")
    detail = _detail(": ".join(filter(None, (words, told.strip()))))
    return DeliveryFact(provider_id="", kind=kind, at=at, detail=detail, recipient=recipient.lower())


class _Event(Struct):
    event: str = ""
    email: str = ""
    timestamp: int = 0
    sg_message_id: str | None = ""
    reason: str | None = ""
    status: str | None = ""
    type: str | None = ""  # of a bounce: bounce or blocked
    dun_message: str = ""
    dun_tenant: str = ""


def verified(public_key: str, body: bytes, signature: str, timestamp: str) -> bool:
    """Whether SendGrid has signed `timestamp` and `body` with the key whose public half, in base64, is given.

    ECDSA on P-256 with SHA-256. False for whatever is no key and no signature, too.
    """
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        signed = base64.b64decode(signature, validate=True)
        key.verify(signed, timestamp.encode("utf-8", "replace") + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
        return False
    return True


def posted_facts(body: bytes) -> list[PostedFact]:
    """The facts in a genuine post that are about messages of ours. Raises UnreadableEvents if it is no list of events.

    Events of other kinds, such as opens and clicks, are left alone.
    """
    try:
        raw = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (*NOT_JSON, msgspec.MsgspecError):
        raise UnreadableEvents("SendGrid's webhook is not the list of events it should be") from None
    return [fact for one in raw if (fact := _posted(one)) is not None]


def _posted(raw: msgspec.Raw) -> PostedFact | None:
    try:
        event = msgspec.json.decode(raw, type=_Event)
    except (*NOT_JSON, msgspec.MsgspecError):
        return None
    kind, at = _kind(event), _instant(event.timestamp)
    recipient = ascii_address(event.email.strip())
    if kind is None or at is None or not event.dun_message or not event.dun_tenant:
        return None
    fact = DeliveryFact(
        provider_id=_ROUTE.split(event.sg_message_id or "")[0],
        kind=kind,
        at=at,
        detail=_detail(f"{event.status or ''} {event.reason or ''}"),
        recipient=recipient.lower() if recipient else None,
    )
    return PostedFact(event.dun_tenant, event.dun_message, fact)


def _kind(event: _Event) -> DeliveryKind | None:
    if event.event == "bounce" and event.type == "blocked":
        return _EVENTS["blocked"]
    if event.event == "dropped" and (kind := _DROPPED.get((event.reason or "").lower())):
        return kind
    return _EVENTS.get(event.event)


def _instant(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _END_OF_TIME else None


def _detail(text: str) -> str:
    return " ".join(plain(text).split())[:_DETAIL_LIMIT]
