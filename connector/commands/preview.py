"""`dun preview`: what will be sent when, and what is held, with reasons. Reads the mirror only."""

from itertools import groupby
from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.dunning.segments import STANDARD
from connector.outlook import HeldInvoice, Outlook, outlook
from connector.printing import count, emit_json, in_words, json_option, say, show, table


@click.command()
@click.option(
    "--days", metavar="N", type=click.IntRange(1, 366), default=14, show_default=True, help="How far to look ahead."
)
@tenant_option
@json_option
@click.pass_obj
def preview(config_path: Path, days: int, slug: str | None, as_json: bool) -> None:
    """Show what will be sent when, and what is held and why.

    Supposes that nobody pays. Reads the mirror only: `dun sync` brings it up to date first.
    """
    with tenants_of(config_path, slug) as tenants:
        outlooks = [outlook(tenant, days) for tenant in tenants]
    if as_json:
        emit_json({"days": days, "tenants": outlooks})
        return
    for each in outlooks:
        _print(each, days)


def _print(each: Outlook, days: int) -> None:
    _print_sends(each, days)
    for held in _by_next_step(each):
        _print_held(each, held)
    if each.unreadable:
        say(f"{each.tenant}: {count(len(each.unreadable), 'record')} could not be read:")
    for line in each.unreadable:
        say(f"  {line}")
    messages = count(len(each.sends), "message")
    say(f"{each.tenant}: {messages} in {count(days, 'day')}, {count(len(each.held), 'invoice')} held.")
    if each.read_only:
        say(f"{each.tenant} is read-only: nothing is sent, and nothing is written to the ledger.")
    elif each.mode == "approve":
        say(f"{each.tenant} is in approve mode: `dun run --once` plans what is due, `dun approve` lets it go.")


def _print_sends(each: Outlook, days: int) -> None:
    columns = ["on", "customer", "stage", "by", "invoices", "asks"]
    rows = [[s.on, s.customer, s.stage, s.channel, ", ".join(s.invoices), ", ".join(s.asks)] for s in each.sends]
    if any(send.segment != STANDARD for send in each.sends):
        columns.append("segment")
        rows = [[*row, send.segment] for row, send in zip(rows, each.sends, strict=True)]
    made = table(f"{each.tenant}: to be sent", columns, rows, right=("asks",), prose=("customer", "invoices"))
    show(made, f"{each.tenant}: nothing to send in {count(days, 'day')}.")


def _by_next_step(each: Outlook) -> list[list[HeldInvoice]]:
    """Held invoices that wait for the same thing, so that a person can work through them."""
    held = sorted(each.held, key=lambda held: (held.reasons[0], held.next))
    return [list(group) for _, group in groupby(held, key=lambda held: (held.reasons[0], held.next))]


def _print_held(each: Outlook, held: list[HeldInvoice]) -> None:
    title = f"{each.tenant}: held ({in_words(held[0].reasons[0])}); next: {held[0].next}"
    columns, rows = ["invoice", "customer", "due", "since"], [[h.invoice, h.customer, h.amount, h.since] for h in held]
    if len({h.why for h in held}) > 1:  # otherwise the title has said it
        columns.append("why")
        rows = [[*row, h.why] for row, h in zip(rows, held, strict=True)]
    show(table(title, columns, rows, right=("due",), prose=("customer", "why")))
