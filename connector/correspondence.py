"""What came back since the last look: replies, bounces, complaints, and what SendGrid knows of addresses.

This comes before anything is decided, so that whoever has written is left alone the same day. What cannot be read is a
problem of the report; the cycle goes on with the holds there are.
"""

from datetime import UTC, datetime, timedelta

from connector.intake import SKEW, CorrespondenceReport, Desk, FactSource, LetterSource, Sources, take_fact, take_letter
from connector.report import Problem
from connectors.channels.delivery import DeliveryFact
from connectors.channels.sendgrid_facts import FactsUnavailable
from connectors.mailbox.errors import MailboxError, MailboxRefused
from connectors.mailbox.letter import Cursor
from state.clock import Clock
from state.store import TenantStore

FACTS_SOURCE = "sendgrid"
FIRST_LOOK = timedelta(days=7)
_FACTS_OVERLAP = timedelta(hours=1)  # lists are written some time after what they tell of
_FACTS_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def read_correspondence(store: TenantStore, clock: Clock, sources: Sources) -> CorrespondenceReport:
    """Read what is new, hold whom it concerns, and say what there was. Raises StateError alone."""
    desk = Desk(store, clock, sources)
    if sources.mailbox is not None and desk.is_due(sources.name):
        _read_mailbox(desk, sources.mailbox)
    if sources.facts is not None and desk.is_due(FACTS_SOURCE):
        _read_facts(desk, sources.facts)
    return desk.report


def _read_mailbox(desk: Desk, mailbox: LetterSource) -> None:
    name, now = desk.sources.name, desk.clock.now()
    position = desk.store.correspondence.position(name)
    cursor = Cursor(position.validity, position.uid) if position else None
    since = (min(position.read_at, now) if position else now).date() - FIRST_LOOK
    try:
        for letter in mailbox.letters(cursor, since):
            take_letter(desk, letter)
            cursor = letter.cursor
    except MailboxError as error:
        refused = isinstance(error, MailboxRefused)
        code = "mailbox_refused" if refused else "mailbox_unreachable"
        desk.report.problems.append(Problem(code, str(error), needs_person=refused))
    else:
        read_to = cursor or Cursor(0, 0)
        desk.store.correspondence.move(name, read_to.validity, read_to.uid, now)


def _read_facts(desk: Desk, facts: FactSource) -> None:
    now = desk.clock.now()
    position = desk.store.correspondence.position(FACTS_SOURCE)
    last = position.uid if position else 0  # seconds by SendGrid's clock, since ours may have been ahead
    try:
        for fact in facts.since(_facts_start(last)):
            _take_listed(desk, fact)
            last = max(last, int(fact.at.timestamp()))
    except FactsUnavailable as error:
        desk.report.problems.append(Problem("delivery_facts", str(error), needs_person=error.needs_person))
    else:
        desk.store.correspondence.move(FACTS_SOURCE, 0, last, now)


def _facts_start(last: int) -> datetime:
    return datetime.fromtimestamp(last, UTC) - _FACTS_OVERLAP if last else _FACTS_BEGIN


def _take_listed(desk: Desk, fact: DeliveryFact) -> None:
    """An account's lists hold addresses of all its users; those of our customers are kept, and no others."""
    address = fact.recipient or ""
    if address not in desk.customers:
        return
    message_id = desk.store.deliveries.last_message_to(address, fact.at + SKEW)
    new = take_fact(desk.store, fact, FACTS_SOURCE, message_id, desk.clock.now())
    desk.report.facts += new
    desk.report.bounced += new and fact.kind == "bounced"
    desk.report.complaints += new and fact.kind == "opened_complaint"
