"""A stack of messages gone through by keyboard in a real browser, and axe-core on each of these pages."""

import re
from collections.abc import Iterator

import pytest
from hostile_people import SHORT_NAMES
from page_desk import HOME, PASSWORD, PageDesk, page_desk
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expected
from system.test_page_in_browser import Browser
from system.test_page_in_browser import driver as driver  # the fixture

from connector.reporting.reports import REPORTS

OUTBOX = f"{HOME}/outbox"
HOSTILE = "".join(each.text for each in SHORT_NAMES if "<" in each.text)[:900]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageDesk]:
    with page_desk(tmp_path_factory.mktemp("stack"), customers=60) as made:
        yield made


@pytest.fixture
def browser(request: pytest.FixtureRequest, desk: PageDesk) -> Iterator[Browser]:
    driver: webdriver.Chrome = request.getfixturevalue("driver")
    desk.person("ada")
    made = Browser(driver, desk.url)
    driver.get(desk.url + "/sign-in")
    made.type(name="ada", password=PASSWORD)
    made.press("Sign in")
    see(made, "#needs")
    yield made
    driver.delete_all_cookies()


def see(browser: Browser, selector: str) -> WebElement:
    """The first of these, once the page has come."""
    return browser.wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, selector)))


def told(browser: Browser) -> str:
    return see(browser, ".notice").text


def first_message(browser: Browser) -> str:
    browser.open(OUTBOX)
    return see(browser, '#cards a[data-key="e"]').get_attribute("href") or ""


def test_messages_are_let_go_edited_and_held_by_keys_alone(browser: Browser, desk: PageDesk) -> None:
    driver = browser.driver
    driver.get(first_message(browser))
    addresses = []
    for _ in range(2):
        addresses.append(driver.current_url)
        browser.keys("a")
        assert "Approved" in told(browser)
    assert len({*addresses, driver.current_url}) == 3

    see(browser, 'a[data-key="e"][href*="/edit/"]')
    browser.keys("e")
    words = see(browser, "#text")
    words.send_keys(Keys.CONTROL, Keys.END)
    words.send_keys("\nAda")
    words.send_keys(Keys.TAB)
    browser._leave(words, lambda: driver.switch_to.active_element.send_keys(Keys.ENTER))
    assert "are kept" in told(browser)
    assert "worded by a person" in browser.text

    driver.find_element(By.TAG_NAME, "body").send_keys("h")
    page = driver.find_element(By.TAG_NAME, "body")
    browser._leave(page, lambda: driver.switch_to.active_element.send_keys(Keys.ENTER))
    assert "is held" in told(browser)
    with desk.store() as store:
        done = {entry.action for entry in store.audit.entries() if entry.who == "ada"}
    assert {"approve", "edit", "hold"} <= done


def test_axe_finds_nothing_wrong_and_hostile_names_do_nothing(browser: Browser, desk: PageDesk) -> None:
    desk.dun("run", "--once")
    path = first_message(browser).removeprefix(desk.url)
    contact = path.rpartition("/")[2]
    with desk.store() as store:
        invoice = next(r.invoice_id for r in store.reminders.planned() if r.contact_id == contact)
        sent = store.reminders.messages(None, 1)
        store._connection.execute("UPDATE contact SET name = ? WHERE id = ?", (HOSTILE, contact))
    pages = [
        OUTBOX, path, path.replace("/message/", "/edit/"), f"{HOME}/customer/{contact}", f"{HOME}/invoice/{invoice}",
        f"{HOME}/history", "/search?q=INV", f"{HOME}/reports", *(f"{HOME}/history/{m.draft.id}" for m in sent),
        *(f"{HOME}/reports/{name}" for name in REPORTS),
    ]  # fmt: skip

    found = {}
    for each in pages:
        browser.open(each)
        assert not re.search("bug in Dun|no such page", browser.text), each
        found[each] = browser.violations()

    assert {page: wrong for page, wrong in found.items() if wrong} == {}
    assert [entry for entry in browser.driver.get_log("browser") if entry["level"] == "SEVERE"] == []
