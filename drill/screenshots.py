"""Lives the demo, opens its page in Chromium, and keeps the pictures that the README shows: docs/screenshots/*.png.

Made by a script so that they never show a page that is no more: `make screenshots`.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

from connector.config.settings import Config
from connector.demo.days import run_demo
from connector.demo.morning import first_morning
from connector.demo.summary import DemoResult
from connector.page.guarding import SESSION_COOKIE, new_token
from connector.page.passwords import Passwords
from connector.page.service import PageService
from connector.page.site import Site
from state.clock import Clock, SystemClock
from state.page_sessions import Limits
from state.registry import Registry

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
DAYS = 60
_SIZE = "--window-size=1100,800"
_PATIENCE_SECONDS = 30
_A_WHILE = Limits(timedelta(hours=1), timedelta(hours=1))


def main() -> None:
    """Needs Chromium and its driver; exit code 1 where they are missing."""
    with tempfile.TemporaryDirectory() as folder:
        run_demo(Path(folder), days=DAYS, seed="demo", each_day=lambda: None, afterwards=_take)
    sys.stdout.write(f"Kept in {FOLDER}.\n")


def _take(_result: DemoResult, config: Config, world: Any, clock: Clock) -> None:
    config = first_morning(config, world, clock)
    with PageService(Site(lambda: config, clock), "127.0.0.1:0") as page, _browser() as browser:
        browser.get(f"{page.url}/sign-in")
        browser.add_cookie({"name": SESSION_COOKIE, "value": _session(config)})
        slug = next(iter(config.tenants))
        _keep(browser, f"{page.url}/", "morning")
        _keep(browser, f"{page.url}/t/{slug}/outbox", "")
        message = browser.find_element(By.CSS_SELECTOR, '#cards a[data-key="e"]').get_attribute("href") or ""
        _keep(browser, message, "outbox")
        _keep(browser, message.replace("/outbox/message/", "/customer/"), "customer")
        _keep(browser, f"{page.url}/t/{slug}/reports", "reports")
        if reports := browser.find_elements(By.CSS_SELECTOR, "main li.tile a"):
            _keep(browser, reports[0].get_attribute("href") or "", "reports")


def _session(config: Config) -> str:
    token, now = new_token(), SystemClock().now()
    with Registry.open(config.data / "registry.db") as registry:
        registry.accounts.invite(token, "ada", "admin", now + timedelta(hours=1))
        registry.accounts.accept(token, "ada", Passwords().hash(token), now)
        registry.sessions.begin(token, "ada", now, _A_WHILE)
    return token


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        sys.exit("Chromium and chromedriver are needed for the pictures; install them.")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", _SIZE):
        options.add_argument(flag)
    made = webdriver.Chrome(options, Service(driver))
    try:
        yield made
    finally:
        made.quit()


def _keep(browser: webdriver.Chrome, address: str, name: str) -> None:
    browser.get(address)
    WebDriverWait(browser, _PATIENCE_SECONDS).until(expected.presence_of_element_located((By.TAG_NAME, "h1")))
    if name:
        FOLDER.mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
