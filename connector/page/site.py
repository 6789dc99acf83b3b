"""The page as a whole: how a request becomes a Visit, and what becomes of whatever goes wrong on the way.

A module of pages has `routes(site) -> list[Route]`, made of `site.page(path, show, command)` and
`site.action(path, act, command)`. `command` is that of the terminal whose role it takes, at the tenant in the address
or, without one, at each that the function asks `visit.rights.require` for. Functions run in a thread of their own.
"""

import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from connector.commands.refusals import EXPECTED, exit_code
from connector.config.settings import Config
from connector.page import guarding
from connector.page.attempts import Attempts
from connector.page.forms import LARGEST_FORM, TOKEN_FIELD, Form, UnusableForm, read_form
from connector.page.glances import Glances
from connector.page.gradings import Gradings
from connector.page.navigation import Entry
from connector.page.passwords import Passwords
from connector.page.proxy import is_encrypted, place, vouched
from connector.page.rights import Rights
from connector.page.showing import environment
from connector.page.typed import fields_of
from connector.page.visit import NotHere, Visit, notice_text, read_notice
from connector.page.words import Words, language_for
from connector.people import NotAllowed
from connector.wiring import tenant_file
from state.clock import Clock, SystemClock
from state.errors import StateError
from state.model import TenantSlug
from state.page_sessions import Limits, Session
from state.registry import Registry

Answer = Callable[[Visit], Response]
Open = Callable[[Request, Form, Registry], Response]  # for whoever is not signed in
AskWho = Callable[["Site", Request, Form, Registry], Response]

log = structlog.get_logger()


class Site:
    """`config` tells the configuration in force, `reload` reads its file again.

    `clock` is what Dun calls now, `wall` what sessions are measured by.
    """

    def __init__(
        self,
        config: Callable[[], Config],
        clock: Clock,
        *,
        behind_proxy: bool | None = None,
        reload: Callable[[], None] = lambda: None,
        passwords: Passwords | None = None,
        wall: Clock | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.reload = reload
        self.clock = clock
        self.wall = wall or SystemClock()
        self.passwords = passwords or Passwords()
        self.attempts = Attempts(seconds)
        self.behind_proxy = config().page.behind_proxy if behind_proxy is None else behind_proxy
        self.beforehand: list[Callable[[Config], None]] = [self._read_all]
        self.entries: tuple[Entry, ...] = ()
        self.paths: frozenset[str] = frozenset()
        self.gradings = Gradings()
        self._pulls: Glances[None, datetime | None] = Glances(lambda store, _: store.mirror.last_pulled_at())
        self._environment = environment()

    def offer(self, entries: tuple[Entry, ...], paths: frozenset[str], ask_who: AskWho) -> None:
        """Told once, when all pages are known: what is offered, which addresses there are, how somebody signs in."""
        self.entries, self.paths, self._ask_who = entries, paths, ask_who

    def read_at(self, config: Config, slugs: Iterable[TenantSlug]) -> dict[TenantSlug, datetime | None]:
        """When each tenant's books were last read; None for never."""
        return {slug: self._pulled_at(tenant_file(config, slug)) for slug in slugs}

    def look_ahead(self) -> None:
        """Read what the first page would have to read of every firm. Whatever is wrong with a file, the page tells."""
        with suppress(*EXPECTED):
            for read in self.beforehand:
                read(self.config())

    def _read_all(self, config: Config) -> None:
        self.read_at(config, config.tenants)

    def _pulled_at(self, path: Path) -> datetime | None:
        """None also for a file that cannot be read, which the pages tell of."""
        try:
            return self._pulls.look(path, None)
        except StateError:
            return None

    @property
    def limits(self) -> Limits:
        page = self.config().page
        return Limits(timedelta(minutes=page.idle_minutes), timedelta(hours=page.session_hours))

    def page(self, path: str, show: Answer, command: str = "status") -> Route:
        """A page that whoever may run `command` may read."""
        return Route(path, self._endpoint(self._signed_in(show, command)), methods=["GET"])

    def action(self, path: str, act: Answer, command: str) -> Route:
        """What a form does, for whoever may run `command`."""
        return Route(path, self._endpoint(self._signed_in(act, command)), methods=["POST"])

    def open(self, path: str, answer: Open, *methods: str, largest: int = LARGEST_FORM) -> Route:
        """For whoever is not signed in. What is posted has at most `largest` bytes."""
        return Route(path, self._endpoint(answer, largest), methods=methods or ["GET"])

    def words_for(self, request: Request, preferred: str = "") -> Words:
        return Words(language_for(preferred, request.headers.get("accept-language", "")))

    def place(self, request: Request) -> str:
        return place(request, self.config().page.proxies)

    def set_cookie(self, request: Request, response: Response, name: str, value: str) -> None:
        """For this browser session, out of the reach of scripts and of other sites' posts."""
        secure = is_encrypted(request, self.config().page.proxies)
        response.set_cookie(name, value, httponly=True, samesite="lax", secure=secure)

    def render(self, template: str, visit: Visit, *, status: int = 200, **values: Any) -> Response:
        made = self._environment.get_template(template)
        return HTMLResponse(made.render(visit=visit, t=visit.words, **values), status)

    def render_open(
        self, template: str, request: Request, *, visitor: str, status: int = 200, **values: Any
    ) -> Response:
        """A page for whoever is not signed in; `visitor` is the token that its form is proven by."""
        words = self.words_for(request)
        made = self._environment.get_template(template)
        text = made.render(visit=None, t=words, proof=guarding.proof(visitor), **values)
        response = HTMLResponse(text, status)
        self.set_cookie(request, response, guarding.VISITOR_COOKIE, visitor)
        return response

    def _endpoint(self, answer: Open, largest: int = LARGEST_FORM) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if request.method == "POST" and guarding.from_elsewhere(request):
                return PlainTextResponse("this form was sent from another site; nothing was done\n", 403)
            try:
                form = await read_form(request, largest) if request.method == "POST" else Form()
            except ClientDisconnect:
                return Response(status_code=400)  # to nobody
            except UnusableForm:
                return PlainTextResponse("this is no form of Dun's; nothing was done\n", 400)
            return await run_in_threadpool(self._answer, answer, request, form)

        return endpoint

    def _answer(self, answer: Open, request: Request, form: Form) -> Response:
        try:
            with Registry.open(self.config().data / "registry.db", create=False) as registry:
                return answer(request, form, registry)
        except EXPECTED as error:
            return PlainTextResponse(f"{error}\n", 503)
        except Exception as error:  # noqa: BLE001 - a bug in one page must not end the others
            log.error("a page could not be shown: a bug in Dun; please report it", where=_where(error))  # noqa: TRY400
            return PlainTextResponse("this page could not be shown: a bug in Dun; the log says where\n", 500)

    def _signed_in(self, answer: Answer, command: str) -> Open:
        def open_to_signed_in(request: Request, form: Form, registry: Registry) -> Response:
            visit = self._visit(request, form, registry)
            if visit is None:
                return self._ask_who(self, request, form, registry)
            if request.method == "POST" and not guarding.proven(visit.token, form.get(TOKEN_FIELD, "")):
                return visit.show(
                    "kept.html", status=403, action=request.url.path, fields=fields_of(request.url.path, form.typed)
                )
            response = self._within(answer, command, visit)
            self._settle_notice(visit, response)
            return response

        return open_to_signed_in

    def _within(self, answer: Answer, command: str, visit: Visit) -> Response:
        """The answer, or the page that says why there is none. Whatever nobody expected is a bug, and is raised."""
        slug = visit.request.path_params.get("tenant")
        try:
            if slug is not None:
                visit.settings_of(slug)
                visit.rights.require(command, [slug])
            elif not self._may_somewhere(visit, command):
                visit.rights.require(command, ())
            return answer(visit)
        except NotAllowed as error:
            return visit.show(
                "refused.html",
                status=403,
                words=visit.refusal(error),
                fields=fields_of(visit.request.url.path, visit.form.typed),
            )
        except NotHere:
            return visit.show("refused.html", status=404, words=visit.words("frame.not_here"), fields=())
        except EXPECTED as error:
            status = 409 if exit_code(error) == 1 else 422
            return visit.show(
                "refused.html",
                status=status,
                words=visit.refusal(error),
                fields=fields_of(visit.request.url.path, visit.form.typed),
            )

    def _may_somewhere(self, visit: Visit, command: str) -> bool:
        return visit.may(command) or any(visit.may(command, settings.slug) for settings in visit.tenants)

    def _visit(self, request: Request, form: Form, registry: Registry) -> Visit | None:
        """None if nobody is signed in here."""
        page, wall = self.config().page, self.wall.now()
        token = request.cookies.get(guarding.SESSION_COOKIE, "")
        session = registry.sessions.find(token, wall, self.limits) if token else None
        if session is None or session.by_proxy is not self.behind_proxy:
            return None
        if self.behind_proxy and vouched(request, page.proxy_header, page.proxies) != session.name:
            return None
        visit = self._visit_of(session, token, request, form, registry)
        if not visit.is_refresh:
            registry.sessions.seen(token, session, wall)
        return visit

    def visit_with(self, token: str, request: Request, form: Form, registry: Registry) -> Visit:
        """That of a session which has just begun."""
        session = registry.sessions.find(token, self.wall.now(), self.limits)
        assert session is not None  # noqa: S101 - begun a moment ago
        return self._visit_of(session, token, request, form, registry)

    def _visit_of(self, session: Session, token: str, request: Request, form: Form, registry: Registry) -> Visit:
        config = self.config()
        account = None if session.by_proxy else registry.accounts.account(session.name)
        preference = registry.sessions.preference(session.name)
        return Visit(
            site=self,
            config=config,
            request=request,
            form=form,
            registry=registry,
            rights=Rights(config.people, session.name, account.role if account else "none"),
            token=token,
            words=self.words_for(request, preference.language),
            preference=preference,
            now=self.clock.now(),
            notice=read_notice(session.notice),
        )

    def _settle_notice(self, visit: Visit, response: Response) -> None:
        """Said once; and what an action leaves is there for the page after it."""
        if visit.leaving is not None:
            visit.registry.sessions.leave_notice(visit.token, notice_text(visit.leaving))
        elif visit.notice is not None and not visit.is_refresh and not isinstance(response, RedirectResponse):
            visit.registry.sessions.leave_notice(visit.token, None)


def _where(error: Exception) -> str:
    """The kind of error and its line: an error's text may quote what a log must never hold."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
