"""`dun demo`: sixty days on the embedded sandbox, and whether the promises held."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connector.demo.days import DemoError, run_demo
from connector.demo.summary import DemoResult
from connector.printing import console, diagnostics, emit_json, json_option, say, table


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 365), default=60, show_default=True, help="Virtual days to live through."
)
@click.option("--seed", default="demo", show_default=True, help="The same word gives the same sixty days.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Where the mirror files and mails are left.",
)
@json_option
def demo(days: int, seed: str, folder: Path, as_json: bool) -> None:
    """Live through sixty days with two invented firms, and let their books judge what was sent."""
    bar = Progress(
        TextColumn("living through the days"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=diagnostics,
        transient=True,
    )
    try:
        with bar:
            task = bar.add_task("days", total=days)
            result = run_demo(folder, days=days, seed=seed, each_day=lambda: bar.advance(task))
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        emit_json(result)
    else:
        _print(result)
    if result.broken_promises:
        raise click.exceptions.Exit(1)


def _print(result: DemoResult) -> None:
    say(f"\n{result.days} virtual days, {len(result.tenants)} firms on real wires, every call over HTTP.\n")
    columns = ("firm", "ledger", "reminders", "messages", "notes", "API calls")
    rows = ((t.company, t.ledger, t.sent, t.messages, t.notes, f"{t.api_calls:,}") for t in result.tenants.values())
    console.print(table("Sent", columns, rows, right=columns[2:]))
    stages = ", ".join(f"{count} {stage}" for stage, count in result.sent_by_stage.items())
    say(f"Reminders by stage: {stages}.")
    say(f"Stopped because the money came: {result.stopped_paid} invoices.")
    say(f"Asked for less because of unapplied credit: {result.netted} messages.\n")
    console.print(
        table(
            "Stopped by the live check, seconds before sending",
            ("reason", "reminders"),
            result.stopped_at_live_check.items(),
            right=("reminders",),
        )
    )
    console.print(table("Open, but not chased today", ("reason", "invoices"), result.held.items(), right=("invoices",)))
    console.print(
        table(
            "The books' verdict on what the receivers got",
            ("must be zero", "count"),
            _verdict(result),
            right=("count",),
        )
    )
    say(f"\nLook at it: {result.folder}/data/tenants/*/dun.db (any SQLite browser), {result.folder}/mails,")
    say(f"and ask: dun -c {result.folder}/config.toml history, or open the view reminder_history.")
    say("\nThe promises held." if not result.broken_promises else f"\nBROKEN: {'; '.join(result.broken_promises)}")


def _verdict(result: DemoResult) -> list[tuple[str, int]]:
    return [
        ("messages about invoices that were settled or covered by credit", result.chased_paid),
        ("duplicates", result.duplicates),
        ("wrong amounts", result.wrong_amounts),
        ("reminders without a note", result.reminders_without_note),
        ("notes without a reminder", result.notes_without_reminder),
    ]
