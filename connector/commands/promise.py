"""`dun promise`: a customer says when it will pay, and how much."""

from datetime import datetime
from pathlib import Path

import click

from connector.agreements.promises import make_promises, withdraw_promises
from connector.agreements.subject import at_hand, money
from connector.commands.options import SAID, day_option, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say


@click.command()
@click.argument("invoice", required=False)
@click.option("--customer", metavar="NAME", help="All that this customer owes (name or id).")
@day_option("--on", "on", words="The day by whose end it will have paid.")
@click.option("--amount", metavar="AMOUNT", help="How much; without it: all that is due.")
@click.option("--currency", metavar="CODE", help="Which of several currencies a customer owes in.")
@click.option("--note", metavar="TEXT", type=SAID, help="A sentence for whoever asks later.")
@click.option("--withdraw", is_flag=True, help="Take an open promise back.")
@tenant_option
@json_option
@click.pass_obj
def promise(
    config_path: Path,
    invoice: str | None,
    customer: str | None,
    on: datetime | None,
    amount: str | None,
    currency: str | None,
    note: str | None,
    withdraw: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """Note a promise to pay, or take it back.

    INVOICE is a number or an id. Until the end of the day nothing is asked for. The promise is kept once what is due
    has fallen by the amount; else it is broken, and the sequence goes on.

    \b
    dun promise INV-1041 --on 2026-04-30
    dun promise INV-1041 --on 2026-04-30 --amount 250.00 --note "rest when the boxes are exchanged"
    dun promise --customer "Buyer plc" --on 2026-04-30
    dun promise INV-1041 --withdraw
    """
    if withdraw == (on is not None):
        raise click.UsageError("say when with --on, or take a promise back with --withdraw")
    with installation(config_path) as opened, at_hand(opened, slug, invoice, customer) as hand:
        person = at_the_terminal()
        if on is None:
            promises = withdraw_promises(hand, person)
        else:
            promises = make_promises(hand, on.date(), amount, currency, note, person)
    if as_json:
        emit_json({"tenant": hand.target.tenant, "withdrawn" if withdraw else "promised": promises})
        return
    for each in promises:
        promised = f"{money(each.amount_minor, each.currency)} by the end of {each.promised_on}"
        say(f"{'Withdrawn' if withdraw else 'Promised'} for {hand.target.words}: {promised}.")
