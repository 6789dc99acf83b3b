"""`dun audit`: who did what, and when; and how much of the work people did themselves."""

from datetime import UTC, datetime
from pathlib import Path

import click

from connector.agreements.details import details_in_words
from connector.agreements.trail import deeds
from connector.commands.options import chosen, day_option, installation, tenant_option, tenants_of
from connector.printing import emit_json, json_option, show, table


@click.command()
@day_option("--since", "since", words="From the beginning of this day (UTC).")
@click.option("--customer", metavar="NAME", help="Only about this customer and its invoices (name or id).")
@click.option("--counts", is_flag=True, help="Instead: by month, what Dun did by itself and what people did.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(1), default=100, show_default=True, help="The latest N of all tenants."
)
@tenant_option
@json_option
@click.pass_obj
def audit(
    config_path: Path,
    since: datetime | None,
    customer: str | None,
    counts: bool,
    limit: int,
    slug: str | None,
    as_json: bool,
) -> None:
    """Tell who did what, the latest first.

    Every hold, agreement and word about a customer is kept with the person's account on this machine. What Dun settled
    by itself is kept under the name dun. The trail can be added to, and not be changed.
    """
    if counts:
        _counts(config_path, slug, as_json)
        return
    with installation(config_path) as opened:
        begins = None if since is None else since.replace(tzinfo=UTC)
        found = deeds(opened, chosen(opened, slug), begins, customer, limit)
    if as_json:
        emit_json({"audit": [{"tenant": each.tenant, "about": each.about, "entry": each.entry} for each in found]})
        return
    rows = (
        (
            f"{d.entry.at:%Y-%m-%d %H:%M}",
            d.tenant,
            d.entry.who,
            d.entry.action,
            d.about,
            details_in_words(d.entry.details),
        )
        for d in found
    )
    columns = ("at (UTC)", "tenant", "who", "action", "about", "details")
    show(table("Who did what", columns, rows, prose=("about", "details")), "Nobody has done anything yet.")


def _counts(config_path: Path, slug: str | None, as_json: bool) -> None:
    with tenants_of(config_path, slug) as tenants:
        found = {tenant.slug: tenant.store.audit.by_month() for tenant in tenants}
    if as_json:
        emit_json({"tenants": [{"tenant": name, "actions": counted} for name, counted in found.items()]})
        return
    rows = ((name, c.month, c.action, str(c.automatic), str(c.manual)) for name, each in found.items() for c in each)
    columns = ("tenant", "month", "action", "by Dun", "by people")
    show(table("What was done", columns, rows, right=("by Dun", "by people")), "Nothing has been done yet.")
