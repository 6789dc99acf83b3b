"""`dun sync`: fill the mirror, look at nothing else."""

from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.printing import diagnostics, emit_json, json_option, say
from connector.report import CycleReport
from connector.rounds import sync_tenant


@click.command()
@tenant_option
@json_option
@click.pass_obj
def sync(config_path: Path, slug: str | None, as_json: bool) -> None:
    """Bring the mirror up to date with the ledger. Sends nothing, writes nothing back."""
    reports = []
    with installation(config_path) as opened:
        for each in chosen(opened, slug):
            with diagnostics.status(f"{each}: reading the ledger ..."):
                reports.append(sync_tenant(opened, each))
            if not as_json:
                _print(reports[-1])
    if as_json:
        emit_json({"tenants": reports})
    if any(report.problems for report in reports):
        raise click.exceptions.Exit(1)


def _print(report: CycleReport) -> None:
    say(
        f"{report.tenant}: {report.changed:,} rows changed, {report.open_invoices:,} invoices open, "
        f"{report.quarantined:,} records quarantined, {report.api_calls:,} calls"
    )
    for problem in report.problems:
        say(f"  {problem.words}")
