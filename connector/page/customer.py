"""One customer: what is open and why it is or is not chased, what was agreed, what was written and what came after."""

from collections.abc import Sequence
from datetime import date

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
from state.arrivals import Paid
from state.customer_file import OpenItem
from state.model import Contact, ContactId, PayerHistory
from state.sent import SentRow
from state.store import TenantStore

MESSAGES, PAYMENTS, DEEDS = 50, 50, 50  # shown; the history has all messages


class Written(Struct, frozen=True):
    """A message, and the payments that came between it and the one after."""

    sent: SentRow
    paid_after: tuple[Paid, ...]


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
        sent = store.sent.latest(found.contacts, MESSAGES)
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
            numbers={each.invoice_id: each.invoice for each in found.open_items},
            preference=store.preferences.of(contact.id),
            messages=_followed(sent, found.payments),
            deeds=store.audit.entries(contact=contact.id, limit=DEEDS),
            rating=visit.site.gradings.of(store, slug, today).get(contact.id),
            history=store.payer_histories().get(contact.id, PayerHistory(paid=0, late=0, mean_days_late=None)),
            channels=CHANNELS,
            message_languages=LANGUAGES,
            reasons=REASONS,
        )


def _contact(store: TenantStore, key: str) -> Contact:
    found = store.mirror.contact(ContactId(key))
    if found is None:
        raise NotHere
    return found


def _followed(sent: Sequence[SentRow], payments: Sequence[Paid]) -> list[Written]:
    """Newest first; a payment belongs to the last message before it."""
    made: list[Written] = []
    until = date.max
    for each in sent:
        after = tuple(paid for paid in payments if paid.on is not None and each.business_day <= paid.on < until)
        made.append(Written(each, after))
        until = min(until, each.business_day)
    return made
