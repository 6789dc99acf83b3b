"""`dun report`: the numbers, for people, for programs and for spreadsheets."""

from datetime import date, datetime
from pathlib import Path

import click

from connector.commands.options import chosen, day_option, installation, tenant_option
from connector.commands.refusals import BadInput
from connector.config.settings import TenantSettings
from connector.keeping.folders import write_folder
from connector.letters.monthly import monthly_pdf
from connector.printing import emit_json, json_option, say, show, table
from connector.rehearsal import RehearsalError
from connector.reporting.asked import GROUPS, LONGEST_WINDOW, Asked, UnanswerableError, month_of, over_month
from connector.reporting.reports import REPORTS, built, firm_of
from connector.reports import printed
from connector.reports.table import Report, Table
from connector.wiring import Installation
from state.model import TenantSlug
from state.store import TenantStore

_NAME, _PROSE = 32, 60  # characters: of what stays on its line, and of words that may go on below


@click.command()
@click.argument("name", required=False)
@day_option("--as-of", "as_of", words="As it stood at the end of this day; without, today.")
@click.option(
    "--by",
    metavar="GROUP",
    type=click.Choice(GROUPS),
    default="customer",
    show_default=True,
    help="What aged debt is grouped by: customer, segment, currency or owner.",
)
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, LONGEST_WINDOW),
    default=90,
    show_default=True,
    help="Length of the window, for reports that look at one.",
)
@click.option("--month", metavar="YYYY-MM", help="As it stood at the end of this month, over the days of this month.")
@click.option(
    "--pdf", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Draw the monthly report there."
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
    month: str | None,
    pdf: Path | None,
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
    dun report monthly --month 2026-10 --pdf october.pdf
    """
    if name is None:
        _list(as_json=as_json)
        return
    if name not in REPORTS:
        raise BadInput(f"there is no report {name!r}; `dun report` lists those there are")
    first = _month(month, as_of)
    with installation(config_path) as opened:
        made = {each: _built(opened, each, name, as_of, first, by=by, days=days) for each in chosen(opened, slug)}
        if pdf is not None:
            _draw(opened, made, pdf)
    if folder is not None:
        files = {f"{each}-{file}": text for each, one in made.items() for file, text in printed.csv_files(one).items()}
        write_folder(folder, files)
    if as_json:
        emit_json({"reports": [{"tenant": each, **printed.as_json(one)} for each, one in made.items()]})
        return
    for each, one in made.items():
        _print(each, one)
    for written in filter(None, (folder, pdf)):
        say(f"Written to {written}.")


def _list(*, as_json: bool) -> None:
    if as_json:
        emit_json({"reports": [{"name": name, "words": listed.words} for name, listed in REPORTS.items()]})
        return
    rows = ((name, listed.words) for name, listed in REPORTS.items())
    show(table("Reports", ("name", "what it says"), rows, prose=("what it says",)))


def _month(month: str | None, as_of: datetime | None) -> date | None:
    """First day of `month`."""
    if month is None:
        return None
    if as_of is not None:
        raise BadInput("--month and --as-of both say up to when; give one of them")
    try:
        return month_of(month)
    except UnanswerableError as error:
        raise BadInput(str(error)) from None


def _draw(opened: Installation, made: dict[TenantSlug, Report], pdf: Path) -> None:
    [(slug, one), *others] = made.items()
    if one.name != "monthly" or others:
        raise BadInput("--pdf draws the monthly report of one tenant: `dun report monthly --tenant NAME --pdf FILE`")
    settings, fonts = opened.config.tenant(slug), opened.config.letters.fonts
    with opened.store(slug) as store:
        firm = firm_of(store, settings)
    try:
        pdf.write_bytes(monthly_pdf(one, firm, settings.locale, opened.config.base / fonts if fonts else None))
    except OSError as error:
        raise BadInput(f"{pdf} cannot be written: {error.strerror}") from None


def _built(
    opened: Installation,
    slug: TenantSlug,
    name: str,
    as_of: datetime | None,
    month: date | None,
    *,
    by: str,
    days: int,
) -> Report:
    settings = opened.config.tenant(slug)
    with opened.store(slug) as store:
        today = _today(opened, settings, store)
        asked = Asked(today=today, as_of=as_of.date() if as_of else today, by=by, days=days)
        try:
            return built(name, REPORTS[name], store, settings, asked if month is None else over_month(asked, month))
        except UnanswerableError as error:
            raise BadInput(str(error)) from None


def _today(opened: Installation, settings: TenantSettings, store: TenantStore) -> date:
    """The business day; of a rehearsal that is over, its last one, so that its files can still be looked at."""
    try:
        return settings.today_at(opened.clock.now())
    except RehearsalError:
        lived = store.cycles.last(1)
        if not lived:
            raise
        return lived[0].business_day


def _print(slug: TenantSlug, one: Report) -> None:
    say(f"{slug}: {one.title}, as of {one.as_of}")
    if one.formula:
        say(one.formula)
    for each in one.tables:
        _print_table(each)
    say(*one.cannot_know)


def _print_table(one: Table) -> None:
    """Words that take more than a name does go on below; everything else stays on one line."""
    rows = list(printed.rows_shown(one))
    titles = tuple(column.title for column in one.columns)
    right = [column.title for column in one.columns if column.kind in printed.RIGHT]
    longest = [max((len(row[place]) for row in rows), default=0) for place in range(len(titles))]
    prose = [title for title, width in zip(titles, longest, strict=True) if width > _NAME]
    made = table(one.title, titles, rows, right=right, prose=prose)
    for column, width in zip(made.columns, longest, strict=True):
        column.max_width = min(width, _PROSE) if width > _NAME else None
    show(made, whole=True)
