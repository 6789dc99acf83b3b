"""Options that several commands share, and how a command gets at its tenants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from connector.config import load
from connector.logs import configure
from connector.tenant import Tenant
from connector.wiring import Installation
from state.model import TenantSlug


def tenant_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tenant`: one tenant instead of all that are connected."""
    return click.option("-t", "--tenant", "slug", help="Only this tenant (its short name in the configuration).")(
        command
    )


@contextmanager
def installation(config_path: Path) -> Iterator[Installation]:
    """The configured installation, open."""
    config = load(config_path)
    configure(config.log_level)
    with Installation(config) as opened:
        yield opened


def chosen(opened: Installation, slug: str | None) -> list[TenantSlug]:
    """The tenant asked for, or every connected one; UsageError with the next step if there is none."""
    if slug is not None:
        return [opened.config.tenant(slug).slug]
    connected = [tenant.slug for tenant in opened.registry.tenants() if tenant.slug in opened.config.tenants]
    if not connected:
        raise click.ClickException("no tenant is connected yet; run `dun connect xero` or `dun connect quickbooks`")
    return connected


@contextmanager
def tenants_of(config_path: Path, slug: str | None) -> Iterator[Iterator[Tenant]]:
    """Tenants one after the other, each open only while it is used."""
    with installation(config_path) as opened:
        slugs = chosen(opened, slug)

        def each() -> Iterator[Tenant]:
            for each_slug in slugs:
                with opened.tenant(each_slug) as tenant:
                    yield tenant

        yield each()
