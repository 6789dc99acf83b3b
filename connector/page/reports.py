"""The reports of `dun report` on the page: tables with a chart where one helps, and each to be taken along.

They are built by the same functions with the same choices, so page, terminal and spreadsheet cannot differ.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.responses import Response
from starlette.routing import Route

from connector.letters.data import LetterError
from connector.letters.monthly import monthly_pdf
from connector.page.navigation import Entry
from connector.page.report_charts import charts_of
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from connector.reporting.asked import (
    FIRST_DAY,
    GROUPS,
    LONGEST_WINDOW,
    Asked,
    UnanswerableError,
    month_of,
    over_month,
)
from connector.reporting.reports import REPORTS, Listed, built, firm_of
from connector.reports import printed
from connector.reports.table import Report, Table
from connector.saying.said import say
from state.plain_text import json_line

NAVIGATION = (Entry("/t/{tenant}/reports", "reports.title", 40, "report"),)
_LIMITS: dict[str, Any] = {"groups": GROUPS, "first_day": FIRST_DAY, "longest": LONGEST_WINDOW}
_DIGITS = 9
_DRAWN = "monthly"  # the report that there is as a PDF
_SHOWN = 500  # rows of a table; the file has all


def routes(site: Site) -> list[Route]:
    here = "/t/{tenant}/reports"
    return [
        site.page(here, _list, "report"),
        site.page(f"{here}/{{name}}", _answered(_show), "report"),
        site.page(f"{here}/{{name}}/page.pdf", _answered(_pdf), "report"),
        site.page(f"{here}/{{name}}/all.json", _answered(_json), "report"),
        site.page(f"{here}/{{name}}/{{table}}.csv", _answered(_csv), "report"),
    ]


def _list(visit: Visit) -> Response:
    return visit.show("reports.html", here=_home(visit), listed=REPORTS.items())


def _answered(show: Callable[[Visit], Response]) -> Callable[[Visit], Response]:
    """`show`; of what no report can be of, the reason, and the choice once more."""

    def answer(visit: Visit) -> Response:
        try:
            return show(visit)
        except UnanswerableError as error:
            today = visit.tenant.today_at(visit.now)
            return visit.show(
                "report_refused.html",
                status=422,
                here=f"{_home(visit)}/{visit.request.path_params['name']}",
                title=_listed(visit).title,
                words=error.words,
                **_choice(visit, Asked(today=today, as_of=today)),
            )

    return answer


def _show(visit: Visit) -> Response:
    made, asked = visit.words.said.report(_made(visit)), _asked(visit)
    charts = [chart for table in made.tables for chart in charts_of(visit.words, table)]
    chosen = {"as_of": asked.as_of.isoformat(), "by": asked.by, "days": str(asked.days)}
    return visit.show(
        "report.html",
        here=f"{_home(visit)}/{made.name}",
        report=made,
        drawn=made.name == _DRAWN,
        **_choice(visit, asked, day=visit.query.get("as_of", ""), month=visit.query.get("month", "")),
        charts=charts,
        tables=[(table, shortened(table)) for table in made.tables],
        shown=_SHOWN,
        chosen=urlencode(chosen),
    )


def _choice(visit: Visit, asked: Asked, day: str = "", month: str = "") -> dict[str, Any]:
    """What the form has in it. `day` and `month` are as the address has them; without both it is today's."""
    heeds = _listed(visit).heeds
    if "as_of" not in heeds:
        month = f"{asked.as_of:%Y-%m}"
    chosen = {"day": day, "month": month, "by": asked.by, "days": asked.days, "today": asked.today}
    return {"heeds": heeds, **chosen, **_LIMITS}


def _pdf(visit: Visit) -> Response:
    """As `dun report monthly --pdf` draws it, in the firm's own language."""
    listed, name, settings = _listed(visit), visit.request.path_params["name"], visit.tenant
    if name != _DRAWN:
        raise NotHere
    with visit.open() as opened, opened.tenant(settings.slug) as tenant:
        made = built(name, listed, tenant.store, settings, _asked(visit))
        firm, fonts = firm_of(tenant.store, settings), tenant.fonts
    try:
        drawn = monthly_pdf(made, firm, settings.locale, fonts)
    except LetterError as error:
        return visit.refused(f"{_home(visit)}/{name}", error)
    return _file(f"{settings.slug}-{made.as_of:%Y-%m}.pdf", drawn, "application/pdf")


def _json(visit: Visit) -> Response:
    made = _made(visit)
    text = json_line({"tenant": visit.tenant.slug, **printed.as_json(made)})
    return _file(f"{visit.tenant.slug}-{made.name}.json", text.encode(), "application/json")


def _csv(visit: Visit) -> Response:
    made = _made(visit)
    name = f"{made.name}-{visit.request.path_params['table']}.csv"
    files = printed.csv_files(made)
    if name not in files:
        raise NotHere
    return _file(f"{visit.tenant.slug}-{name}", files[name], "text/csv; charset=utf-8")


def _made(visit: Visit) -> Report:
    listed, name = _listed(visit), visit.request.path_params["name"]
    with visit.open() as opened, opened.store(visit.tenant.slug) as store:
        return built(name, listed, store, visit.tenant, _asked(visit))


def _listed(visit: Visit) -> Listed:
    listed = REPORTS.get(visit.request.path_params["name"])
    if listed is None:
        raise NotHere
    return listed


def _asked(visit: Visit) -> Asked:
    """What the address asks for; what it leaves out is as usual. Raises UnanswerableError."""
    today, query = visit.tenant.today_at(visit.now), visit.query
    usual = Asked(today=today, as_of=today)
    as_of, month, by, days = (query.get(name, "") for name in ("as_of", "month", "by", "days"))
    if by and by not in GROUPS:
        raise UnanswerableError(say("Nothing can be grouped by {by}.", by=by))
    asked = Asked(
        today=today,
        as_of=_day(as_of) if as_of else today,
        by=by or usual.by,
        days=_days(days) if days else usual.days,
    )
    if not month:
        return asked
    if as_of:
        raise UnanswerableError(say("A day and a month both say up to when; give one of them."))
    return over_month(asked, month_of(month))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnanswerableError(say("{text} is no day; write it like 2026-03-31.", text=text)) from None


def _days(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and 1 <= int(text) <= LONGEST_WINDOW:
        return int(text)
    raise UnanswerableError(say("A window is of 1 to {most} days, and not of {text}.", most=LONGEST_WINDOW, text=text))


def shortened(table: Table) -> Table:
    """The first rows of it, which a browser shows at once."""
    return replace(table, rows=table.rows[:_SHOWN])


def _file(name: str, content: bytes, kind: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _home(visit: Visit) -> str:
    return f"/t/{visit.tenant.slug}/reports"
