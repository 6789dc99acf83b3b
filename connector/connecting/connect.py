"""The journey of a person who lets Dun see a ledger: browser, consent, callback, choice of company, first facts.

What is stored at the end: the tenant (which company, under which name), its tokens (encrypted), and the facts of the
company in a file of its own. Nothing is stored before the company has answered to the new tokens; then the facts go
into the tenant's file, and tenant and tokens into the registry in one transaction, so that a kill leaves the old
connection or the new one.
"""

from collections.abc import Callable

from msgspec import Struct

from connector.config.settings import TenantSettings
from connector.connecting.callback import ConsentError
from connector.connecting.choosing import Choose, distinct, pick, pick_of_earlier, refuse_another, title
from connector.connecting.consent import ExpectedAnswer
from connector.wiring import Installation
from connectors.ledger import LedgerError
from connectors.transport import CallMeter
from connectors.xero.oauth import NOTES, Connection, Pkce, XeroOAuth
from state.errors import CompanyChanged
from state.model import Organisation, TokenSet
from sync.guard import same_company

PATIENCE_SECONDS = 600  # the state of a request lives as long
Visit = Callable[[str], None]  # shows the consent page to a person


class Granted(Struct, frozen=True):
    """What the consent led to, before anything is stored."""

    company_id: str
    tokens: TokenSet
    others: tuple[str, ...] = ()


class Connected(Struct, frozen=True):
    """The company a tenant now belongs to. `others`: organisations the same consent covers, which Dun leaves alone."""

    organisation: Organisation
    others: tuple[str, ...]


class Person(Struct, frozen=True):
    """Whoever sits at the terminal. `terminal` is the descriptor to paste to; None: nobody can paste."""

    visit: Visit
    choose: Choose
    organisation: str | None = None  # asked for by name or id
    terminal: int | None = None


def connect(
    installation: Installation,
    settings: TenantSettings,
    visit: Visit,
    choose: Choose,
    *,
    organisation: str | None = None,
    terminal: int | None = None,
) -> Connected:
    """Connect the tenant to its ledger.

    Raises ConsentError or StateError, each with words for the person at the terminal.
    """
    try:
        granted = _ask(installation, settings, Person(visit, choose, organisation, terminal))
        meter = CallMeter(purpose="connect")
        ledger = installation.ledger_of(settings, granted.company_id, JustGranted(granted.tokens), meter)
        company = ledger.organisation()  # proof that the connection works
    except LedgerError as error:
        raise ConsentError(f"{error}; nothing was stored, begin again") from None
    _store(installation, settings, granted, company)
    return Connected(company, granted.others)


class JustGranted:
    """The token source of a connection that is not stored yet. There is nothing to refresh: the token is new.

    So a refused one is shown again, and what the service then says is told.
    """

    def __init__(self, tokens: TokenSet) -> None:
        self._tokens = tokens

    def access_token(self) -> str:
        return self._tokens.access_token

    def after_rejection(self, rejected: str) -> str:
        return rejected


def _store(installation: Installation, settings: TenantSettings, granted: Granted, company: Organisation) -> None:
    slug, now = settings.slug, installation.clock.now()
    with installation.founded_store(slug) as store:
        if suspicion := same_company(store.mirror.organisation(), company):
            raise CompanyChanged(f"Tenant {slug!r}: {suspicion.words}.")
        store.mirror.save_organisation(company, now)  # first: a connected tenant whose file knows nothing has lost it
        with installation.vault.exclusive(slug), installation.registry.transaction():  # a daemon may be refreshing
            installation.registry.add_tenant(slug, settings.ledger, granted.company_id, company.name, now)
            installation.vault.save(slug, granted.tokens, now)
            installation.registry.revive(slug, now)


def _ask(installation: Installation, settings: TenantSettings, person: Person) -> Granted:
    if settings.ledger == "quickbooks":
        return _ask_quickbooks(installation, settings, person)
    if settings.app.custom_connection:
        oauth = installation.xero_oauth(settings)
        return _choose_organisation(installation, settings, person, oauth, oauth.custom_tokens())
    return _ask_xero(installation, settings, person)


def _ask_xero(installation: Installation, settings: TenantSettings, person: Person) -> Granted:
    section, pkce = installation.config.xero, Pkce.create()
    with ExpectedAnswer(section.redirect_port, section.redirect_url, person.terminal) as answer:
        oauth = installation.xero_oauth(settings, answer.redirect_uri)
        person.visit(oauth.authorization_url(answer.state, pkce))
        consent = answer.wait(PATIENCE_SECONDS)
    return _choose_organisation(installation, settings, person, oauth, oauth.exchange(consent.code, pkce))


def _choose_organisation(
    installation: Installation, settings: TenantSettings, person: Person, oauth: XeroOAuth, tokens: TokenSet
) -> Granted:
    if missing := oauth.missing_scopes(tokens):
        instead = ", or connect with --read-only if Dun shall write no notes" if NOTES in missing else ""
        raise ConsentError(
            f"Xero did not grant {' and '.join(missing)}, which Dun needs; nothing was stored. Run the command again"
            f" and allow it{instead}"
        )
    found = _organisations(oauth, tokens, of_this_consent=not settings.app.custom_connection)
    tenants = installation.registry.tenants()
    if found:
        chosen = pick(settings.slug, found, tenants, person.organisation, person.choose)
    else:  # perhaps a consent that only renewed an older one
        earlier = _organisations(oauth, tokens, of_this_consent=False)
        chosen = pick_of_earlier(settings.slug, earlier, tenants, person.organisation, person.choose)
    installation.registry.check_company(settings.slug, "xero", chosen.tenant_id, title(chosen))
    names = zip(found, distinct(found), strict=True)
    return Granted(chosen.tenant_id, tokens, tuple(name for each, name in names if each.tenant_id != chosen.tenant_id))


def _organisations(oauth: XeroOAuth, tokens: TokenSet, *, of_this_consent: bool) -> list[Connection]:
    found = oauth.connections(tokens.access_token, of_this_consent=of_this_consent)
    return [connection for connection in found if connection.tenant_type == "ORGANISATION"]


def _ask_quickbooks(installation: Installation, settings: TenantSettings, person: Person) -> Granted:
    section = installation.config.quickbooks
    with ExpectedAnswer(section.redirect_port, section.redirect_url, person.terminal) as answer:
        oauth = installation.quickbooks_oauth(settings, answer.redirect_uri, discover=True)
        person.visit(oauth.authorization_url(answer.state))
        consent = answer.wait(PATIENCE_SECONDS)
    if consent.realm is None:
        raise ConsentError("QuickBooks did not say which company was chosen (realmId); begin again")
    realm = consent.realm
    name = f"QuickBooks company {realm}"
    refuse_another(settings.slug, realm, name, installation.registry.tenants())
    installation.registry.check_company(settings.slug, "quickbooks", realm, name)
    return Granted(realm, oauth.exchange(consent.code))
