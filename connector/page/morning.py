"""The morning list: what needs a person, what goes out today, what came in, and what is held, over all tenants."""

from starlette.responses import Response
from starlette.routing import Route

from connector.page.navigation import Entry
from connector.page.site import Site
from connector.page.visit import Visit

NAVIGATION = (Entry("/", "morning.title", 10),)


def routes(site: Site) -> list[Route]:
    return [site.page("/", _show)]


def _show(visit: Visit) -> Response:
    return visit.show("morning.html")
