"""The history on the page: all that happened in one list, in the reader's words, and taken along as it is listed."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from page_desk import HOME, Page, PageDesk, page_desk

import connector
from connector.page.happened import COLUMNS
from connector.page.words import catalogue
from state.history_sources import KINDS

HERE = f"{HOME}/history"
ROW = re.compile(r'<tr class="row" data-row>(.*?)</tr>', re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PageDesk]:
    with page_desk(tmp_path, customers=8) as made:
        yield made


def rows(page: Page) -> list[str]:
    return ROW.findall(page.text)


def noted(desk: PageDesk, *texts: str) -> None:
    with desk.store() as store:
        contact = next(iter(store.contact_names()))
        for text in texts:
            store.audit.record("ada", "note", "contact", contact, {"note": text}, datetime.now(UTC))


def test_what_people_did_stands_beside_what_left_and_what_came_in(desk: PageDesk) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")

    taken = json.loads(ada.get(f"{HERE}.json").text)["history"]

    assert {"message", "deed", "money", "note"} <= {each["kind"] for each in taken}
    assert "reminder approved" in ada.get(f"{HERE}?kind=deed").text
    assert all("Money in" in row and "payment" in row for row in rows(ada.get(f"{HERE}?kind=money")))
    assert [each["at"] for each in taken] == sorted((each["at"] for each in taken), reverse=True)


def test_what_is_taken_along_is_what_is_listed_on_all_pages(desk: PageDesk) -> None:
    ada = desk.person()
    noted(desk, *(f"needle {n}" for n in range(120)))

    listed, path = [], f"{HERE}?q=needle"
    while path:
        page = ada.get(path)
        listed += [re.search(r"needle \d+", row)[0] for row in rows(page)]  # type: ignore[index]
        more = re.search(r'rel="next" href="([^"]*)"', page.text)
        path = more[1].replace("&amp;", "&") if more else ""
    taken = json.loads(ada.get(f"{HERE}.json?q=needle").text)["history"]
    sheet = list(csv.DictReader(io.StringIO(ada.get(f"{HERE}.csv?q=needle").text)))

    assert listed == [f"needle {n}" for n in reversed(range(120))]
    assert (
        [each["words"] for each in taken] == [each["words"] for each in sheet] == [f"note: {text}" for text in listed]
    )
    assert list(taken[0]) == list(sheet[0]) == list(COLUMNS)


def test_what_a_stranger_wrote_is_shown_and_does_nothing(desk: PageDesk) -> None:
    noted(desk, '=1+1<script>alert("x")</script>\u202e')

    page, sheet = desk.person().get(HERE), desk.person().get(f"{HERE}.csv")

    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    assert "note: =1+1" in sheet.text


def test_an_address_that_makes_no_sense_lists_everything(desk: PageDesk) -> None:
    ada = desk.person()
    noted(desk, "here")

    for odd in ("kind=pigeon", "before=x", "before=9+money", "first=0001-01-01", "last=9999-12-31", "first=never"):
        assert "here" in ada.get(f"{HERE}?{odd}").text


def test_days_are_those_of_the_firm(desk: PageDesk) -> None:
    ada = desk.person()
    with desk.store() as store:
        contact = next(iter(store.contact_names()))
        late = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)  # in London, too
        store.audit.record("ada", "note", "contact", contact, {"note": "late on the day"}, late)

    assert "late on the day" in ada.get(f"{HERE}?first=2026-02-28&last=2026-02-28").text
    assert "late on the day" not in ada.get(f"{HERE}?first=2026-03-01").text
    assert "late on the day" not in ada.get(f"{HERE}?last=2026-02-27").text


def test_it_is_said_in_the_readers_language(desk: PageDesk) -> None:
    noted(desk, "angerufen")

    page = desk.person().get(HERE, **{"Accept-Language": "de"}).text

    assert "Von Menschen getan</span> Notiz" in page
    assert '<option value="money">Geldeingang</option>' in page


def test_what_became_of_a_message_is_said_in_the_readers_language(desk: PageDesk) -> None:
    ada = desk.person()
    desk.dun("approve", "--all")
    desk.dun("run", "--once")

    shown = rows(ada.get(f"{HERE}?kind=message", **{"Accept-Language": "de"}))

    assert shown
    assert all("gesendet, in den Büchern vermerkt" in row and 'lang="en"' not in row for row in shown)


def test_the_table_has_a_caption_and_each_filter_a_label(desk: PageDesk) -> None:
    noted(desk, "here")
    page = desk.person().get(HERE).text.partition('class="filters"')[2]

    fields = re.findall(r'<(?:select|input) id="(\w+)"', page)
    assert "<caption" in page
    assert len(fields) == 7
    assert all(f'<label for="{field}">' in page for field in fields)


def test_every_kind_and_every_deed_that_is_written_down_has_words() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in Path(connector.__file__).parent.rglob("*.py"))
    recorded = re.findall(
        r'(?:audit\.record\([\w.]+|_record\(\w+|_record\(\w+, \w+|_note\(store, by), "([^"]+)"', sources
    )
    asked = [f"history.kind_{kind}" for kind in KINDS]
    asked += [f"history.deed_{re.sub(r'[^a-z]', '_', action)}" for action in recorded]
    asked += [f"history.deed_{kind}_settled" for kind in ("promise", "plan", "dispute")]

    assert len(set(recorded)) > 25
    assert [key for key in asked if key not in catalogue("en")] == []
