"""A bookkeeper's morning in a real browser, one scenario for each role, and axe-core on every page.

Pictures of what was seen are kept in build/screenshots, for whoever looks at a run afterwards.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import selenium_axe_python
from connected_office import connected_office
from hostile_people import SHORT_NAMES
from page_guest import PASSWORD, Open, open_page
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import Select, WebDriverWait

from connector.rounds import run_tenant
from connector.wiring import Installation, tenant_file
from state.model import TenantSlug
from state.store import TenantStore

PATIENCE_SECONDS = 30
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
AXE = next(Path(selenium_axe_python.__file__).parent.rglob("axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # containers run as root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--window-size=1200,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # nothing leaves the machine
)
PAGES = (
    "/", "/firms", "/health", "/connect", "/own", "/t/north/policy", "/t/north/policy/rewind", "/t/north/health",
    "/t/west/policy", "/t/north/reports/monthly", "/t/north/reports/forecast", "/t/north/reports/reminders",
)  # fmt: skip
NORTH = TenantSlug("north")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def missing(what: str) -> None:
    """Loud, and a failure where the browser is required."""
    words = f"NO {what}: the page in a real browser was NOT TESTED in this run"
    if os.environ.get("DUN_REQUIRE_BROWSER") == "1":
        pytest.fail(words)
    pytest.skip(words)


class Browser:
    """Somebody with a screen, a mouse and a keyboard."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self.url = url
        self.wait = WebDriverWait(driver, PATIENCE_SECONDS)

    def open(self, path: str) -> None:
        self.driver.get(self.url + path)

    def type(self, **filled: str) -> None:
        for name, text in filled.items():
            box = self.driver.find_element(By.NAME, name)
            box.clear()
            box.send_keys(text)

    def press(self, label: str) -> None:
        """Press the first button of this name and wait until its page has gone."""
        button = self.driver.find_element(
            By.XPATH, f"//button[normalize-space()='{label}' or starts-with(@aria-label, '{label}')]"
        )
        self._leave(button, button.click)

    def keys(self, *keys: str) -> None:
        body = self.driver.find_element(By.TAG_NAME, "body")
        for key in keys[:-1]:
            body.send_keys(key)
        self._leave(body, lambda: self.driver.switch_to.active_element.send_keys(keys[-1]))

    def sign_in(self, name: str) -> None:
        self.open("/sign-in")
        self.type(name=name, password=PASSWORD)
        self.press("Sign in")

    @property
    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def heading(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "h1").text

    def keep_picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(SCREENSHOTS / f"{name}.png")

    def violations(self) -> list[str]:
        """What axe-core finds on this page."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then(r => done(r.violations))", RULES
        )
        return [f"{each['id']}: {[node['html'][:200] for node in each['nodes']][:3]}" for each in found]

    def _leave(self, page: object, act: Callable[[], object]) -> None:
        act()
        self.wait.until(lambda _: self._is_gone(page))

    def _is_gone(self, page: object) -> bool:
        try:
            return bool(expected.staleness_of(page)(self.driver))
        except WebDriverException as error:  # Chromium's word for it while the next page is coming
            return "does not belong to the document" in str(error)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver_path = shutil.which("chromedriver")
    if chromium is None or driver_path is None:
        missing("CHROMIUM" if chromium is None else "CHROMEDRIVER")
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    made = webdriver.Chrome(options, Service(driver_path))
    try:
        yield made
    finally:
        made.quit()


@pytest.fixture(scope="module")
def planned_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    with connected_office(folder, "xero", "quickbooks", customers=20) as office:
        path = folder / "config.toml"
        path.write_text(path.read_text().replace('mode = "auto"', 'mode = "approve"'))
        with Installation(office.config) as installation:
            for slug in installation.config.tenants:
                run_tenant(installation, slug)
    return folder


@pytest.fixture
def office(planned_office: Path, tmp_path: Path) -> Iterator[Open]:
    with open_page(shutil.copytree(planned_office, tmp_path / "office")) as opened:
        with TenantStore.open(tenant_file(opened.config, NORTH)) as store:
            store.holds.place("tenant", "*", "shrunk", None, "half of the invoices are gone", opened.clock.now())
        yield opened


@pytest.fixture
def browser(driver: webdriver.Chrome, office: Open) -> Iterator[Browser]:
    driver.get_log("browser")
    yield Browser(driver, office.url)
    driver.get(office.url + "/sign-in")
    driver.delete_all_cookies()


def test_the_morning_of_a_bookkeeper(browser: Browser, office: Open) -> None:
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    assert browser.heading == "This morning"
    assert "half of the invoices are gone" in browser.text
    browser.keep_picture("morning-bookkeeper")

    browser.press("It is right: go on")
    assert "1 hold ended" in browser.text
    browser.press("Approve all")
    assert "they leave with the next cycle" in browser.text
    browser.keep_picture("approved")
    browser.press("Undo")
    assert "Took back" in browser.text
    assert "Connect" not in browser.driver.find_element(By.TAG_NAME, "nav").text


def test_the_morning_of_a_viewer(browser: Browser, office: Open) -> None:
    office.account("vera", "viewer")
    browser.sign_in("vera")
    buttons = [each.text for each in browser.driver.find_elements(By.CSS_SELECTOR, "main button")]

    assert "half of the invoices are gone" in browser.text
    assert buttons == []
    browser.keep_picture("morning-viewer")


def test_the_morning_of_an_admin(browser: Browser, office: Open) -> None:
    office.account("anna", "admin")
    browser.sign_in("anna")
    browser.driver.find_element(By.LINK_TEXT, "Health").click()
    assert browser.heading == "Health"
    browser.driver.find_element(By.LINK_TEXT, "Connect").click()
    assert browser.heading == "Connect"
    browser.keep_picture("connect")
    browser.open("/t/north/policy")
    assert "the due date" in browser.text
    browser.keep_picture("policy")


def test_rows_are_gone_through_by_keyboard(browser: Browser, office: Open) -> None:
    with TenantStore.open(tenant_file(office.config, NORTH)) as store:
        store.holds.release("tenant", "*", office.clock.now(), "anna")
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    browser.keys("j", "a")

    assert "Approved" in browser.text


def come_back_later(browser: Browser) -> None:
    browser.driver.execute_script("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("path", ["/", "/t/north/outbox", "/t/north/reports/monthly"])
def test_the_age_of_the_data_stays_true_while_a_page_lies_open(browser: Browser, office: Open, path: str) -> None:
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    browser.open(path)
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("j")
    office.clock.at += timedelta(days=4000)
    come_back_later(browser)

    browser.wait.until(expected.text_to_be_present_in_element((By.ID, "age"), "11 years ago"))


def test_a_page_that_lies_open_says_that_the_session_is_over(browser: Browser, office: Open) -> None:
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    office.wall.at = office.wall.at.replace(hour=23)
    come_back_later(browser)

    browser.wait.until(expected.text_to_be_present_in_element((By.ID, "age"), "Your session is over"))


def test_the_keys_are_told_and_can_be_switched_off(browser: Browser, office: Open) -> None:
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("?")
    assert browser.driver.find_element(By.ID, "keys").is_displayed()

    browser.open("/own")
    browser.driver.find_element(By.ID, "shortcuts").click()
    browser.press("Keep these settings")
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("?")
    assert not browser.driver.find_element(By.ID, "keys").is_displayed()


def test_a_session_that_ended_in_mid_edit_loses_no_text(browser: Browser, office: Open) -> None:
    with TenantStore.open(tenant_file(office.config, NORTH)) as store:
        invoice = store.mirror.invoice(store.reminders.planned()[0].invoice_id)
        store.disputes.open(invoice.id, "wrong colour", "ben", None, invoice.currency, "ben", office.clock.now())
    office.account("ben", "bookkeeper")
    browser.sign_in("ben")
    browser.type(outcome="a new one was sent, and the old one came back")
    office.wall.at = office.wall.at.replace(hour=23)
    browser.press("Settled")
    assert "What you typed is kept" in browser.text
    browser.type(name="ben", password=PASSWORD)
    browser.press("Sign in")
    assert browser.driver.find_element(By.NAME, "outcome").get_attribute("value").startswith("a new one was sent")
    browser.press("Send it now")

    assert "The dispute is settled" in browser.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: Browser, office: Open, theme: str) -> None:
    office.account("anna", "admin")
    browser.open("/sign-in")
    found = {"/sign-in": browser.violations()}
    browser.sign_in("anna")
    browser.open("/own")
    Select(browser.driver.find_element(By.ID, "theme")).select_by_value(theme)
    browser.press("Keep these settings")
    for path in PAGES:
        browser.open(path)
        browser.driver.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
        found[path] = browser.violations()
        browser.keep_picture(f"{theme}{path.replace('/', '-').rstrip('-')}")

    assert {path: each for path, each in found.items() if each} == {}


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, office: Open) -> None:
    office.account("anna", "admin")
    browser.sign_in("anna")
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        for path in PAGES:
            browser.open(path)
            wide = browser.driver.execute_script("return document.documentElement.scrollWidth")
            assert wide <= 360, path
        browser.open("/")
        browser.keep_picture("phone")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_names_are_inert_on_every_page(browser: Browser, office: Open) -> None:
    with closing(sqlite3.connect(tenant_file(office.config, NORTH))) as file, file:
        contacts = [key for (key,) in file.execute("SELECT DISTINCT contact_id FROM invoice WHERE due_minor > 0")]
        for number, hostile in enumerate(SHORT_NAMES):
            text = hostile.text.replace("\x00", "")
            file.execute("UPDATE contact SET name = ? WHERE id = ?", (text, contacts[number % len(contacts)]))
        file.execute("UPDATE invoice SET number = ?", ('"><script>document.title = "owned"</script>',))
    office.account("anna", "admin")
    browser.sign_in("anna")
    for path in PAGES:
        browser.open(path)
        made = browser.driver.execute_script(
            "return document.querySelectorAll('script:not([src^=\"/static/\"]), img, iframe, [onerror], style').length"
        )
        assert (made, "owned" in browser.driver.title) == (0, False), path
        assert browser.driver.find_elements(By.CSS_SELECTOR, "form[action^=http]") == []


def test_the_browser_has_nothing_to_complain_about(browser: Browser, office: Open) -> None:
    office.account("anna", "admin")
    browser.sign_in("anna")
    for path in PAGES:
        browser.open(path)
    said = [entry["message"] for entry in browser.driver.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}]

    assert said == []


def test_a_person_without_a_mouse_reaches_the_content_at_once(browser: Browser, office: Open) -> None:
    office.account("anna", "admin")
    browser.sign_in("anna")
    browser.open("/")
    browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element.text == "Skip to the content"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)

    assert browser.driver.switch_to.active_element.get_attribute("id") == "content"
