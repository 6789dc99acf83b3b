"""What QuickBooks posts when something changed: which companies to look at again, in the old shape or in the new one.

Until July 2026 a post was an object with `eventNotifications`; since then it is an array of CloudEvents, of which one
post may mix several companies. Values of records are in neither. Source: Intuit's "Webhooks" and the announcement of
12 November 2025; times with nanoseconds and members that may be missing are as in the tests of Intuit's .NET SDK.
"""

import msgspec
from msgspec import Struct, field

from connectors.webhooks import UnreadableEvents

SIGNATURE_HEADER = "intuit-signature"


class _Notification(Struct):
    realm: str = field(name="realmId")


class _LegacyPost(Struct):
    notifications: list[_Notification] = field(name="eventNotifications")


class _CloudEvent(Struct):
    realm: str = field(name="intuitaccountid")


def companies(body: bytes) -> frozenset[str]:
    """The realm ids that a genuine post names. Raises UnreadableEvents if it has neither of the two shapes."""
    try:
        post = msgspec.json.decode(body, type=_LegacyPost | list[_CloudEvent])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise UnreadableEvents("QuickBooks' webhook has neither its old nor its new shape") from None
    events = post.notifications if isinstance(post, _LegacyPost) else post
    return frozenset(event.realm for event in events)
