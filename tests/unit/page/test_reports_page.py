"""Reports on the page are those of the terminal, with a chart where one helps, and each can be taken along."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from page_desk import HOME, PageDesk, page_desk

from connector.config.settings import TenantSettings
from connector.page import reports
from connector.reporting.reports import Asked, Listed
from connector.reports.table import Column, Report, Table
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


@pytest.mark.parametrize("query", ["by=nobody&days=0", "days=99999999999999999999", "as_of=soon", "as_of=2999-01-01"])
def test_a_choice_that_makes_no_sense_is_the_usual_one(desk: PageDesk, query: str) -> None:
    page = desk.person().get(f"{REPORTS}/made-up?{query}")

    assert "Made up by customer" in page.text
    assert "2 Mar 2026" in page.text


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
        assert json.loads(ada.get(f"{REPORTS}/{name}/all.json").text)["as_of"] == str(date(2026, 3, 2))
