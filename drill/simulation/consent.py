"""The connection of one firm: its tokens on the disk, the service's memory of them, and what can happen to both."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from connectors.ledger import Outage, Reauthorise
from connectors.sandbox.documents import Company
from connectors.sandbox.quickbooks.tokens import TokenStore
from connectors.sandbox.world import World
from connectors.sandbox.xero.identity import Denied, Identity, Tokens
from connectors.xero.oauth import READING_AND_NOTES
from state.model import LedgerName, TokenSet

_APP = "firm-app"
_BACK = "http://localhost:8400/callback"


class Consent:
    """A drawer for tokens that outlives processes, and the person who consents again when they have died."""

    def __init__(self, world: World, ledger: LedgerName, company: Company) -> None:
        self._world = world
        self._ledger = ledger
        self._company = company
        self._tokens: TokenSet | None = None
        self.answer_gets_lost = False  # the next time tokens are renewed
        self.agree()

    # -- people -------------------------------------------------------------------------------------------------

    def agree(self) -> None:
        """Somebody consents in the browser."""
        self._tokens = self._xero_tokens(self._consented()) if self._ledger == "xero" else self._quickbooks_tokens()

    def end(self) -> None:
        """The consent is withdrawn inside the ledger: all tokens die."""
        self._world.grants[self._ledger].end_grants(self._company)

    # -- the drawer that StoredTokens wants ------------------------------------------------------------------------

    def load(self) -> TokenSet | None:
        return self._tokens

    def save(self, tokens: TokenSet) -> None:
        self._tokens = tokens

    def prepare_to_save(self) -> None:
        pass

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        yield

    def refresh(self, tokens: TokenSet) -> TokenSet:
        """What the adapters' OAuth clients do over HTTP, with the two ways of failing that matter."""
        renewed = self._renewed(tokens.refresh_token or "")
        if self.answer_gets_lost:
            self.answer_gets_lost = False
            raise Outage("the answer with the new tokens got lost")
        return renewed

    # -- the services ---------------------------------------------------------------------------------------------

    def _renewed(self, refresh_token: str) -> TokenSet:
        if self._ledger == "xero":
            try:
                return self._xero_tokens(self._identity.refresh(refresh_token, _APP, confidential=False))
            except Denied:
                raise Reauthorise("Xero no longer accepts this connection") from None
        grant = self._intuit.refresh(refresh_token, _APP)
        if grant is None:
            raise Reauthorise("Intuit no longer accepts this connection")
        return self._token_set(self._intuit.issue_bearer(grant), grant.refresh_token, self._intuit.access_life())

    def _consented(self) -> Tokens:
        verifier, challenge = "v" * 43, _challenge("v" * 43)
        code = self._identity.consent(_APP, _BACK, challenge, set(READING_AND_NOTES), [self._company.guid])
        return self._identity.redeem(code, _APP, _BACK, verifier, confidential=False)

    def _xero_tokens(self, tokens: Tokens) -> TokenSet:
        return self._token_set(tokens.access, tokens.refresh, timedelta(seconds=tokens.seconds))

    def _quickbooks_tokens(self) -> TokenSet:
        grant = self._intuit.redeem(self._intuit.issue_code(_APP, _BACK, self._company.realm), _APP, _BACK)
        if grant is None:
            raise RuntimeError("the sandbox did not take its own code")
        return self._token_set(self._intuit.issue_bearer(grant), grant.refresh_token, self._intuit.access_life())

    def _token_set(self, access: str, refresh: str | None, life: timedelta) -> TokenSet:
        return TokenSet(access_token=access, refresh_token=refresh, expires_at=self._world.clock.now() + life)

    @property
    def _identity(self) -> Identity:
        identity = self._world.grants["xero"]
        assert isinstance(identity, Identity)
        return identity

    @property
    def _intuit(self) -> TokenStore:
        store = self._world.grants["quickbooks"]
        assert isinstance(store, TokenStore)
        return store


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
