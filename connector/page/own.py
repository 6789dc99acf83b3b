"""What everybody may set for themselves: language, light or dark, single-key shortcuts, and the own password."""

from starlette.responses import Response
from starlette.routing import Route

from connector.messages.locales import LANGUAGES
from connector.page.passwords import weakness
from connector.page.signing_in import begin
from connector.page.site import Site
from connector.page.visit import Notice, Visit
from state.page_sessions import Preference, Theme

_THEMES: dict[str, Theme] = {"auto": "auto", "light": "light", "dark": "dark"}


def routes(site: Site) -> list[Route]:
    return [
        site.page("/own", _show, "init"),
        site.action("/own/preference", _prefer, "init"),
        site.action("/own/password", _change_password, "init"),
    ]


def _show(visit: Visit) -> Response:
    return visit.show("own.html", themes=tuple(_THEMES))


def _prefer(visit: Visit) -> Response:
    asked = visit.form.get("language", "")
    language = asked if asked in LANGUAGES else ""
    theme = _THEMES.get(visit.form.get("theme", ""), "auto")
    visit.registry.sessions.prefer(visit.who, Preference(language, theme, visit.form.get("shortcuts") == "on"))
    visit.words = visit.site.words_for(visit.request, language)
    return visit.done("/own", "own.kept")


def _change_password(visit: Visit) -> Response:
    """Everybody else who is signed in under this name is signed out."""
    account = visit.registry.accounts.account(visit.who)
    where, new = visit.site.place(visit.request), visit.form.get("new", "")
    if account is None or visit.site.behind_proxy or visit.site.attempts.wait(visit.who, where):
        return visit.done("/own", "own.later", bad=True)
    if not visit.site.passwords.fits(visit.form.get("old", ""), account.password_hash):
        visit.site.attempts.failed(visit.who, where)
        return visit.done("/own", "own.wrong", bad=True)
    if wrong := weakness(visit.who, new):
        return visit.done("/own", f"signing.{wrong}", bad=True)
    visit.registry.accounts.set_password(visit.who, visit.site.passwords.hash(new), visit.site.wall.now())
    notice = Notice(visit.words("own.password_kept"))
    return begin(visit.site, visit.request, visit.registry, visit.who, "/own", notice=notice)
