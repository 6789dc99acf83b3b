"""Signing in and out, and the link with which somebody chooses a password for the first time.

Whatever a person had typed when its session was over travels with the form for signing in, in the browser alone, and is
shown again afterwards: nothing of it is done until that person sends it once more.
"""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connector.page import guarding
from connector.page.forms import LARGEST_WITH_KEPT, TOKEN_FIELD, Form, UnusableForm, packed, unpacked
from connector.page.passwords import weakness
from connector.page.proxy import NAME, vouched
from connector.page.site import Site
from connector.page.typed import fields_of
from connector.page.visit import Notice, Visit, local_path, notice_text
from state.page_accounts import InvitationOver
from state.registry import Registry

HOME = "/"


def routes(site: Site) -> list[Route]:
    return [
        site.open("/sign-in", lambda *asked: _ask(site, *asked)),
        site.open("/sign-in", lambda *asked: _sign_in(site, *asked), "POST", largest=LARGEST_WITH_KEPT),
        site.open("/welcome/{token}", lambda *asked: _welcome(site, *asked)),
        site.open("/welcome/{token}", lambda *asked: _choose(site, *asked), "POST"),
        site.action("/sign-out", _sign_out, "init"),
    ]


def ask_who(site: Site, request: Request, form: Form, registry: Registry) -> Response:
    """To the form for signing in, with whatever was typed; whom a proxy vouches for is signed in on the way."""
    if site.behind_proxy:
        return _ask_proxy(site, request, form, registry)
    if request.method == "POST":
        return _form(site, request, registry, status=401, action=request.url.path, kept=packed(form.typed))
    return RedirectResponse(f"/sign-in?next={quote(_here(request))}", 303)


def _ask_proxy(site: Site, request: Request, form: Form, registry: Registry) -> Response:
    page = site.config().page
    name = vouched(request, page.proxy_header, page.proxies)
    if name is None:
        visitor = guarding.new_token()
        return site.render_open("stranger.html", request, visitor=visitor, status=403, header=page.proxy_header)
    return begin(site, request, registry, name, _here(request), request.url.path, form or None)


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _ask(site: Site, request: Request, _: Form, registry: Registry) -> Response:
    return _form(site, request, registry)


def _form(
    site: Site,
    request: Request,
    registry: Registry,
    *,
    status: int = 200,
    wrong: str = "",
    name: str = "",
    action: str = "",
    kept: str = "",
) -> Response:
    visitor = request.cookies.get(guarding.VISITOR_COOKIE) or guarding.new_token()
    return site.render_open(
        "sign_in.html",
        request,
        visitor=visitor,
        status=status,
        wrong=wrong,
        name=name,
        next=local_path(request.query_params.get("next", HOME)),
        action=action,
        kept=kept,
        nobody=not registry.accounts.all(),
    )


def _sign_in(site: Site, request: Request, form: Form, registry: Registry) -> Response:
    name, password = form.get("name", "").strip(), form.get("password", "")
    action, kept = local_path(form.get("action", ""), ""), form.get("kept", "")
    again = {"name": name, "action": action, "kept": kept}
    words, where = site.words_for(request), site.place(request)
    if site.behind_proxy or not _proven(request, form):
        return _form(site, request, registry, status=403, wrong=words("signing.stale"), **again)
    if seconds := site.attempts.wait(name, where):
        wrong = words("signing.wait", n=int(seconds) + 1)
        return _form(site, request, registry, status=429, wrong=wrong, **again)
    account = registry.accounts.account(name)
    if not site.passwords.fits(password, account.password_hash if account else None):
        site.attempts.failed(name, where)
        return _form(site, request, registry, status=401, wrong=words("signing.wrong"), **again)
    site.attempts.succeeded(name)
    if account and site.passwords.outdated(account.password_hash):
        registry.accounts.rehash(name, site.passwords.hash(password))
    return begin(site, request, registry, name, local_path(form.get("next", HOME)), action, _kept(kept))


def _kept(text: str) -> Form | None:
    try:
        return unpacked(text) if text else None
    except UnusableForm:
        return None


def begin(
    site: Site,
    request: Request,
    registry: Registry,
    name: str,
    path: str,
    action: str = "",
    kept: Form | None = None,
    notice: Notice | None = None,
) -> Response:
    """A new session, in this browser; the one that may have been there is over. What was typed is shown again."""
    registry.sessions.end(request.cookies.get(guarding.SESSION_COOKIE, ""))
    token = guarding.new_token()
    registry.sessions.begin(token, name, site.wall.now(), site.limits, by_proxy=site.behind_proxy)
    if notice is not None:
        registry.sessions.leave_notice(token, notice_text(notice))
    response: Response = RedirectResponse(path, 303)
    if kept is not None and action:
        visit = site.visit_with(token, request, kept, registry)
        response = visit.show("kept.html", action=action, fields=fields_of(action, kept.typed))
    site.set_cookie(request, response, guarding.SESSION_COOKIE, token)
    return response


def _welcome(site: Site, request: Request, _: Form, registry: Registry) -> Response:
    return _welcoming(site, request, registry)


def _welcoming(site: Site, request: Request, registry: Registry, *, wrong: str = "", name: str = "") -> Response:
    visitor = request.cookies.get(guarding.VISITOR_COOKIE) or guarding.new_token()
    try:
        invited = registry.accounts.invitation(request.path_params["token"], site.wall.now())
    except InvitationOver as error:
        return site.render_open("link_over.html", request, visitor=visitor, status=410, words=str(error))
    status = 422 if wrong else 200
    return site.render_open(
        "welcome.html", request, visitor=visitor, status=status, invited=invited, wrong=wrong, name=name
    )


def _choose(site: Site, request: Request, form: Form, registry: Registry) -> Response:
    token, words = request.path_params["token"], site.words_for(request)
    name, password = form.get("name", "").strip(), form.get("password", "")
    if site.behind_proxy or not _proven(request, form):
        return _welcoming(site, request, registry, wrong=words("signing.stale"), name=name)
    if not NAME.fullmatch(name):
        return _welcoming(site, request, registry, wrong=words("signing.name_wrong"), name=name)
    if wrong := weakness(name, password):
        return _welcoming(site, request, registry, wrong=words(f"signing.{wrong}"), name=name)
    try:
        registry.accounts.invitation(token, site.wall.now())  # before the work of hashing
        registry.accounts.accept(token, name, site.passwords.hash(password), site.wall.now())
    except InvitationOver:
        return _welcoming(site, request, registry)
    return begin(site, request, registry, name, HOME)


def _proven(request: Request, form: Form) -> bool:
    return guarding.proven(request.cookies.get(guarding.VISITOR_COOKIE, ""), form.get(TOKEN_FIELD, ""))


def _sign_out(visit: Visit) -> Response:
    visit.registry.sessions.end(visit.token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(guarding.SESSION_COOKIE)
    return response
