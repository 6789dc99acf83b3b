"""Ends a connection: gives the grant back to the service and forgets the tokens. History and mirror stay."""

from connector.config import TenantSettings
from connector.wiring import Installation
from connectors.ledger import LedgerError

PARKED = "disconnected; `dun connect` brings it back"


def disconnect(installation: Installation, settings: TenantSettings) -> str | None:
    """Disconnect the tenant. Returns what the service answered if it did not confirm the end; None if it did."""
    slug = settings.slug
    with installation.working_on(slug):
        tokens = installation.vault.load(slug)
        objection = None
        if tokens is not None:
            oauth = installation.xero_oauth() if settings.ledger == "xero" else installation.quickbooks_oauth()
            try:
                oauth.revoke(tokens)
            except LedgerError as error:
                objection = str(error)
        installation.vault.forget(slug)
        installation.registry.park(slug, PARKED, installation.clock.now())
    return objection
