"""Where QuickBooks Online lives, so that a development company or any other server speaking the wire can stand in."""

from msgspec import Struct


class QuickBooksEndpoints(Struct, frozen=True, kw_only=True):
    """Absolute addresses; `api` ends in the version, as in https://host/v3. Source: Intuit's discovery document."""

    authorize: str = "https://appcenter.intuit.com/connect/oauth2"
    token: str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address, not a secret
    revoke: str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
    api: str = "https://quickbooks.api.intuit.com/v3"


PRODUCTION = QuickBooksEndpoints()
DEVELOPMENT = QuickBooksEndpoints(api="https://sandbox-quickbooks.api.intuit.com/v3")
"""Intuit calls its development companies 'sandbox'; only they answer to development keys."""
