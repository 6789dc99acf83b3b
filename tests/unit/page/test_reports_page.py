"""Reports on the page are those of the terminal, with a chart where one helps, and each can be taken along."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from click.testing import CliRunner
from page_desk import HOME, PageDesk, page_desk
from pdf_pages import text_of

from connector.cli import main
from connector.config.settings import TenantSettings
from connector.page import reports
from connector.reporting.reports import Asked, Listed
from connector.reports.table import Column, Drawn, Report, Table
from connector.saying.said import say
from state.money import Money
from state.store import TenantStore

REPORTS = f"{HOME}/reports"


LAST = date(2026, 3, 1)
NOTHING = say("Nothing left from {first} to {last}, so there is nothing to tell.", first=LAST, last=LAST)


def _built(_store: TenantStore, _settings: TenantSettings, asked: Asked) -> Report:
    rows = tuple((f"week {n}", Money(n * 100, "GBP"), Decimal(n)) for n in range(1, 4))
    weeks = Table(
        "weeks",
        "Money by week",
        (Column("week", "Week"), Column("sum", "Sum", "money"), Column("n", "n", "count")),
        rows,
        (Drawn(("sum",), ("week",)),),
    )
    names = Table("names", "Names", (Column("name", "Name"),), (("=cmd()",), (None,), ("<b>x</b>",)))
    return Report(
        "made-up", f"Made up by {asked.by}", asked.as_of, (weeks, names), "one plus one", ("No rate is known.", NOTHING)
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageDesk]:
    with page_desk(tmp_path_factory.mktemp("reports"), customers=4) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "REPORTS", {"made-up": Listed("Made up", "two tables", _built)})
        yield made


def test_all_reports_are_listed(desk: PageDesk) -> None:
    assert f'href="{REPORTS}/made-up"' in desk.person().get(REPORTS).text


def test_a_report_has_its_tables_a_chart_and_what_cannot_be_known(desk: PageDesk) -> None:
    page = desk.person().get(f"{REPORTS}/made-up?by=segment&as_of=2026-02-01")

    assert "Made up by segment" in page.text
    assert "1 Feb 2026" in page.text
    assert "No rate is known." in page.text
    assert page.text.count("<svg") == 1
    assert "3.00\N{NO-BREAK SPACE}GBP" in page.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text


def test_beside_a_column_of_currencies_amounts_have_none(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("currency", "Currency"), Column("sum", "Sum", "money"))
    table = Table("sums", "Sums", columns, (("GBP", Money(123456, "GBP")),))
    report = Report("sums", "Sums", date(2026, 3, 2), (table,), "", ())
    monkeypatch.setattr(reports, "REPORTS", {"sums": Listed("Sums", "sums", lambda *_: report)})

    page = desk.person().get(f"{REPORTS}/sums").text

    assert "<bdi>1,234.56</bdi>" in page


def test_a_choice_that_is_left_out_is_the_usual_one(desk: PageDesk) -> None:
    page = desk.person().get(f"{REPORTS}/made-up?as_of=&by=&days=")

    assert "Made up by customer" in page.text
    assert "2 Mar 2026" in page.text


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("by=nobody", "Nothing can be grouped by nobody."),
        ("days=0", "A window is of 1 to 3,660 days, and not of 0."),
        ("days=000100999999999", "A window is of 1 to 3,660 days, and not of 000100999999999."),
        ("days=²", "A window is of 1 to 3,660 days, and not of ²."),
        ("as_of=soon", "soon is no day; write it like 2026-03-31."),
        ("as_of=2999-01-01", "1 Jan 2999 has not come yet: the latest day of a report is 2 Mar 2026."),
        ("month=2026-13", "2026-13 is no month; write it like 2026-03."),
        ("month=2026-04", "The month 2026-04 has not begun yet."),
        ("month=2026-02&as_of=2026-02-01", "A day and a month both say up to when; give one of them."),
        ("as_of=0001-01-01", "There is no report of 1 Jan 1: the earliest day is 1 Jan 1900."),
    ],
)
def test_what_no_report_can_be_of_is_refused_with_the_reason(desk: PageDesk, query: str, why: str) -> None:
    ada = desk.person()

    for path in ("", "/all.json", "/weeks.csv"):
        page = ada.get(f"{REPORTS}/made-up{path}?{query}")
        assert page.status == 422
        assert why in page.text


def test_of_a_day_before_the_file_begins_it_says_that_nothing_is_known(desk: PageDesk) -> None:
    page = desk.person().get(f"{REPORTS}/made-up?as_of=1999-12-31")

    assert "Nothing is known of 31 Dec 1999: the first invoice on file is of" in page.text


def test_it_can_be_taken_along_as_json_and_as_csv_that_no_spreadsheet_runs(desk: PageDesk) -> None:
    ada = desk.person()

    told = json.loads(ada.get(f"{REPORTS}/made-up/all.json").text)
    assert told["tables"][0]["rows"][0] == {"week": "week 1", "sum": {"amount": "1.00", "currency": "GBP"}, "n": "1"}
    assert "'=cmd()" in ada.get(f"{REPORTS}/made-up/names.csv").text


def test_a_report_is_in_the_readers_language_and_its_files_are_in_english(desk: PageDesk) -> None:
    reader, dutch = desk.person(), {"Accept-Language": "nl"}
    page = reader.get(f"{REPORTS}/made-up", **dutch)

    assert "Van 1 mrt 2026 tot en met 1 mrt 2026 is niets weggegaan" in page.text
    assert NOTHING in json.loads(reader.get(f"{REPORTS}/made-up/all.json", **dutch).text)["cannot_know"]


@pytest.mark.parametrize("path", ["no-such", "made-up/no-such.csv"])
def test_what_is_no_report_is_not_there(desk: PageDesk, path: str) -> None:
    assert desk.person().get(f"{REPORTS}/{path}").status == 404


def test_every_report_there_is_can_be_shown(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.reporting.reports import REPORTS as REAL

    monkeypatch.setattr(reports, "REPORTS", REAL)
    ada = desk.person()

    for name in REAL:
        page = ada.get(f"{REPORTS}/{name}")
        assert page.status == 200, name
        regions = re.findall(r'role="region" aria-label="([^"]*)"', page.text)
        assert len(regions) == len(set(regions)), "a landmark's name is its own"
        assert json.loads(ada.get(f"{REPORTS}/{name}/all.json").text)["as_of"] == str(date(2026, 3, 2))
        assert ada.get(f"{REPORTS}/{name}?as_of=2026-03-03").status == 422, name
        assert ada.get(f"{REPORTS}/{name}?as_of=1900-01-01&days=3660").status == (422 if name in OF_TODAY else 200)


def test_a_month_is_chosen_as_at_the_terminal(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.reporting.reports import REPORTS as REAL

    monkeypatch.setattr(reports, "REPORTS", REAL)
    words = ["-c", str(desk.office.folder / "config.toml"), "report", "dso", "--tenant", "north", "--month", "2026-02"]
    [told] = json.loads(CliRunner().invoke(main, [*words, "--json"]).output)["reports"]
    ada = desk.person()

    [link] = re.findall(r'href="([^"]*all[.]json[^"]*)"', ada.get(f"{REPORTS}/dso?month=2026-02&as_of=").text)

    assert json.loads(ada.get(unescape(link)).text) == told


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("aged-debt", {"as_of", "month", "by"}),
        ("dso", {"as_of", "month", "days"}),
        ("monthly", {"month"}),
        ("forecast", set()),
    ],
)
def test_a_report_asks_only_for_what_changes_it(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch, name: str, fields: set[str]
) -> None:
    from connector.reporting.reports import REPORTS as REAL

    monkeypatch.setattr(reports, "REPORTS", REAL)

    page = desk.person().get(f"{REPORTS}/{name}").text

    assert {field for field in ("as_of", "month", "by", "days") if f'name="{field}"' in page} == fields


def test_the_month_can_be_taken_along_as_a_pdf_and_nothing_else_can(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector.reporting.reports import REPORTS as REAL

    monkeypatch.setattr(reports, "REPORTS", REAL)
    ada = desk.person()
    [link] = re.findall(r'href="([^"]*page[.]pdf[^"]*)"', ada.get(f"{REPORTS}/monthly?as_of=2026-02-28").text)

    drawn = ada.bytes(unescape(link))

    assert drawn.headers["content-disposition"] == 'attachment; filename="north-2026-02.pdf"'
    assert "28 Feb 2026" in text_of(drawn.content)
    assert ada.get(f"{REPORTS}/dso/page.pdf").status == 404
    assert "page.pdf" not in ada.get(f"{REPORTS}/dso").text


def test_the_month_that_has_just_ended_has_the_weeks_that_come_and_its_first_days_the_reminders_before(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector.reporting.reports import REPORTS as REAL

    monkeypatch.setattr(reports, "REPORTS", REAL)
    ada = desk.person()
    today, ended, before = (
        json.loads(ada.get(f"{REPORTS}/monthly/all.json?as_of={day}").text)
        for day in ("2026-03-02", "2026-02-28", "2026-01-31")
    )

    assert "Reminders: of those from 2026-02-01 to 2026-03-02" in today["formula"]
    assert "Reminders: of those from 2026-02-01 to 2026-02-28" in ended["formula"]
    assert "the weeks are those from 2026-03-02 on" in ended["cannot_know"][0]
    assert before["cannot_know"][0] == "What was expected on 2026-01-31 is not kept."


OF_TODAY = ("forecast", "best-time")


def test_the_terminal_refuses_the_days_that_the_page_refuses(desk: PageDesk) -> None:
    def refused(*words: str) -> str:
        result = CliRunner().invoke(main, ["-c", str(desk.office.folder / "config.toml"), "report", *words])
        assert result.exit_code == 2, result.output
        return " ".join(result.output.split())

    assert "2030-01-01 has not come yet: the latest day of a report is 2026-03-02." in refused(
        "aged-debt", "--as-of", "2030-01-01"
    )
    assert "There is no report of 0001-01-01: the earliest day is 1900-01-01." in refused(
        "dso", "--as-of", "0001-01-01"
    )
    for name in OF_TODAY:
        assert f"The report {name} is of today alone" in refused(name, "--as-of", "2026-02-01")
