"""What checks stand on: less than a working installation, so that a broken one can still be looked at."""

from dataclasses import dataclass
from pathlib import Path

from connector.config.settings import Config
from connector.wiring import Installation, tenant_file
from state.model import TenantSlug
from state.registry import Registry
from state.store import TenantStore
from state.vault import Vault


@dataclass(frozen=True)
class Ground:
    """A configuration and its open registry. Without a key there is no vault, and nothing is said of tokens."""

    config: Config
    registry: Registry
    vault: Vault | None

    @classmethod
    def of(cls, installation: Installation) -> "Ground":
        return cls(installation.config, installation.registry, installation.vault)

    def file(self, slug: TenantSlug) -> Path:
        return tenant_file(self.config, slug)

    def store(self, slug: TenantSlug) -> TenantStore:
        return TenantStore.open(self.file(slug))

    def connected(self) -> list[TenantSlug]:
        """Tenants that are both connected and configured, by name."""
        return [tenant.slug for tenant in self.registry.tenants() if tenant.slug in self.config.tenants]
