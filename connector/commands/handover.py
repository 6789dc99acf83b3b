"""`dun handover`: an agency or a court takes a case over."""

from collections.abc import Sequence
from pathlib import Path

import click

from connector.agreements.in_hand import left_aside
from connector.agreements.subject import at_hand
from connector.commands.options import NAMED, installation, tenant_option
from connector.holding import Target, find_target
from connector.people import at_the_terminal
from connector.printing import emit_json, json_option, say
from connector.ways_out.handing import HandedOver, Wanted, hand_over, take_back
from connector.wiring import Installation
from state.model import ContactId, InvoiceId

CASES = "cases"  # the usual folder, beside the configuration file


@click.command()
@click.argument("invoices", metavar="INVOICE...", nargs=-1)
@click.option("--customer", metavar="NAME", help="All overdue invoices of this customer (name or id).")
@click.option("--to", metavar="NAME", type=NAMED, help="Who takes the case over.")
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the case file goes, in a folder of its own; without it: the folder cases beside the configuration.",
)
@click.option("--return", "returns", is_flag=True, help="Take these invoices back.")
@tenant_option
@json_option
@click.pass_obj
def handover(
    config_path: Path,
    invoices: Sequence[str],
    customer: str | None,
    to: str | None,
    folder: Path | None,
    returns: bool,
    slug: str | None,
    as_json: bool,
) -> None:
    """Hand invoices to an agency or a court, with a case file.

    The ledger is asked once more, the case file is written (JSON, PDF and the invoices themselves), and all reminders
    about these invoices stop. What is paid, disputed or not overdue is refused, and what credit in hand may have paid.
    Money that comes in later stands on the work list, so that you can tell whoever has the case.

    \b
    dun handover INV-1041 INV-1077 --to "Northern Collections"
    dun handover --customer "Buyer plc" --to "County court"
    dun handover --return INV-1041
    """
    if returns == (to is not None) or bool(invoices) == bool(customer) or (returns and customer):
        raise click.UsageError("hand over INVOICE... or --customer NAME with --to NAME, or take INVOICE... --return")
    with installation(config_path) as opened:
        if returns:
            words = [_take_back(opened, slug, each) for each in invoices]
            if as_json:
                emit_json({"returned": list(invoices)})
            else:
                say(*words)
            return
        targets = [find_target(opened, slug, each, None, everything=False) for each in invoices]
        if customer is not None:
            targets = [find_target(opened, slug, None, customer, everything=False)]
        found = _hand_over(opened, targets, to or "", folder)
    if as_json:
        emit_json({"tenant": targets[0].tenant, "handed_over": found})
    else:
        _show(found)


def _hand_over(opened: Installation, targets: Sequence[Target], to: str, folder: Path | None) -> HandedOver:
    if len({target.tenant for target in targets}) > 1:
        raise click.UsageError("these invoices are of several tenants; hand them over one tenant at a time")
    of_customer = targets[0].scope == "contact"
    wanted = Wanted(
        invoices=() if of_customer else tuple(dict.fromkeys(InvoiceId(target.id) for target in targets)),
        customer=ContactId(targets[0].id) if of_customer else None,
    )
    with opened.tenant(targets[0].tenant) as tenant:
        return hand_over(tenant, wanted, to, folder or opened.config.base / CASES, at_the_terminal())


def _take_back(opened: Installation, slug: str | None, invoice: str) -> str:
    with at_hand(opened, slug, invoice, None) as hand:
        take_back(hand, at_the_terminal())
    return f"{hand.target.words} is back; its sequence goes on with the next cycle."


def _show(found: HandedOver) -> None:
    say(f"Handed over to {found.to}: {', '.join(found.invoices)} of {found.customer}, {' and '.join(found.claims)}.")
    say(f"The case file is in {found.folder}.")
    say(*(f"Left out: {each.invoice}, {each.words}." for each in found.left_out))
    say(*left_aside(found.left_aside))
    if found.without_document:
        say(f"Without PDF, because the ledger gave none: {', '.join(found.without_document)}.")
