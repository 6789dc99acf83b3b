"""When each connection ends if nobody renews it, without opening the vault each time somebody asks.

The instants are sealed with the tokens. They are opened again only when newer tokens were saved.
"""

from collections.abc import Iterator
from datetime import datetime

from connector.config.settings import Config
from connector.credentials import CredentialError
from connector.vault.key import key_source
from state.errors import StateError
from state.model import TenantSlug
from state.registry import Registry
from state.vault import Vault

Ending = tuple[TenantSlug, datetime]


class Endings:
    """What was read is remembered. May be asked from any thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[TenantSlug, tuple[datetime, datetime | None]] = {}  # when saved, when it ends

    def read(self, registry: Registry) -> tuple[Ending, ...]:
        """Those that are known; tokens that cannot be opened are left out, an alert tells of them."""
        try:
            return tuple(self._read(Vault(registry, key_source(self._config))))
        except (StateError, CredentialError):
            return ()

    def _read(self, vault: Vault) -> Iterator[Ending]:
        for sealed in vault.sealed():
            saved_at, ends_at = self._known.get(sealed.slug, (None, None))
            if saved_at != sealed.saved_at:
                tokens = vault.load(sealed.slug)
                ends_at = tokens.ends_at if tokens else None
                self._known[sealed.slug] = (sealed.saved_at, ends_at)
            if ends_at is not None:
                yield sealed.slug, ends_at
