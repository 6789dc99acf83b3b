"""`dun run`: the cycle, once or for ever."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import click

from connector.commands.options import chosen, installation, tenant_option
from connector.commands.rounds import each_in_turn
from connector.printing import count, emit_json, in_words, json_option, say
from connector.report import CycleReport, Problem
from connector.rounds import run_tenant
from connector.watching.watch import Round, watched_round
from connector.wiring import Installation
from state.model import TenantSlug


@click.command()
@click.option("--once", is_flag=True, help="One cycle for each tenant, then stop.")
@click.option("--dry-run", is_flag=True, help="With --once: pull and decide, but plan, send and note nothing.")
@tenant_option
@json_option
@click.pass_obj
def run(config_path: Path, once: bool, dry_run: bool, slug: str | None, as_json: bool) -> None:
    """Run the cycle: pull, decide, verify, send, note.

    Without --once it goes on until it is stopped (Ctrl-C or SIGTERM), looking at each tenant every `poll_minutes`.
    What is being sent when the stop comes is finished first; what takes longer than `grace_seconds`, or than your
    patience (a second Ctrl-C), is broken off, with exit code 3. Tenants join as they are connected, and SIGHUP makes it
    read the configuration again.

    In approve mode the cycle plans what is due and waits: see `dun approve`.
    """
    if not once and (dry_run or as_json):
        raise click.UsageError("--dry-run and --json go with --once")
    with installation(config_path) as opened:
        slugs = chosen(opened, slug)
        if once:
            _once(opened, slugs, dry_run, as_json)
            return
    from connector.running.serving import (
        serve,  # the daemon and its web service: a third of what a single cycle would import
    )

    serve(opened.config, opened.clock, slugs, only=slugs[0] if slug else None, show=_say_all)


def _once(opened: Installation, slugs: list[TenantSlug], dry_run: bool, as_json: bool) -> None:
    def cycle(slug: TenantSlug) -> CycleReport:
        return run_tenant(opened, slug, dry_run=dry_run)

    def show(report: CycleReport) -> None:
        if not as_json:
            _say_all(report)

    with nullcontext(Round()) if dry_run else watched_round(opened) as watched:
        reports = each_in_turn(opened, slugs, "running the cycle", cycle, show)
        watched.went_well = all(report.went_well for report in reports)
    if as_json:
        emit_json({"tenants": reports})
    if not watched.went_well:
        raise click.exceptions.Exit(1)


def _say_all(report: CycleReport) -> None:
    for line in summary_lines(report):
        say(line)


def summary_lines(report: CycleReport) -> list[str]:
    """One cycle in a few plain lines: what was done, then what was not and why."""
    done = [_sent(report), count(report.api_calls, "API call")]
    if report.notes_written:
        done.insert(1, f"{count(report.notes_written, 'note')} written")
    return [f"{report.tenant} {report.business_day}: {', '.join(done)}", *(f"  {line}" for line in _left(report))]


def _sent(report: CycleReport) -> str:
    if not report.sent:
        return "nothing sent, read-only" if report.read_only else "nothing sent"
    stages = " and ".join(f"{number} {stage}" for stage, number in sorted(report.sent.items()))
    messages = count(report.messages, "message")
    return f"read-only, so {messages} went to the outbox folder" if report.read_only else f"sent {stages} in {messages}"


def _left(report: CycleReport) -> Iterator[str]:
    if report.would_send:
        yield f"{count(report.would_send, 'reminder')} due today; each would still go through the live check"
    if report.awaiting_approval:
        yield f"{count(report.awaiting_approval, 'reminder')} waiting for approval: dun approve"
    yield from (
        f"{number} stopped by the live check: {in_words(why)}" for why, number in sorted(report.stopped.items())
    )
    for why in sorted(report.waiting.keys() - report.stopped.keys()):
        yield f"{report.waiting[why]} kept for later: {in_words(why)}"
    yield from (f"{number} no longer needed: {in_words(why)}" for why, number in sorted(report.ended.items()))
    if report.notes_waiting:
        yield f"{count(report.notes_waiting, 'note')} still to be written"
    if report.quarantined:
        yield f"{count(report.quarantined, 'record')} could not be read; dun preview lists them"
    if people := report.decided["ask_person"]:
        yield f"{count(people, 'invoice')} held until a person acts: dun preview"
    yield from (_problem(report, problem) for problem in report.problems)


def _problem(report: CycleReport, problem: Problem) -> str:
    if problem.code == "paused":
        return f"paused: {problem.words}; `dun release --everything --tenant {report.tenant}` ends it"
    return problem.words
