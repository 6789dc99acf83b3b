"""`dun approve`: let planned reminders go. In approve mode nothing leaves without it."""

from collections.abc import Sequence
from pathlib import Path

import click

from connector import approval
from connector.approval import Waiting
from connector.commands.options import chosen, installation, tenant_option
from connector.people import person
from connector.printing import count, emit_json, json_option, say, show, table


@click.command()
@click.argument("invoices", nargs=-1, metavar="[INVOICE]...")
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@tenant_option
@json_option
@click.pass_obj
def approve(config_path: Path, invoices: Sequence[str], everything: bool, slug: str | None, as_json: bool) -> None:
    """Let planned reminders go, or list what waits.

    INVOICE is a number or an id. What is approved leaves with the next cycle, if it passes the live check then.
    """
    if everything and invoices:
        raise click.UsageError("name invoices, or use --all")
    with installation(config_path) as opened:
        slugs = chosen(opened, slug)
        waiting = approval.waiting(opened, slugs)
        wanted = waiting if everything else approval.named(opened, slugs, invoices)
        approved = approval.approve(opened, wanted, str(person()))
    if as_json:
        left = [each for each in waiting if each not in wanted]
        emit_json({"approved": approved, "waiting": len(left), "reminders": left})
    elif everything or invoices:
        still = len(waiting) - len(wanted)
        say(f"Approved {count(approved, 'reminder')}; {still} still waiting.")
        if approved:
            say("They leave with the next cycle, if the live check finds them still owed: dun run --once")
    else:
        _list(waiting)


def _list(waiting: Sequence[Waiting]) -> None:
    columns = ("tenant", "invoice", "customer", "stage", "due", "planned")
    rows = ((w.tenant, w.invoice, w.customer, w.stage, w.due, w.planned_for) for w in waiting)
    made = table("Waiting for approval", columns, rows, right=("due",), prose=("customer",))
    show(made, "Nothing waits for approval. `dun run --once` plans what is due today.")
    if waiting:
        say("Next: dun approve INVOICE ..., or dun approve --all")
