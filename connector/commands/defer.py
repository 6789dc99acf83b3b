"""`dun defer`: leave somebody in peace until a day."""

from datetime import datetime
from pathlib import Path

import click

from connector.commands.options import NAMED, SAID, day_option, installation, tenant_option
from connector.holding import find_target, hold_target
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say


@click.command()
@click.argument("invoice", required=False)
@click.option("--customer", metavar="NAME", help="All invoices of this customer (name or id).")
@day_option("--until", "until", required=True, words="Last day in peace.")
@click.option("--reason", metavar="TEXT", type=SAID, required=True, help="Why, for whoever asks later.")
@click.option("--owner", metavar="NAME", type=NAMED, help="Who has to see to it; without it: you.")
@tenant_option
@json_option
@click.pass_obj
def defer(
    config_path: Path,
    invoice: str | None,
    customer: str | None,
    until: datetime,
    reason: str,
    owner: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Do not ask for an invoice, or a customer's, before a day is over.

    INVOICE is a number or an id. Asking goes on by itself on the day after; `dun release` ends it sooner.

    \b
    dun defer INV-1041 --until 2026-05-31 --reason "flood in their warehouse"
    dun defer --customer "Buyer plc" --until 2026-05-31 --reason "new owners, accounts closed until June"
    """
    person = at_the_terminal()
    with installation(config_path) as opened:
        target = find_target(opened, slug, invoice, customer, everything=False)
        placed = hold_target(
            opened,
            target,
            reason="deferral",
            until=until.date(),
            note=reason,
            owner=owner or person,
            person=person,
        )
    if as_json:
        emit_json({"tenant": target.tenant, "hold": placed})
        return
    say(f"Deferred {target.words} up to and including {placed.until}.")
