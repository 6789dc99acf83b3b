"""`dun find`: the search box of the page, at the terminal."""

from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.printing import emit_json, in_words, json_option, show, table
from state.model import InvoiceStatus
from state.search import Hit


@click.command()
@click.argument("text")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="At most N of each kind for each tenant.",
)
@tenant_option
@json_option
@click.pass_obj
def find(config_path: Path, text: str, limit: int, slug: str | None, as_json: bool) -> None:
    """Find invoices, customers and messages.

    TEXT is an invoice number, a customer's name, a reference or an e-mail address, or a part of one. Three characters
    are found anywhere, two only where a number or a name begins, one only if it is all. Accents count for nothing. The
    reference that is printed in each message (dun:d7a1...) finds the message.

    \b
    dun find 1041
    dun find "@buyer.example" --tenant acme
    """
    found = []
    with installation(config_path) as opened:
        for each in chosen(opened, slug):
            with opened.store(each) as store:
                found += [(each, hit) for hit in store.search.find(text, limit)]
    if as_json:
        emit_json({"found": [{"tenant": each, **_plain(hit)} for each, hit in found]})
        return
    columns = ("tenant", "what", "name", "customer", "due", "status")
    rows = [_row(each, hit) for each, hit in found]
    made = table("Found", columns, rows, right=("due",), prose=("name", "customer"))
    show(made, "Nothing is found; `dun sync` brings what is new in the ledger.")


def _plain(hit: Hit) -> dict[str, object]:
    return {
        "kind": hit.kind,
        "id": hit.id,
        "name": hit.name,
        "customer_id": hit.contact_id,
        "customer": hit.customer,
        "status": hit.status,
        "due": None if hit.due is None else str(hit.due),
        "due_on": hit.due_on,
    }


def _row(tenant: str, hit: Hit) -> tuple[object, ...]:
    if hit.kind == "contact":
        return tenant, "customer", hit.name, None, None, hit.status
    if hit.kind == "message":
        return tenant, "message", hit.name, hit.customer, None, in_words(hit.status)
    due = hit.due if hit.status == InvoiceStatus.OPEN else None
    return tenant, "invoice", hit.name, hit.customer, due, hit.status
