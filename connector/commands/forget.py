"""`dun forget`: a customer asks to be erased."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.keeping.forget import find_customer
from connector.keeping.forget import forget as erase
from connector.printing import count, emit_json, json_option, say
from state.plain_text import plain


@click.command()
@click.argument("tenant")
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def forget(config_path: Path, tenant: str, customer: str, yes: bool, as_json: bool) -> None:
    """Erase a customer's personal data for good, and keep the figures.

    CUSTOMER is an id or the exact name. Names, addresses, letters and free text go; amounts, dates and states stay, so
    that every sum still adds up. What the ledger tells later is stripped before it is kept. Nobody forgotten is ever
    written to again, whatever is open.
    """
    with installation(config_path) as opened:
        target, ahead = find_customer(opened, tenant, customer)
        if not yes:
            owing = count(ahead.open_invoices, "open invoice")
            question = f"Erase {target.words} ({owing}, never to be chased again)? It cannot be undone."
            click.confirm(plain(question), abort=True, err=True)
        done = erase(opened, target)
    if as_json:
        emit_json({"tenant": tenant, "contact": target.id, "erased": done.erased, "letters": done.letters})
        return
    erased = done.erased
    say(f"Forgotten: {count(erased.contacts, 'contact')}, {count(len(erased.messages), 'message')}.")
    say("Out of Dun's reach: the ledger and its notes, the mail carrier's logs, and backups and exports made before.")
