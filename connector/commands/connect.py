"""`dun connect`: a person lets Dun see a client's ledger."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from connector.commands.options import installation
from connector.config import Config, TenantSettings, load
from connector.config_values import parse_zone
from connector.connect import connect as travel
from connector.printing import diagnostics, emit_json, json_option, say
from connectors.xero.oauth import Connection
from state.model import LedgerName


@click.command()
@click.argument("ledger", type=click.Choice(["xero", "quickbooks"]))
@click.option("-t", "--tenant", "slug", required=True, help="Short name of the client, such as acme.")
@click.option("--zone", help="Time zone of a client that is not in the configuration yet, such as Europe/London.")
@click.option("--organisation", help="Which organisation, by name, when the consent covers several (Xero).")
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
    """Connect a client's LEDGER over OAuth: opens the consent page and waits for the answer."""
    settings = _settings(config_path, ledger, slug, zone)

    def visit(url: str) -> None:
        diagnostics.print("Open this page and allow access:", markup=False)
        diagnostics.print(url, markup=False, soft_wrap=True)
        if not no_browser:
            webbrowser.open(url)

    def choose(found: Sequence[Connection]) -> Connection:
        return _choose(found, organisation)

    with installation(config_path) as opened:
        company = travel(opened, settings, visit, choose)
    if as_json:
        emit_json({"tenant": slug, "ledger": ledger, "company": company})
        return
    say(f"Connected {slug}: {company.name} ({company.currency}). Next: dun sync, then dun preview.")
    if company.own_reminders_on:
        say("Beware: the ledger's own invoice reminders are switched on; customers would hear from both.")


def _settings(config_path: Path, ledger: LedgerName, slug: str, zone: str | None) -> TenantSettings:
    config = load(config_path)
    if slug not in config.tenants:
        config = _add_tenant(config, ledger, slug, zone)
    settings = config.tenant(slug)
    if settings.ledger != ledger:
        raise click.ClickException(f"tenant {slug!r} is configured for {settings.ledger}, not for {ledger}")
    return settings


def _add_tenant(config: Config, ledger: LedgerName, slug: str, zone: str | None) -> Config:
    """Append the client to the file: the three lines everybody would have typed."""
    if zone is None:
        raise click.UsageError(f"{slug!r} is not in {config.path.name} yet; add --zone and it will be written there")
    before = config.path.read_text(encoding="utf-8")
    entry = f'\n[tenants.{slug}]\nledger = "{ledger}"\nzone = "{parse_zone(zone)}"\n'
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
        raise click.ClickException(f"the consent covers {', '.join(sorted(by_name))}, but not {name!r}")
    return by_name[name]
