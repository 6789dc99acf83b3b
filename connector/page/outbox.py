"""The outbox: what leaves to whom, word for word, and a person's yes, other words, no, or not now.

Whoever goes through many messages stays on one hand: each answer leads to the next message that waits. An answer counts
for exactly what was looked at; if somebody else was faster, or amounts have changed since, that is said and nothing is
done.
"""

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from connector import approval
from connector.approval import ChangedMeanwhile, Waiting
from connector.commands.holds import REASONS
from connector.config.settings import TenantSettings
from connector.edited import EditLeavesOut, EditOverlaps, EditRefused, listed
from connector.editing import Reworded, edit, message_about, take_back, worded
from connector.holding import TargetError, customer_target, hold_target
from connector.leaving import Leaving
from connector.on_their_way import on_their_way
from connector.page.navigation import Entry
from connector.page.outbox_view import Card, Letter, aspects_told, cards, following, letter_to, page_of, preceding
from connector.page.site import Site
from connector.page.visit import NotHere, Undo, Visit
from connector.saying.said import say
from connector.seen import changed_between, mark
from connector.tenant import Tenant
from connector.terms import Aspect
from connector.wiring import Installation
from state.audit import AuditEntry
from state.model import ContactId, Invoice, InvoiceId, ReminderId, TenantSlug
from state.store import TenantStore

NAVIGATION = (Entry("/t/{tenant}/outbox", "outbox.title", 20),)
_LONGEST_ID = 18  # digits
_DEEDS = frozenset({"approve", "skip"})


class NotKept(Struct, frozen=True):
    """Why words were not kept; `asks_anyway`: it helps to say that they are meant; `looks_again`: others are there."""

    why: str
    asks_anyway: bool = False
    looks_again: bool = False


def routes(site: Site) -> list[Route]:
    here = "/t/{tenant}/outbox"
    return [
        site.page(here, _list),
        site.page(f"{here}/message/{{contact}}", _message),
        site.page(f"{here}/edit/{{contact}}", _editor, "edit"),
        site.action(f"{here}/approve", _approve, "approve"),
        site.action(f"{here}/skip", _skip, "approve"),
        site.action(f"{here}/hold", _hold, "hold"),
        site.action(f"{here}/edit", _edit, "edit"),
        site.action(f"{here}/usual-words", _usual_words, "edit"),
    ]


def _list(visit: Visit) -> Response:
    settings = visit.tenant
    with visit.open() as opened:
        found = _cards(visit, opened)
    shown, more = page_of(found, visit.query.get("after", ""))
    return visit.show(
        "outbox.html",
        home=_home(settings.slug),
        mode=settings.mode,
        parked=visit.connected()[settings.slug].parked_because is not None,
        shown=shown,
        more=more,
        waiting=sum(card.waits for card in found),
        total=len(found),
        reasons=REASONS,
        told=aspects_told,
    )


def _message(visit: Visit) -> Response:
    slug, contact = visit.tenant.slug, ContactId(visit.request.path_params["contact"])
    with visit.open() as opened:
        waiting = _waiting_for(_cards(visit, opened), contact)
        with opened.tenant(slug) as tenant:
            letter = letter_to(tenant, contact, waiting.ids if waiting else ())
            customer = letter.customer if letter else _name(tenant.store, contact)
        found = _cards(visit, opened)  # again: words that fitted no more have gone
        waiting = _waiting_for(found, contact)
    return visit.show(
        "message.html",
        home=_home(slug),
        letter=letter,
        customer=customer,
        contact_id=contact,
        card=_exactly(waiting, letter),
        going=next((card for card in found if not card.waits and card.contact_id == contact), None),
        edited=letter is not None and letter.edited,
        encloses_pdf=visit.tenant.attach_pdf,
        following=following(found, contact, customer),
        preceding=preceding(found, contact, customer),
        waiting=sum(card.waits for card in found),
        reasons=REASONS,
        told=aspects_told,
    )


def _editor(visit: Visit) -> Response:
    contact = ContactId(visit.request.path_params["contact"])
    with visit.open() as opened, opened.tenant(visit.tenant.slug) as tenant:
        message = message_about(tenant, _invoice_of(tenant, contact))
        outgoing = message.outgoing
        assert outgoing is not None  # noqa: S101 - message_about raises where there is none
        words = worded(tenant, message)
    return visit.show(
        "message_edit.html",
        home=_home(visit.tenant.slug),
        customer=message.account.name,
        contact_id=contact,
        kind=outgoing.message.kind,
        subject=outgoing.message.subject,
        text=outgoing.message.text,
        basis=outgoing.basis,
        words=words,
        now=None,
        problem="",
        asks_anyway=False,
    )


def _edit(visit: Visit) -> Response:
    """Keep the words if the message is still the one they were written for; else show both, and lose none."""
    slug, contact = visit.tenant.slug, ContactId(visit.form.get("contact", ""))
    subject, text = visit.form.get("subject", ""), visit.form.get("text", "")
    with visit.open() as opened, opened.tenant(slug) as tenant:
        message = message_about(tenant, _invoice_of(tenant, contact))
        outgoing = message.outgoing
        assert outgoing is not None  # noqa: S101 - as above
        kept = _keep(visit, tenant, message, subject, text)
        in_force = worded(tenant, message)
    if isinstance(kept, Reworded):
        undo = Undo(f"{_home(slug)}/usual-words", {"contact": contact})
        words = visit.words("outbox.edited", customer=message.account.name) + _taken_back(visit, kept)
        return visit.said(_message_path(slug, contact), words, undo=undo)
    return visit.show(
        "message_edit.html",
        status=409,
        home=_home(slug),
        customer=message.account.name,
        contact_id=contact,
        kind=outgoing.message.kind,
        subject=subject,
        text=text,
        basis=outgoing.basis,
        words=in_force if kept.looks_again else visit.form.get("words", ""),
        now=outgoing.message,
        problem=kept.why,
        asks_anyway=kept.asks_anyway,
    )


def _keep(visit: Visit, tenant: Tenant, message: Leaving, subject: str, text: str) -> Reworded | NotKept:
    """What came of the words, or why they were not kept."""
    if message.outgoing is None or message.outgoing.basis != visit.form.get("basis"):
        return NotKept(visit.words("outbox.changed_words"), looks_again=True)
    anyway, began_with = visit.form.get("anyway") == "on", _number(visit.form.get("words", ""))
    try:
        return edit(tenant, message, subject, text, visit.who, anyway=anyway, began_with=began_with)
    except EditOverlaps:
        return NotKept(visit.words("outbox.changed_words"), looks_again=True)
    except EditLeavesOut as error:
        return NotKept(
            visit.words("outbox.leaves_out", what=listed(tuple(map(visit.words.said, error.missing)))), asks_anyway=True
        )
    except EditRefused as error:
        return NotKept(visit.refusal(error))


def _number(text: str) -> int:
    """The id in a form of ours; of anything else, that of no words."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID else -1


def _taken_back(visit: Visit, reworded: Reworded) -> str:
    """A sentence more, where an approval was given to other words."""
    return f" {visit.words('outbox.approval_gone')}" if reworded.approvals else ""


def _usual_words(visit: Visit) -> Response:
    slug, contact = visit.tenant.slug, ContactId(visit.form.get("contact", ""))
    with visit.open() as opened, opened.tenant(slug) as tenant:
        message = message_about(tenant, _invoice_of(tenant, contact))
        ended = take_back(tenant, message, visit.who)
    path = _message_path(slug, contact)
    if ended is None:
        return visit.done(path, "outbox.usual_already", bad=True)
    return visit.said(path, visit.words("outbox.usual_again") + _taken_back(visit, ended))


def _approve(visit: Visit) -> Response:
    slug = visit.tenant.slug
    with visit.open() as opened:
        chosen, refusal = _looked_at(visit, opened)
        if refusal is not None:
            return refusal
        path = _onwards(visit, opened)
        try:
            moved = approval.approve(opened, chosen, visit.who)
        except ChangedMeanwhile as error:
            return _has_changed(visit, chosen, error.aspects)
        if not moved:
            return _too_late(visit, opened)
    fields = {"ids": " ".join(each.reminder_id for each in chosen), "back": path}
    undo = Undo(f"/t/{slug}/do/take-back", fields)
    return visit.done(path, "outbox.approved", undo=undo, n=moved, customer=_customers(chosen))


def _skip(visit: Visit) -> Response:
    with visit.open() as opened:
        chosen, refusal = _looked_at(visit, opened)
        if refusal is not None:
            return refusal
        path = _onwards(visit, opened)
        moved = approval.skip(opened, chosen, visit.form.get("reason", "").strip() or "no reason given", visit.who)
        if not moved:
            return _too_late(visit, opened)
    return visit.done(path, "outbox.skipped", n=moved, customer=_customers(chosen))


def _hold(visit: Visit) -> Response:
    slug, contact = visit.tenant.slug, ContactId(visit.form.get("contact", ""))
    reason = visit.form.get("reason", "manual")
    until = _day(visit, "until")
    if reason not in REASONS:
        raise TargetError(visit.words("morning.no_choice"))
    with visit.open() as opened:
        with opened.store(slug) as store:
            name = _name(store, contact)
        path = _onwards(visit, opened)
        target = customer_target(slug, contact, name)
        note = visit.form.get("note", "").strip() or None
        placed = hold_target(opened, target, reason=reason, until=until, note=note, owner=visit.who, person=visit.who)
    undo = Undo(f"/t/{slug}/do/release", {"hold": str(placed.id), "back": path})
    return visit.done(path, "outbox.held", undo=undo, customer=name)


def _looked_at(visit: Visit, opened: Installation) -> tuple[list[Waiting], Response | None]:
    """What the form is about, if it waits and is as it was shown; else the answer that says what has become of it."""
    slug = visit.tenant.slug
    given = [(visit.form.get("ids", "").split(), visit.form.get("mark", ""))]
    if ticked := visit.form.all("card"):
        given = [(ids.split(), seen) for seen, _, ids in (each.partition(" ") for each in ticked)]
    waiting = {each.reminder_id: each for each in approval.waiting(opened, [slug])}
    chosen: list[Waiting] = []
    for ids, seen in (each for each in given if each[0]):
        found = [waiting[ReminderId(key)] for key in ids if key in waiting]
        if len(found) < len(ids):
            return [], _too_late(visit, opened)
        now = mark(each.seen for each in found)
        if now != seen:
            return [], _has_changed(visit, found, changed_between(seen, now))
        chosen += found
    if not chosen:
        return [], visit.done(_same(visit), "outbox.nothing_chosen", bad=True)
    return chosen, None


def _has_changed(visit: Visit, about: list[Waiting], aspects: Sequence[Aspect]) -> Response:
    """Nothing was done, and what has changed since the look, if that can be told."""
    customer = _customers(about)
    if not aspects:
        return visit.done(_same(visit), "outbox.has_changed", bad=True, customer=customer)
    what = aspects_told(visit.words, aspects)
    return visit.done(_same(visit), "outbox.has_changed_in", bad=True, customer=customer, what=what)


def _too_late(visit: Visit, opened: Installation) -> Response:
    """Somebody else has answered, or a cycle has gone on: who did what, as the trail knows it."""
    slug = visit.tenant.slug
    ids = {key for given in (*visit.form.all("ids"), *visit.form.all("card")) for key in given.split()}
    with opened.store(slug) as store:
        first = next((each for each in store.audit.entries(limit=1000) if _answered(each, ids)), None)
    path = _onwards(visit, opened)
    if first is None:
        return visit.done(path, "outbox.gone", bad=True)
    key = "outbox.approved_by" if first.action == "approve" else "outbox.skipped_by"
    return visit.done(path, key, bad=True, who=first.who, ago=visit.words.ago(first.at, visit.now))


def _answered(entry: AuditEntry, ids: set[str]) -> bool:
    return entry.action in _DEEDS and entry.details.get("reminder") in ids


def _onwards(visit: Visit, opened: Installation) -> str:
    """From a message to the next one that waits, from the list back to it."""
    contact = visit.form.get("contact", "")
    if visit.form.get("from") != "message" or not contact:
        return _same(visit)
    found = _cards(visit, opened)
    here = [card.customer for card in found if card.contact_id == contact]
    coming = following(found, contact, visit.form.get("customer", "") or (here[0] if here else ""))
    return _message_path(visit.tenant.slug, coming.contact_id) if coming else _home(visit.tenant.slug)


def _same(visit: Visit) -> str:
    return visit.back(_home(visit.tenant.slug))


def _cards(visit: Visit, opened: Installation) -> list[Card]:
    settings: TenantSettings = visit.tenant
    with opened.store(settings.slug) as store:
        return cards(settings, store.outbox(settings.today_at(visit.now)))


def _waiting_for(found: Sequence[Card], contact: ContactId) -> Card | None:
    return next((card for card in found if card.waits and card.contact_id == contact), None)


def _exactly(waiting: Card | None, letter: Letter | None) -> Card | None:
    """Of what waits, what is in the message that is shown: nobody says yes to what they have not read."""
    if waiting is None or letter is None:
        return None
    shown = tuple(each for each in waiting.reminders if each.reminder_id in letter.reminders)
    return waiting.only(shown) if shown else None


def _invoice_of(tenant: Tenant, contact: ContactId) -> Invoice:
    """One by which the customer's message is found."""
    going = on_their_way(tenant.store.planned_facts(tenant.today), tenant.today)
    planned = [r for r in tenant.store.reminders.planned() if r.contact_id == contact and r.id in going]
    found = tenant.store.mirror.invoice(InvoiceId(planned[0].invoice_id)) if planned else None
    if found is None:
        raise TargetError(say("nothing is planned for this customer of {tenant} any more", tenant=tenant.slug))
    return found


def _name(store: TenantStore, contact: ContactId) -> str:
    found = store.mirror.contact(contact)
    if found is None:
        raise NotHere
    return found.name


def _customers(chosen: list[Waiting]) -> str:
    names = list(dict.fromkeys(each.customer for each in chosen))
    return names[0] if len(names) == 1 else f"{names[0]} + {len(names) - 1}"


def _day(visit: Visit, field: str) -> date | None:
    text = visit.form.get(field, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise TargetError(visit.words("morning.no_day")) from None


def _home(slug: TenantSlug) -> str:
    return f"/t/{slug}/outbox"


def _message_path(slug: TenantSlug, contact: str) -> str:
    return f"{_home(slug)}/message/{quote(contact, safe='')}"
