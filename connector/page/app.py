"""Which pages there are, in which order they are offered, and what stands in front of all of them."""

from collections.abc import Callable
from types import ModuleType

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from connector.page import (
    age,
    connecting,
    customer,
    customer_deeds,
    health,
    history,
    invoice,
    morning,
    morning_deeds,
    outbox,
    own,
    policy,
    reports,
    search,
    signing_in,
)
from connector.page.guarding import VISITOR_COOKIE, Guarded, new_token
from connector.page.navigation import Entry
from connector.page.showing import STATIC
from connector.page.site import Site
from connector.web.hosts import Hosts, KnownHosts

# Each has `routes(site)`; those that people find by themselves have a NAVIGATION of entries.
MODULES: tuple[ModuleType, ...] = (
    signing_in,
    own,
    morning,
    morning_deeds,
    outbox,
    customer,
    customer_deeds,
    invoice,
    history,
    search,
    reports,
    policy,
    health,
    connecting,
    age,
)


class _Kept(StaticFiles):
    """Files of ours, under addresses that change with them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # handed on as they come
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            return PlainTextResponse("there is no such file\n", error.status_code)


def page_app(site: Site, hosts: Hosts, refused: Callable[[str], None]) -> KnownHosts:
    """The page under the names of `hosts`; `refused` hears the path of what came under another."""
    routes: list[Route | Mount] = [Mount("/static", _Kept(directory=STATIC))]
    for module in MODULES:
        routes += module.routes(site)
    site.offer(_entries(), frozenset(route.path for route in routes), signing_in.ask_who)

    async def no_page(request: Request, error: Exception) -> Response:
        visitor = request.cookies.get(VISITOR_COOKIE) or new_token()
        status = error.status_code if isinstance(error, HTTPException) else 404
        return site.render_open("nowhere.html", request, visitor=visitor, status=status)

    app = Starlette(routes=routes, exception_handlers={404: no_page, 405: no_page})
    return KnownHosts(Guarded(app, site.config().page.proxies), hosts, refused)


def _entries() -> tuple[Entry, ...]:
    found = [entry for module in MODULES for entry in getattr(module, "NAVIGATION", ())]
    return tuple(sorted(found, key=lambda entry: entry.place))
