"""The page of one firm: the real application over the firm's own file, and those who have an account on it.

Ways to customers and the ledger are none of its: it sends nothing and asks nobody.
"""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from connector.config.settings import Config, load
from connector.page.app import page_app
from connector.page.guarding import new_token
from connector.page.site import Site
from connector.web.hosts import Hosts
from drill.simulation.browser import HOST, Browser
from drill.simulation.process import SLUG, Surroundings
from state.page_accounts import AccountRole
from state.registry import Registry

Person = Literal["clerk", "reader"]
_ROLES: dict[Person, AccountRole] = {"clerk": "bookkeeper", "reader": "viewer"}
_CONFIGURATION = """
data = "."
[sending]
channel = "dry"
from = "Firm <accounts@firm.example>"
[{ledger}]
client_id = "firm-app"
client_secret = "env:FIRM_APP"
[tenants.{slug}]
ledger = "{ledger}"
zone = "{zone}"
locale = "en_GB"
"""


class Page:
    """Opened when it is made."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        config = _configuration(around)
        self._site = Site(lambda: config, around.clock, wall=around.clock)
        self._registry = config.data / "registry.db"
        self._give_accounts()
        name, _, port = HOST.partition(":")
        self.browser = Browser(page_app(self._site, Hosts(name, int(port), frozenset()), lambda _path: None))

    def sign_in(self, person: Person) -> str:
        """A new session of that person; what proves it."""
        token = new_token()
        with Registry.open(self._registry) as registry:
            registry.sessions.begin(token, person, self._around.clock.now(), self._site.limits)
        return token

    def _give_accounts(self) -> None:
        company, now = self._around.books.company, self._around.clock.now()
        known_as = company.guid if self._around.traits.ledger == "xero" else company.realm
        with Registry.open(self._registry) as registry:
            registry.add_tenant(SLUG, self._around.traits.ledger, known_as, "Firm", now)
            for person, role in _ROLES.items():
                token = new_token()
                registry.accounts.invite(token, person, role, now + timedelta(hours=1))
                registry.accounts.accept(token, person, "$argon2id$ of no password", now)


def _configuration(around: Surroundings) -> Config:
    path = around.folder / "config.toml"
    path.write_text(_CONFIGURATION.format(ledger=around.traits.ledger, slug=SLUG, zone=around.traits.zone))
    return replace(load(path), tenants=MappingProxyType({SLUG: replace(around.settings, channel="dry")}))
