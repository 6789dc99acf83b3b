"""What a measured process must know to open a company's ledger: plain data, so that it can be handed to a process."""

from datetime import datetime

from msgspec import Struct, structs

from connectors.ledger import Ledger
from connectors.transport import CallMeter
from state.clock import Clock
from state.model import LedgerName


class Access(Struct, frozen=True, kw_only=True):
    """One connected company. `now` is the sandbox's clock, which the connector's clock starts from."""

    ledger: LedgerName
    url: str
    company: str
    token: str
    now: datetime

    def through(self, url: str) -> "Access":
        """The same company behind another address: a recorder, or what it has recorded."""
        return structs.replace(self, url=url)

    def at(self, now: datetime) -> "Access":
        """The same company later."""
        return structs.replace(self, now=now)

    def open(self, clock: Clock, meter: CallMeter) -> Ledger:
        """The real adapter. Only the one that is needed is imported, as the other's SDK would count as its memory."""
        tokens = FixedToken(self.token)
        if self.ledger == "xero":
            from connectors.xero.endpoints import XeroEndpoints
            from connectors.xero.ledger import XeroLedger

            return XeroLedger(XeroEndpoints(api=f"{self.url}/api.xro/2.0"), self.company, tokens, clock, meter)
        from connectors.quickbooks.endpoints import QuickBooksEndpoints
        from connectors.quickbooks.ledger import QuickBooksLedger

        return QuickBooksLedger(QuickBooksEndpoints(api=f"{self.url}/v3"), self.company, tokens, clock, meter)


class FixedToken:
    """A token that needs no refreshing, because the sandbox's clock stands still."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        return self._token

    def after_rejection(self, rejected: str) -> str:  # noqa: ARG002 - the protocol names it
        return self._token
