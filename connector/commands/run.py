"""`dun run`: the cycle, once or for ever."""

from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.config import load
from connector.daemon import run_forever
from connector.printing import diagnostics, emit_json, json_option, say
from connector.report import CycleReport
from connector.rounds import run_tenant
from connector.wiring import Installation
from state.errors import Busy
from state.model import TenantSlug


@click.command()
@click.option("--once", is_flag=True, help="One cycle for each tenant, then stop.")
@click.option("--dry-run", is_flag=True, help="With --once: pull and decide, but plan, send and note nothing.")
@tenant_option
@json_option
@click.pass_obj
def run(config_path: Path, once: bool, dry_run: bool, slug: str | None, as_json: bool) -> None:
    """Pull, decide, verify, send, note: once, or every few minutes until stopped."""
    if dry_run and not once:
        raise click.UsageError("--dry-run goes with --once")
    with installation(config_path) as opened:
        slugs = chosen(opened, slug)
        if once:
            _once(opened, slugs, dry_run, as_json)
        else:
            _for_ever(config_path, opened, slugs)


def _once(opened: Installation, slugs: list[TenantSlug], dry_run: bool, as_json: bool) -> None:
    reports = []
    for slug in slugs:
        with diagnostics.status(f"{slug}: working ..."):
            reports.append(run_tenant(opened, slug, dry_run=dry_run))
        if not as_json:
            for line in summary_lines(reports[-1]):
                say(line)
    if as_json:
        emit_json({"tenants": reports})
    if any(problem.needs_person for report in reports for problem in report.problems):
        raise click.exceptions.Exit(1)


def _for_ever(config_path: Path, opened: Installation, slugs: list[TenantSlug]) -> None:
    intervals = [(slug, opened.config.tenant(slug).poll_minutes) for slug in slugs]
    say(f"Running for {', '.join(slugs)}; stop with Ctrl-C.")

    def tick(slug: TenantSlug) -> None:
        with Installation(load(config_path)) as own:  # stores belong to the thread that opened them
            try:
                report = run_tenant(own, slug)
            except Busy as busy:
                say(f"{slug}: {busy}")
                return
        for line in summary_lines(report):
            say(line)

    run_forever(tick, intervals, first=opened.clock.now())
    say("Stopped.")


def summary_lines(report: CycleReport) -> list[str]:
    """One cycle in a few plain lines."""
    sent = ", ".join(f"{count} {stage}" for stage, count in sorted(report.sent.items())) or "none"
    lines = [
        (
            f"{report.tenant} {report.business_day}: sent {sent} in {report.messages} messages; "
            f"notes written {report.notes_written}; calls {report.api_calls}"
        )
    ]
    if report.would_send:
        lines.append(f"  {report.would_send} reminders are due and would go through the live check")
    if report.awaiting_approval:
        lines.append(f"  {report.awaiting_approval} reminders wait for approval: dun preview, then dun approve")
    lines += [f"  {count} stopped by the live check: {reason}" for reason, count in sorted(report.stopped.items())]
    lines += [f"  {count} waiting: {reason}" for reason, count in sorted(report.waiting.items())]
    lines += [f"  {count} ended: {reason}" for reason, count in sorted(report.ended.items())]
    return lines + [f"  {problem.words}" for problem in report.problems]
