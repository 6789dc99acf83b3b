"""Where Xero lives. Every address can be replaced, so that any server that speaks the same wire can stand in."""

from msgspec import Struct


class XeroEndpoints(Struct, frozen=True):
    """The five addresses Dun calls. `api` is the base of the Accounting API, without a slash at its end."""

    authorize: str = "https://login.xero.com/identity/connect/authorize"
    token: str = "https://identity.xero.com/connect/token"  # noqa: S105 - an address, not a token
    revoke: str = "https://identity.xero.com/connect/revocation"
    connections: str = "https://api.xero.com/connections"
    api: str = "https://api.xero.com/api.xro/2.0"
