"""`dun tenants`: which clients there are, and how each is doing."""

from pathlib import Path

import click

from connector.commands.options import installation
from connector.overview import TenantOverview, overview
from connector.printing import emit_json, json_option, show, table


@click.command()
@json_option
@click.pass_obj
def tenants(config_path: Path, as_json: bool) -> None:
    """List the clients: company, connection, age of the data, open invoices."""
    with installation(config_path) as opened:
        rows = overview(opened)
    if as_json:
        emit_json({"tenants": rows})
        return
    columns = ("tenant", "ledger", "company", "state", "open", "quarantined", "last pull", "mode", "channel")
    made = table("Tenants", columns, map(_row, rows), right=("open", "quarantined"))
    show(made, "No tenant is configured yet. Add one with `dun connect xero --tenant NAME --zone ZONE`.")


def _row(tenant: TenantOverview) -> tuple[object, ...]:
    pulled = f"{tenant.pulled_at:%Y-%m-%d %H:%M} UTC" if tenant.pulled_at else "never"
    return (
        tenant.slug,
        tenant.ledger,
        tenant.company,
        tenant.state,
        tenant.open_invoices,
        tenant.quarantined,
        pulled,
        tenant.mode,
        tenant.channel,
    )
