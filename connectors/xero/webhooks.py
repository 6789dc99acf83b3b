"""What Xero posts when something changed: which organisations to look at again, and nothing that could be believed.

The events name records without their contents, and no event tells of a payment, so a post is only ever a reason to
poll. Source: xero-webhooks.yaml of Xero's OpenAPI, and developer.xero.com, "Webhooks".
"""

import msgspec
from msgspec import Struct

from connectors.webhooks import UnreadableEvents

SIGNATURE_HEADER = "x-xero-signature"
_ORGANISATION = "ORGANISATION"  # the other kind, APPLICATION, is about the app's own subscriptions


class _Event(Struct, rename="camel"):
    tenant_id: str
    tenant_type: str = _ORGANISATION


class _Post(Struct):
    events: list[_Event]


def companies(body: bytes) -> frozenset[str]:
    """The ids of the organisations that a genuine post names, in lower case; none for the intent to receive.

    Raises UnreadableEvents if the body is not what Xero describes.
    """
    try:
        post = msgspec.json.decode(body, type=_Post)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableEvents("Xero's webhook is not the list of events it should be") from None
    return frozenset(event.tenant_id.lower() for event in post.events if event.tenant_type == _ORGANISATION)
