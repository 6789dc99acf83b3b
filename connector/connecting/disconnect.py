"""Ends a connection: gives the access back to the service and forgets the tokens. History and mirror stay.

At Xero a revocation would take every organisation away that this user has ever connected with the app. So only this
tenant's connection is ended there, and the tokens are revoked when no other connection is left.
"""

from pathlib import Path

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.wiring import Installation
from connectors.ledger import LedgerError, Reauthorise
from state.errors import DamagedToken, WrongKey
from state.model import TenantSlug, TokenSet

PARKED = "it was disconnected from here"


class Ended(Struct, frozen=True, kw_only=True):
    """What came of a disconnection, in words."""

    ended: str  # what has ended at the service
    objection: str | None  # what the service answered if it did not confirm; None if it did
    kept: Path  # the tenant's file: history and mirror


def disconnect(installation: Installation, settings: TenantSettings) -> Ended:
    """Disconnect the tenant. The tokens are forgotten even if the service could not be told.

    Raises Busy while a cycle runs.
    """
    slug = settings.slug
    with installation.working_on(slug):
        ended, objection = _try_to_give_back(installation, settings)
        _forget(installation, slug)
    return Ended(ended=ended, objection=objection, kept=installation.tenant_file(slug))


def _try_to_give_back(installation: Installation, settings: TenantSettings) -> tuple[str, str | None]:
    """What has ended, and the objection if there is one. Tokens that do not open are as good as none."""
    try:
        tokens = installation.vault.load(settings.slug)
    except (DamagedToken, WrongKey):
        return "nothing", "it could not be told: the stored tokens do not open"
    if tokens is None:
        return "there were no tokens any more", None
    try:
        return _give_back(installation, settings, tokens), None
    except LedgerError as error:
        return "nothing for certain", str(error)


def _give_back(installation: Installation, settings: TenantSettings, tokens: TokenSet) -> str:
    if settings.ledger == "quickbooks":
        installation.quickbooks_oauth(settings).revoke(tokens)
        return "the connection of this company to your app"
    try:
        return _leave_xero(installation, settings)
    except Reauthorise:
        return "nothing more: Xero had ended the connection already"


def _leave_xero(installation: Installation, settings: TenantSettings) -> str:
    slug, oauth = settings.slug, installation.xero_oauth(settings)
    known = installation.registry.tenant(slug)
    access = installation.tokens(slug, oauth.refresh).access_token()
    connections = oauth.connections(access)
    ours = [each for each in connections if known is not None and each.tenant_id == known.external_id]
    for connection in ours:
        oauth.end_connection(access, connection.id)
    others = len(connections) - len(ours)
    if others:
        return f"the connection of this organisation; {others} more of this user keep theirs"
    tokens = installation.vault.load(slug)
    if tokens is not None and tokens.refresh_token is not None:
        oauth.revoke(tokens)
    return "the connection of this organisation, the last one of this user, and with it the app's access"


def _forget(installation: Installation, slug: TenantSlug) -> None:
    """Tokens and working order go together: a kill leaves both or neither."""
    with installation.vault.exclusive(slug), installation.registry.transaction():
        installation.vault.forget(slug)
        installation.registry.park(slug, PARKED, installation.clock.now())
