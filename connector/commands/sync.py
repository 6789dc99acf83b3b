"""`dun sync`: fill the mirror, look at nothing else."""

from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.commands.rounds import each_in_turn
from connector.printing import count, emit_json, json_option, say
from connector.report import CycleReport
from connector.rounds import sync_tenant
from state.model import TenantSlug


@click.command()
@tenant_option
@json_option
@click.pass_obj
def sync(config_path: Path, slug: str | None, as_json: bool) -> None:
    """Bring the mirror up to date with the ledger.

    Reads everything that has changed and compares what is open. Sends nothing, writes nothing back.
    """
    with installation(config_path) as opened:

        def read(slug: TenantSlug) -> CycleReport:
            return sync_tenant(opened, slug)

        def show(report: CycleReport) -> None:
            if not as_json:
                _print(report)

        reports = each_in_turn(opened, chosen(opened, slug), "reading the ledger", read, show)
    if as_json:
        emit_json({"tenants": reports})
    if any(report.problems for report in reports):
        raise click.exceptions.Exit(1)


def _print(report: CycleReport) -> None:
    facts = [
        f"{count(report.changed, 'record')} new or changed",
        count(report.api_calls, "API call"),
    ]
    if report.open_invoices or not report.problems:  # what broke off has not counted them
        facts.insert(0, f"{count(report.open_invoices, 'invoice')} open")
    if report.quarantined:
        facts.insert(-1, f"{report.quarantined:,} could not be read (dun preview lists them)")
    say(f"{report.tenant}: {', '.join(facts)}")
    for problem in report.problems:
        say(f"  {problem.words}")
