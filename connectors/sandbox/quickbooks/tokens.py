"""Who may enter: authorization codes, bearer tokens, and refresh tokens that roll, rotate and die.

The rules that bite a client years later are all here: the same refresh value for a day and then a new one, a hundred
days of silence, five years whatever happens, and a replayed old value that is refused for good.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.audit import Held
from connectors.sandbox.documents import Company
from connectors.sandbox.world import World

CODE_LIFE = timedelta(minutes=5)
REFRESH_LIFE = timedelta(days=100)
REFRESH_LIFE_AS_QUOTED = 8_726_400  # seconds on the wire: 101 days, one more than is promised
HARD_CAP = timedelta(days=5 * 365)


@dataclass(slots=True)
class Code:
    """A consent, waiting to be traded in once."""

    client_id: str
    redirect_uri: str
    realm: str
    issued: datetime


@dataclass(slots=True)
class Grant:
    """One connection of one app to one company."""

    client_id: str
    realm: str
    born: datetime
    refresh_token: str
    refresh_issued: datetime
    id: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(slots=True)
class Bearer:
    grant: Grant
    expires: datetime


@dataclass(slots=True)
class TokenStore:
    """Every token this server has issued. Time is the world's clock."""

    world: World
    _codes: dict[str, Code] = field(default_factory=dict)
    _grants: dict[str, Grant] = field(default_factory=dict)  # by refresh token
    _replaced: dict[str, Grant] = field(default_factory=dict)  # by earlier refresh token
    _bearers: dict[str, Bearer] = field(default_factory=dict)

    def issue_code(self, client_id: str, redirect_uri: str, realm: str) -> str:
        value = f"XAB1{secrets.token_hex(22)}"
        self._codes[value] = Code(client_id, redirect_uri, realm, self.world.clock.now())
        return value

    def redeem(self, value: str, client_id: str, redirect_uri: str) -> Grant | None:
        """The grant a code stands for; None if it is unknown, used, too old, or not this client's."""
        code = self._codes.pop(value, None)
        now = self.world.clock.now()
        if code is None or now - code.issued > CODE_LIFE:
            return None
        if (code.client_id, code.redirect_uri) != (client_id, redirect_uri):
            return None
        grant = Grant(client_id, code.realm, now, _new_refresh_token(), now)
        self._grants[grant.refresh_token] = grant
        return grant

    def refresh(self, value: str, client_id: str) -> Grant | None:
        """The living grant behind a refresh token, rotated if its day has passed; None if the token is no good."""
        now, earlier = self.world.clock.now(), self._replaced.get(value)
        grant = self._grants.get(value) or self._in_grace(earlier, now)
        if grant is None or grant.client_id != client_id or now >= _dies(grant):
            self.world.audit.refused(_held(client_id, grant or earlier), replay=earlier is not None)
            return None
        if earlier is None and now - grant.refresh_issued >= self._seconds("refresh_rotation", "86400"):
            self._replaced[value] = self._grants.pop(value)
            grant.refresh_token, grant.refresh_issued = _new_refresh_token(), now
            self._grants[grant.refresh_token] = grant
        replaced = grant.refresh_token != value
        self.world.audit.refreshed(_held(client_id, grant), replaced=replaced, replay=earlier is not None)
        return grant

    def _in_grace(self, earlier: Grant | None, now: datetime) -> Grant | None:
        """The grant behind a replaced token, if it still lives and the switch leaves old values some time."""
        if earlier is None or earlier.refresh_token not in self._grants:
            return None
        grace = self._seconds("refresh_grace", "0")
        return earlier if now - earlier.refresh_issued < grace else None

    def issue_bearer(self, grant: Grant) -> str:
        value = f"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..{secrets.token_urlsafe(48)}"
        self._bearers[value] = Bearer(grant, self.world.clock.now() + self.access_life())
        return value

    def bearer(self, value: str) -> Grant | None:
        """Whose token this is, if it still is one."""
        bearer = self._bearers.get(value)
        if bearer is None or self.world.clock.now() >= bearer.expires:
            return None
        return bearer.grant

    def revoke(self, value: str) -> bool:
        """End the connection this access or refresh token belongs to; False if it belongs to none."""
        bearer = self._bearers.get(value)
        grant = bearer.grant if bearer else self._grants.get(value)
        if grant is None:
            return False
        self._end([grant])
        return True

    def end_connection(self, company: Company) -> int:
        """The company's user disconnects the app in QuickBooks: which is the end of its tokens, too."""
        return self._end([grant for grant in self._grants.values() if grant.realm == company.realm])

    end_grants = end_connection

    def _end(self, grants: list[Grant]) -> int:
        for grant in grants:
            self._grants.pop(grant.refresh_token, None)
        ended = {grant.id for grant in grants}
        self._bearers = {token: held for token, held in self._bearers.items() if held.grant.id not in ended}
        return len(grants)

    def access_life(self) -> timedelta:
        return self._seconds("access_seconds", "3600")

    def refresh_seconds_quoted(self, grant: Grant) -> int:
        age = self.world.clock.now() - grant.refresh_issued
        return min(REFRESH_LIFE_AS_QUOTED - int(age.total_seconds()), self.hard_seconds_left(grant))

    def hard_seconds_left(self, grant: Grant) -> int:
        return int((grant.born + HARD_CAP - self.world.clock.now()).total_seconds())

    def _seconds(self, switch: str, default: str) -> timedelta:
        return timedelta(seconds=float(self.world.switch(f"quickbooks.{switch}", default)))


def _held(client_id: str, grant: Grant | None) -> Held:
    """The connection as the audit names it."""
    return Held("quickbooks", client_id, grant.id, (grant.realm,)) if grant else Held("quickbooks", client_id, "")


def _dies(grant: Grant) -> datetime:
    return min(grant.refresh_issued + REFRESH_LIFE, grant.born + HARD_CAP)


def _new_refresh_token() -> str:
    return f"RT1-{secrets.token_hex(18)}"
