"""`dun tenants`: which clients there are, and how each is doing."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from connector.commands.options import how_to_connect, installation
from connector.connecting.overview import TenantOverview, overview
from connector.printing import count, emit_json, json_option, say, show, table


@click.command()
@json_option
@click.pass_obj
def tenants(config_path: Path, as_json: bool) -> None:
    """List the clients and how each is doing.

    Company, open invoices, time of the last cycle without a problem (UTC), how messages leave, and the state; then
    what each connection allows and when it ends. The days "if unused" begin anew whenever tokens are refreshed.
    """
    with installation(config_path) as opened:
        rows, now = overview(opened), opened.clock.now()
        next_step = how_to_connect(opened.config)
    if as_json:
        emit_json({"tenants": rows})
        return
    columns = ("tenant", "company", "open", "last success", "sends", "state")
    made = table("Tenants", columns, map(_row, rows), right=("open",), prose=("company", "sends", "state"))
    show(made, "No tenant is configured yet.")
    connected = [row for row in rows if row.company]
    ends = ("tenant", "rights", "left if unused", "left in all")
    show(table("Connections", ends, (_connection(row, now) for row in connected), prose=("rights",)))
    if not connected:
        say(f"Next: {next_step}")


def _row(tenant: TenantOverview) -> tuple[object, ...]:
    unread = f", {count(tenant.quarantined, 'record')} unreadable" if tenant.quarantined else ""
    return (
        tenant.slug,
        f"{tenant.company}, {tenant.ledger}" if tenant.company else tenant.ledger,
        tenant.open_invoices,
        f"{tenant.succeeded_at:%Y-%m-%d %H:%M}" if tenant.succeeded_at else "never",
        "nothing, read-only" if tenant.read_only else f"{tenant.mode}, {tenant.channel}",
        tenant.state + unread,
    )


def _connection(tenant: TenantOverview, now: datetime) -> tuple[object, ...]:
    kind = ", custom connection" if tenant.custom_connection else ""
    return (
        tenant.slug,
        tenant.rights + kind,
        _left(tenant.idle_ends_at, now),
        _left(tenant.consent_ends_at, now),
    )


def _left(end: datetime | None, now: datetime) -> str:
    """In days, one that has begun counted as a whole one; nothing is said where no end is known."""
    if end is None:
        return ""
    return count(max(-((now - end) // timedelta(days=1)), 0), "day")
