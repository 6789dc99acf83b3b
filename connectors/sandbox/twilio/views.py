"""Texts and calls as Twilio's REST API shows them (2010-04-01): dates as in mail headers, numbers often as strings.

Prices are strings below nothing, and null until the carrier has settled; counts are strings, too; error codes are not.
"""

import re
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from connectors.sandbox.phones import Text, VoiceCall, passed, status_at
from connectors.sandbox.twilio.errors import UNDELIVERED_WORDS

ROOT = "/2010-04-01"
_GSM = re.compile("[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\\\\\[~\\]|€]*")
_EXTENDED = re.compile(r"[\^{}\\\[~\]|€]")
_EACH_TEXT = Decimal("0.04000")
_EACH_CALL = Decimal("0.02000")
_UNPRICED = frozenset({"queued", "sent", "ringing", "in-progress"})
_CALL_PARTS = (
    "events notifications payments recordings siprec streams transcriptions user_defined_message_subscriptions"
    " user_defined_messages"
).split()


def segments(body: str) -> int:
    """How many parts a text is sent in: 160 characters of the GSM alphabet (153 of several), else 70 (67)."""
    if _GSM.fullmatch(body):
        length, alone, each = len(body) + len(_EXTENDED.findall(body)), 160, 153
    else:
        length, alone, each = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)


def text_view(text: Text, now: datetime) -> dict[str, Any]:
    """One Message resource as of `now`."""
    status, at = status_at(text.steps(), now)
    sent = next((step.at for step in passed(text.steps(), now) if step.status in {"sent", "received"}), None)
    error = text.fate.error if status in {"undelivered", "failed"} else None
    count = segments(text.body)
    uri = f"{ROOT}/Accounts/{text.account}/Messages/{text.sid}"
    return {
        "account_sid": text.account,
        "api_version": "2010-04-01",
        "body": text.body,
        "date_created": _date(text.at),
        "date_sent": _date(sent) if sent else None,
        "date_updated": _date(at),
        "direction": text.direction,
        "error_code": error,
        "error_message": UNDELIVERED_WORDS.get(error, "Unknown error") if error else None,
        "from": text.sender or None,
        "messaging_service_sid": text.service,
        "num_media": "0",
        "num_segments": str(count),
        "price": None if status in _UNPRICED else _price(_EACH_TEXT * count if status != "failed" else Decimal(0)),
        "price_unit": "USD",
        "sid": text.sid,
        "status": status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def call_view(call: VoiceCall, now: datetime) -> dict[str, Any]:
    """One Call resource as of `now`."""
    steps = {step.status: step.at for step in passed(call.steps(), now)}
    status, at = status_at(call.steps(), now)
    started = steps.get("in-progress")
    ended = at if status not in _UNPRICED else None
    seconds = int((ended - started).total_seconds()) if started and ended else 0
    uri = f"{ROOT}/Accounts/{call.account}/Calls/{call.sid}"
    return {
        "account_sid": call.account,
        "annotation": None,
        "answered_by": answered_by(call) if started and call.detect_machine else None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": _date(call.at),
        "date_updated": _date(at),
        "direction": "outbound-api",
        "duration": str(seconds) if ended else None,
        "end_time": _date(ended) if ended else None,
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": _price(_EACH_CALL) if seconds else None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "start_time": _date(started) if started else None,
        "status": status,
        "subresource_uris": {part: f"{uri}/{_camel(part)}.json" for part in _CALL_PARTS},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def answered_by(call: VoiceCall) -> str:
    return "machine_start" if call.fate.call == "machine" else "human"


def _date(at: datetime) -> str:
    """As in RFC 2822, with the zone as a number."""
    return format_datetime(at.replace(microsecond=0))


def _price(amount: Decimal) -> str:
    return f"-{amount:.5f}"


def _camel(part: str) -> str:
    return "".join(word.capitalize() for word in part.split("_"))
