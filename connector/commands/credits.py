"""`dun credits`: money in hand that nobody has put against an invoice."""

from collections.abc import Iterator
from pathlib import Path

import click

from connector.agreements.subject import living_contact, money
from connector.commands.options import chosen, installation, tenant_option
from connector.credits_in_hand import CreditInHand, credits_in_hand
from connector.holding import find_target
from connector.printing import emit_json, in_words, json_option, say, show, table
from state.model import ContactId


@click.command()
@click.option("--customer", metavar="NAME", help="Only of this customer and its family.")
@tenant_option
@json_option
@click.pass_obj
def credits(config_path: Path, customer: str | None, slug: str | None, as_json: bool) -> None:
    """List unapplied credit, and which invoices it would settle.

    Of customers who owe something. As long as it is not applied, it is deducted from what is asked, or holds it, as
    the policy says. It is applied in the ledger; `dun sync` sees it afterwards. What is proposed: credit of exactly an
    invoice's amount for that invoice, the rest for the oldest debts.
    """
    found: list[CreditInHand] = []
    with installation(config_path) as opened:
        target = find_target(opened, slug, None, customer, everything=False) if customer is not None else None
        slugs = chosen(opened, slug) if target is None else [target.tenant]
        now = opened.clock.now()
        for each in slugs:
            with opened.store(each) as store:
                accounts = store.receivables.accounts(opened.config.tenant(each).today_at(now))
                wanted = None if target is None else living_contact(store, ContactId(target.id))
                found += credits_in_hand(each, store, accounts, wanted)
    if as_json:
        emit_json({"credits": found})
        return
    columns = ("tenant", "customer", "credit", "left", "would go to")
    rows = ((c.tenant, c.customer, _name(c), money(c.remaining_minor, c.currency), "; ".join(_uses(c))) for c in found)
    made = table("Credit in hand", columns, rows, right=("left",), prose=("customer", "would go to"))
    show(made, "No customer who owes has unapplied credit.")
    if found:
        say("Apply it in the ledger; `dun sync` sees it then.")


def _name(credit: CreditInHand) -> str:
    return " ".join(filter(None, (in_words(credit.kind), credit.number)))


def _uses(credit: CreditInHand) -> Iterator[str]:
    for use in credit.uses:
        yield f"{use.number} {money(use.minor, credit.currency)}{', settled' if use.settles else ''}"
    if credit.unused_minor:
        yield f"{money(credit.unused_minor, credit.currency)} left over"
