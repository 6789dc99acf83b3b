"""`dun approve`: let planned reminders go. In approve mode nothing leaves without it."""

import getpass
from collections.abc import Sequence
from pathlib import Path

import click

from connector.commands.options import tenant_option, tenants_of
from connector.printing import emit_json, json_option, say, show, table
from connector.tenant import Tenant
from state.model import Reminder


@click.command()
@click.argument("invoices", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every planned reminder.")
@tenant_option
@json_option
@click.pass_obj
def approve(config_path: Path, invoices: Sequence[str], everything: bool, slug: str | None, as_json: bool) -> None:
    """Approve the planned reminders of INVOICES (numbers or ids), or --all. Without either, list what waits."""
    approved = waiting = 0
    with tenants_of(config_path, slug) as tenants:
        for tenant in tenants:
            planned = [r for r in tenant.store.reminders.planned() if not r.approved]
            wanted = planned if everything else _of_invoices(tenant, planned, invoices)
            approved += tenant.store.reminders.approve([r.id for r in wanted], getpass.getuser(), tenant.clock.now())
            waiting += len(planned) - len(wanted)
            if not everything and not invoices and not as_json:
                _list(tenant, planned)
    if as_json:
        emit_json({"approved": approved, "waiting": waiting})
    elif everything or invoices:
        say(f"Approved {approved}; {waiting} still wait. Approved ones leave with the next `dun run`.")
    if invoices and not approved:
        raise click.ClickException("none of these has a planned reminder; `dun preview` shows what is planned")


def _of_invoices(tenant: Tenant, planned: list[Reminder], texts: Sequence[str]) -> list[Reminder]:
    ids = {invoice.id for text in texts for invoice in tenant.store.mirror.find_invoice(text)}
    return [reminder for reminder in planned if reminder.invoice_id in ids]


def _list(tenant: Tenant, planned: list[Reminder]) -> None:
    rows = []
    for reminder in planned:
        invoice = tenant.store.mirror.invoice(reminder.invoice_id)
        contact = tenant.store.mirror.contact(reminder.contact_id)
        number = (invoice.number if invoice else None) or reminder.invoice_id
        amount = invoice.due if invoice else ""
        rows.append((number, contact.name if contact else "", reminder.stage, amount, reminder.planned_for))
    made = table(f"{tenant.slug}: waiting for approval", ("invoice", "customer", "stage", "due", "planned"), rows)
    show(made, f"{tenant.slug}: nothing waits for approval")
