"""SendGrid's signed Event Webhook: a list of events as JSON, and an ECDSA signature over timestamp and bytes.

Source: Twilio SendGrid's Event Webhook reference and security features (P-256, SHA-256, base64 of the DER form).
"""

import base64
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@lru_cache
def _account_key() -> ec.EllipticCurvePrivateKey:
    """Made when it is first asked for."""
    return ec.generate_private_key(ec.SECP256R1())


def verification_key() -> str:
    """The public key as SendGrid's settings show it: base64 of its DER form."""
    public = _account_key().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(public.public_bytes(serialization.Encoding.DER, form)).decode()


def body_of(events: Sequence[dict[str, Any]]) -> bytes:
    """SendGrid puts each event on a line of its own."""
    return ("[" + ",\r\n".join(json.dumps(event) for event in events) + "]\r\n").encode()


def signed_headers(body: bytes, timestamp: int, *, right: bool) -> dict[str, str]:
    key = _account_key() if right else ec.generate_private_key(ec.SECP256R1())
    made = key.sign(str(timestamp).encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "content-type": "application/json;charset=utf-8",
        SIGNATURE: base64.b64encode(made).decode(),
        TIMESTAMP: str(timestamp),
    }
