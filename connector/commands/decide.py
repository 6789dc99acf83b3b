"""`dun decide`: how to go on with an invoice whose sequence is through."""

from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from connector.agreements.subject import at_hand
from connector.commands.options import day_option, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say
from connector.ways_out.deciding import Way, decide_way


@click.command()
@click.argument("invoice", required=False)
@click.option("--customer", metavar="NAME", help="Every open decision about this customer (name or id).")
@click.option("--to", type=click.Choice(get_args(Way)), required=True, help="How to go on.")
@day_option("--until", "until", words="Of a wait: the last day of it.")
@tenant_option
@json_option
@click.pass_obj
def decide(
    config_path: Path,
    invoice: str | None,
    customer: str | None,
    to: Way,
    until: datetime | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Decide how to go on after the end of a sequence.

    INVOICE is a number or an id; `dun tasks --kind decision` lists what is to be decided. A call lands on your list, a
    letter is planned, a wait ends by itself. The other ways have commands of their own, which are named.

    \b
    dun decide INV-1041 --to call
    dun decide INV-1041 --to letter
    dun decide --customer "Buyer plc" --to wait --until 2026-04-30
    """
    if (to == "wait") != (until is not None):
        raise click.UsageError("--until goes with --to wait, and a wait needs it")
    with installation(config_path) as opened, at_hand(opened, slug, invoice, customer) as hand:
        decided = decide_way(hand, to, until.date() if until else None, at_the_terminal())
    if as_json:
        emit_json({"tenant": hand.target.tenant, "decided": decided})
        return
    say(f"{', '.join(decided.invoices)}: {decided.words}{':' if decided.command else '.'}")
    if decided.command:
        say(f"  {decided.command}")
