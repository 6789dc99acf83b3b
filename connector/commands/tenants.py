"""`dun tenants`: which clients there are, and how each is doing."""

from pathlib import Path

import click

from connector.commands.options import how_to_connect, installation
from connector.overview import TenantOverview, overview
from connector.printing import count, emit_json, json_option, say, show, table


@click.command()
@json_option
@click.pass_obj
def tenants(config_path: Path, as_json: bool) -> None:
    """List the clients and how each is doing.

    Company, open invoices, time of the last pull (UTC), how messages leave, and the state of the connection.
    """
    with installation(config_path) as opened:
        rows = overview(opened)
        next_step = how_to_connect(opened.config)
    if as_json:
        emit_json({"tenants": rows})
        return
    columns = ("tenant", "company", "open", "last pull", "sends", "state")
    made = table("Tenants", columns, map(_row, rows), right=("open",), prose=("company", "state"))
    show(made, "No tenant is configured yet.")
    if not any(row.company for row in rows):
        say(f"Next: {next_step}")


def _row(tenant: TenantOverview) -> tuple[object, ...]:
    unread = f", {count(tenant.quarantined, 'record')} unreadable" if tenant.quarantined else ""
    return (
        tenant.slug,
        f"{tenant.company}, {tenant.ledger}" if tenant.company else tenant.ledger,
        tenant.open_invoices,
        f"{tenant.pulled_at:%Y-%m-%d %H:%M}" if tenant.pulled_at else "never",
        f"{tenant.mode}, {tenant.channel}",
        tenant.state + unread,
    )
