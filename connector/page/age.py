"""How old the books are, for a page that lies open: it asks for this line alone, whatever its reader is busy with."""

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connector.page.site import Site
from connector.page.visit import Visit


def routes(site: Site) -> list[Route]:
    return [site.page("/age", _tell), site.page("/t/{tenant}/age", _tell)]


def _tell(visit: Visit) -> Response:
    return PlainTextResponse(visit.age)
