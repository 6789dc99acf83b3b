"""Whether a client took the access back inside the ledger.

At QuickBooks the tokens die with it. At Xero they live on if the same person has connected other organisations, and
each call is refused as it would be with a wrong id. So Xero is asked which organisations are left.
"""

from connector.config.settings import TenantSettings
from connector.wiring import Installation
from connectors.ledger import LedgerError, Reauthorise

WITHDRAWN = "the organisation was disconnected inside Xero"


def withdrawn(installation: Installation, settings: TenantSettings) -> str | None:
    """Why the connection is dead, in words; None if it is alive, or if that cannot be found out now."""
    known = installation.registry.tenant(settings.slug)
    if known is None or settings.ledger != "xero":
        return None
    oauth = installation.xero_oauth(settings)
    try:
        left = oauth.connections(installation.tokens(settings.slug, oauth.refresh).access_token())
    except Reauthorise as error:
        return str(error)
    except LedgerError:
        return None  # the next cycle asks again
    return None if any(each.tenant_id == known.external_id for each in left) else WITHDRAWN
