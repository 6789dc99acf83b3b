"""`dun demo`: sixty days on the embedded sandbox, and whether the promises held."""

import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from connector.commands.refusals import BadInput
from connector.commands.web import tell_as_json, tell_in_words
from connector.config.settings import Config
from connector.demo.days import DemoError, run_demo
from connector.demo.summary import DemoResult
from connector.demo.telling import CaseResult
from connector.printing import count, emit_json, in_words, json_option, progress, say, show, table
from state.clock import Clock

_CASE_WIDTH = 50  # columns, so that a case fits a terminal of eighty


@click.command()
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 365),
    default=60,
    show_default=True,
    help="Virtual days to live through.",
)
@click.option(
    "--seed", metavar="WORD", default="demo", show_default=True, help="The same word gives the same sixty days."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Where the mirror files and mails are left.",
)
@click.option("--page/--no-page", "page", default=None, help="Serve the page on it at the end; usual on a terminal.")
@json_option
def demo(days: int, seed: str, folder: Path, page: bool | None, as_json: bool) -> None:
    """Live through sixty days with two invented firms.

    Starts a sandbox of its own, connects both firms, and runs the cycle twice a day while their customers pay, pay in
    part, get credits, dispute and promise. Twenty-nine named customers stand for a case each, from a text message to a
    handover and a write-off; each is listed with the command that shows it. At the end the firms' books judge what was
    sent; exit code 1 if a promise was broken. Then, on a terminal, the page is served on them until Ctrl-C, with a link
    for the first account.
    """
    serves = sys.stdout.isatty() and not as_json if page is None else page
    try:
        with progress() as bar:
            task = bar.add_task("living through the days", total=days)

            def afterwards(result: DemoResult, config: Config, world: Any, clock: Clock) -> None:
                bar.stop()
                _tell(result, as_json=as_json, page=serves)
                if serves:
                    from connector.demo.morning import open_page  # the server and its templates

                    open_page(config, world, clock, tell_as_json if as_json else tell_in_words)

            result = run_demo(folder, days=days, seed=seed, each_day=lambda: bar.advance(task), afterwards=afterwards)
    except DemoError as error:
        raise BadInput(str(error)) from error
    if result.broken_promises:
        raise click.exceptions.Exit(1)


def _tell(result: DemoResult, *, as_json: bool, page: bool) -> None:
    if as_json:
        emit_json(result)
        return
    _print(result)
    if not page:
        say("Look at it in a browser: dun demo --page")


def _print(result: DemoResult) -> None:
    say(f"{count(result.days, 'virtual day')}, {count(len(result.tenants), 'firm')}, every call over real HTTP.", "")
    columns = ("firm", "ledger", "reminders", "messages", "notes", "API calls")
    rows = ((t.company, t.ledger, t.sent, t.messages, t.notes, f"{t.api_calls:,}") for t in result.tenants.values())
    show(table("Sent", columns, rows, right=columns[2:], prose=("firm",)))
    _print_counts("Reminders by stage", "stage", result.sent_by_stage)
    _print_counts("Stopped by the live check, seconds before sending", "reason", result.stopped_at_live_check)
    _print_counts("Open at the end, but not chased", "reason", result.held)
    _print_counts("Problems on the way", "kind", result.problems)
    say(f"Stopped because the money came: {count(result.stopped_paid, 'invoice')}.")
    say(f"Asked for less because of unapplied credit: {count(result.netted, 'message')}.", "")
    lines = [line for each in result.cases for line in _told(each)]
    show(table("One customer for each case, and the command that shows it", ("case", "what happened"), lines))
    title = "The books' verdict on what the receivers got"
    show(table(title, ("must be 0", "count"), _verdict(result), right=("count",)))
    say(f"Look at it: {result.folder}/data/tenants/*/dun.db (any SQLite browser) and {result.folder}/mails.")
    say(f"Ask it, in {result.folder}: {result.cases[0].ask}, or what stands beside each case.")
    say("The promises held." if not result.broken_promises else f"BROKEN: {'; '.join(result.broken_promises)}")


def _told(each: CaseResult) -> Iterator[tuple[str, str]]:
    """The lines of one case: its name on the left, on the right what came of the customer, and the command."""
    words = wrap(f"{each.customer}: {', '.join(each.happened)}", _CASE_WIDTH)
    return zip_longest((each.case,), (*words, each.ask), fillvalue="")


def _print_counts(title: str, of: str, counts: Mapping[str, int]) -> None:
    rows = ((in_words(code), number) for code, number in counts.items())
    show(table(title, (of, "count"), rows, right=("count",)))


def _verdict(result: DemoResult) -> list[tuple[str, int]]:
    return [
        ("messages about invoices that were settled or covered by credit", result.chased_paid),
        ("duplicates", result.duplicates),
        ("wrong amounts", result.wrong_amounts),
        ("reminders without a note", result.reminders_without_note),
        ("notes without a reminder", result.notes_without_reminder),
    ]
