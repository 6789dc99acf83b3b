"""`dun report`: the numbers, for people, for programs and for spreadsheets."""

from datetime import datetime
from pathlib import Path

import click

from connector.commands.options import chosen, day_option, installation, tenant_option
from connector.commands.refusals import BadInput
from connector.keeping.folders import write_folder
from connector.printing import emit_json, json_option, say, show, table
from connector.reporting.reports import REPORTS, Asked
from connector.reports import printed
from connector.reports.table import Report
from connector.wiring import Installation
from state.model import TenantSlug


@click.command()
@click.argument("name", required=False)
@day_option("--as-of", "as_of", words="As it stood at the end of this day; without, today.")
@click.option(
    "--by",
    metavar="GROUP",
    type=click.Choice(["customer", "segment", "currency", "owner"]),
    default="customer",
    show_default=True,
    help="What aged debt is grouped by: customer, segment, currency or owner.",
)
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 3660),
    default=90,
    show_default=True,
    help="Length of the window, for reports that look at one.",
)
@click.option(
    "--csv", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help="Write a CSV file per table there."
)
@tenant_option
@json_option
@click.pass_obj
def report(
    config_path: Path,
    name: str | None,
    as_of: datetime | None,
    by: str,
    days: int,
    folder: Path | None,
    slug: str | None,
    as_json: bool,
) -> None:
    """Show one of the reports, or list them.

    NAME is a report's name; without one, all are listed. How each number is reckoned, and where it cannot be known,
    is told in docs/reference/numbers.md. A question mark is no nought: the sentences below the table say why.

    \b
    dun report
    dun report aged-debt --by segment --as-of 2026-10-31
    dun report dso --days 180 --csv october
    """
    if name is None:
        _list(as_json=as_json)
        return
    if name not in REPORTS:
        raise BadInput(f"there is no report {name!r}; `dun report` lists those there are")
    with installation(config_path) as opened:
        made = {each: _built(opened, each, name, as_of, by=by, days=days) for each in chosen(opened, slug)}
    if folder is not None:
        files = {f"{each}-{file}": text for each, one in made.items() for file, text in printed.csv_files(one).items()}
        write_folder(folder, files)
    if as_json:
        emit_json({"reports": [{"tenant": each, **printed.as_json(one)} for each, one in made.items()]})
        return
    for each, one in made.items():
        _print(each, one)
    if folder is not None:
        say(f"Written to {folder}.")


def _list(*, as_json: bool) -> None:
    if as_json:
        emit_json({"reports": [{"name": name, "words": listed.words} for name, listed in REPORTS.items()]})
        return
    rows = ((name, listed.words) for name, listed in REPORTS.items())
    show(table("Reports", ("name", "what it says"), rows, prose=("what it says",)))


def _built(opened: Installation, slug: TenantSlug, name: str, as_of: datetime | None, *, by: str, days: int) -> Report:
    settings = opened.config.tenant(slug)
    today = settings.today_at(opened.clock.now())
    asked = Asked(today=today, as_of=as_of.date() if as_of else today, by=by, days=days)
    with opened.store(slug) as store:
        return REPORTS[name].build(store, settings, asked)


def _print(slug: TenantSlug, one: Report) -> None:
    say(f"{slug}: {one.title}, as of {one.as_of}")
    if one.formula:
        say(one.formula)
    for each in one.tables:
        titles = tuple(column.title for column in each.columns)
        right = [column.title for column in each.columns if column.kind in printed.RIGHT]
        prose = [column.title for column in each.columns if column.kind == "text"]
        rows = (
            [printed.shown(cell, column) for cell, column in zip(row, each.columns, strict=True)] for row in each.rows
        )
        show(table(each.title, titles, rows, right=right, prose=prose))
    say(*one.cannot_know)
