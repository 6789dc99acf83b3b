"""One invoice from the day it was issued to the day it was paid, with each decision in words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connector.page.decided import decided, moved
from connector.page.site import Site
from connector.page.visit import NotHere, Visit
from connector.page.words import Words
from connector.saying.names import name, plan_state, stage_name
from connector.saying.said import Said, Value, say, sum_of
from connector.story import stories
from state.case_history import CaseHistory, Event
from state.clock import business_day
from state.customer_file import InvoiceFile
from state.model import Invoice, InvoiceId

_OWN_WORDS = frozenset({"approve", "skip", "edit", "edit withdrawn", "hold", "release", "note"})  # deeds of people
_SHOWN_DECISIONS = 200


class Moment(Struct, frozen=True, kw_only=True):
    """One line of the timeline, in the reader's language.

    `at` is None where only the day is known; `message_id`: there is more to read.
    """

    on: date
    at: datetime | None
    kind: str
    words: str
    message_id: str = ""


def routes(site: Site) -> list[Route]:
    return [
        site.page("/t/{tenant}/invoice/{invoice}", _show, "why"),
        site.page("/t/{tenant}/in-ledger/{invoice}", _in_ledger, "why"),
    ]


def _show(visit: Visit) -> Response:
    settings = visit.tenant
    key = InvoiceId(visit.request.path_params["invoice"])
    with visit.open() as opened, opened.tenant(settings.slug) as tenant:
        invoice = tenant.store.mirror.invoice(key)
        if invoice is None:
            raise NotHere
        story = next(each for each in stories(tenant, key) if each.id == key)
        file = tenant.store.invoice_file(key, invoice.contact_id, tenant.today)
        line = Line(visit.words, settings.zone, invoice)
        told = tenant.store.case_history([key])
    return visit.show(
        "invoice.html",
        invoice=invoice,
        story=story,
        customer=story.customer,
        holds=file.holds,
        moments=sorted([*line.of_books(file), *line.of_decisions(file), *line.of_people(told)], key=_order),
    )


def _in_ledger(visit: Visit) -> Response:
    """To the ledger's own page of an invoice that cannot be read, and so has none here."""
    key = InvoiceId(visit.request.path_params["invoice"])
    with visit.open() as opened, opened.tenant(visit.tenant.slug) as tenant:
        known = any(each.entity == "invoice" and each.id == key for each in tenant.store.mirror.quarantined())
        link = tenant.ledger.deep_link(key) if known else None
    if link is None:
        raise NotHere
    return RedirectResponse(link, 303)


def _order(moment: Moment) -> tuple[date, datetime]:
    return moment.on, moment.at or datetime.combine(moment.on, time(0), UTC)


class Line:
    """The timeline of one invoice; days are those of the tenant's `zone`."""

    def __init__(self, words: Words, zone: str, invoice: Invoice) -> None:
        self._words, self._zone, self._invoice = words, zone, invoice

    def of_books(self, file: InvoiceFile) -> Iterator[Moment]:
        invoice = self._invoice
        total = self._words.amount(invoice.total_minor, invoice.currency)
        for on, kind in ((invoice.issued_on, "issued"), (invoice.due_on, "due")):
            if on is not None:
                yield Moment(on=on, at=None, kind=kind, words=total)
        for each in file.applied:
            if each.on is not None:
                words = f"{self._words.amount(*each.amount)}, {self._words.name(each.source)}"
                yield Moment(on=each.on, at=None, kind="paid", words=words)

    def of_decisions(self, file: InvoiceFile) -> Iterator[Moment]:
        """Each decision that differed from the one before it."""
        for each in file.decisions[-_SHOWN_DECISIONS:]:
            yield self._at(each.at, "decided", decided(each.action, each.stage, each.reasons))

    def of_people(self, told: CaseHistory) -> Iterator[Moment]:
        """What left, what became of it, and what customers and people did."""
        stages = {each["id"]: each["stage"] for each in told.reminders}
        for each in told.events:
            words = moved(each["to_state"], each["reason"], stages.get(each["reminder_id"]))
            yield self._event(each, "at", "reminder", words)
        for each in told.messages:
            yield self._event(each, "claimed_at", "message", _message(each), str(each["id"]))
        for each in told.deliveries:
            yield self._event(each, "at", "delivery", _delivery(each))
        for each in told.replies:
            yield self._event(each, "received_at", "reply", f"{each['subject'] or ''} {each['text'] or ''}"[:400])
        yield from self._of_agreements(told)
        for each in told.deeds:
            if each["action"] in _OWN_WORDS:
                yield self._event(each, "at", "deed", f"{each['who']}: {self._words.deed(str(each['action']))}")

    def _of_agreements(self, told: CaseHistory) -> Iterator[Moment]:
        for each in told.promises:
            day = date.fromisoformat(str(each["promised_on"]))
            words = say("{sum} by {day}, taken down by {who}", sum=_sum(each), day=day, who=str(each["made_by"]))
            yield self._event(each, "made_at", "promise", words)
            if each["settled_at"]:
                words = say("promise for {day}: {state}", day=day, state=name(str(each["state"])))
                yield self._event(each, "settled_at", "promise", words)
        for each in told.disputes:
            yield self._event(each, "opened_at", "dispute", _dispute(each))
            if each["closed_at"]:
                yield self._event(each, "closed_at", "dispute", say("settled: {outcome}", outcome=str(each["outcome"])))
        for each in told.plans:
            yield self._event(each, "made_at", "plan", say("made by {who}", who=str(each["made_by"])))
            if each["settled_at"]:
                yield self._event(each, "settled_at", "plan", say("{state}", state=plan_state(str(each["state"]))))

    def _event(self, event: Event, field: str, kind: str, words: str, message_id: str = "") -> Moment:
        return self._at(datetime.fromisoformat(str(event[field])), kind, words, message_id)

    def _at(self, at: datetime, kind: str, words: str, message_id: str = "") -> Moment:
        said = self._words.said(words) if isinstance(words, Said) else words
        return Moment(on=business_day(at, ZoneInfo(self._zone)), at=at, kind=kind, words=said, message_id=message_id)


def _message(event: Event) -> Said:
    about = str(event["subject"] or "") or stage_name(str(event["stage"]))
    return say(
        "{channel}: {subject} ({outcome})",
        channel=name(str(event["channel"])),
        subject=about,
        outcome=name(str(event["outcome"])),
    )


def _delivery(event: Event) -> Said:
    kind = name(str(event["kind"]))
    return (
        say("{kind} {detail}", kind=kind, detail=str(event["detail"])) if event["detail"] else say("{kind}", kind=kind)
    )


def _dispute(event: Event) -> Said:
    return say("{reason}; {owner} sees to it", reason=str(event["reason"]), owner=str(event["owner"]))


def _sum(event: Event) -> Value:
    return sum_of(int(str(event["amount_minor"])), str(event["currency"]))
