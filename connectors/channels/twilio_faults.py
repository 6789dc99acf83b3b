"""What Twilio's refusals mean for a message: its own numbers, sorted by what has to happen next.

Whatever blames the account, the pace or the number we write from leaves the message as it was: the next one would meet
the same, and nothing must be burnt by a dead key. Whatever blames the recipient or the text would be refused again.
Source: Twilio's Error and Warning Dictionary, www.twilio.com/docs/api/errors, and "Twilio API responses".
"""

import msgspec
from msgspec import Struct

from connectors.bounds import REFUSAL_BYTES
from connectors.channels.channel import ChannelError, NotSent, RecipientOptedOut, RefusedMessage, Unsure
from connectors.unreadable import NOT_JSON

OPTED_OUT = 21610

_NO_API = "there is no Twilio API at this address; check [phone] host and account_sid"
_CREDENTIALS = "the account SID, the token or the key is wrong; check [phone]"
_BY_STATUS = {
    401: _CREDENTIALS,
    403: "the account or the key may not do this; check it in Twilio's console",
    429: "too many requests",
    **dict.fromkeys((301, 302, 307, 308, 404, 405), _NO_API),
}
_SENDER = "it does not send from this number; check the numbers in [phone] and in Twilio's console"
_NOT_SENT = {
    10001: "the account is not active",
    20003: _CREDENTIALS,
    20005: "the account is not active",
    20404: _NO_API,
    20429: "too many requests",
    21210: _SENDER,
    21212: _SENDER,
    21603: _SENDER,
    21606: _SENDER,
    21611: "too many texts wait to leave from this number",
    21701: _SENDER,
    21703: "the messaging service has no number to send from",
    21704: "the messaging service has no number to send from",
    21705: _SENDER,
}
_REFUSED = {
    21205: "the public address for key presses is not one that Twilio can reach; check [phone] callback",
    21211: "the recipient's number is not valid",
    21214: "the recipient's number cannot be called",
    21215: "calls to the recipient's country are not enabled; enable them in Twilio's console",
    21216: "calls to the recipient's number are not allowed",
    21217: "the recipient's number is not valid",
    21219: "a trial account calls verified numbers only",
    21408: "texts to the recipient's country are not enabled; enable them in Twilio's console",
    21602: "the text is empty",
    21608: "a trial account texts verified numbers only",
    OPTED_OUT: "the recipient has answered STOP",
    21612: "this number cannot text the recipient's network",
    21614: "the recipient's number is not a mobile",
    21617: "the text is too long",
}
_UNDELIVERED = {
    30001: "too many texts waited to leave from this number",
    30002: "the account was suspended",
    30003: "the phone was off or out of reach",
    30004: "the recipient's phone or network blocks such texts",
    30005: "the number does not exist or is not in use",
    30006: "the number is a landline, or its network takes no texts",
    30007: "the network took the text for unwanted advertising",
    30008: "the network gave no reason",
    30034: "the sender is not registered with the American networks (A2P 10DLC)",
    30410: "the network did not answer in time",
}


class _Fault(Struct):
    code: int | None = None


def fault_code(body: bytes) -> int | None:
    """The number in `{"code": 21211, "message": ..., "more_info": ..., "status": 400}`; None if there is none.

    Its words are left alone, because they name the recipient.
    """
    try:
        return msgspec.json.decode(body, type=_Fault).code if len(body) < REFUSAL_BYTES else None
    except NOT_JSON:
        return None


def verdict(status: int, body: bytes) -> ChannelError:
    """What an answer other than success says about the message."""
    code = fault_code(body) if 400 <= status < 500 else None  # a failing server's number proves nothing
    words = f"({status}{f', {code}' if code else ''})"
    reason = _NOT_SENT.get(code or 0) or _BY_STATUS.get(status)
    if code in _REFUSED:
        kind = RecipientOptedOut if code == OPTED_OUT else RefusedMessage
        return kind(f"Twilio refused the message {words}: {_REFUSED[code]}")
    if reason:
        return NotSent(f"Twilio did not take the message {words}: {reason}")
    if code:
        return RefusedMessage(f"Twilio refused the message {words}; see www.twilio.com/docs/api/errors/{code}")
    return Unsure(f"Twilio answered {words}, which does not say whether the message was taken")


NO_SUCH_NUMBER, TAKES_NO_TEXTS = 30005, 30006  # what stays so, whatever is sent to the number


def undelivered(code: int | None) -> str:
    """Why a text did not arrive, in words."""
    if code is None:
        return "Twilio gave no reason"
    return f"{_UNDELIVERED.get(code) or _REFUSED.get(code) or 'see www.twilio.com/docs/api/errors'} ({code})"
