"""`dun doctor`: what is wrong, and how to mend it."""

from pathlib import Path

import click

from connector.commands.options import tenant_option
from connector.printing import emit_json, json_option, say, show, table
from connector.watching.doctor import examine
from state.alerts import Finding

_EXIT_CODES = {"notice": 0, "warning": 1, "critical": 2}


@click.command()
@click.option("--offline", is_flag=True, help="Ask no ledger and no carrier; look only at what is here.")
@tenant_option
@json_option
@click.pass_obj
def doctor(config_path: Path, offline: bool, slug: str | None, as_json: bool) -> None:
    """Say what is wrong and how to mend it.

    Checks the configuration, secrets, data folder and disk, the daemon, every connection and its remaining days, what
    is due and has not left, and the alerts; then asks the ledgers and carriers themselves, without sending anything.

    Exit code 0: nothing, or notices only. 1: a warning. 2: something critical.
    """
    findings = examine(config_path, slug, offline=offline)
    worst = findings[0].severity if findings else None
    if as_json:
        emit_json({"worst": worst, "findings": findings})
    else:
        made = table("Findings", ("severity", "tenant", "what", "mend"), map(_row, findings), prose=("what", "mend"))
        show(made)
        if not findings:
            say("Everything is fine.")
    if worst and _EXIT_CODES[worst]:
        raise click.exceptions.Exit(_EXIT_CODES[worst])


def _row(finding: Finding) -> tuple[object, ...]:
    return finding.severity, finding.tenant, finding.words, finding.mend
