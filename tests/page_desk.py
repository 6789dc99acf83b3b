"""The page over a connected office, served for real: people who are signed in, and what their browsers see."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import requests
from argon2 import PasswordHasher
from click.testing import CliRunner
from connected_office import SLUGS, Office, connected_office

from connector.cli import main
from connector.page.passwords import Passwords
from connector.page.service import PageService
from connector.page.site import Site
from connector.wiring import clock_of, tenant_file
from state.clock import SystemClock
from state.page_accounts import AccountRole
from state.registry import Registry
from state.store import TenantStore

PASSWORD = "four words in a row"
SLUG = SLUGS["xero"]
HOME = f"/t/{SLUG}"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Page:
    """What a browser has got: `status`, the address it ended at, and the text."""

    status: int
    path: str
    text: str

    def form(self, action: str, nth: int = 0) -> dict[str, str]:
        """The fields of the form that posts to `action`, as they would be sent untouched."""
        found = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', self.text, re.DOTALL)
        return _fields(found[nth])

    @property
    def notice(self) -> str:
        found = re.search(r'<div class="notice[^>]*>\s*<p>(.*?)</p>', self.text, re.DOTALL)
        return unescape(found[1]) if found else ""

    @property
    def undo(self) -> tuple[str, dict[str, str]]:
        pattern = r'<div class="notice.*?<form method="post" action="([^"]*)">(.*?)</form>'
        found = re.search(pattern, self.text, re.DOTALL)
        assert found, "there is no way back"
        return found[1], _fields(found[2])


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, url: str, name: str, language: str = "en") -> None:
        self._url, self.name = url, name
        self._session = requests.Session()
        self._session.headers["Accept-Language"] = language
        form = self.get("/sign-in").form("/sign-in")
        signed_in = self.post("/sign-in", form | {"name": name, "password": PASSWORD})
        assert signed_in.status == 200, signed_in.text

    def get(self, path: str, **headers: str) -> Page:
        return _page(self._url, self._session.get(self._url + path, headers=headers, timeout=30))

    def bytes(self, path: str) -> requests.Response:
        return self._session.get(self._url + path, timeout=30)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        return _page(self._url, self._session.post(self._url + path, data=fields, headers=headers, timeout=30))

    def leave(self) -> None:
        """The session is over."""
        self._session.cookies.clear()


@dataclass
class PageDesk:
    """The office, its page, and `dun` at the terminal beside it."""

    office: Office
    url: str

    def person(self, name: str = "ada", role: AccountRole = "bookkeeper", language: str = "en") -> Person:
        with Registry.open(self.office.config.data / "registry.db") as registry:
            if registry.accounts.account(name) is None:
                now = SystemClock().now()
                registry.accounts.invite(name, name, role, now.replace(year=now.year + 1))
                registry.accounts.accept(name, name, QUICK.hash(PASSWORD), now)
        return Person(self.url, name, language)

    def dun(self, *words: str) -> str:
        result = CliRunner().invoke(main, ["-c", str(self.office.folder / "config.toml"), *words])
        assert result.exit_code in (0, 1), result.output
        return result.output

    @contextmanager
    def store(self) -> Iterator[TenantStore]:
        with TenantStore.open(tenant_file(self.office.config, SLUG)) as store:
            yield store


@contextmanager
def page_desk(folder: Path, *, customers: int = 12, mode: str = "approve") -> Iterator[PageDesk]:
    """What is due today has been planned and waits."""
    with connected_office(folder, "xero", customers=customers) as office:
        path = office.folder / "config.toml"
        path.write_text(path.read_text().replace('mode = "auto"', f'mode = "{mode}"'))
        config = office.config
        site = Site(lambda: config, clock_of(config), passwords=QUICK)
        with PageService(site, "127.0.0.1:0") as service:
            desk = PageDesk(office, service.url)
            desk.dun("run", "--once")
            yield desk


def _fields(form: str) -> dict[str, str]:
    inputs = re.findall(r'<input[^>]*name="([^"]*)" value="([^"]*)"', form)
    fields = {unescape(name): unescape(value) for name, value in inputs}
    areas = re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    return fields | {unescape(name): unescape(text) for name, text in areas}


def _page(url: str, answer: requests.Response) -> Page:
    return Page(answer.status_code, answer.url.removeprefix(url), answer.text)
