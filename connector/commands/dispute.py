"""`dun dispute`: a customer contests an invoice, or a part of it."""

from pathlib import Path

import click

from connector.agreements.disputes import open_dispute, settle_dispute
from connector.agreements.subject import at_hand, money
from connector.commands.options import NAMED, SAID, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say
from state.handovers import Handover


@click.command()
@click.argument("invoice")
@click.option("--reason", metavar="TEXT", type=SAID, help="What the customer says.")
@click.option("--amount", metavar="AMOUNT", help="How much of it; without it: the whole invoice.")
@click.option("--owner", metavar="NAME", type=NAMED, help="Who sees to it; without it: you.")
@click.option(
    "--settle", "outcome", metavar="OUTCOME", type=SAID, help="What came of it; the invoice is asked for again."
)
@tenant_option
@json_option
@click.pass_obj
def dispute(
    config_path: Path,
    invoice: str,
    reason: str | None,
    amount: str | None,
    owner: str | None,
    outcome: str | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Note that an invoice is contested, or what came of it.

    INVOICE is a number or an id. Of an invoice contested in part, the undisputed rest goes on being asked for. The
    dispute ends when somebody settles it, or when the invoice is paid or voided.

    \b
    dun dispute INV-1041 --reason "two boxes were broken" --amount 50.00 --owner ada
    dun dispute INV-1041 --settle "credit note of 50.00 agreed"
    """
    if (reason is None) == (outcome is None) or (outcome is not None and (amount or owner)):
        raise click.UsageError("open a dispute with --reason, or end one with --settle OUTCOME alone")
    out: Handover | None = None
    with installation(config_path) as opened, at_hand(opened, slug, invoice, None) as hand:
        person = at_the_terminal()
        if reason is not None:
            found = open_dispute(hand, reason, amount, owner or person, person)
            out = hand.store.handovers.of_invoice(found.invoice_id)
        else:
            found = settle_dispute(hand, outcome or "", person)
    if as_json:
        emit_json({"tenant": hand.target.tenant, "settled" if outcome else "disputed": found})
        return
    part = "" if found.amount_minor is None else f"{money(found.amount_minor, found.currency)} of "
    if outcome is None:
        say(f"Disputed: {part}{hand.target.words}. {found.owner} sees to it.")
        if out is not None:
            say(f"It is with {out.handed_to}: tell them.")
    else:
        say(f"Settled: {hand.target.words}. What is due is asked for again with the next cycle.")
