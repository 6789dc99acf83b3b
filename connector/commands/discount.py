"""`dun discount`: less to pay for whoever pays early."""

from datetime import datetime
from pathlib import Path

import click

from connector.agreements.discounts import offer_discount, withdraw_discount
from connector.agreements.subject import at_hand, money
from connector.commands.options import day_option, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say


@click.command()
@click.argument("invoice")
@click.option("--percent", metavar="P", help="So many per cent less, like 2.5.")
@click.option("--amount", metavar="AMOUNT", help="So much less.")
@day_option("--until", "until", words="Last day of the offer.")
@click.option("--withdraw", is_flag=True, help="Take the offer back.")
@tenant_option
@json_option
@click.pass_obj
def discount(
    config_path: Path,
    invoice: str,
    percent: str | None,
    amount: str | None,
    until: datetime | None,
    withdraw: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """Offer a discount for early payment, or take it back.

    INVOICE is a number or an id. Messages name the offer up to and including its last day, and not after it. A new
    offer takes the place of an earlier one. The ledger knows nothing of it: whoever books the payment grants it there.

    \b
    dun discount INV-1041 --percent 2.5 --until 2026-04-10
    dun discount INV-1041 --amount 20.00 --until 2026-04-10
    dun discount INV-1041 --withdraw
    """
    offered = until is not None and (percent is None) != (amount is None)
    if offered == withdraw or (withdraw and (percent or amount or until)):
        raise click.UsageError("say --until and either --percent or --amount, or --withdraw alone")
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None) as hand:
        person = at_the_terminal()
        if until is None:
            withdraw_discount(hand, person)
            told = None
        else:
            told = offer_discount(hand, percent, amount, until.date(), person)
    if told is None:
        said, data = f"No discount is offered for {hand.target.words} any more.", None
    else:
        offer, figures = told
        instead = f"{money(figures.pay_minor, offer.currency)}, {money(figures.discount_minor, offer.currency)} less,"
        said, data = f"Offered for {hand.target.words}: {instead} up to and including {offer.until}.", figures
    if as_json:
        emit_json({"tenant": hand.target.tenant, "withdrawn": withdraw, "discount": data})
        return
    say(said)
