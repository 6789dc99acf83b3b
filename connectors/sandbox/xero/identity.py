"""Who has consented to what: codes, refresh tokens, connections. The part of Xero that remembers apps.

No HTTP here; `oauth.py` turns it into pages and answers. One user lives in the sandbox, so an app and its user are one.
"""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.audit import Held
from connectors.sandbox.books import Books
from connectors.sandbox.documents import Company
from connectors.sandbox.world import World
from connectors.sandbox.xero.jwt import AccessToken, Mint
from connectors.sandbox.xero.scopes import BROAD, GRANULAR

CODE_LIFETIME = timedelta(minutes=5)
IDLE_LIFETIME = timedelta(days=60)
GRACE = timedelta(minutes=30)


class Denied(Exception):
    """The identity server refuses; the text is the OAuth error code."""


@dataclass(frozen=True, slots=True)
class Code:
    """A consent on its way to becoming tokens."""

    client_id: str
    redirect_uri: str
    challenge: str | None
    event_id: str
    expires: datetime


@dataclass(slots=True)
class Refresh:
    """A refresh token; `rotated` is when its successor was handed out."""

    client_id: str
    event_id: str
    issued: datetime
    rotated: datetime | None = None


@dataclass(slots=True)
class Connection:
    """An app's access to one organisation."""

    id: str
    client_id: str
    tenant: str
    event_id: str
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Client:
    """An app: what it may do once its user said so, and the secret it has shown."""

    scopes: set[str] = field(default_factory=set)
    secret: str | None = None
    custom: bool | None = None  # a custom connection; None until the app shows which kind it is


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token request yields."""

    access: str
    identity: str | None
    refresh: str | None
    scopes: tuple[str, ...]
    seconds: int  # how long the access token lives


class Identity:
    """The identity server's memory, on virtual time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mint = Mint()
        self.clients: dict[str, Client] = {}
        self.connections: dict[str, Connection] = {}
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Refresh] = {}
        self._live_events: set[str] = set()
        self._consented: dict[str, tuple[str, ...]] = {}  # event -> the organisations it was about
        world.grants["xero"] = self

    # -- consent ------------------------------------------------------------------------------------------------

    def check_scopes(self, scopes: set[str]) -> None:
        known = GRANULAR | BROAD if self.world.switch("xero.scopes", "granular") == "broad" else GRANULAR
        if not scopes or not scopes <= known:
            raise Denied("invalid_scope")

    def check_client(self, client_id: str) -> None:
        only = self.world.switch("xero.client_id", "")
        if not client_id or (only and client_id != only):
            raise Denied("unauthorized_client: Unknown client or client not enabled")

    def consent(
        self, client_id: str, redirect_uri: str, challenge: str | None, scopes: set[str], tenants: list[str]
    ) -> str:
        """The user said yes: connections exist from now on; returns the code."""
        event = str(uuid.uuid4())
        self._live_events.add(event)
        self._consented[event] = tuple(tenants)
        self._client(client_id).scopes |= scopes  # consents add up until access is revoked
        for tenant in tenants:
            self.connect(client_id, tenant, event)
        code = secrets.token_urlsafe(32)
        expires = self.world.clock.now() + CODE_LIFETIME
        self._codes[code] = Code(client_id, redirect_uri, challenge, event, expires)
        return code

    def connect(self, client_id: str, tenant: str, event: str) -> None:
        now = self.world.clock.now()
        for known in self.connections.values():
            if (known.client_id, known.tenant) == (client_id, tenant):
                known.event_id, known.updated = event, now
                return
        connection = Connection(str(uuid.uuid4()), client_id, tenant, event, now, now)
        self.connections[connection.id] = connection

    # -- tokens -------------------------------------------------------------------------------------------------

    def authenticate(self, client_id: str, secret: str | None) -> None:
        """Refuse a wrong app or secret. The first secret an app shows is taken as its own."""
        only = self.world.switch("xero.client_id", "")
        if not client_id or (only and client_id != only):
            raise Denied("invalid_client")
        if secret is None:
            return
        client = self._client(client_id)
        expected = self.world.switch("xero.client_secret", "") or client.secret
        if expected is not None and secret != expected:
            raise Denied("invalid_client")
        client.secret = secret

    def redeem(
        self, code: str, client_id: str, redirect_uri: str, verifier: str | None, *, confidential: bool
    ) -> Tokens:
        """Tokens for a code; the code is used up even if the rest of the request is wrong."""
        consent = self._codes.pop(code, None)
        if consent is None or consent.expires < self.world.clock.now():
            raise Denied("invalid_grant")
        if (consent.client_id, consent.redirect_uri) != (client_id, redirect_uri):
            raise Denied("invalid_grant")
        if consent.challenge is None and not confidential:
            raise Denied("invalid_client")
        if consent.challenge is not None and not _proves(verifier, consent.challenge):
            raise Denied("invalid_grant")
        self._settle_kind(client_id, custom=False)
        return self._tokens(client_id, consent.event_id)

    def refresh(self, text: str, client_id: str, *, confidential: bool) -> Tokens:
        """New tokens for a refresh token, which may be used again for half an hour in case the answer got lost."""
        token, now = self._refresh.get(text), self.world.clock.now()
        replay = token is not None and token.rotated is not None
        if token is None or token.client_id != client_id or not self._lives(token, now):
            self.world.audit.refused(self._held(client_id, token), replay=replay)
            raise Denied("invalid_grant")
        if self._client(client_id).secret is not None and not confidential:
            raise Denied("invalid_client")
        token.rotated = token.rotated or now
        self.world.audit.refreshed(self._held(client_id, token), replaced=True, replay=replay)
        return self._tokens(client_id, token.event_id)

    def custom_connection(self, client_id: str, scopes: set[str]) -> Tokens:
        """client_credentials: one organisation, no refresh token."""
        self._settle_kind(client_id, custom=True)
        self.check_scopes(scopes)
        tenant = self._custom_organisation(client_id)
        event = str(uuid.uuid5(uuid.UUID(tenant), client_id))
        self._live_events.add(event)
        kept = {key: one for key, one in self.connections.items() if one.client_id != client_id or one.tenant == tenant}
        self.connections = kept
        self.connect(client_id, tenant, event)
        now, life = self.world.clock.now(), self._access_life()
        token = AccessToken(client_id, event, frozenset(scopes), now + life, tenant)
        return Tokens(self.mint.issue(token, now), None, None, tuple(sorted(scopes)), _seconds(life))

    def revoke(self, text: str) -> None:
        """Take an app's access away altogether: every token, every connection, every scope."""
        token = self._refresh.get(text)
        if token is None:
            return
        ours = token.client_id
        self._live_events -= {known.event_id for known in self._refresh.values() if known.client_id == ours}
        self._refresh = {key: known for key, known in self._refresh.items() if known.client_id != ours}
        self.connections = {key: known for key, known in self.connections.items() if known.client_id != ours}
        self._client(ours).scopes.clear()

    # -- endings from the company's side ------------------------------------------------------------------------

    def end_connection(self, company: Company) -> int:
        """The organisation is disconnected in Xero's own menu: tokens live on, for whatever else they open."""
        ended = [known.id for known in self.connections.values() if known.tenant == company.guid]
        for connection in ended:
            del self.connections[connection]
        return len(ended)

    def end_grants(self, company: Company) -> int:
        """Every consent this organisation was part of is withdrawn: tokens die, also for its neighbours."""
        events = {event for event, tenants in self._consented.items() if company.guid in tenants}
        self._live_events -= events
        return self.end_connection(company)

    # -- asking -------------------------------------------------------------------------------------------------

    def bearer(self, text: str) -> AccessToken | None:
        """The access token, possibly expired; None if it was never issued or has been revoked."""
        token = self.mint.read(text)
        return token if token is not None and token.event_id in self._live_events else None

    def organisations(self) -> list[Books]:
        """Every company whose books this service keeps: those named 'xero' or 'xero...' in the world."""
        return [books for name, books in self.world.companies.items() if name.startswith("xero")]

    def organisation(self, token: AccessToken, tenant: str) -> Books | None:
        """The books of `tenant` if this app is connected to it."""
        wanted = (token.tenant or tenant).lower()
        connected = any(
            known.client_id == token.client_id and known.tenant.lower() == wanted for known in self.connections.values()
        )
        if not connected:
            return None
        return next((books for books in self.organisations() if books.company.guid.lower() == wanted), None)

    # -- inside -------------------------------------------------------------------------------------------------

    def _client(self, client_id: str) -> Client:
        return self.clients.setdefault(client_id, Client())

    def _custom_organisation(self, client_id: str) -> str:
        """The organisation a custom connection is for: the first, unless a switch has another for this app."""
        pairs = (pair.partition("=") for pair in self.world.switch("xero.custom_connections", "").split())
        wanted = next((company for app, _, company in pairs if app == client_id), "xero")
        books = self.world.companies.get(wanted)
        if books is None or books not in self.organisations():
            raise Denied("unauthorized_client")
        return books.company.guid

    def _settle_kind(self, client_id: str, *, custom: bool) -> None:
        client = self._client(client_id)
        if client.custom is not None and client.custom != custom:
            raise Denied("unauthorized_client")
        client.custom = custom

    def _tokens(self, client_id: str, event: str) -> Tokens:
        now, scopes, life = self.world.clock.now(), self._client(client_id).scopes, self._access_life()
        token = AccessToken(client_id, event, frozenset(scopes), now + life, None)
        refresh = None
        if "offline_access" in scopes:
            refresh = secrets.token_urlsafe(32)
            self._refresh[refresh] = Refresh(client_id, event, now)
        identity = self.mint.identity_token(token, now) if "openid" in scopes else None
        return Tokens(self.mint.issue(token, now), identity, refresh, tuple(sorted(scopes)), _seconds(life))

    def _lives(self, token: Refresh, now: datetime) -> bool:
        """Not withdrawn, not idle for too long, and if replaced, still in the grace of a lost answer."""
        in_use = now - token.issued <= IDLE_LIFETIME and token.event_id in self._live_events
        return in_use and (token.rotated is None or now - token.rotated <= GRACE)

    def _access_life(self) -> timedelta:
        return timedelta(seconds=float(self.world.switch("xero.access_seconds", "1800")))

    def _held(self, client_id: str, token: Refresh | None) -> Held:
        """The connection as the audit names it."""
        event = token.event_id if token is not None else ""
        return Held("xero", client_id, event, self._consented.get(event, ()))


def _seconds(life: timedelta) -> int:
    return int(life.total_seconds())


def _proves(verifier: str | None, challenge: str) -> bool:
    if verifier is None or not 43 <= len(verifier) <= 128:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
