"""Options that several commands share, and how a command gets at its tenants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from connector.commands.refusals import BadInput
from connector.config.settings import Config, load
from connector.data_folder import prepare
from connector.logs import configure_for_command
from connector.tenant import Tenant
from connector.wiring import Installation
from state.model import TenantSlug
from state.plain_text import blank

Command = TypeVar("Command", bound=Callable[..., Any])


class _Said(click.ParamType[str]):
    """Words for whoever asks later, without space around them. Blank ones are refused before anything is opened."""

    name = "text"

    def __init__(self, mend: str) -> None:
        self._mend = mend

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if blank(value):
            self.fail(f"it is blank; {self._mend}", param, ctx)
        return value.strip()


NAMED = _Said("name somebody")  # an owner, or who gets something
SAID = _Said("say it in words")  # a reason, a note, an outcome


def tenant_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--tenant`: one tenant instead of all that are connected."""
    return click.option("-t", "--tenant", "slug", metavar="NAME", help="Only this tenant (its short name).")(command)


def day_option(flag: str, name: str, *, required: bool = False, words: str) -> Callable[[Command], Command]:
    """A business day of the tenant, as `datetime` with `date()`: click knows no days."""
    day = click.DateTime(["%Y-%m-%d"])
    return click.option(flag, name, metavar="YYYY-MM-DD", type=day, required=required, help=words)


@contextmanager
def installation(config_path: Path) -> Iterator[Installation]:
    """The configured installation, open."""
    config = load(config_path)
    configure_for_command(config.log_level, config.log_format)
    prepare(config.data)
    with Installation(config) as opened:
        yield opened


def chosen(opened: Installation, slug: str | None) -> list[TenantSlug]:
    """The tenant asked for, or every connected one; BadInput with the next step if there is none."""
    if slug is not None:
        settings = opened.config.tenant(slug)
        if opened.registry.tenant(settings.slug) is None:
            raise BadInput(f"tenant {slug!r} is not connected yet; run `dun connect {settings.ledger} --tenant {slug}`")
        return [settings.slug]
    connected = [tenant.slug for tenant in opened.registry.tenants() if tenant.slug in opened.config.tenants]
    if not connected:
        raise BadInput(f"no tenant is connected yet; run {how_to_connect(opened.config)}")
    return connected


def how_to_connect(config: Config) -> str:
    """The command that comes next, for every configured tenant."""
    commands = [f"`dun connect {tenant.ledger} --tenant {tenant.slug}`" for tenant in config.tenants.values()]
    return " or ".join(commands) or "`dun connect xero --tenant NAME --zone ZONE` (or quickbooks)"


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
