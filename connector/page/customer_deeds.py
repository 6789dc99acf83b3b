"""What a person does about a customer: the same as the commands of these names, by whoever is signed in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import get_args

from starlette.responses import Response
from starlette.routing import Route

from connector.agreements.customers import (
    change_preference,
    escalation_contact,
    known_preference,
    language_code,
)
from connector.agreements.disputes import open_dispute
from connector.agreements.plans import by_equal_parts, cancel_plans, chosen_invoices, make_plan
from connector.agreements.promises import make_promises, withdraw_promises
from connector.agreements.subject import AgreementError, AtHand, at_hand
from connector.commands.holds import REASONS
from connector.dunning.instalments import Rhythm
from connector.holding import TargetError, find_target, hold_target
from connector.page.site import Site
from connector.page.visit import Undo, Visit
from state.agreed import Preference, Promise
from state.money import Money

_RHYTHMS: tuple[Rhythm, ...] = get_args(Rhythm)
_MOST_PARTS = 120
_LONGEST_NOTE = 2000  # characters


def routes(site: Site) -> list[Route]:
    deeds: tuple[tuple[str, Callable[[Visit], Response], str], ...] = (
        ("note", _note, "hold"),
        ("promise", _promise, "promise"),
        ("withdraw-promise", _withdraw_promise, "promise"),
        ("dispute", _dispute, "dispute"),
        ("plan", _plan, "plan make"),
        ("cancel-plan", _cancel_plan, "plan cancel"),
        ("hold", _hold, "hold"),
        ("treat", _treat, "customer"),
    )
    return [site.action(f"/t/{{tenant}}/customer/{{contact}}/{path}", act, command) for path, act, command in deeds]


def _note(visit: Visit) -> Response:
    """A line in the trail, which is never rewritten: so there is no way back, but another note."""
    text = visit.form.get("note", "").strip()
    if not text or len(text) > _LONGEST_NOTE:
        raise AgreementError(visit.words("customer.note_length", n=_LONGEST_NOTE))
    with _customer(visit) as hand:
        hand.store.audit.record(visit.who, "note", "contact", hand.target.id, {"note": text}, hand.now)
    return visit.done(_home(visit), "customer.noted")


def _promise(visit: Visit) -> Response:
    on, amount, note = _day(visit, "on"), _amount(visit), _typed(visit, "note")
    with _concerned(visit) as hand:
        made = make_promises(hand, on, amount, _typed(visit, "currency"), note, visit.who)
    undo = Undo(f"{_home(visit)}/withdraw-promise", {"invoice": visit.form.get("invoice", "")})
    sums = ", ".join(visit.words.amount(each.amount_minor, each.currency) for each in made)
    return visit.done(_home(visit), "customer.promised", undo=undo, sum=sums, day=visit.words.day(on))


def _withdraw_promise(visit: Visit) -> Response:
    with _concerned(visit) as hand:
        ended = withdraw_promises(hand, visit.who)
    return visit.done(_home(visit), "customer.promise_withdrawn", undo=_promised_again(visit, ended), n=len(ended))


def _promised_again(visit: Visit, ended: Sequence[Promise]) -> Undo | None:
    """The form that makes it anew; None of several at once, and of a day that is past."""
    if len(ended) != 1 or ended[0].promised_on < visit.tenant.today_at(visit.now):
        return None
    [promise] = ended
    fields = {
        "invoice": promise.invoice_id or "",
        "on": str(promise.promised_on),
        "amount": visit.words.bare(Money(promise.amount_minor, promise.currency)),
        "currency": promise.currency,
        "note": promise.note or "",
    }
    return Undo(f"{_home(visit)}/promise", fields)


def _dispute(visit: Visit) -> Response:
    invoice, reason = visit.form.get("invoice", ""), _typed(visit, "reason")
    if not invoice or reason is None:
        raise AgreementError(visit.words("customer.dispute_needs"))
    with _concerned(visit) as hand:
        opened = open_dispute(hand, reason, _amount(visit), _typed(visit, "owner") or visit.who, visit.who)
    fields = {"invoice": invoice, "outcome": "taken down by mistake", "back": _home(visit)}
    undo = Undo(f"/t/{visit.tenant.slug}/do/settle-dispute", fields)
    if opened.amount_minor is None:
        return visit.done(_home(visit), "customer.disputed", undo=undo)
    contested = visit.words.amount(opened.amount_minor, opened.currency)
    return visit.done(_home(visit), "customer.disputed_in_part", undo=undo, sum=contested)


def _plan(visit: Visit) -> Response:
    parts, first, every = _count(visit), _day(visit, "first"), _rhythm(visit)
    with _customer(visit) as hand:
        chosen = chosen_invoices(hand, visit.form.all("invoices"))
        instalments = by_equal_parts(hand, chosen, parts, first, every, visit.tenant.calendar)
        made = make_plan(hand, chosen, instalments, visit.who)
    undo = Undo(f"{_home(visit)}/cancel-plan", {})
    sum_ = visit.words.amount(made.baseline_minor, made.currency)
    return visit.done(_home(visit), "customer.planned", undo=undo, n=len(made.instalments), sum=sum_)


def _cancel_plan(visit: Visit) -> Response:
    with _customer(visit) as hand:
        ended = cancel_plans(hand, visit.who)
    return visit.done(_home(visit), "customer.plan_cancelled", n=len(ended))


def _hold(visit: Visit) -> Response:
    slug, contact, invoice = visit.tenant.slug, _contact(visit), visit.form.get("invoice", "") or None
    reason = visit.form.get("reason", "manual")
    if reason not in REASONS:
        raise TargetError(visit.words("morning.no_choice"))
    until = _day(visit, "until") if visit.form.get("until") else None
    with visit.open() as opened:
        target = find_target(opened, slug, invoice, None if invoice else contact, everything=False)
        note = _typed(visit, "note")
        placed = hold_target(opened, target, reason=reason, until=until, note=note, owner=visit.who, person=visit.who)
    undo = Undo(f"/t/{slug}/do/release", {"hold": str(placed.id), "back": _home(visit)})
    return visit.done(_home(visit), "customer.held", undo=undo, words=visit.words.said(target.words))


def _treat(visit: Visit) -> Response:
    """How the customer is to be treated: what the form leaves empty is left to the policy."""
    escalate, language = _typed(visit, "escalate"), _typed(visit, "language")
    changes: dict[str, object] = {
        "do_not_chase": _typed(visit, "do_not_chase"),
        "owner": _typed(visit, "owner"),
        "kind": _typed(visit, "kind"),
        "channel": _typed(visit, "channel"),
        "language": language_code(language) if language else None,
    }
    if changes["do_not_chase"] and not changes["owner"]:
        changes["owner"] = visit.who
    if changes["kind"] not in (None, "business", "consumer"):
        raise AgreementError(visit.words("morning.no_choice"))
    with _customer(visit) as hand:
        before = known_preference(hand)
        changes["escalation_name"], changes["escalation_email"] = before.escalation_name, before.escalation_email
        if escalate is not None:
            changes["escalation_name"], changes["escalation_email"] = escalation_contact(escalate)
        elif visit.form.get("nobody_else") == "on":
            changes["escalation_name"] = changes["escalation_email"] = None
        changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if changed:
            change_preference(hand, changed, visit.who)
    return visit.done(_home(visit), "customer.treated", undo=_treated_before(visit, before, changed))


def _treated_before(visit: Visit, before: Preference, changed: Mapping[str, object]) -> Undo | None:
    """The form with which it was before; not where it would have to carry an address, for it is kept meanwhile."""
    if not changed or (before.escalation_email and "escalation_email" in changed):
        return None
    fields = {name: getattr(before, name) or "" for name in ("do_not_chase", "owner", "kind", "channel", "language")}
    return Undo(f"{_home(visit)}/treat", fields | ({} if before.escalation_email else {"nobody_else": "on"}))


@contextmanager
def _customer(visit: Visit) -> Iterator[AtHand]:
    with visit.open() as opened, at_hand(opened, visit.tenant.slug, None, _contact(visit)) as hand:
        yield hand


@contextmanager
def _concerned(visit: Visit) -> Iterator[AtHand]:
    """The invoice that the form names, else the customer."""
    invoice = visit.form.get("invoice", "") or None
    contact = None if invoice else _contact(visit)
    with visit.open() as opened, at_hand(opened, visit.tenant.slug, invoice, contact) as hand:
        yield hand


def _contact(visit: Visit) -> str:
    return str(visit.request.path_params["contact"])


def _home(visit: Visit) -> str:
    return visit.link("customer", visit.tenant.slug, _contact(visit))


def _typed(visit: Visit, field: str) -> str | None:
    return visit.form.get(field, "").strip() or None


def _amount(visit: Visit) -> str | None:
    """With a decimal point, whatever mark the reader's language has; None if the field was left empty."""
    typed = _typed(visit, "amount")
    if typed is None:
        return None
    if (plain := visit.words.plain_amount(typed)) is None:
        raise AgreementError(visit.words("customer.no_amount", text=typed))
    return plain


def _day(visit: Visit, field: str) -> date:
    try:
        return date.fromisoformat(visit.form.get(field, ""))
    except ValueError:
        raise AgreementError(visit.words("morning.no_day")) from None


def _count(visit: Visit) -> int:
    text = visit.form.get("parts", "")
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_PARTS:
        raise AgreementError(visit.words("customer.parts", n=_MOST_PARTS))
    return int(text)


def _rhythm(visit: Visit) -> Rhythm:
    for rhythm in _RHYTHMS:
        if visit.form.get("every", "month") == rhythm:
            return rhythm
    raise AgreementError(visit.words("morning.no_choice"))
