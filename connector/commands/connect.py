"""`dun connect`: a person lets Dun see a client's ledger."""

import re
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.config import Config, TenantSettings, load
from connector.config_apps import QuickBooksSection, XeroSection
from connector.config_schema import SLUG_PATTERN
from connector.config_values import parse_zone
from connector.connect import connect as travel
from connector.printing import diagnostics, emit_json, json_option, say
from connectors.xero.oauth import Connection
from state.model import LedgerName


@click.command()
@click.argument("ledger", type=click.Choice(["xero", "quickbooks"]))
@click.option("-t", "--tenant", "slug", metavar="NAME", required=True, help="Short name of the client, such as acme.")
@click.option(
    "--zone", metavar="ZONE", help="Time zone of a client that is not in the configuration yet, such as Europe/London."
)
@click.option(
    "--organisation", metavar="NAME", help="Which organisation, by name, when the consent covers several (Xero)."
)
@click.option("--no-browser", is_flag=True, help="Only print the address of the consent page.")
@json_option
@click.pass_obj
def connect(
    config_path: Path,
    ledger: LedgerName,
    slug: str,
    zone: str | None,
    organisation: str | None,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Connect a client's ledger over OAuth.

    Opens the service's consent page in the browser and waits for the answer, five minutes at most. A client that is
    not in the configuration yet is added to it; say its --zone. To mend a dead connection, connect it again.

    \b
    dun connect xero --tenant acme --zone Europe/London
    dun connect quickbooks --tenant west
    """
    settings = _settings(load(config_path), ledger, slug, zone)

    def visit(url: str) -> None:
        diagnostics.print("Open this page and allow access:", markup=False)
        diagnostics.print(url, markup=False, soft_wrap=True)
        diagnostics.print("Waiting for the answer; Ctrl-C gives up.", markup=False)
        if not no_browser:
            webbrowser.open(url)

    def choose(found: Sequence[Connection]) -> Connection:
        return _choose(found, organisation)

    with installation(config_path) as opened:
        company = travel(opened, settings, visit, choose)
    if as_json:
        emit_json({"tenant": slug, "ledger": ledger, "company": company})
        return
    say(f"Connected {slug}: {company.name} ({company.currency}).")
    if company.own_reminders_on:
        say("Beware: the ledger's own invoice reminders are switched on; customers would hear from both.")
    say("Next: dun sync, then dun preview")


def _settings(config: Config, ledger: LedgerName, slug: str, zone: str | None) -> TenantSettings:
    """The tenant's settings, with the tenant added to the file if need be; BadInput before a browser is opened."""
    wanted = _parsed(zone)
    _refuse_example_app(config, ledger)
    if slug not in config.tenants:
        config = _add_tenant(config, ledger, slug, wanted)
    settings = config.tenant(slug)
    if settings.ledger != ledger:
        raise BadInput(f"tenant {slug!r} is configured for {settings.ledger}, not for {ledger}")
    if wanted not in (None, settings.zone):
        raise BadInput(f"tenant {slug!r} is configured with zone {settings.zone}; edit {config.path.name} to change it")
    return settings


def _parsed(zone: str | None) -> str | None:
    try:
        return None if zone is None else parse_zone(zone)
    except ValueError:
        raise BadInput(f"{zone!r} is not a time zone; use an IANA name such as Europe/London") from None


def _refuse_example_app(config: Config, ledger: LedgerName) -> None:
    """The example's client id would lead a person to a page of the service that says nothing useful."""
    section: type[XeroSection] | type[QuickBooksSection] = XeroSection if ledger == "xero" else QuickBooksSection
    used = config.xero.client_id if ledger == "xero" else config.quickbooks.client_id
    if used in (section.model_fields["client_id"].examples or ()):
        raise BadInput(f"{ledger}.client_id in {config.path.name} is the example's; put in that of your own app")


def _add_tenant(config: Config, ledger: LedgerName, slug: str, zone: str | None) -> Config:
    """Append the client to the file: the three lines everybody would have typed."""
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise BadInput(f"{slug!r} is no name for a tenant; use lower-case letters, digits and hyphens, at most 63")
    if zone is None:
        raise BadInput(f"{slug!r} is not in {config.path.name} yet; add --zone and it will be written there")
    before = config.path.read_text(encoding="utf-8")
    entry = f'\n[tenants.{slug}]\nledger = "{ledger}"\nzone = "{zone}"\n'
    config.path.write_text(before + entry, encoding="utf-8")
    try:
        return load(config.path)
    except Exception:
        config.path.write_text(before, encoding="utf-8")
        raise


def _choose(found: Sequence[Connection], name: str | None) -> Connection:
    by_name = {connection.tenant_name or connection.tenant_id: connection for connection in found}
    if name is None:
        name = click.prompt("Which organisation?", type=click.Choice(list(by_name)))
    if name not in by_name:
        raise BadInput(f"the consent covers {', '.join(sorted(by_name))}, but not {name!r}")
    return by_name[name]
