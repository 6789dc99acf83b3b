"""The consent as a person lives it: the installed command in a terminal, the sandbox's pages in a real browser."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import Select, WebDriverWait

DUN = Path(sys.executable).with_name("dun")
PATIENCE_SECONDS = 30
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # containers run as root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--window-size=1000,800",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",  # nothing leaves the machine
)
MONDAY_MORNING = "2026-03-02T15:00:00+00:00"
ELSEWHERE = "https://office.example/dun"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


class Command:
    """`dun` in a terminal of its own; what it says on standard error can be waited for."""

    def __init__(self, terminal: Any, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [DUN, *arguments],
            cwd=terminal.folder,
            env=terminal.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said = ""
        self._news = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def waits_for(self, pattern: str) -> str:
        """What the command says once `pattern` is in it."""
        with self._news:
            heard = self._news.wait_for(lambda: re.search(pattern, self._said), PATIENCE_SECONDS)
            assert heard, f"{pattern!r} was not said, but: {self._said}"
            return heard[0]

    def address(self) -> str:
        """Of the consent page."""
        return self.waits_for(r"http\S+(?=\n)")

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ends(self) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        assert self.process.stdout is not None
        code = self.process.wait(PATIENCE_SECONDS)
        self._listener.join()
        return code, self.process.stdout.read(), self._said

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._listener.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _listen(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        while letter := stream.read(1):  # a prompt ends without a line end
            with self._news:
                self._said += letter
                self._news.notify_all()


class Browser:
    """A person at the consent pages."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        self._wait = WebDriverWait(driver, PATIENCE_SECONDS)

    def open(self, address: str) -> None:
        self._driver.get(address)

    def tick(self, *labels: str) -> None:
        for label in labels:
            self._driver.find_element(By.XPATH, f"//label[normalize-space()='{label}']").click()

    def select(self, label: str) -> None:
        Select(self._driver.find_element(By.TAG_NAME, "select")).select_by_visible_text(label)

    def press(self, label: str) -> None:
        """Press a button and wait until its page has gone."""
        button = self._driver.find_element(By.XPATH, f"//button[normalize-space()='{label}']")
        button.click()
        self._wait.until(expected.staleness_of(button))

    @property
    def heading(self) -> str:
        return self._wait.until(expected.visibility_of_element_located((By.TAG_NAME, "h1"))).text

    @property
    def text(self) -> str:
        return self._driver.find_element(By.TAG_NAME, "body").text

    @property
    def address(self) -> str:
        return self._driver.current_url

    @property
    def labels(self) -> list[str]:
        return [label.text for label in self._driver.find_elements(By.CSS_SELECTOR, "fieldset label, option")]

    def keep_picture(self, path: Path) -> None:
        self._driver.save_screenshot(path)


def missing(what: str) -> None:
    """Loud, and a failure where the browser is required."""
    words = f"NO {what}: the consent journey in a real browser was NOT TESTED in this run"
    if os.environ.get("DUN_REQUIRE_BROWSER") == "1":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver_path = shutil.which("chromedriver")
    if chromium is None or driver_path is None:
        missing("CHROMIUM" if chromium is None else "CHROMEDRIVER")
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, Service(driver_path))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory, terminal_in: Any) -> Iterator[str]:
    """The address of a sandbox with three organisations at Xero and two companies at QuickBooks."""
    terminal = terminal_in(tmp_path_factory.mktemp("firms"))
    wish = ("--companies", "xero=3,quickbooks=2", "--customers", "20", "--seed", "tour", "--clock", MONDAY_MORNING)
    sandbox = terminal.start("sandbox", "--port", "0", *wish, "--json")
    yield json.loads(sandbox.stdout.readline())["url"]
    sandbox.send_signal(signal.SIGTERM)
    sandbox.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def office(terminal: Any, firms: str) -> Any:
    """A folder with a configuration, and nothing connected."""
    terminal.read("init", "--sandbox", firms)
    return terminal


@pytest.fixture
def connect(office: Any) -> Iterator[Callable[..., Command]]:
    begun: list[Command] = []

    def begin(*arguments: str) -> Command:
        begun.append(Command(office, "connect", *arguments, "--no-browser"))
        return begun[-1]

    yield begin
    for command in begun:
        command.close()


def tenants(office: Any) -> dict[str, str | None]:
    """Which tenant belongs to which company."""
    return {row["slug"]: row["company"] for row in json.loads(office.read("tenants", "--json"))["tenants"]}


def kept(office: Any) -> int:
    """Rows of the registry that say anything of a connection."""
    with closing(sqlite3.connect(office.folder / "data" / "registry.db")) as registry:
        tables = ("tenant", "token")
        counts = (registry.execute(f"SELECT count(*) FROM {table}") for table in tables)  # noqa: S608 - from above
        return sum(count.fetchone()[0] for count in counts)


def test_an_allowed_organisation_at_xero_is_connected(browser, connect, office, tmp_path) -> None:
    command = connect("xero", "--tenant", "north")
    browser.open(command.address())
    name = browser.labels[0]
    browser.keep_picture(tmp_path / "consent.png")
    browser.tick(name)
    browser.press("Allow access")

    assert browser.heading == "Allowed"
    browser.keep_picture(tmp_path / "allowed.png")
    code, printed, _ = command.ends()
    assert (code, printed.partition("(")[0]) == (0, f"Connected north: {name} ")
    assert tenants(office)["north"] == name


def test_the_chosen_company_at_quickbooks_is_connected(browser, connect, office) -> None:
    command = connect("quickbooks", "--tenant", "west")
    browser.open(command.address())
    name = browser.labels[1]
    browser.select(name)
    browser.press("Connect")

    assert browser.heading == "Allowed"
    assert command.ends()[0] == 0
    assert tenants(office)["west"] == name


def test_the_code_does_not_stay_in_the_address_bar(browser, connect) -> None:
    command = connect("quickbooks", "--tenant", "west")
    browser.open(command.address())
    browser.press("Connect")
    command.ends()

    assert urlsplit(browser.address).query == ""


@pytest.mark.parametrize(("ledger", "tenant"), [("xero", "north"), ("quickbooks", "west")])
def test_a_denied_consent_ends_in_words_and_stores_nothing(browser, connect, office, ledger, tenant) -> None:
    command = connect(ledger, "--tenant", tenant)
    browser.open(command.address())
    browser.press("Deny")

    assert browser.heading == "Not connected"
    assert "nothing was stored" in browser.text
    code, printed, said = command.ends()
    assert (code, printed) == (1, "")
    assert "the consent was not given (access_denied); begin again, and allow access on the page" in said
    assert "Traceback" not in said
    assert kept(office) == 0


def test_a_new_client_whose_consent_is_denied_does_not_stay_in_the_configuration(browser, connect, office) -> None:
    before = (office.folder / "config.toml").read_text()
    command = connect("quickbooks", "--tenant", "newcomer", "--zone", "Europe/Paris")
    browser.open(command.address())
    browser.press("Deny")

    assert command.ends()[0] == 1
    assert (office.folder / "config.toml").read_text() == before


def test_of_several_organisations_the_terminal_asks_for_one(browser, connect, office) -> None:
    command = connect("xero", "--tenant", "north")
    browser.open(command.address())
    first, _, third = names = browser.labels
    assert len(names) == 3
    browser.tick(first, third)
    browser.press("Allow access")
    command.waits_for("Which organisation")
    number = command.waits_for(rf"\d(?=  {re.escape(third)} )")
    command.type(number)

    code, printed, _ = command.ends()
    assert code == 0
    assert f"Connected north: {third}" in printed
    assert f"also covers {first}; Dun leaves them alone" in printed
    assert tenants(office)["north"] == third


def test_of_several_organisations_the_one_that_was_named_beforehand_is_taken(browser, connect, office, firms) -> None:
    companies = requests.get(f"{firms}/_books/companies", timeout=PATIENCE_SECONDS).json()
    first, second, _ = (company["name"] for company in companies if company["company"].startswith("xero"))
    command = connect("xero", "--tenant", "north-2", "--organisation", second)
    browser.open(command.address())
    browser.tick(first, second)
    browser.press("Allow access")

    assert command.ends()[0] == 0
    assert tenants(office)["north-2"] == second


def test_a_page_on_which_nothing_was_ticked_can_be_answered_again(browser, connect, office) -> None:
    command = connect("xero", "--tenant", "north")
    browser.open(command.address())
    browser.press("Allow access")
    assert "Select at least one organisation" in browser.text
    name = browser.labels[0]
    browser.tick(name)
    browser.press("Allow access")

    assert command.ends()[0] == 0
    assert tenants(office)["north"] == name


def test_the_consent_of_an_older_request_is_told_off_and_the_right_one_still_counts(browser, connect, office) -> None:
    command = connect("quickbooks", "--tenant", "west")
    address = command.address()
    browser.open(re.sub(r"state=[^&]+", "state=an-older-one", address))
    browser.press("Connect")
    assert browser.heading == "Not the answer Dun waits for"
    browser.open(address)
    browser.press("Connect")

    assert browser.heading == "Allowed"
    assert command.ends()[0] == 0
    assert tenants(office)["west"] is not None


def test_whoever_closes_the_page_and_gives_up_has_stored_nothing(browser, connect, office) -> None:
    command = connect("xero", "--tenant", "north")
    browser.open(command.address())
    browser.open("about:blank")
    command.waits_for("Ctrl-C gives up")
    command.process.send_signal(signal.SIGINT)

    code, printed, said = command.ends()
    assert (code, printed) == (1, "")
    assert "Traceback" not in said
    assert kept(office) == 0


def test_an_answer_that_cannot_reach_this_machine_is_pasted(browser, connect, office) -> None:
    config = office.folder / "config.toml"
    changed = config.read_text().replace("[quickbooks]\n", f'[quickbooks]\nredirect_url = "{ELSEWHERE}"\n')
    config.write_text(changed)
    command = connect("quickbooks", "--tenant", "west")
    browser.open(command.address())
    browser.press("Connect")
    assert browser.address.startswith(f"{ELSEWHERE}?")
    command.type(browser.address)

    code, _, said = command.ends()
    assert code == 0
    assert "code=" not in said
    assert tenants(office)["west"] is not None
