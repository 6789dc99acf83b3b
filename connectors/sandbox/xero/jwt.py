"""Access tokens that look and age like Xero's: three dotted parts, an expiry, the consent they stem from.

They are signed with a key of this process, so that a token somebody made up is refused like a forged one.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What the gateway reads from a bearer token."""

    client_id: str
    event_id: str
    scopes: frozenset[str]
    expires: datetime
    tenant: str | None  # set for a custom connection, which belongs to one organisation


class Mint:
    """Makes access tokens and recognises its own."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, token: AccessToken, issued: datetime) -> str:
        header = {"alg": "RS256", "kid": "1CAF8E66772D6DC028D6726FD0261581570EFC19", "typ": "JWT"}
        claims = {
            "nbf": int(issued.timestamp()),
            "exp": int(token.expires.timestamp()),
            "iss": "https://identity.xero.com",
            "aud": "https://identity.xero.com/resources",
            "client_id": token.client_id,
            "sub": token.event_id.replace("-", ""),
            "auth_time": int(issued.timestamp()),
            "authentication_event_id": token.event_id,
            "jti": secrets.token_hex(16).upper(),
            "scope": sorted(token.scopes),
        }
        if token.tenant is not None:
            claims["xero_tenant"] = token.tenant
        return self.sign(header, claims)

    def identity_token(self, token: AccessToken, issued: datetime) -> str:
        claims = {"nbf": int(issued.timestamp()), "exp": int((issued + timedelta(minutes=5)).timestamp())}
        return self.sign({"alg": "RS256", "typ": "JWT"}, claims | {"aud": token.client_id, "sub": token.event_id})

    def sign(self, header: dict[str, str], claims: dict[str, object]) -> str:
        signed = f"{_part(json.dumps(header).encode())}.{_part(json.dumps(claims).encode())}"
        return f"{signed}.{_part(self._signature(signed))}"

    def read(self, text: str) -> AccessToken | None:
        """The token, or None if it is not one of ours."""
        signed, _, signature = text.rpartition(".")
        if not hmac.compare_digest(_part(self._signature(signed)), signature):
            return None
        claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        return AccessToken(
            client_id=claims["client_id"],
            event_id=claims["authentication_event_id"],
            scopes=frozenset(claims["scope"]),
            expires=datetime.fromtimestamp(claims["exp"], UTC),
            tenant=claims.get("xero_tenant"),
        )

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).digest()


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
