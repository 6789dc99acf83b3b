"""What Twilio posts to an address of ours: proof that it is Twilio, which key was pressed, what became of a text.

Twilio signs the address it called, with everything after it, and each field of the form in order of its name: HMAC-SHA1
with the account's auth token, in base64. Source: Twilio, "Security", validating requests.
"""

import base64
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl

from msgspec import Struct

SIGNATURE_HEADER = "x-twilio-signature"
_MOST_FIELDS = 100
Fields = tuple[tuple[str, str], ...]


class StatusPost(Struct, frozen=True):
    """A text or call of ours has another status: a reason to ask Twilio, and nothing that is believed by itself."""

    sid: str
    status: str


def form_fields(body: bytes) -> Fields | None:
    """The fields of a posted form, empty ones too; None if `body` is no form."""
    try:
        text = body.decode("ascii")
        return tuple(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return None


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """How Twilio signs a post of `fields` to `url`. A field that comes twice with one value counts once."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode("ascii")


def genuine(token: str, url: str, fields: Iterable[tuple[str, str]], claimed: str) -> bool:
    """Whether `claimed`, as the header gives it, is Twilio's signature. Compares in constant time; no token, no."""
    expected = signature(token, url, fields).encode()
    return bool(token) and hmac.compare_digest(expected, claimed.encode(errors="replace"))


def pressed_key(fields: Fields) -> str:
    """The key that was pressed during a call; empty if none was, or the form is about something else."""
    return dict(fields).get("Digits", "")


def status_post(fields: Fields) -> StatusPost | None:
    """What a status callback is about; None if the form is about something else."""
    told = dict(fields)
    sid = told.get("MessageSid") or told.get("CallSid")
    status = told.get("MessageStatus") or told.get("CallStatus")
    return StatusPost(sid, status) if sid and status else None
