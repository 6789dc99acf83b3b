"""People at the page: they look, fill in a form that it offers them, and press. So do some who may not.

The application is the real one, over the same file as the daemon, in a process of its own that nobody kills. Forms are
those of the page that was looked at, now and then of one that was looked at days ago. Whoever has not the role, no
session, or somebody else's proof has to be refused, and nothing may have changed (invariant 8).
"""

import os
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from email.utils import parseaddr
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from connector.page.guarding import proof
from drill.simulation import disk
from drill.simulation.browser import Answer, Form, forms
from drill.simulation.moments import Moments
from drill.simulation.page import Page
from drill.simulation.process import SLUG
from drill.simulation.trail import take_down
from state.model import InvoiceId, ReminderState
from state.store import TenantStore

if TYPE_CHECKING:
    from drill.simulation.life import Life

Looks = tuple[str, str]  # at which page, for a form that posts to where
_OUTBOX, _MORNING, _CUSTOMER, _EDITOR = f"/t/{SLUG}/outbox", "/", f"/t/{SLUG}/customer/", f"/t/{SLUG}/outbox/edit/"
_DEEDS: Mapping[str, Looks] = {
    "page_approve": (_OUTBOX, "/outbox/approve"),
    "page_approve_all": (_MORNING, "/do/approve-all"),
    "page_skip": (_OUTBOX, "/outbox/skip"),
    "page_edit": (_EDITOR, "/outbox/edit"),
    "page_put_off": (_OUTBOX, "/outbox/hold"),
    "page_hold": (_CUSTOMER, "/hold"),
    "page_release": (_CUSTOMER, "/do/release"),
    "page_note": (_CUSTOMER, "/note"),
    "page_resolve": (_MORNING, "/do/resolve"),
    "page_promise": (_CUSTOMER, "/promise"),
    "page_take_promise_back": (_CUSTOMER, "/withdraw-promise"),
    "page_dispute": (_CUSTOMER, "/dispute"),
    "page_settle_dispute": (_MORNING, "/do/settle-dispute"),
    "page_plan": (_CUSTOMER, "/plan"),
    "page_cancel_plan": (_CUSTOMER, "/cancel-plan"),
    "page_treat": (_CUSTOMER, "/treat"),
    "page_reply": (_MORNING, "/do/reply"),
    "page_task": (_MORNING, "/do/task"),
    "page_decide": (_MORNING, "/do/decide"),
}
_TRESPASS = "page_trespass"
_TABS = 6  # pages that stay open
_UNFOUND = 400  # statuses from here on: nothing was done


class AtThePage:
    """Everybody who works on the page instead of at the terminal."""

    def __init__(self, life: "Life") -> None:
        self._life = life
        self._tabs: list[Form] = []
        self._looks = 0

    def knows(self, kind: str) -> bool:
        return kind in _DEEDS or kind == _TRESPASS

    def act(self, kind: str, draw: Random) -> bool:
        """Let `kind` happen; False if the page offers nothing of it, or refuses."""
        with disk.owned_by(Moments()):
            return self._trespass(draw) if kind == _TRESPASS else self._work(kind, draw)

    @cached_property
    def _page(self) -> Page:
        """Opened when somebody first looks."""
        return Page(self._life.around)

    # -- who may -----------------------------------------------------------------------------------------------------

    def _work(self, kind: str, draw: Random) -> bool:
        session = self._page.sign_in("clerk")
        form = self._form(session, kind, draw)
        if form is None:
            return False
        answer = self._press(session, form, draw)
        if answer.path and draw.random() < 0.15:
            self._take_back(session, answer.path, draw)
        return answer.status < _UNFOUND

    def _take_back(self, session: str, path: str, draw: Random) -> None:
        """By the button beside what was just said."""
        undo = next((form for form in forms(self._look(path, session)) if form.in_notice), None)
        if undo is not None:
            self._press(session, undo, draw)

    def _press(self, session: str, form: Form, draw: Random) -> Answer:
        with closing(TenantStore.open(self._life.around.file)) as store:
            before = store.audit.last()
            waiting = {reply.id: reply for reply in store.correspondence.unhandled()}
            fields = self._filled(store, form, draw)
            self._name_further(form.action, dict(fields).get("escalate", ""))
            answer = self._page.browser.post(form.action, session, [*fields, ("token", proof(session))])
            self._sound(form.action, answer)
            take_down(self._life, store, before)
            for key in waiting.keys() - {reply.id for reply in store.correspondence.unhandled()}:
                self._life.voices.handled(waiting[key].text)
        return answer

    def _name_further(self, action: str, text: str) -> None:
        """Whom late stages may go to as well, from now on: the trail tells that there is an address, not which."""
        if text:
            contact = unquote(action.split("/")[-2])
            self._life.agreed.escalations.setdefault(contact, set()).add(parseaddr(text)[1])

    # -- who may not -------------------------------------------------------------------------------------------------

    def _trespass(self, draw: Random) -> bool:
        """A form that a clerk was shown, sent by somebody else or without the clerk's proof."""
        clerk, reader = self._page.sign_in("clerk"), self._page.sign_in("reader")
        offered = self._form(clerk, draw.choice(list(_DEEDS)), draw)
        form = offered or (draw.choice(self._tabs) if self._tabs else None)
        if form is None:
            return False
        session, shown = draw.choice(((reader, proof(reader)), ("", proof(clerk)), (clerk, proof(reader)), (clerk, "")))
        with closing(TenantStore.open(self._life.around.file)) as store:
            fields = self._filled(store, form, draw)
        with closing(self._life.around.read_file()) as file:
            before = file.execute("PRAGMA data_version").fetchone()
            answer = self._page.browser.post(form.action, session, [*fields, ("token", shown)])
            after = file.execute("PRAGMA data_version").fetchone()
        if answer.status not in (401, 403):
            self._life.violations.add(8, f"{form.action} was answered by {answer.status} to somebody who may not")
        if after != before:
            self._life.violations.add(8, f"{form.action} changed something for somebody who may not")
        return True

    # -- looking -----------------------------------------------------------------------------------------------------

    def _form(self, session: str, kind: str, draw: Random) -> Form | None:
        """One that the page offers for this, or that it has offered; None if there is none."""
        page, ending = _DEEDS[kind]
        old = [form for form in self._tabs if form.action.endswith(ending)]
        if old and draw.random() < 0.2:
            return draw.choice(old)
        if page in (_CUSTOMER, _EDITOR):
            page += quote(self._customer(draw, written_to=page == _EDITOR), safe="")
        offered = [form for form in forms(self._look(page, session)) if form.action.endswith(ending)]
        if not offered:
            return None
        chosen = draw.choice(offered)
        self._tabs = [*self._tabs, chosen][-_TABS:]
        return chosen

    def _look(self, path: str, session: str) -> str:
        """The page tells states of a file by its time of change, which in a life without waiting stands still."""
        self._looks += 1
        os.utime(self._life.around.file, ns=(self._looks, self._looks))
        answer = self._page.browser.get(path, session)
        self._sound(path, answer)
        return answer.text

    def _sound(self, path: str, answer: Answer) -> None:
        if answer.status >= 500:
            self._life.violations.add(8, f"{path} was answered by {answer.status}: {answer.text.strip()}")

    def _customer(self, draw: Random, *, written_to: bool) -> str:
        """One who owes; if `written_to`, one for whom a message is planned."""
        with closing(TenantStore.open(self._life.around.file)) as store:
            planned = [reminder.contact_id for reminder in store.reminders.planned()]
            owing = [account.contact_id for account in store.receivables.accounts(self._today)]
        found = planned if written_to else owing
        return draw.choice(found) if found else "-"

    # -- filling in --------------------------------------------------------------------------------------------------

    def _filled(self, store: TenantStore, form: Form, draw: Random) -> list[tuple[str, str]]:
        fields = {**form.carried, **{name: self._typed(form, name, draw) for name in form.asked if name != "invoices"}}
        if form.action.endswith("/do/resolve") and fields["outcome"] != "retry":
            fields["outcome"] = self._became_of(store, InvoiceId(fields["invoice"]))
        ticked = [key for key in form.asked.get("invoices", ()) if draw.random() < 0.6]
        return [
            *((name, value) for name, value in fields.items() if name != "token"),
            *(("invoices", k) for k in ticked),
        ]

    def _typed(self, form: Form, name: str, draw: Random) -> str:
        if form.asked[name]:
            return draw.choice(["", *form.asked[name]] if name == "nobody_else" else form.asked[name])
        match name:
            case "until":
                return draw.choice(("", self._in_days(draw.randint(0, 12))))
            case "on" | "first" | "promised":
                return self._in_days(draw.choice((-1, 0, 1, 4, 9)))
            case "amount":
                return draw.choice(("", "", "1", "40.00"))
            case "parts":
                return str(draw.randint(1, 4))
            case "text":
                return f"{form.carried[name].strip()}\n\nThank you."
            case "subject" | "owner":
                return form.carried[name]
            case "do_not_chase":
                return draw.choice(("", "", form.carried[name], "the director calls"))
            case "escalate":
                return draw.choice(("", f"Jo <director{draw.randint(1, 10**6)}@customer.example>"))
        return "said on the page"

    def _became_of(self, store: TenantStore, invoice: InvoiceId) -> str:
        """The customer is asked."""
        arrived = {delivery.message.id for delivery in self._life.around.postbox.delivered}
        unknown = [one for one in store.reminders.for_invoice(invoice) if one.state is ReminderState.UNKNOWN]
        return "sent" if any(one.message_id in arrived for one in unknown) else "skipped"

    def _in_days(self, days: int) -> str:
        return (self._today + timedelta(days=days)).isoformat()

    @property
    def _today(self) -> date:
        return self._life.around.settings.today_at(self._life.around.clock.now())
