"""`dun resolve`: say what became of a send that Dun could not be sure of, or let a failed one go again."""

from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.people import at_the_terminal
from connector.printing import count, emit_json, json_option, say, show, table
from connector.resolving import Outcome, open_sends
from connector.resolving import resolve as settle
from state.model import Reminder, TenantSlug

_WORDS = {
    "sent": "counted as sent; the note follows with the next cycle",
    "skipped": "counted as not sent; the stage is passed over",
    "retry": "planned again",
}


@click.command()
@click.argument("invoice", required=False)
@click.argument("outcome", required=False, type=click.Choice(["sent", "skipped", "retry"]))
@tenant_option
@json_option
@click.pass_obj
def resolve(config_path: Path, invoice: str | None, outcome: Outcome | None, slug: str | None, as_json: bool) -> None:
    """Settle sends that are unknown or failed, or list them.

    OUTCOME is sent or skipped for an unknown one (ask the customer or look at the carrier), and retry for a failed one
    whose cause was mended. Nothing unknown is ever sent again by itself.

    \b
    dun resolve
    dun resolve INV-1041 sent
    """
    with installation(config_path) as opened:
        if invoice is None:
            _list(open_sends(opened, chosen(opened, slug)), as_json=as_json)
            return
        if outcome is None:
            raise click.UsageError("say what became of it: sent, skipped or retry")
        settled = settle(opened, slug, invoice, outcome, at_the_terminal())
    if as_json:
        emit_json({"invoice": invoice, "outcome": outcome, "settled": settled})
        return
    say(f"{count(settled, 'reminder')} of {invoice} {_WORDS[outcome]}.")


def _list(found: list[tuple[TenantSlug, Reminder, str]], *, as_json: bool) -> None:
    if as_json:
        emit_json({"open": [{"tenant": slug, "invoice": number, "reminder": each} for slug, each, number in found]})
        return
    rows = ((slug, number, each.stage, each.state, each.reason) for slug, each, number in found)
    made = table("Somebody has to say", ("tenant", "invoice", "stage", "state", "why"), rows, prose=("why",))
    show(made, "Nothing is unknown and nothing has failed.")
