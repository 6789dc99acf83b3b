"""The journey of a person who lets Dun see a ledger: browser, consent, callback, choice of company, first facts.

What is stored at the end: the tenant (which company, under which name), its tokens (encrypted), and the facts of the
company in a file of its own. A name that already belongs to another company is refused before anything is stored.
"""

import secrets
from collections.abc import Callable, Sequence

from msgspec import Struct

from connector.callback import CallbackServer, ConsentError
from connector.config import TenantSettings
from connector.wiring import Installation
from connectors.transport import CallMeter
from connectors.xero.oauth import Connection, Pkce
from state.model import Organisation, TokenSet

PATIENCE_SECONDS = 300
Visit = Callable[[str], None]  # shows the consent page to a person
Choose = Callable[[Sequence[Connection]], Connection]  # asks which organisation, when the consent covers several


class Granted(Struct, frozen=True):
    """What the consent led to, before anything is stored."""

    company_id: str
    name: str | None
    tokens: TokenSet


def connect(installation: Installation, settings: TenantSettings, visit: Visit, choose: Choose) -> Organisation:
    """Connect the tenant to its ledger; the company it now belongs to.

    Raises ConsentError, LedgerError or StateError, each with words for the person at the terminal.
    """
    granted = (
        _ask_xero(installation, visit, choose) if settings.ledger == "xero" else _ask_quickbooks(installation, visit)
    )
    slug, now = settings.slug, installation.clock.now()
    installation.registry.add_tenant(slug, settings.ledger, granted.company_id, granted.name or slug, now)
    with installation.vault.exclusive(slug):  # a daemon may be refreshing the old tokens at this moment
        installation.vault.save(slug, granted.tokens, now)
    installation.registry.revive(slug, now)
    organisation = installation.ledger(settings, CallMeter()).organisation()  # proof that the connection works
    installation.registry.add_tenant(slug, settings.ledger, granted.company_id, organisation.name, now)
    with installation.store(slug) as store:
        store.mirror.save_organisation(organisation, now)
    return organisation


def _ask_xero(installation: Installation, visit: Visit, choose: Choose) -> Granted:
    state, pkce = secrets.token_urlsafe(32), Pkce.create()
    with CallbackServer(installation.config.xero.redirect_port, state) as callback:
        oauth = installation.xero_oauth(callback.url)
        visit(oauth.authorization_url(state, pkce))
        consent = callback.wait(PATIENCE_SECONDS)
    tokens = oauth.exchange(consent.code, pkce)
    organisations = [c for c in oauth.connections(tokens.access_token) if c.tenant_type == "ORGANISATION"]
    if not organisations:
        raise ConsentError("the consent covers no organisation; choose one on Xero's page and allow access")
    chosen = organisations[0] if len(organisations) == 1 else choose(organisations)
    return Granted(chosen.tenant_id, chosen.tenant_name, tokens)


def _ask_quickbooks(installation: Installation, visit: Visit) -> Granted:
    state = secrets.token_urlsafe(32)
    with CallbackServer(installation.config.quickbooks.redirect_port, state) as callback:
        oauth = installation.quickbooks_oauth(callback.url)
        visit(oauth.authorization_url(state))
        consent = callback.wait(PATIENCE_SECONDS)
    if consent.realm is None:
        raise ConsentError("QuickBooks did not say which company was chosen; run the command again")
    return Granted(consent.realm, None, oauth.exchange(consent.code))
