"""`dun hold` and `dun release`: a person says not now, and later: go on."""

from datetime import date, datetime
from pathlib import Path

import click

from connector.commands.options import NAMED, SAID, installation, tenant_option
from connector.holding import find_target, hold_target, release_target
from connector.people import at_the_terminal
from connector.printing import count, emit_json, json_option, say

REASONS = ("manual", "dispute", "promise", "deferral", "payment_plan")


def _target_options(command: click.decorators.FC) -> click.decorators.FC:
    command = click.option("--customer", metavar="NAME", help="All invoices of this customer (name or id).")(command)
    return click.option("--everything", is_flag=True, help="The whole tenant (needs --tenant).")(command)


@click.command()
@click.argument("invoice", required=False)
@_target_options
@click.option(
    "--until", metavar="YYYY-MM-DD", type=click.DateTime(["%Y-%m-%d"]), help="Last day; without it: until released."
)
@click.option("--reason", type=click.Choice(REASONS), default="manual", show_default=True, help="Why.")
@click.option("--note", metavar="TEXT", type=SAID, help="A sentence for whoever asks later.")
@click.option("--owner", metavar="NAME", type=NAMED, help="Who has to see to it; without it: you.")
@tenant_option
@json_option
@click.pass_obj
def hold(
    config_path: Path,
    invoice: str | None,
    customer: str | None,
    everything: bool,
    until: datetime | None,
    reason: str,
    note: str | None,
    owner: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Do not chase an invoice, a customer or a tenant for now.

    INVOICE is a number or an id. The hold ends by itself after --until, or with `dun release`.

    \b
    dun hold INV-1041 --until 2026-04-30 --reason promise --note "pays at month end"
    dun hold --customer "Buyer plc"
    dun hold --everything --tenant acme
    """
    with installation(config_path) as opened:
        target = find_target(opened, slug, invoice, customer, everything=everything)
        last_day: date | None = until.date() if until else None
        person = at_the_terminal()
        placed = hold_target(
            opened, target, reason=reason, until=last_day, note=note, owner=owner or person, person=person
        )
    if as_json:
        emit_json({"tenant": target.tenant, "hold": placed})
        return
    end = f" up to and including {last_day}" if last_day else f" until released; {placed.owner} sees to it"
    say(f"Held {target.words}{end}.")


@click.command()
@click.argument("invoice", required=False)
@_target_options
@tenant_option
@json_option
@click.pass_obj
def release(
    config_path: Path, invoice: str | None, customer: str | None, everything: bool, slug: str | None, as_json: bool
) -> None:
    """End the holds on an invoice, a customer or a tenant.

    INVOICE is a number or an id. What is due again goes with the next cycle. What an agency has, or what is to be
    written off, is not released: the command that ends it is named.
    """
    with installation(config_path) as opened:
        target = find_target(opened, slug, invoice, customer, everything=everything)
        found = release_target(opened, target, at_the_terminal())
    if as_json:
        emit_json({"tenant": target.tenant, "released": len(found.ended)})
        return
    if found.stays is not None:
        say(f"{count(len(found.ended), 'hold')} ended; {target.words} stays held: {found.stays}.")
    elif found.ended:
        say(f"Released {target.words}: {count(len(found.ended), 'hold')} ended.")
    else:
        say(f"There was no hold on {target.words}. `dun why INVOICE` says what holds an invoice.")
