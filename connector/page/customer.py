"""One customer: what is open and why it is or is not chased, what was agreed, what was written and what came after."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter

from msgspec import Struct
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connector.agreements.subject import living_contact
from connector.asked import sums
from connector.commands.customer import CHANNELS
from connector.commands.holds import REASONS
from connector.messages.locales import LANGUAGES
from connector.page.decided import decided
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from connector.page.words import Words
from state.arrivals import Paid
from state.audit import AuditEntry
from state.correspondence import Reply
from state.customer_file import CustomerFile, OpenItem
from state.model import Contact, ContactId, PayerHistory
from state.sent import SentRow
from state.store import TenantStore

MESSAGES, ANSWERS, PAYMENTS, DEEDS = 50, 50, 50, 50  # shown; the history has all messages and answers


class Written(Struct, frozen=True):
    """A message, and the payments between it and the one after. Of its own day's nobody knows which came before it."""

    sent: SentRow
    paid_after: tuple[Paid, ...]


class Said(Struct, frozen=True):
    """One turn of the conversation: a message of ours, or an answer."""

    at: datetime
    written: Written | None = None
    answer: Reply | None = None


class Item(Struct, frozen=True):
    open: OpenItem
    words: str  # of its decision


def routes(site: Site) -> list[Route]:
    return [site.page("/t/{tenant}/customer/{contact}", _show)]


def _show(visit: Visit) -> Response:
    settings, slug = visit.tenant, visit.tenant.slug
    today = settings.today_at(visit.now)
    with visit.open() as opened, opened.store(slug) as store:
        contact = _contact(store, visit.request.path_params["contact"])
        living = living_contact(store, contact.id)
        if living != contact.id:
            return RedirectResponse(visit.link("customer", slug, living), 303)
        found = store.customer_file(contact.id, today)
        deeds = store.audit.entries(contact=contact.id, limit=DEEDS)
        history = store.payer_histories().get(contact.id, PayerHistory(paid=0, late=0, mean_days_late=None))
        sent = store.sent.latest(found.contacts, MESSAGES)
        answers = store.correspondence.of_customers(found.contacts, ANSWERS)
        return visit.show(
            "customer.html",
            contact=contact,
            here=visit.link("customer", slug, contact.id),
            today=today,
            items=[Item(each, decided(each.action, each.stage, each.reasons)) for each in found.open_items],
            owed=sums(each.due for each in found.open_items),
            credits=store.mirror.open_credits(contact.id),
            payments=found.payments[:PAYMENTS],
            promises=found.promises,
            disputes=found.disputes,
            plans=store.plans.of_contact(contact.id),
            holds=found.holds,
            numbers=store.invoice_names(_named(found, deeds)),
            preference=store.preferences.of(contact.id),
            conversation=_conversation(_followed(sent, found.payments), answers),
            held_by={hold.id: store.correspondence.behind(hold.id) for hold in found.holds},
            deeds=deeds,
            rating=visit.site.gradings.of(store, slug, today).get(contact.id),
            history=history,
            mean=None if history.mean_days_late is None else on_average(visit.words, history.mean_days_late),
            channels=CHANNELS,
            message_languages=LANGUAGES,
            reasons=REASONS,
        )


def _contact(store: TenantStore, key: str) -> Contact:
    found = store.mirror.contact(ContactId(key))
    if found is None:
        raise NotHere
    return found


def _named(found: CustomerFile, deeds: Iterable[AuditEntry]) -> set[str]:
    """The invoices that the page names, those that are open and those that are not."""
    held = {each.target for each in found.holds if each.scope == "invoice"}
    done = {each.target for each in deeds if each.scope == "invoice"}
    return held | done | {each.invoice_id for each in found.disputes}


def on_average(words: Words, days: Decimal) -> str:
    """`On average 3.6 days before the due date.`"""
    if not days:
        return words("customer.mean_on")
    return words("customer.mean_after" if days > 0 else "customer.mean_before", days=words.days(abs(days)))


def _conversation(messages: Iterable[Written], answers: Iterable[Reply]) -> list[Said]:
    """Newest first."""
    turns = [Said(each.sent.at, written=each) for each in messages]
    turns += [Said(each.received_at, answer=each) for each in answers]
    return sorted(turns, key=attrgetter("at"), reverse=True)


def _followed(sent: Sequence[SentRow], payments: Sequence[Paid]) -> list[Written]:
    """Newest first; a payment belongs to the last message before it."""
    made: list[Written] = []
    until = date.max
    for each in sent:
        after = tuple(paid for paid in payments if paid.on is not None and each.business_day <= paid.on < until)
        made.append(Written(each, after))
        until = min(until, each.business_day)
    return made
