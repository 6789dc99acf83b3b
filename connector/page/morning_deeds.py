"""What the morning list's buttons do: the same as the commands they are named after, by the person who is signed in.

Each refuses what somebody else has done meanwhile, and says so. Where the world allows it, the answer has a way back.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TypeVar, get_args

from starlette.responses import Response
from starlette.routing import Route

from connector import approval
from connector.agreements.disputes import settle_dispute
from connector.agreements.subject import AgreementError, AtHand, at_hand
from connector.answering import AnsweringError, handle_reply, take_back_reply
from connector.approval import ChangedMeanwhile
from connector.commands.handover import CASES
from connector.holding import Target, TargetError, find_target, hold_again, hold_target, release_hold, release_target
from connector.page.outbox_view import aspects_told
from connector.page.site import Site
from connector.page.visit import Undo, Visit
from connector.resolving import Outcome as Resolution
from connector.resolving import resolve
from connector.seen import changed_between, mark
from connector.terms import Aspect
from connector.ways_out import giving_up
from connector.ways_out.deciding import WAITING, Way, decide_way
from connector.ways_out.handing import Wanted, hand_over
from connector.ways_out.work import Outcome, find_task, finish, target_of
from connector.wiring import Installation
from state.clock import aware_utc
from state.correspondence import HandledAs, Reply
from state.model import InvoiceId, ReminderId
from state.money import Money

HOME = "/"
_LONGEST_ID = 18  # digits
LATER_DAYS = 7  # of a hold, and of a wait, that one click places
Choice = TypeVar("Choice", bound=str)
_RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
_HANDLED: tuple[HandledAs, ...] = get_args(HandledAs)
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_WAYS: tuple[Way, ...] = get_args(Way)
_REFUSALS = (AgreementError, AnsweringError, TargetError)


def routes(site: Site) -> list[Route]:
    deeds: tuple[tuple[str, Callable[[Visit], Response], str], ...] = (
        ("approve-all", _approve_all, "approve"),
        ("take-back", _take_back, "approve"),
        ("resolve", _resolve, "resolve"),
        ("reply", _reply, "replies"),
        ("reply-again", _reply_again, "replies"),
        ("task", _task, "tasks done"),
        ("decide", _decide, "decide"),
        ("hand-over", _hand_over, "handover"),
        ("write-off", _write_off, "write-off propose"),
        ("write-off-approve", _approve_write_off, "write-off approve"),
        ("write-off-refuse", _refuse_write_off, "write-off refuse"),
        ("settle-dispute", _settle_dispute, "dispute"),
        ("hold-for-a-week", _hold, "hold"),
        ("release", _release, "release"),
        ("hold-again", _hold_again, "hold"),
    )
    return [site.action(f"/t/{{tenant}}/do/{path}", _telling(act), command) for path, act, command in deeds]


def _telling(act: Callable[[Visit], Response]) -> Callable[[Visit], Response]:
    """What cannot be done is said on the page that the form was on: most often somebody else was faster."""

    def told(visit: Visit) -> Response:
        try:
            return act(visit)
        except _REFUSALS as error:
            return visit.refused(visit.back(HOME), error)

    return told


def _approve_all(visit: Visit) -> Response:
    """Exactly what was looked at: if it has changed since, nothing is approved."""
    slug, back = visit.tenant.slug, visit.back(HOME)
    with visit.open() as opened:
        waiting = approval.waiting(opened, [slug])
        if not waiting:
            return visit.done(back, "morning.nothing_waits", bad=True, firm=visit.firm(slug))
        now, before = mark(each.seen for each in waiting), visit.form.get("mark", "")
        if now != before:
            return _has_changed(visit, back, changed_between(before, now))
        try:
            approved = approval.approve(opened, waiting, visit.who)
        except ChangedMeanwhile as error:
            return _has_changed(visit, back, error.aspects)
    undo = Undo(f"/t/{slug}/do/take-back", {"ids": " ".join(each.reminder_id for each in waiting), "back": back})
    return visit.done(back, "morning.approved", undo=undo, n=approved, firm=visit.firm(slug))


def _has_changed(visit: Visit, back: str, aspects: Sequence[Aspect]) -> Response:
    firm = visit.firm(visit.tenant.slug)
    if not aspects:
        return visit.done(back, "morning.has_changed", bad=True, firm=firm)
    return visit.done(back, "morning.has_changed_in", bad=True, firm=firm, what=aspects_told(visit.words, aspects))


def _take_back(visit: Visit) -> Response:
    slug, ids = visit.tenant.slug, [ReminderId(key) for key in visit.form.get("ids", "").split()]
    with visit.open() as opened:
        taken = approval.take_back(opened, slug, ids, visit.who)
    words = visit.words("morning.taken_back", n=taken)
    if left := len(ids) - taken:
        words = f"{words} {visit.words('morning.left_already', n=left)}"
    return visit.said(visit.back(HOME), words, bad=bool(left))


def _resolve(visit: Visit) -> Response:
    outcome = _chosen(visit, "outcome", _RESOLUTIONS)
    with visit.open() as opened:
        settled = resolve(opened, visit.tenant.slug, visit.form.get("invoice", ""), outcome, visit.who)
    return visit.done(visit.back(HOME), f"morning.resolved_{outcome}", n=settled)


def _reply(visit: Visit) -> Response:
    outcome, slug, key = _chosen(visit, "outcome", _HANDLED), visit.tenant.slug, visit.form.get("id", "")
    release = visit.form.get("release") == "on"
    with visit.open() as opened:
        ended = handle_reply(opened, [slug], key, outcome, by=visit.who, release=release)
        with opened.store(slug) as store:
            handled = store.correspondence.get(key.lower())
    words = "morning.handled_released" if release else "morning.handled"
    return visit.done(visit.back(HOME), words, undo=_unanswer(visit, handled), n=ended)


def _unanswer(visit: Visit, handled: Reply | None) -> Undo | None:
    if handled is None or handled.handled_at is None:
        return None
    fields = {"id": handled.id, "at": handled.handled_at.isoformat(), "back": visit.back(HOME)}
    return Undo(f"/t/{visit.tenant.slug}/do/reply-again", fields)


def _reply_again(visit: Visit) -> Response:
    try:
        handled_at = aware_utc(datetime.fromisoformat(visit.form.get("at", "")))
    except (ValueError, OverflowError):
        raise TargetError(visit.words("morning.no_choice")) from None
    with visit.open() as opened:
        held = take_back_reply(opened, visit.tenant.slug, visit.form.get("id", ""), handled_at, by=visit.who)
    return visit.done(visit.back(HOME), "morning.waits_again", n=held)


def _task(visit: Visit) -> Response:
    outcome = _chosen(visit, "outcome", _OUTCOMES)
    promised = _day(visit, "promised") if outcome == "promise" else None
    slug = visit.tenant.slug
    with visit.open() as opened, opened.store(slug) as store, store.transaction():
        task = find_task(store, visit.form.get("id", ""))
        if task is None:
            raise TargetError(visit.words("morning.no_task"))
        now = opened.clock.now()
        hand = AtHand(target=target_of(store, slug, task), store=store, now=now, today=visit.tenant.today_at(now))
        amount = visit.form.get("amount", "").strip() or None
        words = finish(hand, task, outcome, visit.form.get("note", ""), promised, amount, visit.who)
    return visit.said(visit.back(HOME), visit.words("morning.task_done", words=visit.words.said(words)))


def _decide(visit: Visit) -> Response:
    way = _chosen(visit, "to", _WAYS)
    until = visit.tenant.today_at(visit.now) + timedelta(days=LATER_DAYS) if way == "wait" else None
    with _invoice_at_hand(visit) as hand:
        decided = decide_way(hand, way, until, visit.who)
        waits = [each for each in hand.store.holds.unreleased("invoice", hand.target.id) if each.reason == WAITING]
    words = visit.words.said(decided.words)
    if decided.command:
        words = f"{words}: {decided.command}"
    undo = None
    if way == "wait" and waits:
        fields = {"hold": str(waits[-1].id), "back": visit.back(HOME)}
        undo = Undo(f"/t/{visit.tenant.slug}/do/release", fields)
    return visit.said(visit.back(HOME), words, undo=undo)


def _hand_over(visit: Visit) -> Response:
    """To an agency or a court; the case file lies where the command of this name puts it."""
    to = _said(visit, "to")
    wanted = Wanted(invoices=(InvoiceId(visit.form.get("invoice", "")),))
    with visit.open() as opened, opened.tenant(visit.tenant.slug) as tenant:
        found = hand_over(tenant, wanted, to, opened.config.base / CASES, visit.who)
    numbers = ", ".join(found.invoices)
    where = f"{CASES}/{found.folder.name}"
    return visit.done(visit.back(HOME), "morning.handed_over", invoices=numbers, to=found.to, folder=where)


def _write_off(visit: Visit) -> Response:
    """Proposed; it waits on the morning list for a yes or a no."""
    with _invoice_at_hand(visit) as hand:
        made = giving_up.propose(hand, _said(visit, "reason"), visit.who)
    sum_ = visit.words.amount(made.amount_minor, made.currency)
    return visit.done(visit.back(HOME), "morning.write_off_proposed", sum=sum_)


def _approve_write_off(visit: Visit) -> Response:
    with _invoice_at_hand(visit) as hand:
        found = giving_up.approve(hand, visit.who, four_eyes=visit.tenant.write_off.four_eyes)
    sum_ = visit.words.amount(found.amount_minor, found.currency)
    return visit.done(visit.back(HOME), "morning.write_off_approved", sum=sum_)


def _refuse_write_off(visit: Visit) -> Response:
    with _invoice_at_hand(visit) as hand:
        found = giving_up.refuse(hand, _said(visit, "reason"), visit.who)
    sum_ = visit.words.amount(found.amount_minor, found.currency)
    return visit.done(visit.back(HOME), "morning.write_off_refused", sum=sum_)


def _said(visit: Visit, field: str) -> str:
    """What the form needs to be told."""
    if text := visit.form.get(field, "").strip():
        return text
    raise AgreementError(visit.words("morning.no_choice"))


def _settle_dispute(visit: Visit) -> Response:
    with _invoice_at_hand(visit) as hand:
        settled = settle_dispute(hand, visit.form.get("outcome", "").strip() or "settled", visit.who)
        invoice = hand.store.mirror.invoice(settled.invoice_id)
    undo = None
    if invoice is not None:
        part = None if settled.amount_minor is None else Money(settled.amount_minor, settled.currency).amount
        fields = {"invoice": invoice.id, "reason": settled.reason, "amount": str(part or ""), "owner": settled.owner}
        undo = Undo(f"{visit.link('customer', visit.tenant.slug, invoice.contact_id)}/dispute", fields)
    return visit.done(visit.back(HOME), "morning.dispute_settled", undo=undo)


def _hold(visit: Visit) -> Response:
    until = visit.tenant.today_at(visit.now) + timedelta(days=LATER_DAYS)
    with visit.open() as opened:
        target = _target(visit, opened)
        placed = hold_target(opened, target, reason="manual", until=until, note=None, owner=visit.who, person=visit.who)
    undo = Undo(f"/t/{target.tenant}/do/release", {"hold": str(placed.id), "back": visit.back(HOME)})
    return visit.done(visit.back(HOME), "morning.held_until", undo=undo, day=visit.words.day(until))


def _release(visit: Visit) -> Response:
    """The hold that the form names and no other; where it names none, all on its customer, invoice or firm."""
    with visit.open() as opened:
        if hold := visit.form.get("hold", ""):
            ended = release_hold(opened, visit.tenant.slug, _id(visit, hold), visit.who)
        else:
            ended = release_target(opened, _target(visit, opened), visit.who).ended
    fields = {"holds": " ".join(str(each.id) for each in ended), "back": visit.back(HOME)}
    may = bool(ended) and visit.may("hold", visit.tenant.slug)
    undo = Undo(f"/t/{visit.tenant.slug}/do/hold-again", fields) if may else None
    return visit.done(visit.back(HOME), "morning.released", undo=undo, bad=not ended, n=len(ended))


def _hold_again(visit: Visit) -> Response:
    keys = [_id(visit, key) for key in visit.form.get("holds", "").split()]
    with visit.open() as opened:
        placed = hold_again(opened, visit.tenant.slug, keys, visit.who)
    return visit.done(visit.back(HOME), "morning.held_again", bad=not placed, n=placed)


@contextmanager
def _invoice_at_hand(visit: Visit) -> Iterator[AtHand]:
    """The invoice of the form, in a transaction of its own."""
    with visit.open() as opened, at_hand(opened, visit.tenant.slug, visit.form.get("invoice", ""), None) as hand:
        yield hand


def _target(visit: Visit, opened: Installation) -> Target:
    """What the form names, if the mirror knows it."""
    scope, key = visit.form.get("scope", ""), visit.form.get("id", "")
    invoice, customer = (key if scope == "invoice" else None), (key if scope == "contact" else None)
    return find_target(opened, visit.tenant.slug, invoice, customer, everything=scope == "tenant")


def _id(visit: Visit, text: str) -> int:
    """Of a row; of a form that somebody else made, TargetError."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_ID:
        raise TargetError(visit.words("morning.no_choice"))
    return int(text)


def _chosen(visit: Visit, field: str, choices: tuple[Choice, ...]) -> Choice:
    value = visit.form.get(field, "")
    for choice in choices:
        if choice == value:
            return choice
    raise TargetError(visit.words("morning.no_choice"))


def _day(visit: Visit, field: str) -> date:
    try:
        return date.fromisoformat(visit.form.get(field, ""))
    except ValueError:
        raise AgreementError(visit.words("morning.no_day")) from None
