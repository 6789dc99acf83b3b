"""The search box: invoices, customers and messages of all tenants that a person may see, by what is typed of them."""

from msgspec import Struct
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connector.page.site import Site
from connector.page.visit import Visit
from connector.wiring import tenant_file
from state.errors import StateError
from state.model import TenantSlug
from state.search import Hit
from state.store import TenantStore

_OF_A_FIRM = 20
_PAGES = {"contact": "customer", "invoice": "invoice", "message": "history"}


class Found(Struct, frozen=True):
    slug: TenantSlug
    firm: str
    hits: tuple[Hit, ...]


def routes(site: Site) -> list[Route]:
    return [site.page("/search", _show, "find")]


def _show(visit: Visit) -> Response:
    text = visit.query.get("q", "").strip()
    found = [each for each in _look(visit, text) if each.hits] if text else []
    if len(found) == 1 and len(found[0].hits) == 1:
        hit = found[0].hits[0]
        return RedirectResponse(visit.link(_PAGES[hit.kind], found[0].slug, hit.id), 303)
    return visit.show("search.html", text=text, found=found, most=_OF_A_FIRM)


def _look(visit: Visit, text: str) -> list[Found]:
    """Firms whose files cannot be read find nothing here; the morning list tells of them."""
    found = []
    for slug, known in visit.connected().items():
        path = tenant_file(visit.config, slug)
        if not visit.may("find", slug) or not path.exists():
            continue
        try:
            with TenantStore.open(path) as store:
                found.append(Found(slug, known.name, tuple(store.search.find(text, _OF_A_FIRM))))
        except StateError:
            continue
    return found
