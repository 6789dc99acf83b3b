"""What the webhooks of both services have in common: a signature over the very bytes, and posts nobody can read.

Both sign alike: base64 of HMAC-SHA256 over the raw body. The SDKs' own verifiers take decoded text, compare with `==`
or fail on a signature that is no base64, so none of them is used.
"""

import base64
import hashlib
import hmac


class UnreadableEvents(Exception):
    """A post is genuine, but does not say which companies it is about; `str()` says what is wrong, quoting nothing."""


def verified(key: str, body: bytes, signature: str) -> bool:
    """Whether `signature`, as the header gives it, was made with `key` for these bytes. Compares in constant time."""
    expected = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256))
    return hmac.compare_digest(expected, signature.encode(errors="replace"))
