"""One request of one signed-in person: who that is, what that person may do and reads, and how a page answers.

A page takes a Visit and returns `visit.show("name.html", ...)`. An action takes one, calls what the command of the same
name calls, with `visit.who` as the person, and returns `visit.done("/where", "part.key", ...)`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connector.config.settings import Config, TenantSettings
from connector.page.forms import Form
from connector.page.guarding import proof
from connector.page.navigation import Entry
from connector.page.rights import Rights
from connector.page.words import Words
from connector.saying.said import told
from connector.wiring import Installation
from state.model import TenantSlug
from state.page_sessions import Preference
from state.registry import Registry, Tenant

if TYPE_CHECKING:
    from connector.page.site import Site


class NotHere(Exception):
    """There is no such page, or none for this person."""


class Undo(Struct, frozen=True):
    """A form that takes an action back: where it posts, and its fields."""

    path: str
    fields: dict[str, str]


class Notice(Struct, frozen=True):
    """What the next page begins with. `words` are in the language they were said in."""

    words: str
    undo: Undo | None = None
    bad: bool = False


@dataclass(kw_only=True)
class Visit:
    """Belongs to the thread that answers; so does what it opens."""

    site: "Site"
    config: Config
    request: Request
    form: Form
    registry: Registry
    rights: Rights
    token: str  # of the session
    words: Words
    preference: Preference
    now: datetime
    notice: Notice | None = None
    leaving: Notice | None = None  # for the page after this one

    @property
    def who(self) -> str:
        """The person, as the audit trail names people."""
        return self.rights.name

    @property
    def proof(self) -> str:
        return proof(self.token)

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @contextmanager
    def open(self) -> Iterator[Installation]:
        """The installation, as commands open it."""
        with Installation(self.config, self.site.clock, create=False) as installation:
            yield installation

    @property
    def tenants(self) -> list[TenantSettings]:
        """The configured tenants that this person may see, in the order of the file."""
        return [settings for settings in self.config.tenants.values() if self.rights.sees(settings.slug)]

    def connected(self) -> dict[TenantSlug, Tenant]:
        """What the registry knows of those tenants; whoever is not connected is missing."""
        seen = {settings.slug for settings in self.tenants}
        return {known.slug: known for known in self.registry.tenants() if known.slug in seen}

    def firm(self, slug: str) -> str:
        """What people call the tenant: its company, or its short name while it has none."""
        known = self.registry.tenant(TenantSlug(slug))
        return known.name if known else slug

    @property
    def age(self) -> str:
        """How old the books are that the page shows, in words."""
        if self.slug is not None:
            at = self.site.read_at(self.config, [self.slug])[self.slug]
            return self.words("frame.read", **self._when(at, self.slug)) if at else self.words("frame.never_read")
        read = self.site.read_at(self.config, [settings.slug for settings in self.tenants])
        if missing := sum(at is None for at in read.values()):
            return self.words("frame.some_never_read", n=missing)
        oldest = min(((at, slug) for slug, at in read.items() if at is not None), default=None)
        return self.words("frame.read_oldest", **self._when(*oldest)) if oldest else ""

    def _when(self, at: datetime, slug: TenantSlug) -> dict[str, str]:
        """On the firm's clock, which stays true however long a page lies open; and how long ago that is."""
        return {"at": self.words.instant(at, self.config.tenants[slug].zone), "ago": self.words.ago(at, self.now)}

    @property
    def is_refresh(self) -> bool:
        """Whether the page asks for itself, with nobody there."""
        return self.request.headers.get("x-dun-refresh") == "1"

    @property
    def tenant(self) -> TenantSettings:
        """The one that the address names. NotHere if there is none, or this person may not see it."""
        return self.settings_of(self.request.path_params["tenant"])

    def settings_of(self, slug: str) -> TenantSettings:
        """As `tenant`, for a name from a form."""
        settings = self.config.tenants.get(TenantSlug(slug))
        if settings is None or not self.rights.sees(slug):
            raise NotHere
        return settings

    @property
    def slug(self) -> TenantSlug | None:
        """The tenant whose page this is; None on pages over all."""
        slug = self.request.path_params.get("tenant")
        return TenantSlug(slug) if slug is not None and self.rights.sees(slug) else None

    @property
    def entries(self) -> list[tuple[str, str, bool]]:
        """What is offered: the address, the key of the words, and whether it is this very page."""
        here, slug = self.request.url.path, self.slug
        shown = [e for e in self.site.entries if (slug or not e.of_tenant) and self._may_read(e)]
        paths = [entry.path.format(tenant=slug) for entry in shown]
        return [(path, entry.key, path == here) for path, entry in zip(paths, shown, strict=True)]

    def entries_of(self, slug: str) -> list[tuple[str, str]]:
        """The pages of one tenant that this person may read: the address, and the key of the words."""
        shown = [entry for entry in self.site.entries if entry.of_tenant and self.may(entry.command, slug)]
        return [(entry.path.format(tenant=slug), entry.key) for entry in shown]

    def _may_read(self, entry: Entry) -> bool:
        if entry.of_tenant:
            return self.may(entry.command, self.slug or "")
        return self.may(entry.command) or any(self.may(entry.command, each.slug) for each in self.tenants)

    def link(self, kind: str, slug: str, key: str = "") -> str:
        """The address of a tenant's `outbox`, or of the `customer` or `invoice` with an id; empty if there is none."""
        start = f"/t/{{tenant}}/{kind}"
        wanted = start + "/{" if key else start
        if not any(path.startswith(wanted) if key else path == wanted for path in self.site.paths):
            return ""
        return f"/t/{slug}/{kind}" + (f"/{quote(key, safe='')}" if key else "")

    def may(self, command: str, slug: str = "") -> bool:
        return self.rights.may(command, slug)

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page. Templates see `visit`, `t` and what is handed over; every value is escaped."""
        return self.site.render(template, self, status=status, **values)

    def done(self, path: str, key: str, *, undo: Undo | None = None, bad: bool = False, **values: Any) -> Response:
        """Go to `path`, which begins with the words of `key` and, where that can be, a button to take it back."""
        return self.said(path, self.words(key, **values), undo=undo, bad=bad)

    def said(self, path: str, words: str, *, undo: Undo | None = None, bad: bool = False) -> Response:
        """As `done`, with words that were said already, such as an error's."""
        self.leaving = Notice(words, undo, bad)
        return RedirectResponse(path, 303)

    def refused(self, path: str, error: Exception) -> Response:
        """Go to `path`, which says why nothing was done."""
        return self.said(path, self.refusal(error), bad=True)

    def refusal(self, error: Exception) -> str:
        """What the error says, in the reader's language where Dun has the words."""
        return self.words.said(told(error))

    def back(self, otherwise: str) -> str:
        """Where a form says it was sent from, if that is a page of ours."""
        return local_path(self.form.get("back", ""), otherwise)


def local_path(path: str, otherwise: str = "/") -> str:
    """`path`, if it is one of this site: a browser takes // and backslashes for another host."""
    ours = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ours and len(path) <= 2000 else otherwise


def notice_text(notice: Notice) -> str:
    return msgspec.json.encode(notice).decode()


def read_notice(text: str | None) -> Notice | None:
    return None if text is None else msgspec.json.decode(text, type=Notice)
