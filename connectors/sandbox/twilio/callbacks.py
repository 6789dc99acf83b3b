"""What Twilio asks of an app's own addresses: status callbacks, a call's document, and what a person pressed.

Every request is signed: HMAC-SHA1 of the address and, for POST, of each field's name and value in alphabetical order,
with the account's token as key (twilio.com/docs/usage/security).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

from connectors.sandbox.phones import TERMINAL, Phones, Step, Text, VoiceCall, passed, status_at
from connectors.sandbox.twilio.twiml import gather
from connectors.sandbox.twilio.views import answered_by, segments

_VERSION = "2010-04-01"
_EVENT_OF = {"queued": "initiated", "ringing": "ringing", "in-progress": "answered"}


class Question(NamedTuple):
    """One request to an app. `what` is status, document, action or inbound; `sid` what it is about."""

    what: str
    sid: str
    account: str
    url: str
    fields: dict[str, str]
    method: str = "POST"

    def request(self, key: str) -> tuple[str, bytes, dict[str, str]]:
        """Address, body and headers, signed with `key`."""
        posted = self.method == "POST"
        url = self.url if posted else f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(self.fields)}"
        headers = {"X-Twilio-Signature": signature(key, url, self.fields if posted else {})}
        if not posted:
            return url, b"", headers
        headers["content-type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return url, urlencode(self.fields).encode(), headers


def signature(key: str, url: str, fields: dict[str, str]) -> str:
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def documents(phones: Phones, now: datetime) -> Iterator[tuple[VoiceCall, Question]]:
    """For calls that somebody has answered and whose words are still to be asked for."""
    for call in phones.calls:
        if call.url and not call.twiml and call.answered and _in_progress(call, now):
            yield call, Question("document", call.sid, call.account, call.url, _of_call(call, now), call.method)


def actions(phones: Phones, now: datetime) -> Iterator[tuple[VoiceCall, Question]]:
    """For calls in which a person pressed what they were asked to; without pressing, Twilio asks nothing."""
    for call in phones.calls:
        asked = gather(call.twiml)
        if call.asked or asked is None or not call.fate.digits or call.fate.call != "human":
            continue
        if _in_progress(call, now):
            digits = call.fate.digits[: asked.digits] if asked.digits else call.fate.digits
            fields = {**_of_call(call, now), "CallStatus": "in-progress", "Digits": digits, "msg": "Gather End"}
            url = urljoin(call.url or "", asked.action)
            yield call, Question("action", call.sid, call.account, url, fields, asked.method.upper())


def statuses(phones: Phones, now: datetime) -> Iterator[tuple[Text | VoiceCall, Question]]:
    """One question for each step that has passed and that the app has not been told of."""
    for text in phones.texts:
        for step in list(passed(text.steps(), now))[max(1, text.told) :]:
            if text.callback:
                yield text, Question("status", text.sid, text.account, text.callback, _of_text(text, step))
    for call in phones.calls:
        for number, step in list(enumerate(passed(call.steps(), now)))[call.told :]:
            if call.callback and _event(step.status) in call.callback_events:
                fields = {**_of_call(call, now), "CallStatus": step.status, "SequenceNumber": str(number)}
                yield call, Question("status", call.sid, call.account, call.callback, fields | _timed(call, step))


def inbound(text: Text, url: str) -> Question:
    """A customer's text, for the address that the firm's number is set to."""
    fields = {
        **_common(text.account, text.sender, text.to),
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "SmsMessageSid": text.sid,
        "SmsStatus": "received",
        "Body": text.body,
        "NumMedia": "0",
        "NumSegments": str(segments(text.body)),
    }
    return Question("inbound", text.sid, text.account, url, fields)


def _of_text(text: Text, step: Step) -> dict[str, str]:
    fields = _common(text.account, text.sender, text.to)
    fields |= {"MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": step.status, "SmsStatus": step.status}
    if step.status in {"undelivered", "failed"} and text.fate.error:
        fields["ErrorCode"] = str(text.fate.error)
    if step.status in {"delivered", "undelivered"}:
        fields["RawDlrDoneDate"] = f"{step.at:%y%m%d%H%M}"
    return fields


def _of_call(call: VoiceCall, now: datetime) -> dict[str, str]:
    fields = _common(call.account, call.sender, call.to)
    fields |= {"CallSid": call.sid, "Direction": "outbound-api", "CallStatus": status_at(call.steps(), now).status}
    return fields | ({"AnsweredBy": answered_by(call)} if call.detect_machine and call.answered else {})


def _timed(call: VoiceCall, step: Step) -> dict[str, str]:
    fields = {"Timestamp": format_datetime(step.at), "CallbackSource": "call-progress-events"}
    if step.status in TERMINAL:
        started = next((s.at for s in call.steps() if s.status == "in-progress"), step.at)
        fields["CallDuration"] = str(int((step.at - started).total_seconds()))
    return fields


def _event(status: str) -> str:
    return "completed" if status in TERMINAL else _EVENT_OF[status]


def _common(account: str, sender: str, to: str) -> dict[str, str]:
    return {"AccountSid": account, "ApiVersion": _VERSION, "From": sender, "To": to}


def _in_progress(call: VoiceCall, now: datetime) -> bool:
    return any(step.status == "in-progress" for step in passed(call.steps(), now))
