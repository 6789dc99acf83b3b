"""`dun connect`: a person lets Dun see a client's ledger."""

import sys
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from connector.commands.options import installation
from connector.commands.refusals import BadInput
from connector.config.apps import QuickBooksSection, XeroSection
from connector.config.settings import Config, TenantSettings, load
from connector.config.values import parse_zone
from connector.connecting.callback import ConsentError
from connector.connecting.choosing import listed, title
from connector.connecting.connect import Connected
from connector.connecting.connect import connect as travel
from connector.connecting.new_tenant import NotAdded, added
from connector.connecting.orderly_end import orderly_end
from connector.printing import diagnostics, emit_json, json_option, say
from connectors.xero.oauth import Connection
from state.model import LedgerName
from state.plain_text import plain


@click.command()
@click.argument("ledger", type=click.Choice(["xero", "quickbooks"]))
@click.option("-t", "--tenant", "slug", metavar="NAME", required=True, help="Short name of the client, such as acme.")
@click.option(
    "--zone", metavar="ZONE", help="Time zone of a client that is not in the configuration yet, such as Europe/London."
)
@click.option("--read-only", is_flag=True, help="Only look: ask for no right to write, send nothing.")
@click.option(
    "--organisation", metavar="NAME", help="Which organisation, by name or id, when the consent covers several (Xero)."
)
@click.option(
    "--no-browser", is_flag=True, help="Only print the address of the consent page; the answer may be pasted."
)
@json_option
@click.pass_obj
def connect(
    config_path: Path,
    ledger: LedgerName,
    slug: str,
    zone: str | None,
    read_only: bool,
    organisation: str | None,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Connect a client's ledger over OAuth.

    Opens the service's consent page in the browser and waits for the answer, ten minutes at most. With --no-browser,
    open the printed address anywhere, and paste the address the browser ends up at if it cannot reach this machine.

    A client that is not in the configuration yet is added to it once the connection works; say its --zone. To mend a
    dead connection: dun reconnect.

    \b
    dun connect xero --tenant acme --zone Europe/London
    dun connect quickbooks --tenant west
    """
    with orderly_end(), _settings(load(config_path), ledger, slug, zone, read_only=read_only) as settings:
        made = lead(config_path, settings, organisation, no_browser=no_browser)
    tell(slug, ledger, made, as_json=as_json)


def lead(config_path: Path, settings: TenantSettings, organisation: str | None, *, no_browser: bool) -> Connected:
    """Lead a person through the consent of one tenant, whose settings are in the configuration."""
    with installation(config_path) as opened:
        section = opened.config.xero if settings.ledger == "xero" else opened.config.quickbooks
        terminal = _standard_input() if no_browser or section.redirect_url else None

        def visit(url: str) -> None:
            diagnostics.print("Open this page and allow access:", markup=False)
            diagnostics.print(url, markup=False, soft_wrap=True)
            diagnostics.print(_what_next(section, pasting=terminal is not None), markup=False, soft_wrap=True)
            if not no_browser:
                webbrowser.open(url)

        return travel(opened, settings, visit, _choose, organisation=organisation, terminal=terminal)


def tell(slug: str, ledger: LedgerName, made: Connected, *, as_json: bool) -> None:
    company = made.organisation
    if as_json:
        emit_json({"tenant": slug, "ledger": ledger, "company": company, "others": made.others})
        return
    say(f"Connected {slug}: {company.name} ({company.currency}).")
    if made.others:
        say(
            f"The consent also covers {', '.join(made.others)}; Dun leaves them alone. To end it: Xero, Connected apps."
        )
    if company.own_reminders_on:
        say("Beware: the ledger's own invoice reminders are switched on; customers would hear from both.")
    say("Next: dun sync, then dun preview")


def refuse_example_app(config: Config, settings: TenantSettings) -> None:
    """The example's client id would lead a person to a page of the service that says nothing useful."""
    section: type[XeroSection] | type[QuickBooksSection]
    section = XeroSection if settings.ledger == "xero" else QuickBooksSection
    if settings.app.client_id in (section.model_fields["client_id"].examples or ()):
        raise BadInput(
            f"{settings.ledger}.client_id in {config.path.name} is the example's; put in that of your own app"
        )


@contextmanager
def _settings(
    config: Config, ledger: LedgerName, slug: str, zone: str | None, *, read_only: bool
) -> Iterator[TenantSettings]:
    """The tenant's settings, with the tenant added to the file while the block lasts, and for good if it ends well."""
    wanted = _parsed(zone)
    if slug in config.tenants:
        settings = config.tenant(slug)
        _refuse_other_settings(config, settings, ledger, wanted, read_only=read_only)
        yield settings
        return
    try:
        with added(config.path, ledger, slug, wanted, read_only=read_only) as enlarged:
            refuse_example_app(enlarged, enlarged.tenant(slug))
            yield enlarged.tenant(slug)
    except NotAdded as error:
        raise BadInput(str(error)) from None


def _refuse_other_settings(
    config: Config, settings: TenantSettings, ledger: LedgerName, zone: str | None, *, read_only: bool
) -> None:
    """What is asked for on the command line must be what the file says; BadInput before a browser is opened."""
    slug, file = settings.slug, config.path.name
    if settings.ledger != ledger:
        raise BadInput(f"tenant {slug!r} is configured for {settings.ledger}, not for {ledger}")
    if zone not in (None, settings.zone):
        raise BadInput(f"tenant {slug!r} is configured with zone {settings.zone}; edit {file} to change it")
    if read_only and not settings.read_only:
        raise BadInput(f"tenant {slug!r} is in {file} already; write read_only = true into its table instead")
    refuse_example_app(config, settings)


def _parsed(zone: str | None) -> str | None:
    try:
        return None if zone is None else parse_zone(zone)
    except ValueError:
        raise BadInput(f"{zone!r} is not a time zone; use an IANA name such as Europe/London") from None


def _what_next(section: XeroSection | QuickBooksSection, *, pasting: bool) -> str:
    if section.redirect_url:
        return "Then paste the address that the browser ended up at; it is not shown. Ctrl-C gives up."
    if pasting:
        return (
            "Waiting for the answer. If the browser ends at an address it cannot open, paste that address here; it is"
            " not shown. Ctrl-C gives up."
        )
    return "Waiting for the answer; Ctrl-C gives up."


def _standard_input() -> int | None:
    """Its descriptor; None if there is none."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _choose(found: Sequence[Connection]) -> Connection:
    for number, connection in enumerate(found, start=1):
        line = f"{number}  {title(connection)}  {connection.tenant_id}"
        diagnostics.print(plain(line), markup=False, soft_wrap=True)
    try:
        number = click.prompt("Which organisation?", type=click.IntRange(1, len(found)), err=True)
    except click.Abort:
        raise ConsentError(f"the consent covers {listed(found)}; say which with --organisation") from None
    return found[number - 1]
