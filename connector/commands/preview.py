"""`dun preview`: what will be sent when, and what is held, with reasons. Reads the mirror only."""

from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.outlook import Outlook, outlook
from connector.printing import emit_json, json_option, say, show, table


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True, help="How far to look ahead.")
@tenant_option
@json_option
@click.pass_obj
def preview(config_path: Path, days: int, slug: str | None, as_json: bool) -> None:
    """Show what will be sent on the coming days if nobody pays, and what is held and why."""
    with tenants_of(config_path, slug) as tenants:
        outlooks = [outlook(tenant, days) for tenant in tenants]
    if as_json:
        emit_json({"days": days, "tenants": outlooks})
        return
    for each in outlooks:
        _print(each, days)


def _print(each: Outlook, days: int) -> None:
    asked = ("on", "customer", "stage", "invoices", "asks")
    rows = ((s.on, s.customer, s.stage, ", ".join(s.invoices), ", ".join(s.asks)) for s in each.sends)
    show(table(f"{each.tenant}: to be sent", asked, rows, right=("asks",)), f"{each.tenant}: nothing to send")
    held = ((h.invoice, h.customer, h.amount, h.since, h.why, h.next) for h in each.held)
    columns = ("invoice", "customer", "due", "since", "why", "next")
    show(table(f"{each.tenant}: held", columns, held, right=("due",)), f"{each.tenant}: nothing is held")
    for line in each.unreadable:
        say(f"  unreadable: {line}")
    if each.mode == "approve":
        say(f"{each.tenant} is in approve mode: nothing leaves before `dun approve`. Looked ahead {days} days.")
