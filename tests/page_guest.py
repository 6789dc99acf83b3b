"""The page over real HTTP, and somebody who reads it as a browser without scripts does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import requests
from argon2 import PasswordHasher

from connector.config.settings import Config, load
from connector.data_folder import prepare
from connector.page.guarding import new_token
from connector.page.passwords import Passwords
from connector.page.service import PageService
from connector.page.site import Site
from state.page_accounts import AccountRole
from state.registry import Registry

PASSWORD = "four plain words together"
MORNING = datetime(2026, 3, 2, 10, tzinfo=UTC)
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
_FORM = re.compile(r"<form[^>]*?(?:method=\"post\")[^>]*>.*?</form>", re.DOTALL)
_FIELD = re.compile(r"<(?:input|button)[^>]*\bname=\"([^\"]*)\"[^>]*?\bvalue=\"([^\"]*)\"", re.DOTALL)


class StillClock:
    """Stands still until it is told otherwise."""

    def __init__(self, at: datetime = MORNING) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Form:
    """A form of a page: where it posts, and what a browser would send."""

    action: str
    fields: dict[str, str]
    text: str


class Guest:
    """One browser. Follows redirects and keeps cookies; the page it looked at last is `text`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.answer = requests.Response()

    @property
    def text(self) -> str:
        return self.answer.text

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        return self.answer.url.removeprefix(self.url)

    @property
    def said(self) -> str:
        """The words of the notice, as a person reads them."""
        found = re.search(r"<div class=\"notice.*?<p[^>]*>(.*?)</p>", self.text, re.DOTALL)
        return unescape(found[1]) if found else ""

    def get(self, path: str, **headers: str) -> "Guest":
        self.answer = self.session.get(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        return self

    def post(self, path: str, fields: dict[str, str], **headers: str) -> "Guest":
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        self.answer = self.session.post(self.url + path, data=fields, headers=named)
        return self

    def forms(self) -> list[Form]:
        here = self.path.partition("?")[0]
        return [_form(found, here) for found in _FORM.findall(self.text)]

    def form(self, action: str, containing: str = "") -> Form:
        """The first form that posts there and says that."""
        found = [form for form in self.forms() if form.action == action and containing in form.text]
        assert found, f"no form posts to {action}, only {[form.action for form in self.forms()]}"
        return found[0]

    def press(self, action: str, containing: str = "", **filled: str) -> "Guest":
        """Fill a form of this page in, and send it."""
        form = self.form(action, containing)
        return self.post(form.action, form.fields | filled)

    def sign_in(self, name: str, password: str = PASSWORD) -> "Guest":
        return self.get("/sign-in").press("/sign-in", name=name, password=password)


def _form(text: str, here: str) -> Form:
    action = re.search(r"action=\"([^\"]*)\"", text)
    fields = {unescape(name): unescape(value) for name, value in _FIELD.findall(text)}
    for name, body in re.findall(r"<textarea[^>]*name=\"([^\"]*)\"[^>]*>(.*?)</textarea>", text, re.DOTALL):
        fields[unescape(name)] = unescape(body)
    return Form(unescape(action[1]) if action else here, fields, text)


@dataclass
class Open:
    """A page that is served, and its clocks."""

    page: PageService
    site: Site
    config: Config
    clock: StillClock
    wall: StillClock
    seconds: list[float] = field(default_factory=lambda: [0.0])

    @property
    def url(self) -> str:
        return self.page.url

    def guest(self) -> Guest:
        return Guest(self.url)

    def account(self, name: str, role: AccountRole = "admin") -> None:
        """Somebody who has followed a link and chosen PASSWORD."""
        token = new_token()
        with Registry.open(self.config.data / "registry.db") as registry:
            registry.accounts.invite(token, name, role, self.wall.now() + timedelta(hours=1))
            registry.accounts.accept(token, name, QUICK.hash(PASSWORD), self.wall.now())

    def signed_in(self, name: str = "anna", role: AccountRole = "admin") -> Guest:
        self.account(name, role)
        return self.guest().sign_in(name)


@contextmanager
def open_page(
    folder: Path, *, behind_proxy: bool = False, at: datetime = MORNING, passwords: Passwords = QUICK
) -> Iterator[Open]:
    """The page of the configuration in `folder`, on a port of its own."""
    config = load(folder / "config.toml")
    prepare(config.data)
    Registry.open(config.data / "registry.db").close()
    clock, wall, seconds = StillClock(at), StillClock(), [0.0]
    site = Site(
        lambda: config, clock, behind_proxy=behind_proxy, passwords=passwords, wall=wall, seconds=lambda: seconds[0]
    )
    with PageService(site, "127.0.0.1:0") as page:
        yield Open(page, site, config, clock, wall, seconds)
